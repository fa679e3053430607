use std::path::Path;

use clap::{Args, Subcommand};
use serde::Serialize;
use windlass_errors::{Report, exit};
use windlass_hosting::{Catalog, Found, HostLimits, HostingError, Library, PluginLock, describe};
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
    /// Accept plugins as they are now, in the lock file
    ///
    /// Without a lock file, any plugin in the plugin folders is used. This writes it; from then on a plugin that is new
    /// or has changed is refused until it is accepted here.
    #[command(after_help = "Examples:\n  windlass plugin update\n  windlass plugin update cloudwatch-logs")]
    Update(Update),
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

#[derive(Args)]
pub(crate) struct Update {
    /// Plugins to accept; without any, all that are found, and those that are gone are forgotten
    names: Vec<String>,
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
        Plugin::List(arguments) => list(&catalog, &settings, arguments.output)?,
        Plugin::Update(arguments) => update(&catalog, &settings, &arguments.names)?,
        Plugin::Show(arguments) => {
            let library = catalog.load(&arguments.name)?;
            let described = describe(&library, &limits(&settings), &windlass_engine::scratch(&settings)).await?;
            match arguments.output {
                Listing::Json => show::json(&show::plugin_json(&library, &described))?,
                Listing::Table => show::line(show::plugin(&library, &described).trim_end())?,
            }
        }
    }
    Ok(exit::OK)
}

fn limits(settings: &Settings) -> HostLimits {
    HostLimits {
        memory_bytes: settings.limits.step_memory_bytes,
        output_bytes: settings.limits.step_output_bytes,
        processes: settings.limits.step_processes,
    }
}

fn list(catalog: &Catalog, settings: &Settings, output: Listing) -> Result<(), Problem> {
    let (found, lock) = (catalog.find(), catalog.lock()?);
    let listed: Vec<Listed<'_>> = found.iter().map(|it| Listed::new(it, refusal(it, &found, lock.as_ref()))).collect();
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

/// Why a job could not use the file. With a lock file that takes reading all of it.
fn refusal(it: &Found, all: &[Found], lock: Option<&PluginLock>) -> Option<String> {
    let refused = |error: &HostingError| format!("refused ({}): {error}", error.code());
    let identity = match &it.identity {
        Ok(identity) => identity,
        Err(error) => return Some(refused(error)),
    };
    let same_name = |other: &&Found| other.identity.as_ref().is_ok_and(|other| other.name == identity.name);
    if let [first, second, ..] = all.iter().filter(same_name).collect::<Vec<_>>()[..] {
        let (name, first, second) = (identity.name.clone(), first.path.clone(), second.path.clone());
        return Some(refused(&HostingError::Duplicate { name, first, second }));
    }
    let lock = lock?;
    Library::load(&it.path).and_then(|library| lock.check(&library)).err().as_ref().map(refused)
}

impl<'a> Listed<'a> {
    fn new(found: &'a Found, refused: Option<String>) -> Self {
        let identity = found.identity.as_ref().ok();
        Self {
            path: &found.path,
            name: identity.map(|identity| identity.name.as_str()),
            version: identity.map(|identity| identity.version.as_str()),
            api: identity.map(|identity| identity.api.as_str()),
            refused,
        }
    }
}

/// Writes the lock file and says what has changed.
fn update(catalog: &Catalog, settings: &Settings, names: &[String]) -> Result<(), Problem> {
    let before = catalog.lock()?;
    let mut lock = before.clone().unwrap_or_else(|| PluginLock::empty(&settings.plugin_lock_file));
    let found = catalog.find();
    let usable: Vec<&str> = found.iter().filter_map(|it| Some(it.identity.as_ref().ok()?.name.as_str())).collect();
    let wanted: Vec<&str> = if names.is_empty() { usable.clone() } else { names.iter().map(String::as_str).collect() };
    let mut rows = Vec::new();
    for name in wanted {
        let library = catalog.load_unlocked(name)?;
        let old = before.as_ref().and_then(|before| before.of(name));
        let change = match old {
            None => "new",
            Some(old) if old.sha256 == library.sha256 => "as it was",
            Some(_) => "changed",
        };
        rows.push([name.to_owned(), library.identity.version.clone(), library.sha256.clone(), change.to_owned()]);
        lock.accept(&library);
    }
    if names.is_empty() {
        lock.keep_only(&usable);
    }
    lock.write()?;
    show::talk(format_args!("wrote `{}`", settings.plugin_lock_file.display()));
    show::listing(["plugin", "version", "sha256", "change"], rows.into_iter())
}
