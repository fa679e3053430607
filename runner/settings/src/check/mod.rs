//! The rules between values. Each broken one is recorded with its place, and the check goes on.

mod account;
mod database;
mod endpoint;
mod network;
mod server;
mod values;

use std::path::Path;

use windlass_errors::nearest_hint;

use crate::error::Problem;
use crate::layers::{Layers, Merged};
use crate::shape::{AccountShape, ConfigurationShape, ProjectShape, Text};
use crate::text::at_least_one;
use crate::yaml::{Position, YamlError};
use crate::{Account, AccountName, Project, ProjectName, Scope, Settings};

/// A file as it was read.
#[derive(Debug)]
pub(crate) struct FileRead<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
    pub(crate) shape: &'a ConfigurationShape,
}

/// The settings, or every broken rule.
pub(crate) fn check(file: Option<&FileRead<'_>>, layers: &Layers) -> Result<Settings, Vec<Problem>> {
    let mut checker = Checker { file, layers, problems: Vec::new() };
    let settings = checker.settings();
    match settings {
        Some(settings) if checker.problems.is_empty() => Ok(settings),
        _ => Err(checker.problems),
    }
}

struct Checker<'a> {
    file: Option<&'a FileRead<'a>>,
    layers: &'a Layers,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn settings(&mut self) -> Option<Settings> {
        let merged = self.layers.merged();
        let shape = self.file.map(|file| file.shape);
        let account_shapes = shape.map_or(&[][..], |shape| &shape.accounts);
        let accounts = self.accounts(account_shapes, &Scope::System);
        let projects = self.projects(shape.map_or(&[][..], |shape| &shape.projects), account_shapes);
        let default_account = self.system_default(&merged, account_shapes);
        let places = self.places(&merged);
        let database = self.database(&merged);
        let endpoints = self.endpoints(&merged);
        let network = self.network(&merged);
        let shell = self.shell(&merged, &projects);
        let server = self.server(&merged);
        let limits = self.limits(&merged);
        let retention = self.retention(&merged);
        let plugin_lock_file = self.path("pluginLockFile", &merged.plugin_lock_file);
        let (data_dir, master_key_file, plugin_dirs) = places?;
        Some(Settings {
            data_dir,
            master_key_file,
            plugin_dirs,
            plugin_lock_file: plugin_lock_file?,
            database: database?,
            default_account,
            accounts,
            projects,
            endpoints,
            network,
            shell,
            server: server?,
            limits: limits?,
            retention: retention?,
        })
    }

    /// Names are compared as they are written, so that a broken account is not reported as a missing one as well.
    fn system_default(&mut self, merged: &Merged, accounts: &[AccountShape]) -> Option<AccountName> {
        let name = merged.default_account.as_deref()?;
        let names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
        if !names.contains(&name) {
            let hint = nearest_hint(name, names);
            self.fault_key("defaultAccount", "the system has no account of this name", Some(hint));
        }
        AccountName::parse(name).ok()
    }

    fn projects(&mut self, shapes: &[ProjectShape], system: &[AccountShape]) -> Vec<Project> {
        let mut projects: Vec<Project> = Vec::new();
        for shape in shapes {
            let Some(name) = self.parse(&shape.name, ProjectName::parse) else {
                continue;
            };
            if projects.iter().any(|project| project.name == name) {
                self.fault(&shape.name, format!("there is a project `{name}` above already"), None);
            }
            let accounts = self.accounts(&shape.accounts, &Scope::Project(name.clone()));
            let default_account = self.project_default(shape, system);
            let description = shape.description.as_ref().map(|text| text.as_str().to_owned());
            let max_executions = shape.max_executions.as_ref().and_then(|text| self.parse(text, at_least_one));
            projects.push(Project { name, description, default_account, max_executions, accounts });
        }
        projects
    }

    /// A project's default is its own account of that name, or else the system's.
    fn project_default(&mut self, shape: &ProjectShape, system: &[AccountShape]) -> Option<AccountName> {
        let text = shape.default_account.as_ref()?;
        let names: Vec<&str> = shape.accounts.iter().chain(system).map(|account| account.name.as_str()).collect();
        if !names.contains(&text.as_str()) {
            let hint = nearest_hint(text.as_str(), names);
            self.fault(text, "neither the project nor the system has an account of this name", Some(hint));
        }
        AccountName::parse(text.as_str()).ok()
    }

    fn accounts(&mut self, shapes: &[AccountShape], scope: &Scope) -> Vec<Account> {
        let mut accounts: Vec<Account> = Vec::new();
        for shape in shapes {
            let Some(account) = self.account(shape, scope) else {
                continue;
            };
            if let Some(first) = accounts.iter().find(|other| other.name == account.name) {
                let message = format!("{scope} has an account `{}` in line {} already", account.name, first.place.line);
                self.fault(&shape.name, message, None);
            }
            accounts.push(account);
        }
        accounts
    }

    fn parse<T>(&mut self, text: &Text, rule: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        rule(text.as_str()).map_err(|reason| self.fault(text, reason, None)).ok()
    }

    /// Records a broken rule at a place in the file.
    fn fault(&mut self, place: impl Into<Position>, message: impl Into<String>, hint: Option<String>) {
        let file = self.file.expect("only a value of the file has a place in it");
        let error = YamlError::at(file.path, file.text, place, message);
        self.problems.push(match hint {
            Some(hint) => error.with_hint(hint).into(),
            None => error.into(),
        });
    }

    /// Records a broken rule of a value that any layer may have set.
    fn fault_key(&mut self, key: &str, message: impl Into<String>, hint: Option<String>) {
        match self.layers.place(key) {
            Some(place) => self.fault(Position { line: place.line, column: place.column }, message, hint),
            None => {
                let (origin, message) = (self.layers.origin(key), format!("`{key}`: {}", message.into()));
                self.problems.push(Problem { origin, message, snippet: None, hint });
            }
        }
    }
}
