use std::path::PathBuf;

use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret as _, SecretSlice};
use serde_json::{Value, json};
use windlass_errors::exit;
use windlass_keys::{KeyStorage, SecretKind};
use windlass_settings::import::{Imported, NoteKind, Refused, rundeck, spinnaker};
use windlass_settings::{Account, ProjectName, Scope, yaml};

use super::desk::{Desk, desk, kept};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Args)]
pub(crate) struct Import {
    /// The file: a clouddriver.yml, or properties of Rundeck
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Whose file it is [default: Rundeck's if its name ends in `.properties`, else Spinnaker's]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The project that properties of a Rundeck project are for
    #[arg(long)]
    project: Option<ProjectName>,
    /// Print what would be done, and what every key of the file comes to
    #[arg(long)]
    dry_run: bool,
    /// Replace accounts of the database and secrets that are there already
    #[arg(long)]
    overwrite: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The `aws` and `ecs` blocks of a clouddriver.yml
    Spinnaker,
    /// Properties of a project or of the framework
    Rundeck,
}

pub(super) async fn run(global: &Global, arguments: Import) -> Result<u8, Problem> {
    let desk = desk(global).await?;
    let imported = read(&desk, &arguments)?;
    let mut rows = refused(&imported);
    let keys = setup::keys(&desk.file, &desk.store);
    store_secrets(&keys, &imported, &arguments).await?;
    for account in &imported.accounts {
        rows.push(Row { what: keep(&desk, account, &arguments).await?, ..Row::of(account) });
    }
    print(&imported, &rows, &arguments)?;
    let left = rows.iter().filter(|row| row.what.is_problem()).count();
    if left == 0 {
        return Ok(exit::OK);
    }
    let message = format!("{left} of {} accounts were not taken over", rows.len());
    Err(Problem::with_help("account.import-incomplete", message, "the table says why; the others are there"))
}

fn read(desk: &Desk, arguments: &Import) -> Result<Imported, Problem> {
    let path = &arguments.from;
    let unreadable = |what: String| Problem::coded("account.document-unreadable", what);
    let text = yaml::read(path).map_err(|error| unreadable(format!("cannot read `{}`: {error}", path.display())))?;
    let by_name =
        if path.extension().is_some_and(|end| end == "properties") { Format::Rundeck } else { Format::Spinnaker };
    let imported = match arguments.format.unwrap_or(by_name) {
        Format::Spinnaker => spinnaker::import(path, &text, &desk.all),
        Format::Rundeck => rundeck::import(path, &text, arguments.project.as_ref(), &desk.all),
    };
    imported.map_err(|error| unreadable(format!("{}:{}: {}", path.display(), error.line, error.message)))
}

/// An account of the file and what became of it.
struct Row {
    name: String,
    scope: Scope,
    role: String,
    what: What,
}

enum What {
    Added,
    Replaced,
    Unchanged,
    WouldAdd,
    WouldReplace,
    Exists,
    Refused(String),
}

impl What {
    fn is_problem(&self) -> bool {
        matches!(self, Self::Exists | Self::Refused(_))
    }

    fn text(&self) -> String {
        match self {
            Self::Added => "added".to_owned(),
            Self::Replaced => "replaced".to_owned(),
            Self::Unchanged => "is there already".to_owned(),
            Self::WouldAdd => "would be added".to_owned(),
            Self::WouldReplace => "would be replaced".to_owned(),
            Self::Exists => "is there already, and differs; `--overwrite` replaces it".to_owned(),
            Self::Refused(why) => format!("refused: {why}"),
        }
    }
}

impl Row {
    fn of(account: &Account) -> Self {
        Self {
            name: account.name.to_string(),
            scope: account.scope.clone(),
            role: account.role.as_ref().map(|role| role.arn.to_string()).unwrap_or_default(),
            what: What::Unchanged,
        }
    }
}

fn refused(imported: &Imported) -> Vec<Row> {
    let row = |it: &Refused| {
        let hints = it.problems.iter().filter_map(|problem| problem.hint.as_deref()).take(1);
        let why =
            std::iter::once(it.problems.to_string()).chain(hints.map(str::to_owned)).collect::<Vec<_>>().join("; ");
        Row { name: it.name.clone(), scope: it.scope.clone(), role: String::new(), what: What::Refused(why) }
    };
    imported.refused.iter().map(row).collect()
}

/// Before the accounts that need them.
async fn store_secrets(keys: &KeyStorage, imported: &Imported, arguments: &Import) -> Result<(), Problem> {
    for key in &imported.keys {
        let path = &key.path;
        if arguments.dry_run {
            show::talk(format_args!("the secret in line {} would be stored as `{path}`", key.line));
            continue;
        }
        let secret = SecretSlice::from(Box::<[u8]>::from(key.secret.expose_secret().as_bytes()));
        keys.set(path, SecretKind::Password, secret, arguments.overwrite).await?;
        show::talk(format_args!(
            "stored the secret in line {} as `{path}`; take it out of `{}`",
            key.line,
            arguments.from.display()
        ));
    }
    Ok(())
}

async fn keep(desk: &Desk, account: &Account, arguments: &Import) -> Result<What, Problem> {
    let Value::Object(definition) = account.definition() else { unreachable!("a definition is an object") };
    let (_, rows) = desk.store.accounts().await?;
    let scope = kept(&account.scope);
    let there = rows.into_iter().find(|row| row.scope == scope && row.name == account.name.as_str());
    let same = |text: &str| serde_json::from_str::<Value>(text).is_ok_and(|it| it == Value::Object(definition.clone()));
    match there {
        Some(row) if same(&row.text) => Ok(What::Unchanged),
        Some(_) if !arguments.overwrite => Ok(What::Exists),
        Some(_) if arguments.dry_run => Ok(What::WouldReplace),
        None if arguments.dry_run => Ok(What::WouldAdd),
        there => {
            let version = there.map(|row| row.version);
            desk.put(&account.scope, &account.name, definition, version).await?;
            Ok(if version.is_some() { What::Replaced } else { What::Added })
        }
    }
}

fn print(imported: &Imported, rows: &[Row], arguments: &Import) -> Result<(), Problem> {
    if arguments.output == Listing::Json {
        let accounts = rows.iter().map(|row| {
            let (project, result) = (super::list::project(&row.scope), row.what.text());
            json!({ "name": row.name, "project": project, "role": row.role, "result": result, "problem": row.what.is_problem() })
        });
        let keys = imported.keys.iter().map(|key| key.path.as_str());
        return show::json(
            &json!({ "accounts": accounts.collect::<Vec<_>>(), "keys": keys.collect::<Vec<_>>(), "notes": imported.notes }),
        );
    }
    tell_notes(imported, arguments);
    let cells = |row: &Row| [row.name.clone(), super::list::scope(&row.scope), row.role.clone(), row.what.text()];
    if rows.is_empty() {
        show::talk(format_args!("`{}` has no accounts", arguments.from.display()));
        return Ok(());
    }
    show::listing(["NAME", "SCOPE", "ROLE", "RESULT"], rows.iter().map(cells))
}

/// Everything with `--dry-run`; else what matters, and how much is left.
fn tell_notes(imported: &Imported, arguments: &Import) {
    let file = arguments.from.display();
    let quiet = |kind: NoteKind| !arguments.dry_run && matches!(kind, NoteKind::Unused);
    let (left, told): (Vec<_>, Vec<_>) = imported.notes.iter().partition(|note| quiet(note.kind));
    for note in told {
        show::talk(show::safe_text(&format!("{file}:{note}")));
    }
    if !left.is_empty() {
        let many = left.len();
        show::talk(format_args!("{many} settings of `{file}` mean nothing here; `--dry-run` lists them"));
    }
}
