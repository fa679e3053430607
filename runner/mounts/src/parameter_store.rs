use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::store::{Asked, Listed, Page, Store, Unreadable, milliseconds, parse};

const READ: &str = "ssm:GetParameter";
const LIST: &str = "ssm:DescribeParameters";

/// Parameter Store of AWS Systems Manager (its API reference, `GetParameter` and `DescribeParameters`).
pub(crate) struct ParameterStore;

impl Store for ParameterStore {
    fn service(&self) -> &'static str {
        "ssm"
    }

    fn noun(&self) -> &'static str {
        "parameter"
    }

    fn actions(&self) -> [&'static str; 2] {
        [READ, LIST]
    }

    fn read(&self, name: &str) -> Asked {
        Asked { target: "AmazonSSM.GetParameter", action: READ, input: json!({ "Name": name, "WithDecryption": true }) }
    }

    fn value(&self, answer: &[u8]) -> Result<SecretSlice<u8>, Unreadable> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            parameter: Parameter,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Parameter {
            value: SecretString,
        }
        let Answer { parameter } = parse(answer)?;
        Ok(Box::<[u8]>::from(parameter.value.expose_secret().as_bytes()).into())
    }

    fn page(&self, prefix: &str, after: Option<&str>) -> Asked {
        let filter = json!({ "Key": "Name", "Option": "BeginsWith", "Values": [prefix] });
        let mut input = json!({ "MaxResults": 50, "ParameterFilters": [filter] });
        if let Some(token) = after {
            input["NextToken"] = token.into();
        }
        Asked { target: "AmazonSSM.DescribeParameters", action: LIST, input }
    }

    fn listed(&self, answer: &[u8]) -> Result<Page, Unreadable> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Answer {
            parameters: Vec<Entry>,
            next_token: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Entry {
            name: String,
            version: Option<i64>,
            last_modified_date: Option<f64>,
        }
        let Answer { parameters, next_token } = parse(answer)?;
        let secret = |Entry { name, version, last_modified_date }| Listed {
            name,
            version,
            created_at: None,
            updated_at: last_modified_date.map(milliseconds),
        };
        Ok(Page { secrets: parameters.into_iter().map(secret).collect(), next: next_token })
    }

    fn absent(&self) -> &'static str {
        "ParameterNotFound"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_what_is_known_of_each() {
        let page = r#"{"Parameters": [{"Name": "/a/b", "Version": 3, "LastModifiedDate": 1.5, "Type": "SecureString"}],
                       "NextToken": "t"}"#;
        let page = ParameterStore.listed(page.as_bytes()).unwrap();
        let [Listed { name, version, created_at, updated_at }] = &page.secrets[..] else { panic!("one") };
        assert_eq!((name.as_str(), *version, *created_at, *updated_at), ("/a/b", Some(3), None, Some(1500)));
        assert_eq!(page.next.as_deref(), Some("t"));
    }

    #[test]
    fn what_cannot_be_read_is_not_repeated() {
        for answer in [r#"{"Parameter": {"Value": ["recognisable"]}}"#, r#"{"Parameter": {"recognisable": 1}}"#] {
            let Err(Unreadable(problem)) = ParameterStore.value(answer.as_bytes()) else { panic!("{answer}") };
            assert!(!problem.contains("recognisable"), "{problem}");
        }
    }
}
