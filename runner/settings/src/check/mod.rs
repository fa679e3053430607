//! The rules between values. Each broken one is recorded with its place, and the check goes on.

mod account;
mod database;
mod endpoint;
mod grant;
mod key_mounts;
mod master_key;
mod network;
mod server;
mod source;
mod spinnaker;
mod values;

use std::path::Path;

pub(crate) use self::database::check_url;
use self::master_key::MASTER_KEY_ACCOUNT;
use crate::error::{Problem, Problems};
use crate::layers::Layers;
use crate::shape::{AccountShape, ConfigurationShape, ProjectShape, Text};
use crate::text::at_least_one;
use crate::yaml::{Original, Position};
use crate::{Account, AccountName, ChainError, Place, Project, ProjectName, Scope, Settings, Stored};

/// A file as it was read.
#[derive(Debug)]
pub(crate) struct FileRead<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
    pub(crate) shape: &'a ConfigurationShape,
}

/// The settings and what is odd about them, or every broken rule.
pub(crate) fn check(file: Option<&FileRead<'_>>, layers: &Layers) -> Result<(Settings, Vec<String>), Vec<Problem>> {
    let original = file.map(|file| Original::new(file.path, file.text));
    let written = original.as_ref().map(|original| Written { original, version: None });
    let mut checker = Checker { written, layers, problems: Vec::new(), warnings: Vec::new() };
    let shape = file.map(|file| file.shape);
    let settings = checker.settings(shape);
    if let Some(settings) = settings.as_ref().filter(|_| checker.problems.is_empty()) {
        checker.chains(settings, shape.map_or(0, |shape| shape.accounts.len()));
        checker.master_key_account(settings);
    }
    match settings {
        Some(settings) if checker.problems.is_empty() => Ok((settings, checker.warnings)),
        _ => Err(checker.problems),
    }
}

/// The account of a definition that does not stand in a file; `path` is what errors call it.
pub(crate) fn stored_account(path: &Path, stored: &Stored, shape: &AccountShape) -> Result<Account, Problems> {
    let original = Original::new(path, &stored.text);
    one_account(Written { original: &original, version: Some(stored.version) }, shape, &stored.scope)
}

/// The account of a definition that was made of a file of another system.
pub(crate) fn imported_account(
    original: &Original<'_>,
    shape: &AccountShape,
    scope: &Scope,
) -> Result<Account, Problems> {
    one_account(Written { original, version: None }, shape, scope)
}

fn one_account(written: Written<'_>, shape: &AccountShape, scope: &Scope) -> Result<Account, Problems> {
    let layers = Layers::default();
    let mut checker = Checker { written: Some(written), layers: &layers, problems: Vec::new(), warnings: Vec::new() };
    let account = checker.account(shape, scope);
    match (account, Problems::new(checker.problems)) {
        (Some(account), None) => Ok(account),
        (_, problems) => Err(problems.expect("what is no account has recorded why")),
    }
}

/// The text that is checked.
#[derive(Clone, Copy)]
struct Written<'a> {
    original: &'a Original<'a>,
    /// Of an account of the database.
    version: Option<i64>,
}

struct Checker<'a> {
    written: Option<Written<'a>>,
    layers: &'a Layers,
    problems: Vec<Problem>,
    warnings: Vec<String>,
}

impl Checker<'_> {
    fn settings(&mut self, shape: Option<&ConfigurationShape>) -> Option<Settings> {
        let merged = self.layers.merged();
        let account_shapes = shape.map_or(&[][..], |shape| &shape.accounts);
        let mut accounts = self.accounts(account_shapes, &Scope::System);
        let projects = self.projects(shape.map_or(&[][..], |shape| &shape.projects));
        let key_mounts = self.key_mounts(shape, &accounts, &projects);
        let sources = shape.map(|shape| self.sources(&shape.sources)).unwrap_or_default();
        let default_account = self.account_name("defaultAccount", merged.default_account.as_deref());
        let managing_account = self.account_name("managingAccount", merged.managing_account.as_deref());
        let master_key_account = self.account_name(MASTER_KEY_ACCOUNT, merged.master_key_account.as_deref());
        let unusable = shape.map(|shape| self.spinnaker(shape, managing_account.as_ref(), &mut accounts));
        let places = self.places(&merged);
        let database = self.database(&merged);
        let endpoints = self.endpoints(&merged, shape);
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
            master_key_account,
            plugin_dirs,
            plugin_lock_file: plugin_lock_file?,
            database: database?,
            default_account,
            managing_account,
            accounts,
            unusable: unusable.unwrap_or_default(),
            sources,
            projects,
            key_mounts,
            endpoints,
            network,
            shell,
            server: server?,
            limits: limits?,
            retention: retention?,
        })
    }

    /// The account itself may be one of the database; whoever comes to need it looks.
    fn account_name(&mut self, key: &str, name: Option<&str>) -> Option<AccountName> {
        AccountName::parse(name?).map_err(|reason| self.fault_key(key, reason, None)).ok()
    }

    /// Accounts that cannot work because of others, or may not. What a file says does not depend on the database.
    /// Of the system's only the first, which are written in our form; one of Spinnaker's stops nobody but who uses it.
    fn chains(&mut self, settings: &Settings, first: usize) {
        let own = settings.accounts.iter().take(first);
        let all = settings.projects.iter().flat_map(|project| &project.accounts).chain(own);
        for account in all {
            let (
                Err(ChainError::Wrong { message, hint } | ChainError::NotAllowed { message, hint }),
                Place::File(place),
            ) = (settings.chain(account), &account.place)
            else {
                continue;
            };
            self.fault(Position { line: place.line, column: place.column }, message, Some(hint));
        }
    }

    fn projects(&mut self, shapes: &[ProjectShape]) -> Vec<Project> {
        let mut projects: Vec<Project> = Vec::new();
        for shape in shapes {
            let Some(name) = self.parse(&shape.name, ProjectName::parse) else {
                continue;
            };
            if projects.iter().any(|project| project.name == name) {
                self.fault(&shape.name, format!("there is a project `{name}` above already"), None);
            }
            let accounts = self.accounts(&shape.accounts, &Scope::Project(name.clone()));
            let default_account = shape.default_account.as_ref().and_then(|text| self.parse(text, AccountName::parse));
            let description = shape.description.as_ref().map(|text| text.as_str().to_owned());
            let max_executions = shape.max_executions.as_ref().and_then(|text| self.parse(text, at_least_one));
            projects.push(Project { name, description, default_account, max_executions, accounts });
        }
        projects
    }

    fn accounts(&mut self, shapes: &[AccountShape], scope: &Scope) -> Vec<Account> {
        let mut accounts: Vec<Account> = Vec::new();
        for shape in shapes {
            let Some(account) = self.account(shape, scope) else {
                continue;
            };
            if let Some(first) = accounts.iter().find(|other| other.name == account.name) {
                let message = format!("{scope} has an account `{}` already, at {}", account.name, first.place);
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
        let written = self.written.expect("only a value of a text has a place in it");
        let error = written.original.error(place, message);
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
