use std::fs::File as Target;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use windlass_errors::{exit, nearest_hint};
use windlass_store::{RowPages, Store};

use crate::arguments::Global;
use crate::problem::Problem;
use crate::results::{self, Execution, Out, StepFile};
use crate::{find, setup, show};

#[derive(Args)]
pub(crate) struct File {
    /// The execution's id, or the end of it
    id: String,
    /// The file's name, as `windlass execution show` lists it
    name: String,
    /// The step that left it, when several have left one of this name
    #[arg(long, value_name = "PATH")]
    step: Option<String>,
    /// Write it to a new file, and not to standard output
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

pub(super) async fn run(global: &Global, arguments: &File) -> Result<u8, Problem> {
    let store = setup::store(&setup::configuration(global)?.settings).await?;
    let row = find::execution(&store, &arguments.id).await?;
    let execution = Execution::recorded(&store, &row).await?;
    let file = wanted(&store, &execution, arguments).await?;
    let pages = store.rows(file.execution, file.position, &file.name);
    match &arguments.to {
        Some(path) => into_file(pages, path).await?,
        None if std::io::stdout().is_terminal() => {
            return Err(Problem::usage("a file may have anything in it: give `--to FILE`, or send it on from here"));
        }
        None => results::unless_gone(into_stdout(pages).await)?,
    }
    Ok(exit::OK)
}

async fn wanted(store: &Store, execution: &Execution, arguments: &File) -> Result<StepFile, Problem> {
    let mut files = execution.files(store).await?;
    if let Some(step) = &arguments.step {
        find::has_step(
            step,
            execution.steps.iter().map(|end| end.step.as_str()).chain(files.iter().map(|file| file.step.as_str())),
        )?;
        files.retain(|file| find::is_within(step, &file.step));
    }
    let name = &arguments.name;
    let mut named: Vec<StepFile> = files.extract_if(.., |file| file.name == *name).collect();
    match (named.pop(), named.is_empty()) {
        (Some(file), true) => Ok(file),
        (Some(file), false) => {
            let steps = named.iter().chain([&file]).map(|file| format!("--step {}", show::word(&file.step)));
            let help = format!("say which one: {}", steps.collect::<Vec<_>>().join(", "));
            let message = format!("several steps left a file `{}`", show::safe_text(name));
            Err(Problem::with_help("execution.ambiguous-result", message, &help))
        }
        (None, _) => {
            let hint = nearest_hint(name, files.iter().map(|file| file.name.as_str()));
            let message = format!("the execution has no file `{}`", show::safe_text(name));
            Err(Problem::with_help("execution.unknown-result", message, &hint))
        }
    }
}

async fn into_stdout(mut pages: RowPages) -> Result<(), results::Stop> {
    let mut out = Out::new();
    while let Some(bytes) = pages.page().await? {
        out.bytes(&bytes)?;
    }
    out.finish()
}

/// What could not be written whole is not left there.
async fn into_file(mut pages: RowPages, path: &Path) -> Result<(), Problem> {
    let mut file = Target::create_new(path).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            let message = format!("`{}` is there already", path.display());
            Problem::with_help("execution.unwritable-file", message, "give another name, or remove it first")
        }
        _ => unwritable(path, &error),
    })?;
    let written = loop {
        match pages.page().await {
            Ok(Some(bytes)) => {
                if let Err(error) = file.write_all(&bytes) {
                    break Err(unwritable(path, &error));
                }
            }
            Ok(None) => break Ok(()),
            Err(error) => break Err(error.into()),
        }
    };
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::coded("execution.unwritable-file", format!("cannot write `{}`: {error}", path.display()))
}
