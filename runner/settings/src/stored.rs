//! Accounts of the database: definitions of the same shape as in a file, checked by the same rules.

use std::path::Path;

use crate::check::stored_account;
use crate::error::Problems;
use crate::shape::AccountShape;
use crate::{Account, AccountName, Chain, Place, ProjectName, Scope, Settings, Source, yaml};

/// An account as the database keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Whose it is.
    pub scope: Scope,
    /// Its name.
    pub name: AccountName,
    /// Which of its versions.
    pub version: i64,
    /// The definition: what stands below `accounts` in a file, as YAML or JSON.
    pub text: String,
}

/// An account that is written so that it cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unusable {
    /// Its name.
    pub name: AccountName,
    /// Whose it is.
    pub scope: Scope,
    /// Where it is defined.
    pub place: Place,
    /// Why.
    pub problems: Problems,
}

impl Stored {
    /// The account.
    ///
    /// # Errors
    /// Every broken rule, with the lines of the definition.
    pub fn read(&self) -> Result<Account, Problems> {
        let shown = format!("account `{}`", self.name);
        let path = Path::new(&shown);
        let shape: AccountShape =
            yaml::parse(path, &self.text).map_err(|error| Problems::new(vec![error.into()]).expect("there is one"))?;
        stored_account(path, self, &shape)
    }
}

impl Settings {
    /// These settings with the accounts of the database. One that a file defines as well is the file's; one of a project
    /// that is not configured is left out.
    #[must_use]
    pub fn with_stored(&self, stored: &[Stored]) -> Self {
        let mut all = self.clone();
        for one in stored.iter().filter(|one| !self.defines(&one.scope, &one.name)) {
            match (one.read(), &one.scope) {
                (Ok(account), Scope::System) => all.accounts.push(account),
                (Ok(account), Scope::Project(name)) => {
                    let project = all.projects.iter_mut().find(|project| project.name == *name);
                    project.into_iter().for_each(|project| project.accounts.push(account.clone()));
                }
                (Err(problems), _) => all.unusable.push(Unusable {
                    name: one.name.clone(),
                    scope: one.scope.clone(),
                    place: Place::Database { version: one.version },
                    problems,
                }),
            }
        }
        all
    }

    /// Whether there is an account of that name in that very scope, usable or not.
    pub fn defines(&self, scope: &Scope, name: &AccountName) -> bool {
        self.of_scope(scope).iter().any(|account| account.name == *name)
            || self.unusable.iter().any(|it| it.name == *name && it.scope == *scope)
    }

    /// The account that a name means to a scope: its own, or else the system's.
    pub fn account(&self, scope: &Scope, name: &AccountName) -> Option<&Account> {
        self.seen_by(scope).find(|account| account.name == *name)
    }

    /// The account whose role it is: another one, for an account without a role that starts from that.
    pub fn meant<'a>(&'a self, mut account: &'a Account) -> &'a Account {
        // Chains have a bound, and those that have none end somewhere all the same.
        for _ in 0..Chain::LONGEST {
            match (&account.role, &account.source) {
                (None, Source::Account(name)) => match self.account(&account.scope, name) {
                    Some(behind) => account = behind,
                    None => break,
                },
                _ => break,
            }
        }
        account
    }

    /// That account of the system which is not for a project: itself, or one that it is another name for. An account of a
    /// project is asked by its [chain](Self::chain).
    pub fn not_for<'a>(&'a self, mut account: &'a Account, project: &ProjectName) -> Option<&'a Account> {
        for _ in 0..Chain::LONGEST {
            if account.grant.projects.as_ref().is_some_and(|allowed| !allowed.contains(project)) {
                return Some(account);
            }
            account = match (&account.role, &account.source) {
                (None, Source::Account(name)) => self.account(&account.scope, name)?,
                _ => return None,
            };
        }
        None
    }

    /// The usable accounts that a scope sees, its own first.
    pub fn seen_by(&self, scope: &Scope) -> impl Iterator<Item = &Account> {
        let own = if *scope == Scope::System { &[] } else { self.of_scope(scope) };
        own.iter().chain(&self.accounts)
    }

    /// The usable accounts of that very scope.
    pub fn of_scope(&self, scope: &Scope) -> &[Account] {
        match scope {
            Scope::System => &self.accounts,
            Scope::Project(name) => self.project(name).map_or(&[], |project| &project.accounts),
        }
    }
}

impl Scope {
    /// The scope of a project's name, or of the system.
    pub fn of(project: Option<&ProjectName>) -> Self {
        project.map_or(Self::System, |name| Self::Project(name.clone()))
    }

    /// Whether a project sees what is of it.
    pub fn is_seen_by(&self, project: &ProjectName) -> bool {
        match self {
            Self::System => true,
            Self::Project(own) => own == project,
        }
    }
}

#[cfg(test)]
mod tests;
