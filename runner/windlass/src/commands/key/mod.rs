mod delete;
mod list;
mod rotate;
mod set;
mod show;

use clap::{Subcommand, ValueEnum};
use windlass_errors::exit;
use windlass_keys::{KeyEntry, SecretKind};
use windlass_settings::KeyPath;

use crate::arguments::Global;
use crate::problem::Problem;
use crate::setup;

#[derive(Subcommand)]
pub(crate) enum Key {
    Set(set::Set),
    List(list::List),
    Show(show::Show),
    Delete(delete::Delete),
    RotateMaster(rotate::RotateMaster),
}

/// What a secret is, on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// A password, a token, the secret of an access key: any bytes
    Password,
    /// A private key, in PEM or OpenSSH's format
    PrivateKey,
    /// A public key or a certificate, in PEM or as lines of OpenSSH; anyone who may list it may read it
    PublicKey,
}

impl From<Kind> for SecretKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Password => Self::Password,
            Kind::PrivateKey => Self::PrivateKey,
            Kind::PublicKey => Self::PublicKey,
        }
    }
}

pub(crate) async fn run(global: &Global, command: Key) -> Result<u8, Problem> {
    if let Key::Set(arguments) = &command {
        arguments.check()?;
    }
    let settings = setup::configuration(global)?.settings;
    let store = setup::store(&settings).await?;
    let keys = setup::keys(&settings, &store);
    let done = match command {
        Key::Set(arguments) => set::run(&keys, arguments).await,
        Key::List(arguments) => list::run(&keys, arguments).await,
        Key::Show(arguments) => show::run(&keys, arguments).await,
        Key::Delete(arguments) => delete::run(&keys, arguments).await,
        Key::RotateMaster(arguments) => rotate::run(&keys, arguments, &settings.master_key_file).await,
    };
    store.close().await;
    done.map(|()| exit::OK)
}

/// What is no path may be a secret in the wrong place, so it is not repeated.
fn path(text: &str) -> Result<KeyPath, Problem> {
    KeyPath::parse(text)
        .map_err(|why| Problem::coded("key.invalid-path", format!("this is no path of a secret: {why}")))
}

fn named(kind: SecretKind) -> &'static str {
    match kind {
        SecretKind::Password => "password",
        SecretKind::PrivateKey => "private key",
        SecretKind::PublicKey => "public key",
    }
}

/// The columns of [`cells`].
const HEADER: [&str; 6] = ["path", "kind", "size", "version", "created", "updated"];

fn cells(entry: &KeyEntry) -> [String; 6] {
    [
        entry.path.clone(),
        named(entry.kind).to_owned(),
        entry.at_most_bytes.map(|bytes| format!("up to {bytes} bytes")).unwrap_or_default(),
        entry.version.map(|version| version.to_string()).unwrap_or_default(),
        entry.created_at.map(crate::show::time).unwrap_or_default(),
        entry.updated_at.map(crate::show::time).unwrap_or_default(),
    ]
}

fn json(entry: &KeyEntry) -> serde_json::Value {
    serde_json::json!({
        "path": entry.path,
        "kind": entry.kind.as_str(),
        "atMostBytes": entry.at_most_bytes,
        "version": entry.version,
        "created": entry.created_at.map(crate::show::time),
        "updated": entry.updated_at.map(crate::show::time),
        "mount": entry.mount,
    })
}
