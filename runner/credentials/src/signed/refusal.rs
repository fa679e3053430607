use aws_smithy_xml::decode::{Document, try_data};
use serde::Deserialize;

use super::{CallError, CommonError};
use crate::Credentials;
use crate::cause::Cause;

/// What an answer with another status than 200 says.
pub(super) fn refusal(action: &str, status: u16, body: &[u8], keys: &Credentials) -> CallError {
    let (code, message) = of_json(body).or_else(|| of_xml(body)).unwrap_or_default();
    let code = if code.is_empty() { format!("HTTP {status}") } else { code };
    let quotes_request = CommonError::of(&code) == Some(CommonError::Signature);
    let said = message.filter(|_| !quotes_request).map(|message| without_keys(&message, keys));
    CallError::Refused { action: action.to_owned(), code, status, said }
}

type Said = (String, Option<String>);

/// `{"__type": "com.amazonaws.ssm#ParameterNotFound", "message": "..."}` (AWS JSON 1.1 protocol, "Error response").
fn of_json(body: &[u8]) -> Option<Said> {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(rename = "__type")]
        kind: String,
        #[serde(alias = "Message")]
        message: Option<String>,
    }
    let Refusal { kind, message } = serde_json::from_slice(body).ok()?;
    let code = kind.split(':').next().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default();
    Some((code.to_owned(), message))
}

/// `<ErrorResponse><Error><Code>...</Code><Message>...` (AWS Query protocol, "Error response").
fn of_xml(body: &[u8]) -> Option<Said> {
    let mut document = Document::new(std::str::from_utf8(body).ok()?);
    let mut root = document.root_element().ok()?;
    let mut said = Said::default();
    while let Some(mut error) = root.next_tag() {
        if !error.start_el().matches("Error") {
            continue;
        }
        while let Some(mut part) = error.next_tag() {
            let name = part.start_el().local().to_owned();
            let text = try_data(&mut part).ok()?.into_owned();
            match name.as_str() {
                "Code" => said.0 = text,
                "Message" => said.1 = Some(text),
                _ => {}
            }
        }
    }
    Some(said)
}

fn without_keys(message: &str, keys: &Credentials) -> String {
    keys.secrets().fold(Cause::new(message).to_string(), |text, secret| text.replace(secret, "***"))
}
