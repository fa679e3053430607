use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
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
    path: String,
    /// Read the secret from this file, byte for byte
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Replace a secret that is already there
    #[arg(long)]
    overwrite: bool,
    /// What is too much: most likely the secret itself, which the usual error would repeat
    #[arg(hide = true)]
    surplus: Vec<OsString>,
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
    path: String,
}

pub(crate) async fn run(global: &Global, command: Key) -> Result<u8, Problem> {
    if let Key::Set(Set { surplus, .. }) = &command
        && !surplus.is_empty()
    {
        return Err(Problem::usage("`key set` takes a path and nothing more; it reads the secret from standard input"));
    }
    let settings = setup::configuration(global)?.settings;
    let store = setup::store(&settings).await?;
    let keys = setup::keys(&settings, &store);
    match command {
        Key::Set(arguments) => {
            let path = path(&arguments.path)?;
            let secret = read(&path, arguments.file.as_ref())?;
            let version = keys.set(&path, secret, arguments.overwrite).await?;
            show::talk(format_args!("stored `{path}`, version {version}"));
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
                Listing::Table if entries.is_empty() => {
                    let below = arguments.folder.map(|folder| format!(" below `{folder}`")).unwrap_or_default();
                    show::talk(format_args!("no secrets{below}"));
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
            let path = path(&arguments.path)?;
            keys.delete(&path).await?;
            show::talk(format_args!("deleted `{path}`"));
        }
    }
    store.close().await;
    Ok(exit::OK)
}

/// What is no path may be a secret in the wrong place, so it is not repeated.
fn path(text: &str) -> Result<KeyPath, Problem> {
    KeyPath::parse(text)
        .map_err(|why| Problem::coded("key.invalid-path", format!("this is no path of a secret: {why}")))
}

fn read(path: &KeyPath, file: Option<&PathBuf>) -> Result<SecretSlice<u8>, Problem> {
    let (place, secret) = match file {
        Some(file) => (format!("`{}`", file.display()), File::open(file).and_then(read_limited)),
        None if io::stdin().is_terminal() => {
            let typed = rpassword::prompt_password(format!("secret for `{path}`: "));
            ("the terminal".to_owned(), typed.map(String::into_bytes))
        }
        None => ("standard input".to_owned(), read_limited(io::stdin().lock()).map(without_line_break)),
    };
    let unreadable = |error| format!("cannot read the secret from {place}: {error}");
    secret.map(Into::into).map_err(|error| Problem::coded("key.unreadable-input", unreadable(error)))
}

/// One more than allowed and one for the line break, so that a secret that is too long is told.
fn read_limited(input: impl Read) -> io::Result<Vec<u8>> {
    let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(2);
    let mut secret = Vec::new();
    input.take(most).read_to_end(&mut secret)?;
    Ok(secret)
}

fn without_line_break(mut secret: Vec<u8>) -> Vec<u8> {
    if secret.last() == Some(&b'\n') {
        secret.pop();
    }
    secret
}
