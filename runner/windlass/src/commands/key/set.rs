use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretSlice};
use windlass_errors::Report as _;
use windlass_keys::{KeyError, KeyStorage, LONGEST, SecretKind, masked_badly};
use windlass_settings::KeyPath;
use zeroize::Zeroizing;

use super::Kind;
use crate::problem::Problem;
use crate::{prompt, show};

/// Store a secret, read from standard input, a file, or a prompt
///
/// A secret is never an argument: others could read it from the process list. A terminal asks for it without showing it.
/// Of a password on standard input one line break at its end is left out, since `echo` and editors add one; a file, a
/// private key and a public key are stored byte for byte.
///
/// The first secret makes the master key (`masterKeyFile`); keep a copy of that file in a safe place.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    windlass key set keys/project/web/aws-secret < secret.txt\n  \
    windlass key set keys/deploy-key --kind private-key --file id_ed25519 --overwrite\n  \
    windlass key set keys/deploy-key.pub --kind public-key < id_ed25519.pub")]
pub(crate) struct Set {
    /// `keys/...` for the system, `keys/project/NAME/...` for one project
    path: String,
    /// What it is [default: what it is to replace, else a password]
    #[arg(long, value_enum)]
    kind: Option<Kind>,
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

impl Set {
    pub(super) fn check(&self) -> Result<(), Problem> {
        if self.surplus.is_empty() {
            return Ok(());
        }
        Err(Problem::usage("`key set` takes a path and nothing more; it reads the secret from standard input"))
    }
}

pub(super) async fn run(keys: &KeyStorage, arguments: Set) -> Result<(), Problem> {
    let path = super::path(&arguments.path)?;
    keys.check_writable(&path)?;
    let kind = kind(keys, &path, &arguments).await?;
    let secret = read(&path, kind, arguments.file.as_ref())?;
    let warning = masked_badly(path.as_str(), secret.expose_secret()).filter(|_| kind != SecretKind::PublicKey);
    let version = keys.set(&path, kind, secret, arguments.overwrite).await?;
    show::talk(format_args!("stored `{path}`, version {version}, a {}", super::named(kind)));
    warning.into_iter().for_each(show::warn);
    Ok(())
}

/// Also refuses to overwrite before anybody has typed anything.
async fn kind(keys: &KeyStorage, path: &KeyPath, arguments: &Set) -> Result<SecretKind, Problem> {
    let present = match keys.entry(path).await {
        Ok(_) if !arguments.overwrite => return Err(KeyError::Exists { path: path.to_string() }.into()),
        Ok(entry) => Some(entry.kind),
        Err(error) if error.code().as_str() == "key.not-found" => None,
        Err(error) => return Err(error.into()),
    };
    Ok(arguments.kind.map(SecretKind::from).or(present).unwrap_or(SecretKind::Password))
}

fn read(path: &KeyPath, kind: SecretKind, file: Option<&PathBuf>) -> Result<SecretSlice<u8>, Problem> {
    let (place, secret) = match file {
        Some(file) => (format!("`{}`", file.display()), File::open(file).and_then(read_limited)),
        None if io::stdin().is_terminal() && kind != SecretKind::Password => {
            let message = format!("a {} has several lines: give its file as `--file FILE`", super::named(kind));
            return Err(Problem::usage(&message));
        }
        None if io::stdin().is_terminal() => {
            let typed = prompt::secret(&format!("secret for `{path}`: "));
            ("the terminal".to_owned(), typed.map(String::into_bytes).map(Zeroizing::new))
        }
        None => {
            let secret = read_limited(io::stdin().lock());
            let whole = kind != SecretKind::Password;
            ("standard input".to_owned(), secret.map(|secret| if whole { secret } else { without_line_break(secret) }))
        }
    };
    let unreadable = |error| format!("cannot read the secret from {place}: {error}");
    let secret = secret.map_err(|error| Problem::coded("key.unreadable-input", unreadable(error)))?;
    // Of the right length at once: a vector that is shortened leaves its contents where they were.
    Ok(Box::<[u8]>::from(secret.as_slice()).into())
}

/// One more than allowed and one for the line break, so that a secret that is too long is told. Never moved once it is
/// read.
fn read_limited(input: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    const MOST: usize = LONGEST + 2;
    let mut secret = Zeroizing::new(Vec::with_capacity(MOST + 1));
    input.take(u64::try_from(MOST).unwrap_or(u64::MAX)).read_to_end(&mut secret)?;
    Ok(secret)
}

fn without_line_break(mut secret: Zeroizing<Vec<u8>>) -> Zeroizing<Vec<u8>> {
    if secret.last() == Some(&b'\n') {
        secret.pop();
    }
    secret
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_never_moved() {
        for length in [0, 1, LONGEST, LONGEST + 1, LONGEST + 2, 1 << 20] {
            let input = vec![b'x'; length];
            let read = read_limited(input.as_slice()).unwrap();
            assert_eq!((read.len(), read.capacity()), (length.min(LONGEST + 2), LONGEST + 3), "{length}");
        }
    }
}
