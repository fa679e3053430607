use std::path::PathBuf;

use super::Checker;
use crate::shape::{AccessKeyShape, SourceShape, Text, WebIdentityShape};
use crate::yaml::Spanned;
use crate::{AccessKey, AccountName, KeyPath, RoleArn, Scope, Source, WebIdentity};

impl Checker<'_> {
    pub(super) fn source(&mut self, shape: &Spanned<SourceShape>, scope: &Scope) -> Option<Source> {
        match &shape.value {
            SourceShape::Ec2InstanceRole => Some(Source::Ec2InstanceRole),
            SourceShape::EcsTaskRole => Some(Source::EcsTaskRole),
            SourceShape::EksPodIdentity => Some(Source::EksPodIdentity),
            SourceShape::WebIdentity(shape) => self.web_identity(shape).map(Source::WebIdentity),
            SourceShape::Profile(name) => self.parse(name, check_profile).map(Source::Profile),
            SourceShape::Account(name) => self.parse(name, AccountName::parse).map(Source::Account),
            SourceShape::AccessKey(shape) => self.access_key(shape, scope).map(Source::AccessKey),
            SourceShape::Wrong { message, hint } => {
                self.fault(shape, message, Some(hint.clone()));
                None
            }
        }
    }

    fn access_key(&mut self, shape: &AccessKeyShape, scope: &Scope) -> Option<AccessKey> {
        let id = self.parse(&shape.access_key_id, check_access_key_id);
        let secret = self.key_path(&shape.secret_access_key, scope);
        let session_token = match &shape.session_token {
            Some(text) => Some(self.key_path(text, scope)?),
            None => None,
        };
        let id = id?;
        if id.starts_with("ASIA") != session_token.is_some() {
            let message = "`ASIA...` is a temporary key, which has a session token; `AKIA...` has none";
            let hint = "put the token into key storage and write its path as `sessionToken`".to_owned();
            self.fault(&shape.access_key_id, message, Some(hint));
        }
        Some(AccessKey { id, secret: secret?, session_token })
    }

    fn web_identity(&mut self, shape: &WebIdentityShape) -> Option<WebIdentity> {
        let role = match &shape.role {
            Some(text) => Some(self.parse(text, RoleArn::parse)?),
            None => None,
        };
        let token_file = match &shape.token_file {
            Some(text) => Some(self.parse(text, check_token_file)?),
            None => None,
        };
        Some(WebIdentity { role, token_file })
    }

    /// A scope uses keys of its own only.
    fn key_path(&mut self, text: &Text, scope: &Scope) -> Option<KeyPath> {
        let remedy = "put the secret into key storage and write its path here";
        let path = match KeyPath::parse(text.as_str()) {
            Ok(path) => path,
            Err(reason) => {
                let message = format!("this is the path of a key and never the secret itself: {reason}");
                self.fault(text, message, Some(remedy.to_owned()));
                return None;
            }
        };
        let allowed = match scope {
            Scope::System => path.project().is_none(),
            Scope::Project(name) => path.project() == Some(name.as_str()),
        };
        if !allowed {
            let own = match scope {
                Scope::System => "an account of the system uses no key of a project".to_owned(),
                Scope::Project(name) => format!("an account of {scope} uses keys below `keys/project/{name}/` only"),
            };
            self.fault(text, own, Some(remedy.to_owned()));
        }
        Some(path)
    }
}

fn check_token_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err("a token file is named by its absolute path".to_owned()) }
}

fn check_profile(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains([']', '\n']) {
        return Err("this cannot be the name of a profile".to_owned());
    }
    Ok(text.to_owned())
}

/// At most 128 characters of `\w` (AWS IAM API reference, `AccessKey`).
fn check_access_key_id(text: &str) -> Result<String, String> {
    if text.is_empty() || text.len() > 128 || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("an access key id is written like `AKIA...`, in letters and digits".to_owned());
    }
    Ok(text.to_owned())
}
