use std::collections::{HashMap, HashSet};

use secrecy::SecretString;

use super::Note;
use crate::check::imported_account;
use crate::error::{Problem, Problems};
use crate::shape::AccountShape;
use crate::yaml::{Original, Position};
use crate::{Account, AccountName, ChainError, FilePlace, KeyPath, Place, Scope, Settings, Unusable};

/// What a file of another system says about accounts.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// The accounts that can work. [`Account::definition`] is what the database keeps of one.
    pub accounts: Vec<Account>,
    /// Those that cannot.
    pub refused: Vec<Refused>,
    /// Secrets that stand in the file in clear, for key storage.
    pub keys: Vec<ImportedKey>,
    /// What else there is to say about the file, in its order.
    pub notes: Vec<Note>,
}

/// An account that cannot work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name in the file, which may be none that we allow; without one, its place in the file's list.
    pub name: String,
    /// Whose it would be.
    pub scope: Scope,
    /// Where it stands.
    pub place: FilePlace,
    /// Why.
    pub problems: Problems,
}

/// A secret and where it belongs.
#[derive(Clone, Debug)]
pub struct ImportedKey {
    /// Where in key storage the accounts expect it, as a password.
    pub path: KeyPath,
    /// The secret.
    pub secret: SecretString,
    /// The line in the file, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
}

impl Refused {
    /// The same among an installation's accounts; none when nobody could name it.
    pub(crate) fn unusable(&self) -> Option<Unusable> {
        let (name, place) = (AccountName::parse(&self.name).ok()?, Place::File(self.place.clone()));
        Some(Unusable { name, scope: self.scope.clone(), place, problems: self.problems.clone() })
    }
}

/// What became of one account, before others of its name are known.
pub(super) struct Candidate {
    name: String,
    scope: Scope,
    at: Position,
    outcome: Result<Account, Problems>,
}

impl Candidate {
    /// An account of this shape, unless something is known against it.
    pub(super) fn new(
        original: &Original<'_>,
        name: &str,
        scope: &Scope,
        at: Position,
        shape: Result<AccountShape, Vec<Problem>>,
    ) -> Self {
        let outcome = match shape {
            Ok(shape) => imported_account(original, &shape, scope),
            Err(problems) => Err(Problems::new(problems).expect("what is no account has recorded why")),
        };
        Self { name: name.to_owned(), scope: scope.clone(), at, outcome }
    }
}

impl Imported {
    /// Sorts the accounts. A name that several have means none of them.
    pub(super) fn add(&mut self, original: &Original<'_>, candidates: Vec<Candidate>) {
        let mut places: HashMap<(Scope, String), Vec<Position>> = HashMap::new();
        for Candidate { name, scope, at, .. } in &candidates {
            places.entry((scope.clone(), name.clone())).or_default().push(*at);
        }
        for Candidate { name, scope, at, outcome } in candidates {
            let outcome = match places[&(scope.clone(), name.clone())].iter().find(|other| **other != at) {
                Some(other) => {
                    let message = format!("there is another account `{name}` at line {}", other.line);
                    let hint = "who asks for that name could mean either; rename one";
                    Err(Problems::one(original.error(at, message).with_hint(hint).into()))
                }
                None => outcome,
            };
            match outcome {
                Ok(account) => self.accounts.push(account),
                Err(problems) => {
                    let place = FilePlace { file: original.path.to_owned(), line: at.line, column: at.column };
                    self.refused.push(Refused { name, scope, place, problems });
                }
            }
        }
        self.notes.sort_by_key(|note| (note.line, note.column));
    }

    /// Refuses what could not work among the accounts of an installation.
    pub(super) fn settled(mut self, original: &Original<'_>, settings: &Settings) -> Self {
        let mut all = settings.clone();
        let taken: HashSet<(&Scope, &AccountName)> =
            self.accounts.iter().map(|account| (&account.scope, &account.name)).collect();
        let stays = |scope: &Scope, name: &AccountName, place: &Place| {
            matches!(place, Place::File(_)) || !taken.contains(&(scope, name))
        };
        let account_stays = |account: &Account| stays(&account.scope, &account.name, &account.place);
        all.accounts.retain(account_stays);
        all.projects.iter_mut().for_each(|project| project.accounts.retain(account_stays));
        all.unusable.retain(|unusable| stays(&unusable.scope, &unusable.name, &unusable.place));
        let defined: Vec<bool> =
            self.accounts.iter().map(|account| all.defines(&account.scope, &account.name)).collect();
        all.unusable.extend(self.refused.iter().filter_map(Refused::unusable));
        for account in &self.accounts {
            match &account.scope {
                Scope::System => all.accounts.push(account.clone()),
                Scope::Project(name) => {
                    let project = all.projects.iter_mut().find(|project| project.name == *name);
                    project.into_iter().for_each(|project| project.accounts.push(account.clone()));
                }
            }
        }
        for (account, defined) in std::mem::take(&mut self.accounts).into_iter().zip(defined) {
            match objection(&account, defined, &all) {
                None => self.accounts.push(account),
                Some((message, hint)) => {
                    let Place::File(place) = &account.place else { unreachable!("it was read from a file") };
                    let at = Position { line: place.line, column: place.column };
                    let problems = Problems::one(original.error(at, message).with_hint(hint).into());
                    let (name, scope) = (account.name.as_str().to_owned(), account.scope.clone());
                    self.refused.push(Refused { name, scope, place: place.clone(), problems });
                }
            }
        }
        self
    }
}

/// Why an account cannot be added to these, and what to do about it.
fn objection(account: &Account, defined: bool, all: &Settings) -> Option<(String, String)> {
    let Account { name, scope, .. } = account;
    if let Scope::Project(project) = scope
        && all.project(project).is_none()
    {
        let hint = format!("add `name: {project}` to the `projects` of the configuration file");
        return Some((format!("there is no project `{project}`"), hint));
    }
    if defined {
        let message = format!("{scope} has an account `{name}` in the configuration file already");
        return Some((message, "what stands in the file wins; remove one or rename one".to_owned()));
    }
    match all.chain(account) {
        Ok(_) => None,
        Err(ChainError::Wrong { message, hint } | ChainError::NotAllowed { message, hint }) => Some((message, hint)),
    }
}
