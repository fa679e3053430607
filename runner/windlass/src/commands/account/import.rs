mod taking;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;
use windlass_errors::exit;
use windlass_settings::import::{Imported, NoteKind, rundeck, spinnaker};
use windlass_settings::{ProjectName, yaml};

use self::taking::{Row, Taking};
use super::desk::{Desk, desk};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;

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
    let taking = Taking::new(&desk, arguments.dry_run, arguments.overwrite).await?;
    let rows = taking.over(&imported).await?;
    print(&imported, &rows, &arguments)?;
    let left = rows.iter().filter(|row| row.what.problem().is_some()).count();
    if left == 0 {
        return Ok(exit::OK);
    }
    let of = rows.len();
    let (message, help) = if arguments.dry_run {
        (format!("{left} of {of} accounts would not be taken over"), "the table says why; nothing was changed")
    } else {
        (format!("{left} of {of} accounts were not taken over"), "the table says why; the others are there")
    };
    Err(Problem::with_help("account.import-incomplete", message, help))
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
    imported.map_err(|error| super::desk::unreadable(&error))
}

fn print(imported: &Imported, rows: &[Row], arguments: &Import) -> Result<(), Problem> {
    if arguments.output == Listing::Json {
        let accounts = rows.iter().map(|row| {
            let project = super::list::project(&row.scope);
            json!({ "name": row.name, "project": project, "role": row.role, "result": row.what.word(), "problem": row.what.problem() })
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
