use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;
use windlass_settings::{AccountName, ProjectName, yaml};

use super::desk::{Proof, desk, told};
use super::fields::{Definition, Fields};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;

#[derive(Args)]
pub(crate) struct Edit {
    /// The account
    name: AccountName,
    /// The project that it is of [default: the system]
    #[arg(long)]
    project: Option<ProjectName>,
    /// A key of the definition to leave out from now on, such as `externalId`; may be given several times
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    unset: Vec<String>,
    /// Replace the whole definition by that of a file, in the form of the configuration; `-` reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "unset")]
    file: Option<PathBuf>,
    /// Only if this is the version that it has now, as `account get` says
    #[arg(long, value_name = "NUMBER")]
    if_version: Option<i64>,
    /// Keep it only if `account verify` would find nothing that fails
    #[arg(long)]
    verify: bool,
    /// Also print its name, version and external ID
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
    #[command(flatten)]
    fields: Fields,
}

pub(super) async fn run(global: &Global, arguments: Edit) -> Result<(), Problem> {
    let desk = desk(global).await?;
    let Edit { name, project, fields, unset, file, if_version, verify, output } = arguments;
    let scope = desk.scope(project.as_ref())?;
    desk.not_in_the_file(&scope, &name)?;
    let row = desk.row(&scope, &name).await?;
    let before = parse(&row.text, Path::new("the definition"))?;
    let mut definition = file.map(|file| read(&file, &name)).transpose()?.unwrap_or_else(|| before.clone());
    if fields.wants_a_secret().is_some() {
        return Err(Problem::usage(
            "store the secret by `windlass key set` and name it with `--secret-access-key KEY`",
        ));
    }
    fields.put(&mut definition, None)?;
    for key in &unset {
        if definition.remove(key).is_none() {
            let hint = windlass_errors::nearest_hint(key, before.keys().map(String::as_str));
            return Err(Problem::usage(&format!("the definition has no `{key}`; {hint}")));
        }
    }
    if definition == before {
        return Err(Problem::usage("nothing would change"));
    }
    let replaces = Some(if_version.unwrap_or(row.version));
    let version = desk.keep(&scope, &name, definition.clone(), replaces, Proof::of(verify)).await?;
    show::talk(format_args!("changed account `{name}` of {scope}, now version {version}"));
    told(output, &scope, &name, version, &definition)
}

/// A definition of a file, which may say the name itself.
pub(super) fn read(file: &Path, name: &AccountName) -> Result<Definition, Problem> {
    let shown = file.display();
    let unreadable = |error| Problem::coded("account.document-unreadable", format!("cannot read `{shown}`: {error}"));
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().take(1 << 20).read_to_string(&mut text).map(|_| text)
    } else {
        yaml::read(file)
    };
    let definition = parse(&text.map_err(unreadable)?, file)?;
    match definition.get("name").and_then(Value::as_str) {
        Some(other) if other != name.as_str() => Err(Problem::usage(&format!(
            "`{shown}` defines the account `{other}`; a name is never changed, so delete one and add the other"
        ))),
        _ => Ok(definition),
    }
}

fn parse(text: &str, path: &Path) -> Result<Definition, Problem> {
    yaml::parse(path, text).map_err(|error| super::desk::unreadable(&error))
}
