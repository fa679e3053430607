use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::SecretSlice;
use windlass_errors::exit;
use windlass_keys::LONGEST;
use windlass_settings::KeyPath;

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Subcommand)]
pub(crate) enum Key {
    /// Store a secret, read from standard input, a file, or a prompt
    ///
    /// A secret is never an argument: others could read it from the process list. One line break at its end is left out.
    /// The first secret makes the master key (`masterKeyFile`); keep a copy of that file in a safe place.
    #[command(after_help = "Examples:\n  \
        windlass key set keys/project/web/aws-secret < secret.txt\n  \
        windlass key set keys/deploy-key --file id_ed25519 --overwrite")]
    Set(Set),
    /// List paths, versions and times; never contents
    #[command(after_help = "Example:\n  windlass key list keys/project/web --output json")]
    List(List),
    /// Delete a secret
    #[command(after_help = "Example:\n  windlass key delete keys/project/web/aws-secret")]
    Delete(Delete),
}

#[derive(Args)]
pub(crate) struct Set {
    /// `keys/...` for the system, `keys/project/NAME/...` for one project
    #[arg(value_parser = KeyPath::parse)]
    path: KeyPath,
    /// Read the secret from this file, byte for byte
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Replace a secret that is already there
    #[arg(long)]
    overwrite: bool,
}

#[derive(Args)]
pub(crate) struct List {
    /// Only what lies below this folder
    folder: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

#[derive(Args)]
pub(crate) struct Delete {
    /// The path of the secret
    #[arg(value_parser = KeyPath::parse)]
    path: KeyPath,
}

pub(crate) async fn run(global: &Global, command: Key) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    let store = setup::store(&settings).await?;
    let keys = setup::keys(&settings, &store);
    match command {
        Key::Set(arguments) => {
            let secret = read(&arguments)?;
            let version = keys.set(&arguments.path, secret, arguments.overwrite).await?;
            eprintln!("stored `{}`, version {version}", arguments.path);
        }
        Key::List(arguments) => {
            let entries = keys.list(arguments.folder.as_deref()).await?;
            match arguments.output {
                Listing::Json => {
                    let entries: Vec<_> = entries
                        .iter()
                        .map(|entry| {
                            let changed = show::time(entry.updated_at);
                            serde_json::json!({ "path": entry.path, "version": entry.version, "changed": changed })
                        })
                        .collect();
                    show::json(&entries)?;
                }
                Listing::Table => {
                    let rows = entries
                        .iter()
                        .map(|entry| [entry.path.to_string(), entry.version.to_string(), show::time(entry.updated_at)]);
                    show::listing(["path", "version", "changed"], rows)?;
                }
            }
        }
        Key::Delete(arguments) => {
            keys.delete(&arguments.path).await?;
            eprintln!("deleted `{}`", arguments.path);
        }
    }
    store.close().await;
    Ok(exit::OK)
}

fn read(arguments: &Set) -> Result<SecretSlice<u8>, Problem> {
    let unreadable = |place: &str| {
        let message = format!("cannot read the secret from {place}");
        move |error: std::io::Error| Problem::coded("key.unreadable-input", format!("{message}: {error}"))
    };
    if let Some(file) = &arguments.file {
        return Ok(std::fs::read(file).map_err(unreadable(&format!("`{}`", file.display())))?.into());
    }
    let place = "standard input";
    if std::io::stdin().is_terminal() {
        let prompt = format!("secret for `{}`: ", arguments.path);
        let typed = rpassword::prompt_password(prompt).map_err(unreadable(place))?;
        return Ok(typed.into_bytes().into());
    }
    let mut secret = Vec::new();
    // One more than allowed and one for the line break, so that a secret that is too long is told.
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(2);
    std::io::stdin().lock().take(most).read_to_end(&mut secret).map_err(unreadable(place))?;
    if secret.last() == Some(&b'\n') {
        secret.pop();
    }
    Ok(secret.into())
}
