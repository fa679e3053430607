use std::error::Error;

use windlass_credentials::{AccountError, CallError, CommonError};
use windlass_errors::{Code, Report as _};
use windlass_keys::{KeyError, LONGEST};
use windlass_settings::MountedStore;

use crate::mount::Mount;

/// What keeps a mount from giving what lies below it.
pub(crate) enum Trouble {
    /// The mount's account has no credentials.
    Account(AccountError),
    /// The store refuses or does not answer; `action` is what IAM calls the operation.
    Call { error: CallError, action: &'static str },
    /// The store has no such secret.
    Absent,
    /// The secret has more than [`LONGEST`] bytes.
    TooLong,
    /// There are more secrets than are listed at once.
    TooMany,
}

impl Trouble {
    /// As an error about a path or a folder below the mount.
    pub(crate) fn of(self, mount: &Mount, path: &str) -> KeyError {
        let of = &mount.of;
        let (noun, name) = (mount.store.noun(), mount.name(path));
        let place = format!(
            "(mount `{}`, {} in {}, account `{}` of {})",
            of.path,
            of.store,
            of.region,
            mount.account.account().name,
            mount.account.account().scope
        );
        let about = |what: &str| format!("`{path}` {place}: {what}");
        let elsewhere = |code, message, help: Option<String>, source: Option<Box<dyn Error + Send + Sync>>| {
            KeyError::Elsewhere { code: Code::new(code), message, help, source }
        };
        match self {
            Self::Account(error) => KeyError::Elsewhere {
                code: error.code(),
                message: about(&error.to_string()),
                help: error.help(),
                source: Some(error.into()),
            },
            Self::Call { error: CallError::Refused { code, .. }, .. } if code == mount.store.absent() => {
                Self::Absent.of(mount, path)
            }
            Self::Call { error: error @ CallError::Refused { .. }, action } => {
                let message = about(&format!("{noun} `{name}`: {error}"));
                elsewhere("key.mount-refused", message, Some(remedy(&error, action, mount, &name)), None)
            }
            Self::Call { error, .. } => {
                let help = format!(
                    "check DNS and egress to that address; `endpoints.{}` names another, such as a VPC endpoint",
                    mount.store.service()
                );
                elsewhere("key.mount-unreachable", about(&error.to_string()), Some(help), Some(error.into()))
            }
            Self::Absent => {
                let message = about(&format!("there is no {noun} `{name}`"));
                let help = format!("`windlass key list {} --recursive` shows what there is", of.path);
                elsewhere("key.not-found", message, Some(help), None)
            }
            Self::TooLong => {
                let message = about(&format!("{noun} `{name}` has more than {LONGEST} bytes"));
                elsewhere("key.mount-refused", message, None, None)
            }
            Self::TooMany => {
                let message = about("there are too many secrets to list");
                elsewhere("key.mount-refused", message, Some("list a folder below it".to_owned()), None)
            }
        }
    }
}

/// By the errors of `GetSecretValue` (AWS Secrets Manager API reference), of `GetParameter` (AWS Systems Manager API
/// reference), and those that all services have.
fn remedy(error: &CallError, action: &str, mount: &Mount, name: &str) -> String {
    let CallError::Refused { code, said, .. } = error else { return String::new() };
    let said = said.as_deref().unwrap_or_default();
    let account = mount.account.account();
    let who = match &account.role {
        Some(role) => format!("the role `{}`", role.arn),
        None => format!("the identity of account `{}`", account.name),
    };
    match CommonError::of(code) {
        Some(CommonError::NotAllowed) if said.contains("KMS") || said.contains("kms:") => decrypting(&who, name),
        Some(CommonError::NotAllowed) => {
            let own = if action.contains(":Get") {
                format!(" on `{name}`, and `kms:Decrypt` if it has a key of its own")
            } else {
                " on `*`".to_owned()
            };
            format!("allow {who} `{action}`{own}")
        }
        Some(CommonError::Signature | CommonError::Clock) => {
            "set the clock of the runner's machine, or store the account's secret again".to_owned()
        }
        Some(CommonError::Keys) => {
            "the account's keys are not known in that region, have ended, or belong to another partition".to_owned()
        }
        None if ["DecryptionFailure", "InvalidKeyId"].contains(&code.as_str()) => decrypting(&who, name),
        None if code == "InvalidRequestException" && mount.of.store == MountedStore::SecretsManager => {
            format!("if it was deleted, it can be brought back: `aws secretsmanager restore-secret --secret-id {name}`")
        }
        None => format!("the API reference of {} explains the code", mount.of.store),
    }
}

fn decrypting(who: &str, name: &str) -> String {
    format!(
        "allow {who} `kms:Decrypt` on the key of `{name}`, in its policies and in the key's, and see that the key is enabled"
    )
}
