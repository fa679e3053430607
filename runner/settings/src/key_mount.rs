use std::fmt;

use crate::{AccountName, FilePlace, KeyPath};

/// A path of key storage below which secrets are read from a store of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMount {
    /// Everything below it lies in the store. One of a project (`keys/project/NAME/...`) is that project's.
    pub path: KeyPath,
    /// The store.
    pub store: MountedStore,
    /// The account that reads there: of the mount's project, if it has one of that name, or else of the system.
    pub account: AccountName,
    /// The region of the store.
    pub region: String,
    /// What comes before the rest of the path in the store's names.
    pub prefix: String,
    /// Where the configuration says so.
    pub place: FilePlace,
}

impl KeyMount {
    /// The rest of a path that lies below this one: `db/password` of `keys/aws/db/password` for a mount at `keys/aws`.
    pub fn rest<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(self.path.as_str())?.strip_prefix('/')
    }
}

/// A store of AWS that can be mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountedStore {
    /// AWS Secrets Manager.
    SecretsManager,
    /// Parameter Store of AWS Systems Manager.
    ParameterStore,
}

impl MountedStore {
    /// How it stands in the configuration.
    pub fn key(self) -> &'static str {
        match self {
            Self::SecretsManager => "secretsManager",
            Self::ParameterStore => "parameterStore",
        }
    }
}

impl fmt::Display for MountedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SecretsManager => "Secrets Manager",
            Self::ParameterStore => "Parameter Store",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_is_mounted() {
        let path = KeyPath::parse("keys/aws").unwrap();
        let (account, region) = (AccountName::parse("prod").unwrap(), "eu-west-1".to_owned());
        let place = FilePlace { file: "windlass.yaml".into(), line: 1, column: 1 };
        let store = MountedStore::SecretsManager;
        let mount = KeyMount { path, store, account, region, prefix: String::new(), place };
        assert_eq!(mount.rest("keys/aws/db/password"), Some("db/password"));
        for other in ["keys/aws", "keys/awsome/db", "keys/other/aws/x"] {
            assert_eq!(mount.rest(other), None, "{other}");
        }
    }
}
