use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use secrecy::SecretString;
use serde::Deserialize;

use crate::Credentials;
use crate::failure::{Failure, Service};

/// What the metadata service and the container endpoint answer, keys or refusal (AWS SDKs and Tools reference guide,
/// "IMDS credential provider" and "Container credential provider"). No `Debug`: it holds keys.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    #[serde(alias = "code")]
    code: Option<String>,
    #[serde(alias = "message")]
    message: Option<String>,
    access_key_id: Option<String>,
    secret_access_key: Option<SecretString>,
    token: Option<SecretString>,
    expiration: Option<String>,
}

/// The keys of a successful answer.
pub(crate) fn read(body: &[u8], service: &Service) -> Result<Credentials, Failure> {
    let garbled = |problem: String| Failure::Garbled { service: service.clone(), problem };
    // The parser's own message could quote what it read.
    let document: Document = serde_json::from_slice(body).map_err(|error| {
        garbled(format!("the answer is no credentials document (line {}, column {})", error.line(), error.column()))
    })?;
    if document.code.as_deref().is_some_and(|code| code != "Success") {
        return Err(Failure::Refused { service: service.clone(), status: 200, said: document.said() });
    }
    let (Some(access_key_id), Some(secret_access_key)) = (document.access_key_id, document.secret_access_key) else {
        return Err(garbled("the answer lacks `AccessKeyId` or `SecretAccessKey`".to_owned()));
    };
    let expires_at = document.expiration.map(|text| milliseconds(&text)).transpose();
    let expires_at = expires_at.map_err(|()| garbled("`Expiration` is no RFC 3339 time".to_owned()))?;
    Ok(Credentials { access_key_id, secret_access_key, session_token: document.token, expires_at })
}

/// The `code` and `message` of a refusal, if the body has them.
pub(crate) fn refusal(body: &[u8]) -> Option<String> {
    serde_json::from_slice::<Document>(body).ok()?.said()
}

impl Document {
    fn said(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.code, &self.message].into_iter().flatten().map(String::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(": "))
    }
}

/// Of a time in RFC 3339.
pub(crate) fn milliseconds(text: &str) -> Result<i64, ()> {
    let time = DateTime::from_str(text, Format::DateTimeWithOffset).map_err(drop)?;
    time.to_millis().map_err(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_errors::render;

    fn service() -> Service {
        Service::Container("http://127.0.0.1".into())
    }

    #[test]
    fn reads_keys_of_both_services() {
        let instance = br#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIA1","SecretAccessKey":"s","Token":"t",
            "Expiration":"2026-01-02T03:04:05Z"}"#;
        let keys = read(instance, &service()).unwrap();
        assert_eq!((keys.access_key_id.as_str(), keys.expires_at), ("ASIA1", Some(1_767_323_045_000)));
        let container = br#"{"AccessKeyId":"ASIA2","SecretAccessKey":"s","Token":"t","RoleArn":"x"}"#;
        assert_eq!(read(container, &service()).unwrap().expires_at, None);
    }

    #[test]
    fn no_failure_quotes_the_answer() {
        for body in [
            r#""recognisable""#,
            r#"{"AccessKeyId":"A","SecretAccessKey":["recognisable"]}"#,
            r#"{"AccessKeyId":"A","SecretAccessKey":"recognisable","Expiration":"recognisable"}"#,
            r#"{"SecretAccessKey":"recognisable"}"#,
        ] {
            let error = crate::testing::session_error(read(body.as_bytes(), &service()).unwrap_err());
            let shown = render(&error) + &format!("{error:?}");
            assert!(!shown.contains("recognisable"), "{shown}");
            assert!(shown.contains("account.source-refused"), "{shown}");
        }
    }

    #[test]
    fn a_refusal_in_a_success_is_a_refusal() {
        let body = br#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume the role"}"#;
        let error = read(body, &service()).unwrap_err().to_string();
        assert!(error.contains("AssumeRoleUnauthorizedAccess: EC2 cannot assume the role"), "{error}");
    }
}
