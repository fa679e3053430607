use std::path::Path;

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use windlass_errors::{Report, exit};
use windlass_hosting::{Described, Found, HostLimits, Library, describe};
use windlass_settings::Settings;

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Subcommand)]
pub(crate) enum Plugin {
    /// List the plugins found, and the files that were refused
    #[command(after_help = "Example:\n  windlass plugin list --output json")]
    List(List),
    /// Print a plugin's step types: what they do, their configuration, outputs and IAM actions
    #[command(after_help = "Example:\n  windlass plugin show cloudwatch-logs")]
    Show(Show),
}

#[derive(Args)]
pub(crate) struct List {
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

#[derive(Args)]
pub(crate) struct Show {
    /// The plugin's name
    name: String,
    /// How to print it; `json` has the whole schemas
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    path: &'a Path,
    name: Option<&'a str>,
    version: Option<&'a str>,
    api: Option<&'a str>,
    refused: Option<String>,
}

pub(crate) async fn run(global: &Global, command: Plugin) -> Result<u8, Problem> {
    let settings = setup::configuration(global)?.settings;
    let catalog = setup::catalog(&settings);
    match command {
        Plugin::List(arguments) => list(&catalog.find(), &settings, arguments.output)?,
        Plugin::Show(arguments) => {
            let library = catalog.load(&arguments.name)?;
            let described = describe(&library, &limits(&settings)).await?;
            match arguments.output {
                Listing::Json => show::json(&shown(&library, &described))?,
                Listing::Table => show::line(print(&library, &described).trim_end())?,
            }
        }
    }
    Ok(exit::OK)
}

fn limits(settings: &Settings) -> HostLimits {
    HostLimits {
        memory_bytes: settings.limits.step_memory_bytes,
        output_bytes: settings.limits.step_output_bytes,
        processes: 64,
    }
}

fn list(found: &[Found], settings: &Settings, output: Listing) -> Result<(), Problem> {
    let listed: Vec<Listed<'_>> = found.iter().map(Listed::from).collect();
    if output == Listing::Json {
        return show::json(&listed);
    }
    if listed.is_empty() {
        let folders: Vec<String> = settings.plugin_dirs.iter().map(|dir| format!("`{}`", dir.display())).collect();
        show::talk(format_args!("no plugins in {}", folders.join(", ")));
        return Ok(());
    }
    let rows = listed.iter().map(|it| {
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let state = it.refused.clone().unwrap_or_else(|| "ok".to_owned());
        [text(it.name), text(it.version), it.path.display().to_string(), state]
    });
    show::listing(["plugin", "version", "file", "state"], rows)
}

impl<'a> From<&'a Found> for Listed<'a> {
    fn from(found: &'a Found) -> Self {
        let identity = found.identity.as_ref().ok();
        Self {
            path: &found.path,
            name: identity.map(|identity| identity.name.as_str()),
            version: identity.map(|identity| identity.version.as_str()),
            api: identity.map(|identity| identity.api.as_str()),
            refused: found.identity.as_ref().err().map(|error| format!("refused ({}): {error}", error.code())),
        }
    }
}

fn shown(library: &Library, described: &Described) -> Value {
    serde_json::json!({
        "path": library.path,
        "sha256": library.sha256,
        "restrictions": described.restrictions,
        "metadata": described.metadata,
    })
}

fn print(library: &Library, described: &Described) -> String {
    let metadata = &described.metadata;
    let mut text = format!("{} {}  {}\n{}\n\n", metadata.name, metadata.version, metadata.title, metadata.description);
    text += &format!("file     {}\nsha256   {}\n", library.path.display(), library.sha256);
    let levels: Vec<String> = described.restrictions.iter().map(|(name, level)| format!("{name} {level}")).collect();
    text += &format!("sandbox  {}\n", levels.join(", "));
    for step in &metadata.steps {
        text += &format!("\nstep {}/{}  {}\n", metadata.name, step.name, step.title);
        text += &show::indented(&step.description);
        if !step.actions.is_empty() {
            text += &format!("  IAM actions: {}\n", step.actions.join(", "));
        }
        text += "  with:\n";
        text += &show::schema(&step.config);
        text += "  outputs:\n";
        text += &show::schema(&step.outputs);
        if !step.example.is_empty() {
            text += "  example:\n";
            text += &show::indented(&show::indented(step.example.trim_end()));
        }
    }
    text
}
