use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The variables of the runner's environment that a source may see, and no others.
///
/// `AWS_ACCESS_KEY_ID` and its like are dropped when this is built, so no source can pick them up. Nor can
/// `AWS_EC2_METADATA_*`: where the metadata service is, only `endpoints.imds` of the configuration says.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<&'static str, String>);

pub(crate) const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
pub(crate) const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
pub(crate) const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
pub(crate) const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
pub(crate) const ROLE_ARN: &str = "AWS_ROLE_ARN";
pub(crate) const WEB_IDENTITY_TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
/// Would lead the SSO of a profile elsewhere, which is refused.
pub(crate) const ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";
const CONFIG_FILE: &str = "AWS_CONFIG_FILE";
const CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";
const HOME: &str = "HOME";

impl Environment {
    /// The names that are kept.
    pub const NAMES: [&'static str; 10] = [
        RELATIVE_URI,
        FULL_URI,
        TOKEN,
        TOKEN_FILE,
        ROLE_ARN,
        WEB_IDENTITY_TOKEN_FILE,
        CONFIG_FILE,
        CREDENTIALS_FILE,
        HOME,
        ENDPOINT_URL,
    ];

    /// What the environment of this process says.
    pub fn of_process() -> Self {
        Self::NAMES.into_iter().filter_map(|name| Some((name.to_owned(), std::env::var(name).ok()?))).collect()
    }

    /// The value; an empty variable counts as not set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// `AWS_CONFIG_FILE`, else `~/.aws/config` (AWS SDKs and Tools reference guide, "Location of the shared files").
    pub(crate) fn config_file(&self) -> Option<PathBuf> {
        self.shared_file(CONFIG_FILE, ".aws/config")
    }

    /// `AWS_SHARED_CREDENTIALS_FILE`, else `~/.aws/credentials`.
    pub(crate) fn credentials_file(&self) -> Option<PathBuf> {
        self.shared_file(CREDENTIALS_FILE, ".aws/credentials")
    }

    fn shared_file(&self, name: &str, default: &str) -> Option<PathBuf> {
        let home = self.get(HOME).map(PathBuf::from);
        match self.get(name) {
            None => Some(home?.join(default)),
            Some(path) => match path.strip_prefix("~/") {
                None => Some(path.into()),
                Some(rest) => Some(home?.join(rest)),
            },
        }
    }
}

impl FromIterator<(String, String)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(variables: I) -> Self {
        let kept = |(name, value): (String, String)| {
            let name = Self::NAMES.into_iter().find(|kept| *kept == name)?;
            Some((name, value))
        };
        Self(variables.into_iter().filter_map(kept).collect())
    }
}

/// Names only: the authorization token is a secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::environment;

    #[test]
    fn keeps_only_what_a_source_may_see() {
        let environment = environment(&[("AWS_ACCESS_KEY_ID", "AKIASTRAY"), (TOKEN, "recognisable"), (FULL_URI, "")]);
        assert_eq!(environment.get("AWS_ACCESS_KEY_ID"), None);
        assert_eq!(environment.get(FULL_URI), None);
        assert_eq!(environment.get(TOKEN), Some("recognisable"));
        assert!(!format!("{environment:?}").contains("recognisable"));
    }

    #[test]
    fn finds_the_shared_files() {
        let at = |pairs: &[(&str, &str)]| environment(pairs).config_file();
        assert_eq!(at(&[("HOME", "/home/ops")]), Some("/home/ops/.aws/config".into()));
        assert_eq!(at(&[("AWS_CONFIG_FILE", "~/aws"), ("HOME", "/home/ops")]), Some("/home/ops/aws".into()));
        assert_eq!(at(&[("AWS_CONFIG_FILE", "/etc/aws")]), Some("/etc/aws".into()));
        assert_eq!(at(&[]), None);
    }
}
