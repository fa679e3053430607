use std::fs;
use std::path::{Path, PathBuf};

use windlass_plugin_api::{Context, StepError};

use crate::account;
use crate::environment::Environment;
use crate::failure;
use crate::options::Options;
use crate::private::Private;

/// Where a command runs.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) environment: Environment,
    pub(crate) private: Private,
}

impl Place {
    /// Makes what a step needs before its command can start, and looks at the rest.
    pub(crate) fn make(options: &Options, context: &Context) -> Result<Self, StepError> {
        let scratch = context.scratch().ok_or_else(|| failure::not_started("the runner gave no folder to work in"))?;
        let folder = options.working_folder.as_deref().map_or(scratch, Path::new).to_owned();
        check_folder(&folder)?;
        let private =
            Private::make(scratch).map_err(|error| failure::unusable("folder of the step", scratch, &error))?;
        let mut environment = Environment::of_step(|name| std::env::var_os(name), scratch, context.execution());
        if context.region().is_ok() {
            let variables = account::variables(context, &private);
            environment.add_account(variables.map_err(|error| {
                failure::not_started(format!("the credentials of the account cannot be offered: {error}"))
            })?);
        }
        environment.add(options, &private)?;
        Ok(Self { folder, environment, private })
    }
}

fn check_folder(folder: &Path) -> Result<(), StepError> {
    if !folder.is_absolute() {
        let message = format!("the working folder `{}` is no absolute path", folder.display());
        return Err(failure::invalid(message));
    }
    let known = fs::metadata(folder).map_err(|error| failure::unusable("working folder", folder, &error))?;
    if known.is_dir() {
        return Ok(());
    }
    Err(failure::not_started(format!("the working folder `{}` is a file", folder.display())))
}
