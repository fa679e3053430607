use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use windlass_credentials::chain;
use windlass_errors::Report as _;
use windlass_keys::{SecretKind, masked_badly};
use windlass_settings::{AccountName, KeyPath, ProjectName, Scope};

use super::desk::{Desk, Proof, desk, secret_path, told};
use super::fields::{Definition, Fields};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{prompt, setup, show};

#[derive(Args)]
pub(crate) struct Add {
    /// Its name: letters, digits, `.`, `_` and `-`; it cannot be changed later
    name: AccountName,
    /// The project that it is for [default: the system]
    #[arg(long)]
    project: Option<ProjectName>,
    /// Send no external ID; otherwise one is made for a role, if none is given
    #[arg(long, conflicts_with = "external_id")]
    no_external_id: bool,
    /// Take the definition from a file, in the form of the configuration; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Keep it only if `account verify` would find nothing that fails
    #[arg(long)]
    verify: bool,
    /// Also print its name, version and external ID
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
    #[command(flatten)]
    fields: Fields,
}

pub(super) async fn run(global: &Global, arguments: Add) -> Result<(), Problem> {
    let desk = desk(global).await?;
    let Add { name, project, fields, no_external_id, file, verify, output } = arguments;
    let scope = desk.scope(project.as_ref())?;
    desk.not_in_the_file(&scope, &name)?;
    let mut definition = file.map(|file| super::edit::read(&file, &name)).transpose()?.unwrap_or_default();
    let typed = fields.wants_a_secret().map(|_| secret_path(&scope, &name)).transpose()?;
    fields.put(&mut definition, typed.as_ref())?;
    managing(&desk, &mut definition)?;
    let made = (definition.contains_key("assumeRole") && !definition.contains_key("externalId") && !no_external_id)
        .then(external_id)
        .transpose()?;
    if verify && made.is_some() {
        return Err(Problem::usage(
            "no role can ask yet for an external ID that is made now: with `--verify`, give the role's `--external-id`, or \
             `--no-external-id`",
        ));
    }
    definition.extend(made.iter().map(|id| ("externalId".to_owned(), json!(id))));
    let kept = match &typed {
        None => desk.keep(&scope, &name, definition.clone(), None, Proof::of(verify)).await,
        Some(path) => {
            // Nobody types a secret only to be told that the account cannot be.
            desk.may_add(&scope, &name, &definition).await?;
            store_secret(&desk, path, fields.wants_a_secret().unwrap_or_default()).await?;
            let kept = desk.keep(&scope, &name, definition.clone(), None, Proof::of(verify)).await;
            if kept.is_err() {
                let _why_it_was_refused_is_told = setup::keys(&desk.file, &desk.store).delete(path).await;
            }
            kept
        }
    };
    let version = kept?;
    show::talk(format_args!("added account `{name}` of {scope}, version {version}"));
    let project = project.map(|project| format!(" --project {project}")).unwrap_or_default();
    if let Some(id) = made {
        let principal = if starts_from_a_role(&desk, &scope, &definition) { "" } else { " --principal ARN" };
        show::talk(format_args!(
            "its external ID is `{id}`; the role must ask for it: `windlass account trust {name}{project}{principal}`"
        ));
    }
    told(output, &scope, &name, version, &definition)
}

/// Whoever names no source starts from the account that is for that.
fn managing(desk: &Desk, definition: &mut Definition) -> Result<(), Problem> {
    if definition.contains_key("source") {
        return Ok(());
    }
    let Some(managing) = &desk.file.managing_account else {
        return Err(Problem::usage(
            "the account has no source: give `--source`, `--source-account`, `--profile` or `--access-key-id`, or set \
             `managingAccount` in the configuration",
        ));
    };
    definition.insert("source".to_owned(), json!({ "account": managing }));
    Ok(())
}

/// Whether it is known who assumes the account's role: the role of the account that it starts from.
fn starts_from_a_role(desk: &Desk, scope: &Scope, definition: &Definition) -> bool {
    let from = definition["source"]["account"].as_str().and_then(|name| name.parse().ok());
    let from = from.and_then(|name: AccountName| desk.all.account(scope, &name));
    from.and_then(|from| chain(&desk.all, from).ok()).is_some_and(|chain| chain.role().is_some())
}

/// 128 random bits; AWS asks for one that nobody else has, and not for a secret (AWS IAM user guide, "Access to AWS accounts
/// owned by third parties").
fn external_id() -> Result<String, Problem> {
    let mut random = [0; 16];
    let filled = rustix::rand::getrandom(&mut random, rustix::rand::GetRandomFlags::empty());
    match filled {
        Ok(16) => Ok(format!("windlass-{:032x}", u128::from_be_bytes(random))),
        _ => Err(Problem::internal("the system gives no random bytes")),
    }
}

async fn store_secret(desk: &Desk, path: &KeyPath, id: &str) -> Result<(), Problem> {
    if !std::io::stdin().is_terminal() {
        return Err(Problem::usage(&format!(
            "the secret of `{id}` is asked for on a terminal only; store it by `windlass key set` and name it with \
             `--secret-access-key KEY`"
        )));
    }
    let keys = setup::keys(&desk.file, &desk.store);
    match keys.entry(path).await {
        Ok(_) => {
            let message = format!("a secret is already at `{path}`, where that of `{id}` would be kept");
            let help = format!(
                "if it is that one, name it with `--secret-access-key {path}`; else: `windlass key delete {path}`"
            );
            return Err(Problem::with_help("key.exists", message, &help));
        }
        Err(error) if error.code().as_str() == "key.not-found" => {}
        Err(error) => return Err(error.into()),
    }
    let typed = prompt::secret(&format!("secret access key of `{id}`: "));
    let typed = typed.map_err(|error| Problem::coded("key.unreadable-input", format!("cannot read it: {error}")))?;
    let secret = Box::<[u8]>::from(zeroize::Zeroizing::new(typed).as_bytes());
    let warning = masked_badly(path.as_str(), &secret);
    keys.set(path, SecretKind::Password, secret.into(), false).await?;
    show::talk(format_args!("stored `{path}`"));
    warning.into_iter().for_each(show::warn);
    Ok(())
}
