use std::io;
use std::path::PathBuf;

use windlass_errors::{Code, Report};
use windlass_store::{SecretKind, StoreError};

use crate::LONGEST;

/// What can go wrong with key storage. No variant holds anything of a secret or of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is no secret at the path.
    #[error("no secret at `{path}`")]
    NotFound {
        /// The path.
        path: String,
        /// The path in the same folder that is most like it.
        nearest: Option<String>,
    },
    /// There is a secret at the path, and it was not to be overwritten.
    #[error("a secret is already at `{path}`")]
    Exists {
        /// The path.
        path: String,
    },
    /// The secret is wanted as text and is none.
    #[error("the secret at `{path}` is no text in UTF-8")]
    NotText {
        /// The path.
        path: String,
    },
    /// A secret option that was typed when the job was started, and is not kept.
    #[error("the secret option `{option}` was typed in and is gone")]
    NotGiven {
        /// The option.
        option: String,
    },
    /// The secret has more than [`LONGEST`] bytes.
    #[error("the secret for `{path}` has more than {LONGEST} bytes")]
    TooLong {
        /// The path.
        path: String,
    },
    /// The secret does not look like what it is said to be.
    #[error("the value for `{path}` is no {}: it is {found}", named(*kind))]
    NotOfKind {
        /// The path.
        path: String,
        /// What it is said to be.
        kind: SecretKind,
        /// What was found, in words that repeat nothing of it.
        found: String,
    },
    /// The secret has no bytes at all.
    #[error("the secret for `{path}` is empty")]
    Empty {
        /// The path.
        path: String,
    },
    /// A record fails its integrity check.
    #[error("the secret at `{path}` is damaged or was moved there")]
    Damaged {
        /// The path.
        path: String,
    },
    /// The database was written with a master key, and there is none at its place.
    #[error("the master key `{}` is missing", file.display())]
    MasterMissing {
        /// Where it should be.
        file: PathBuf,
        /// The id that the database knows.
        id: String,
    },
    /// The file cannot be read.
    #[error("cannot read the master key `{}`", file.display())]
    MasterUnreadable {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A new master key cannot be written.
    #[error("cannot write the master key `{}`", file.display())]
    MasterNotMade {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("`{}` does not hold a master key", file.display())]
    MasterMalformed {
        /// The file.
        file: PathBuf,
    },
    /// Others could read the file or have written it, or it would get into every backup.
    #[error("the master key `{}` is not safe: {why}", file.display())]
    MasterUnsafe {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: &'static str,
        /// What to do.
        remedy: String,
    },
    /// The file lacks a master key that the database was written with.
    #[error("the master key `{}` has id {found}, the database was written with {expected}", file.display())]
    MasterMismatch {
        /// The file.
        file: PathBuf,
        /// The id that the database knows.
        expected: String,
        /// The ids of the keys in the file.
        found: String,
    },
    /// A master key is to be given up, or followed by one more, and may still wrap something.
    #[error("the master key {id} is still in use")]
    MasterInUse {
        /// Its id.
        id: String,
    },
    /// The master key that is to come is in the file already, and is not the one that was asked for.
    #[error("the master key {id} in `{}` is prepared already, and does not lie under `{kms}`", file.display())]
    MasterPrepared {
        /// The file.
        file: PathBuf,
        /// The id of the key that is there.
        id: String,
        /// The ARN that was asked for.
        kms: String,
    },
    /// A master key lies under a key of KMS, and no account is named that may use it.
    #[error("the master key in `{}` lies under `{kms}`, and there is no account to ask KMS with", file.display())]
    MasterWithoutAccount {
        /// The file.
        file: PathBuf,
        /// The ARN.
        kms: String,
    },
    /// What KMS opened is another key than the file says.
    #[error("the line of the master key {id} in `{}` is damaged: `{kms}` opens it as {found}", file.display())]
    MasterForeign {
        /// The file.
        file: PathBuf,
        /// The id that the file says.
        id: String,
        /// The id of what KMS opened.
        found: String,
        /// The ARN.
        kms: String,
    },
    /// A secret below a mount is to be changed.
    #[error("`{path}` lies below the mount `{mount}`, which is only read")]
    Mounted {
        /// The path.
        path: String,
        /// The mount.
        mount: String,
    },
    /// What lies in AWS cannot be had: a secret below a mount, or the master key.
    #[error("{message}")]
    Elsewhere {
        /// The code.
        code: Code,
        /// What happened, with the account and what it was about, by its name in AWS; nothing of a value.
        message: String,
        /// What to do.
        help: Option<String>,
        /// Why.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn named(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::Password => "password",
        SecretKind::PrivateKey => "private key",
        SecretKind::PublicKey => "public key",
    }
}

impl Report for KeyError {
    fn code(&self) -> Code {
        Code::new(match self {
            Self::NotFound { .. } => "key.not-found",
            Self::Exists { .. } => "key.exists",
            Self::NotText { .. } => "key.not-text",
            Self::NotGiven { .. } => "key.not-found",
            Self::TooLong { .. } | Self::Empty { .. } => "key.unreadable-input",
            Self::Damaged { .. } => "key.damaged",
            Self::NotOfKind { .. } => "key.not-of-kind",
            Self::MasterInUse { .. } => "key.master-in-use",
            Self::MasterMissing { .. } => "key.master-missing",
            Self::MasterUnreadable { .. }
            | Self::MasterNotMade { .. }
            | Self::MasterMalformed { .. }
            | Self::MasterForeign { .. } => "key.master-unreadable",
            Self::MasterPrepared { .. } => "key.master-prepared",
            Self::MasterWithoutAccount { .. } => "key.master-no-account",
            Self::MasterUnsafe { .. } => "key.master-unsafe",
            Self::MasterMismatch { .. } => "key.master-mismatch",
            Self::Mounted { .. } => "key.mounted",
            Self::Elsewhere { code, .. } => return code.clone(),
            Self::Store(error) => return error.code(),
        })
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { nearest: Some(nearest), .. } => format!("did you mean `{nearest}`?"),
            Self::NotFound { path, nearest: None } => format!("set it: `windlass key set {path}`"),
            Self::Exists { path } => format!("to replace it: `windlass key set --overwrite {path}`"),
            Self::NotGiven { .. } => "start the job again and give it".to_owned(),
            Self::NotOfKind { kind: SecretKind::PublicKey, .. } => {
                "a public key is a line of OpenSSH, a `PUBLIC KEY` or a `CERTIFICATE` in PEM".to_owned()
            }
            Self::NotOfKind { .. } => {
                "a private key begins with a line such as `-----BEGIN OPENSSH PRIVATE KEY-----`".to_owned()
            }
            Self::MasterInUse { .. } => {
                "first `windlass key rotate-master`, then `windlass key rotate-master --drop-old`".to_owned()
            }
            Self::NotText { .. } => {
                "a step takes texts only; store it in Base64, or give it to the step as a file".to_owned()
            }
            Self::TooLong { .. } => "keep the large part elsewhere and its key here".to_owned(),
            Self::Empty { path } => format!("give it on standard input: `windlass key set {path} < FILE`"),
            Self::Damaged { path } => format!("set it again: `windlass key set --overwrite {path}`"),
            Self::MasterMissing { file, id } => {
                format!(
                    "restore the master key with id {id} to `{}` from its backup; without it no secret opens",
                    file.display()
                )
            }
            Self::MasterUnreadable { .. } => "make the file readable for this user, and for nobody else".to_owned(),
            Self::MasterNotMade { .. } => {
                "make its folder writable, or name another file as `masterKeyFile`".to_owned()
            }
            Self::MasterPrepared { file, .. } => {
                format!(
                    "take it with `windlass key rotate-master`, or remove its line from `{}` on every machine first",
                    file.display()
                )
            }
            Self::MasterWithoutAccount { .. } => {
                "name one of the system's accounts as `masterKeyAccount` in the configuration".to_owned()
            }
            Self::MasterMalformed { .. } | Self::MasterForeign { .. } => {
                "restore the file from its backup, or name another as `masterKeyFile`".to_owned()
            }
            Self::MasterUnsafe { remedy, .. } => remedy.clone(),
            Self::MasterMismatch { expected, .. } => {
                format!(
                    "restore the master key with id {expected}, copy its file from another machine on this database, or name \
                     it as `masterKeyFile`"
                )
            }
            Self::Mounted { .. } => {
                "change it in the store that `keyMounts` of the configuration names, or choose another path".to_owned()
            }
            Self::Elsewhere { help, .. } => return help.clone(),
            Self::Store(error) => return error.help(),
        })
    }
}
