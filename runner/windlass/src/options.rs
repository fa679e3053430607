//! Values of a job's options on the command line.

use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use windlass_jobs::{Given, Job, JobError, OptionKind, SecretOption, read_file_option};
use windlass_keys::masked_badly;
use windlass_settings::KeyPath;
use zeroize::Zeroizing;

use crate::problem::Problem;
use crate::{prompt, show};

/// Splits `NAME=VALUE`.
pub(crate) fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}

/// What was given for a job's options: of a file its text, of a secret the key or what a prompt or file says. A secret is
/// never an argument: others on the machine could read it.
pub(crate) fn given(job: &Job, options: &[(String, String)]) -> Result<Vec<(String, Given)>, Problem> {
    let one = |(name, text): &(String, String)| {
        let given = match job.option(name).map(|option| option.kind) {
            Some(OptionKind::File) => {
                Given::Text(read_file_option(name, Path::new(text.strip_prefix('@').unwrap_or(text)))?)
            }
            Some(OptionKind::Secret) => Given::Secret(secret(name, text)?),
            _ => Given::Text(text.clone()),
        };
        Ok((name.clone(), given))
    };
    options.iter().map(one).collect()
}

/// Warns of secrets that were typed and are masked badly. It is for whoever does not see the execution's log, which says so
/// too.
pub(crate) fn warn_of_short(given: &[(String, Given)]) {
    for (name, given) in given {
        if let Given::Secret(SecretOption::Typed(secret)) = given {
            let warning = masked_badly(&format!("options.{name}"), secret.expose_secret().as_bytes());
            warning.into_iter().for_each(show::warn);
        }
    }
}

fn secret(name: &str, text: &str) -> Result<SecretOption, Problem> {
    if text.starts_with("keys/") {
        let path = KeyPath::parse(text)
            .map_err(|why| Problem::coded("key.invalid-path", format!("option `{name}`: {why}")))?;
        return Ok(SecretOption::Key(path));
    }
    let unreadable = |error| Problem::coded("key.unreadable-input", format!("option `{name}`: {error}"));
    let typed = Zeroizing::new(match text {
        "-" => prompt::secret(&format!("{name}: ")).map_err(unreadable)?,
        _ => match text.strip_prefix('@') {
            Some(file) => std::fs::read_to_string(file).map_err(unreadable)?,
            None => return Err(never_an_argument(name)),
        },
    });
    Ok(SecretOption::Typed(SecretString::from(typed.trim_end_matches(['\r', '\n']))))
}

fn never_an_argument(name: &str) -> Problem {
    let message = format!("option `{name}` is a secret, and arguments can be read by others on this machine");
    let help = format!("give a key, `{name}=keys/project/...`, a file, `{name}=@FILE`, or be asked for it, `{name}=-`");
    Problem::from(JobError::Option { message, help })
}
