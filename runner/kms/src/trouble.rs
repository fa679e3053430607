use std::error::Error;

use windlass_credentials::{AccountError, CallError, CommonError};
use windlass_errors::{Code, Report as _};
use windlass_keys::{KeyError, KmsKey};
use windlass_settings::Chain;

/// An operation on a key.
pub(crate) struct Asked<'a> {
    /// `X-Amz-Target`.
    pub(crate) target: &'static str,
    /// The IAM action that allows it.
    pub(crate) action: &'static str,
    pub(crate) key: &'a KmsKey,
}

/// What keeps KMS from giving a master key.
pub(crate) enum Trouble {
    /// The account has no credentials.
    Account(AccountError),
    /// KMS refuses or does not answer.
    Call(CallError),
}

impl Trouble {
    pub(crate) fn of(self, chain: &Chain, asked: &Asked<'_>) -> KeyError {
        let account = &chain.account().name;
        let about = |what: &dyn std::fmt::Display| {
            format!("the master key under `{}` (account `{account}`): {what}", asked.key)
        };
        let in_aws = |code, message, help, source: Option<Box<dyn Error + Send + Sync>>| KeyError::Elsewhere {
            code: Code::new(code),
            message,
            help: Some(help),
            source,
        };
        match self {
            Self::Account(error) => KeyError::Elsewhere {
                code: error.code(),
                message: about(&error),
                help: error.help(),
                source: Some(error.into()),
            },
            Self::Call(error @ CallError::Refused { .. }) => {
                in_aws("key.master-refused", about(&error), remedy(&error, chain, asked), None)
            }
            Self::Call(error) => {
                let help =
                    "check DNS and egress to that address; `endpoints.kms` names another, such as a VPC endpoint";
                in_aws("key.master-unreachable", about(&error), help.to_owned(), Some(error.into()))
            }
        }
    }
}

/// By the errors of `GenerateDataKey` and `Decrypt` (AWS KMS API reference), and those that all services have.
fn remedy(error: &CallError, chain: &Chain, asked: &Asked<'_>) -> String {
    let CallError::Refused { code, .. } = error else { return String::new() };
    let Asked { action, key, .. } = asked;
    match CommonError::of(code) {
        Some(CommonError::NotAllowed) => {
            let account = chain.account();
            let who = match &account.role {
                Some(role) => format!("the role `{}`", role.arn),
                None => format!("the identity of account `{}`", account.name),
            };
            format!("allow {who} `{action}` on `{key}`, in its policies or in the key's")
        }
        Some(CommonError::Signature | CommonError::Clock) => "set the clock of the runner's machine".to_owned(),
        Some(CommonError::Keys) => {
            "the account's keys are not known in that region, have ended, or belong to another partition".to_owned()
        }
        None => of_kms(code, key),
    }
}

fn of_kms(code: &str, key: &KmsKey) -> String {
    match code {
        "NotFoundException" => {
            format!("see that there is a key `{key}`; one that was deleted is gone for good, with all that is under it")
        }
        "DisabledException" => format!("enable it: `aws kms enable-key --key-id {key}`"),
        "KMSInvalidStateException" => {
            format!("if it is to be deleted: `aws kms cancel-key-deletion --key-id {key}`, then `aws kms enable-key`")
        }
        "InvalidCiphertextException" | "IncorrectKeyException" => {
            "the line of the master key was changed; restore the file from its backup".to_owned()
        }
        "InvalidKeyUsageException" | "UnsupportedOperationException" => {
            "name a symmetric key for encryption (`SYMMETRIC_DEFAULT`)".to_owned()
        }
        _ => "the API reference of AWS KMS explains the code".to_owned(),
    }
}
