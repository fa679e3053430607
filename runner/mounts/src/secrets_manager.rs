use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::store::{Asked, Listed, Page, Store, Unreadable, milliseconds, parse};

const READ: &str = "secretsmanager:GetSecretValue";
const LIST: &str = "secretsmanager:ListSecrets";

/// AWS Secrets Manager (its API reference, `GetSecretValue` and `ListSecrets`).
pub(crate) struct SecretsManager;

impl Store for SecretsManager {
    fn service(&self) -> &'static str {
        "secretsmanager"
    }

    fn noun(&self) -> &'static str {
        "secret"
    }

    fn actions(&self) -> [&'static str; 2] {
        [READ, LIST]
    }

    fn read(&self, name: &str) -> Asked {
        Asked { target: "secretsmanager.GetSecretValue", action: READ, input: json!({ "SecretId": name }) }
    }

    fn value(&self, answer: &[u8]) -> Result<SecretSlice<u8>, Unreadable> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            secret_string: Option<SecretString>,
            secret_binary: Option<SecretString>,
        }
        match parse(answer)? {
            Answer { secret_string: Some(text), .. } => Ok(Box::<[u8]>::from(text.expose_secret().as_bytes()).into()),
            Answer { secret_binary: Some(encoded), .. } => {
                let bytes = BASE64_STANDARD.decode(encoded.expose_secret());
                Ok(bytes.map_err(|_| Unreadable("`SecretBinary` is no Base64".to_owned()))?.into())
            }
            _ => Err(Unreadable("there is neither `SecretString` nor `SecretBinary`".to_owned())),
        }
    }

    fn page(&self, prefix: &str, after: Option<&str>) -> Asked {
        let mut input = json!({ "MaxResults": 100 });
        if !prefix.is_empty() {
            input["Filters"] = json!([{ "Key": "name", "Values": [prefix] }]);
        }
        if let Some(token) = after {
            input["NextToken"] = token.into();
        }
        Asked { target: "secretsmanager.ListSecrets", action: LIST, input }
    }

    fn listed(&self, answer: &[u8]) -> Result<Page, Unreadable> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            secret_list: Vec<Entry>,
            next_token: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Entry {
            name: String,
            created_date: Option<f64>,
            last_changed_date: Option<f64>,
        }
        let Answer { secret_list, next_token } = parse(answer)?;
        let secret = |Entry { name, created_date, last_changed_date }| Listed {
            name,
            version: None,
            created_at: created_date.map(milliseconds),
            updated_at: last_changed_date.map(milliseconds),
        };
        Ok(Page { secrets: secret_list.into_iter().map(secret).collect(), next: next_token })
    }

    fn absent(&self) -> &'static str {
        "ResourceNotFoundException"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(answer: &str) -> Result<Vec<u8>, String> {
        let value = SecretsManager.value(answer.as_bytes()).map_err(|Unreadable(problem)| problem)?;
        Ok(value.expose_secret().to_vec())
    }

    #[test]
    fn a_value_is_text_or_bytes() {
        assert_eq!(value(r#"{"Name": "a", "SecretString": "p\u00e4ss\"word"}"#).unwrap(), "päss\"word".as_bytes());
        assert_eq!(value(r#"{"SecretBinary": "AAEC/w=="}"#).unwrap(), [0, 1, 2, 255]);
    }

    #[test]
    fn what_cannot_be_read_is_not_repeated() {
        for answer in
            [r#"{"SecretString": ["recognisable"]}"#, r#"{"SecretBinary": "recognisable!"}"#, "recognisable", "{}"]
        {
            let problem = value(answer).unwrap_err();
            assert!(!problem.contains("recognisable"), "{problem}");
        }
    }
}
