use clap::Args;
use serde_json::{Value, json};
use windlass_credentials::chain;
use windlass_errors::Report as _;
use windlass_settings::{Account, ProjectName, Scope, Settings, Source, Unusable};

use super::desk::{Desk, desk};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;

#[derive(Args)]
pub(crate) struct List {
    /// What a project sees: its own accounts and those of the system [default: those of all scopes]
    #[arg(long)]
    project: Option<ProjectName>,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(global: &Global, arguments: List) -> Result<(), Problem> {
    let desk = desk(global).await?;
    let own = desk.scope(arguments.project.as_ref())?;
    let shown = |scope: &Scope| arguments.project.is_none() || *scope == Scope::System || *scope == own;
    let all = &desk.all;
    let of_projects = all.projects.iter().flat_map(|project| &project.accounts);
    let usable = all.accounts.iter().chain(of_projects).filter(|account| shown(&account.scope));
    let mut rows: Vec<Row> = usable.map(|account| Row::of(all, account)).collect();
    rows.extend(all.unusable.iter().filter(|it| shown(&it.scope)).map(Row::of_unusable));
    rows.extend(hidden(&desk).await?.into_iter().filter(|row| shown(&row.scope)));
    match arguments.output {
        Listing::Json => show::json(&rows.iter().map(Row::json).collect::<Vec<_>>()),
        Listing::Table if rows.is_empty() => {
            show::talk("no accounts yet; `windlass account add --help` says how to add one");
            Ok(())
        }
        Listing::Table => show::listing(
            ["NAME", "SCOPE", "SOURCE", "ROLE", "REGIONS", "DEFINED", "STATE"],
            rows.into_iter().map(Row::cells),
        ),
    }
}

struct Row {
    name: String,
    scope: Scope,
    source: String,
    role: Option<String>,
    regions: Vec<String>,
    defined: String,
    /// Why it cannot be used, if it cannot.
    problem: Option<String>,
}

impl Row {
    fn of(all: &Settings, account: &Account) -> Self {
        let source = match &account.source {
            Source::Account(name) => format!("account {name}"),
            source => source.name().to_owned(),
        };
        Self {
            name: account.name.to_string(),
            scope: account.scope.clone(),
            source,
            role: account.role.as_ref().map(|role| role.arn.to_string()),
            regions: account.regions.clone(),
            defined: account.place.to_string(),
            problem: chain(all, account).err().map(|error| format!("{}: {error}", error.code())),
        }
    }

    fn of_unusable(it: &Unusable) -> Self {
        Self {
            name: it.name.to_string(),
            scope: it.scope.clone(),
            source: String::new(),
            role: None,
            regions: Vec::new(),
            defined: it.place.to_string(),
            problem: Some(format!("account.unusable: {}", it.problems)),
        }
    }

    fn json(&self) -> Value {
        json!({ "name": self.name, "project": project(&self.scope), "source": self.source, "role": self.role, "regions": self.regions,
            "definedAt": self.defined, "problem": self.problem })
    }

    fn cells(self) -> [String; 7] {
        let state = self.problem.unwrap_or_else(|| "ok".to_owned());
        [
            self.name,
            scope(&self.scope),
            self.source,
            self.role.unwrap_or_default(),
            self.regions.join(", "),
            self.defined,
            state,
        ]
    }
}

/// The project of a scope, for programs.
pub(super) fn project(scope: &Scope) -> Option<&ProjectName> {
    match scope {
        Scope::System => None,
        Scope::Project(name) => Some(name),
    }
}

/// A scope in a cell.
pub(super) fn scope(scope: &Scope) -> String {
    project(scope).map_or_else(|| "system".to_owned(), ToString::to_string)
}

/// Accounts of the database that nobody gets, because a file defines them as well or their project is not configured.
async fn hidden(desk: &Desk) -> Result<Vec<Row>, Problem> {
    let (_, rows) = desk.store.accounts().await?;
    let mut hidden = Vec::new();
    for row in rows {
        let project = (!row.scope.is_empty()).then(|| ProjectName::parse(&row.scope)).transpose();
        let (Ok(project), Ok(name)) = (project, row.name.parse()) else { continue };
        let scope = Scope::of(project.as_ref());
        let why = if desk.file.defines(&scope, &name) {
            "hidden: a file defines it as well, and wins"
        } else if project.is_some_and(|project| desk.file.project(&project).is_none()) {
            "unused: its project is not configured"
        } else {
            continue;
        };
        hidden.push(Row {
            name: row.name,
            source: String::new(),
            role: None,
            regions: Vec::new(),
            defined: format!("the database, version {}", row.version),
            problem: Some(why.to_owned()),
            scope,
        });
    }
    Ok(hidden)
}
