use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use windlass_engine::project::export;
use windlass_errors::exit;
use windlass_settings::ProjectName;

use super::ground;
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;

#[derive(Args)]
pub(crate) struct Export {
    /// The folder to write into; each group is a folder below it
    folder: PathBuf,
    /// The project
    #[arg(long)]
    project: ProjectName,
    /// Replace files that have another text
    #[arg(long)]
    overwrite: bool,
    /// How to print what was written
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(global: &Global, arguments: &Export) -> Result<u8, Problem> {
    let store = ground(global, &arguments.project).await?.store;
    let exported = export(&arguments.project, &store, &arguments.folder, arguments.overwrite).await?;
    match arguments.output {
        Listing::Json => {
            let files = exported.iter().map(|file| {
                let name = if file.version.is_some() { "job" } else { "calendar" };
                json!({ name: file.name, "version": file.version, "file": file.path, "written": !file.unchanged })
            });
            show::json(&files.collect::<Vec<_>>())?;
        }
        Listing::Table if exported.is_empty() => {
            show::talk(format_args!("project `{}` has no jobs", arguments.project));
        }
        Listing::Table => {
            let rows = exported.into_iter().map(|file| {
                let how = if file.unchanged { "as it was" } else { "written" };
                let name = if file.version.is_some() { file.name } else { format!("calendar {}", file.name) };
                let version = file.version.map(|version| version.to_string()).unwrap_or_default();
                [name, version, file.path.display().to_string(), how.to_owned()]
            });
            show::listing(["job", "version", "file", "state"], rows)?;
        }
    }
    Ok(exit::OK)
}
