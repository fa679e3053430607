use windlass_errors::nearest_hint;

use super::Checker;
use crate::{Scope, Settings};

pub(super) const MASTER_KEY_ACCOUNT: &str = "masterKeyAccount";

impl Checker<'_> {
    /// The account that opens the master key, once all accounts are known to be right: it must not need that key itself,
    /// so it stands in the file and takes nothing from key storage.
    pub(super) fn master_key_account(&mut self, settings: &Settings) {
        let Some(name) = &settings.master_key_account else { return };
        let Some(account) = settings.account(&Scope::System, name) else {
            let hint = nearest_hint(name.as_str(), settings.accounts.iter().map(|account| account.name.as_str()));
            let message = format!("the configuration has no account `{name}` of the system");
            return self.fault_key(MASTER_KEY_ACCOUNT, message, Some(hint));
        };
        match settings.chain(account) {
            Err(error) => self.fault_key(MASTER_KEY_ACCOUNT, error.to_string(), None),
            Ok(chain) if !chain.source().is_runners_own() => {
                let message = format!("account `{name}` takes a secret of key storage, which does not open without it");
                let hint = "it starts from `ec2-instance-role`, `ecs-task-role`, `eks-pod-identity`, `web-identity` or a \
                            `profile`";
                self.fault_key(MASTER_KEY_ACCOUNT, message, Some(hint.to_owned()));
            }
            Ok(_) => {}
        }
    }
}
