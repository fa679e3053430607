use windlass_errors::nearest_hint;

use super::Checker;
use crate::shape::{AccountShape, ConfigurationShape, KeyMountShape, MountedShape, Text};
use crate::text::check_region;
use crate::{AccessKey, Account, AccountName, KeyMount, KeyPath, MountedStore, Project, Source};

impl Checker<'_> {
    /// The mounts of key storage, after accounts and projects.
    pub(super) fn key_mounts(
        &mut self,
        shape: Option<&ConfigurationShape>,
        system: &[Account],
        projects: &[Project],
    ) -> Vec<KeyMount> {
        let Some(file) = shape else { return Vec::new() };
        let shapes = &file.key_mounts;
        let mut mounts: Vec<KeyMount> = Vec::new();
        for shape in shapes {
            let Some(mount) = self.key_mount(file, shape, system, projects) else { continue };
            let other = mounts.iter().find(|other| {
                other.path == mount.path
                    || other.rest(mount.path.as_str()).is_some()
                    || mount.rest(other.path.as_str()).is_some()
            });
            if let Some(other) = other {
                let message = format!("it meets the mount `{}` in line {}", other.path, other.place.line);
                self.fault(&shape.path, message, Some("mounts lie beside each other".to_owned()));
            }
            mounts.push(mount);
        }
        for shape in shapes {
            self.no_loop(shape, &mounts, system, projects);
        }
        mounts
    }

    fn key_mount(
        &mut self,
        file: &ConfigurationShape,
        shape: &KeyMountShape,
        system: &[Account],
        projects: &[Project],
    ) -> Option<KeyMount> {
        let path = self.parse(&shape.path, KeyPath::parse);
        let (store, mounted) = self.mounted(shape)?;
        let prefix = match &mounted.prefix {
            Some(text) => self.parse(text, |text| check_prefix(store, text)),
            None if store == MountedStore::ParameterStore => Some("/".to_owned()),
            None => Some(String::new()),
        };
        let region = self.parse(&mounted.region, check_region);
        let account = AccountName::parse(mounted.account.as_str());
        let path = path?;
        if self.may_use(file, &path, &shape.path, &mounted.account)
            && let (Some(region), Some(account)) =
                (&region, account_of(&path, mounted.account.as_str(), system, projects))
            && !account.regions.is_empty()
            && !account.regions.contains(region)
        {
            let hint = nearest_hint(region, account.regions.iter().map(String::as_str));
            self.fault(&mounted.region, format!("`{region}` is not in the account's `regions`"), Some(hint));
        }
        let place = self.file_place(&shape.path);
        Some(KeyMount { path, store, account: account.ok()?, region: region?, prefix: prefix?, place })
    }

    fn mounted<'s>(&mut self, shape: &'s KeyMountShape) -> Option<(MountedStore, &'s MountedShape)> {
        match (&shape.secrets_manager, &shape.parameter_store) {
            (Some(mounted), None) => Some((MountedStore::SecretsManager, mounted)),
            (None, Some(mounted)) => Some((MountedStore::ParameterStore, mounted)),
            _ => {
                let hint = "give it `secretsManager` or `parameterStore`".to_owned();
                self.fault(&shape.path, "a mount has one store", Some(hint));
                None
            }
        }
    }

    /// Names are compared as they are written, so that a broken account is not reported as a missing one as well.
    fn may_use(&mut self, file: &ConfigurationShape, path: &KeyPath, place: &Text, account: &Text) -> bool {
        let own = match path.project() {
            None => &[][..],
            Some(name) => {
                let Some(project) = file.projects.iter().find(|project| project.name.as_str() == name) else {
                    let hint = nearest_hint(name, file.projects.iter().map(|project| project.name.as_str()));
                    self.fault(place, format!("there is no project `{name}`"), Some(hint));
                    return false;
                };
                &project.accounts
            }
        };
        let names: Vec<&str> = own.iter().chain(&file.accounts).map(|it: &AccountShape| it.name.as_str()).collect();
        if names.contains(&account.as_str()) {
            return true;
        }
        let whose =
            if path.project().is_some() { "neither the project nor the system has" } else { "the system has not" };
        let hint = nearest_hint(account.as_str(), names);
        self.fault(account, format!("{whose} an account of this name"), Some(hint));
        false
    }

    /// The secret of an account that reads a mount does not lie below a mount itself.
    fn no_loop(&mut self, shape: &KeyMountShape, mounts: &[KeyMount], system: &[Account], projects: &[Project]) {
        let (Ok(path), Some(mounted)) =
            (KeyPath::parse(shape.path.as_str()), shape.secrets_manager.as_ref().or(shape.parameter_store.as_ref()))
        else {
            return;
        };
        let mut account = account_of(&path, mounted.account.as_str(), system, projects);
        // An account that starts from itself is told elsewhere.
        for _ in 0..system.len() + projects.iter().map(|project| project.accounts.len()).sum::<usize>() {
            let Some(Source::Account(name)) = account.map(|account| &account.source) else { break };
            account = account_of(&path, name.as_str(), system, projects);
        }
        let Some(account) = account else { return };
        let Source::AccessKey(AccessKey { secret, session_token, .. }) = &account.source else { return };
        let mut keys = std::iter::once(secret).chain(session_token);
        let within = keys.find_map(|key| Some((key, mounts.iter().find(|mount| mount.rest(key.as_str()).is_some())?)));
        if let Some((secret, within)) = within {
            let message = format!(
                "account `{}` is to read this mount, and its own secret `{secret}` lies below the mount `{}`",
                account.name, within.path
            );
            let hint = "keep that secret in key storage itself: `windlass key set` at another path".to_owned();
            self.fault(&mounted.account, message, Some(hint));
        }
    }
}

/// The project's own account of that name, or else the system's.
fn account_of<'a>(path: &KeyPath, name: &str, system: &'a [Account], projects: &'a [Project]) -> Option<&'a Account> {
    let project = path.project().and_then(|name| projects.iter().find(|project| project.name.as_str() == name));
    let own = project.map_or(&[][..], |project| &project.accounts);
    own.iter().chain(system).find(|account| account.name.as_str() == name)
}

/// What names of secrets and of parameters may consist of (AWS Secrets Manager API reference, `CreateSecret`; AWS Systems
/// Manager user guide, "Requirements and constraints for parameter names").
fn check_prefix(store: MountedStore, text: &str) -> Result<String, String> {
    let (others, rule) = match store {
        MountedStore::SecretsManager => (&b"/_+=.@-"[..], "letters, digits and `/_+=.@-`"),
        MountedStore::ParameterStore => (&b"/_.-"[..], "letters, digits and `/_.-`"),
    };
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || others.contains(&b)) {
        return Err(format!("the names there consist of {rule}"));
    }
    if store == MountedStore::ParameterStore && !(text.starts_with('/') && text.ends_with('/')) {
        return Err("the prefix of parameters begins and ends with `/`".to_owned());
    }
    if text.contains("//") {
        return Err("`//` would be a folder without a name".to_owned());
    }
    Ok(text.to_owned())
}
