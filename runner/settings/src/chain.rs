//! From an account to all that stand behind it.

use std::time::Duration;

use windlass_errors::nearest_hint;

use crate::{Account, AccountName, Grant, Place, ProjectName, Role, RoleArn, RolePattern, Scope, Settings, Source};

/// An account with those that it starts from, the first of which has a source that is no account. What makes it usable was
/// checked: whoever holds a chain need not look up or compare anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    first: Account,
    then: Vec<Account>,
}

/// A role assumed by a role lasts an hour at most (AWS IAM user guide, "Roles terms and concepts", role chaining).
const LONGEST_CHAINED: Duration = Duration::from_secs(3600);

/// Why an account cannot be used. `Display` is one line that names the account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// It cannot work as it is written.
    #[error("{message}")]
    Wrong {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// It could work, and it may not.
    #[error("{message}")]
    NotAllowed {
        /// What is not allowed.
        message: String,
        /// What to do about it.
        hint: String,
    },
}

impl Chain {
    /// So many accounts stand behind one another at most; each costs a call.
    pub const LONGEST: usize = 10;

    /// The account itself.
    pub fn account(&self) -> &Account {
        self.then.last().unwrap_or(&self.first)
    }

    /// Where the first credentials come from; never an account.
    pub fn source(&self) -> &Source {
        &self.first.source
    }

    /// The accounts, from that with the source to the account itself.
    pub fn links(&self) -> impl DoubleEndedIterator<Item = &Account> {
        std::iter::once(&self.first).chain(&self.then)
    }

    /// The roles in the order in which they are assumed.
    pub fn roles(&self) -> impl DoubleEndedIterator<Item = &Role> {
        self.links().filter_map(|link| link.role.as_ref())
    }

    /// The role that steps get; without any they get what the source is.
    pub fn role(&self) -> Option<&Role> {
        self.roles().next_back()
    }

    /// The account whose region rule holds. One without a role and without a rule is another name for that behind it.
    pub fn region_rule(&self) -> &Account {
        let names_only =
            |link: &Account| link.role.is_none() && link.regions.is_empty() && link.default_region.is_none();
        self.links().rev().find(|link| !names_only(link)).unwrap_or(&self.first)
    }

    fn check(&self, settings: &Settings) -> Result<(), ChainError> {
        self.check_roles()?;
        self.check_grants(settings)
    }

    fn check_roles(&self) -> Result<(), ChainError> {
        let mut from_role = self.source().is_role();
        let mut before: Option<&RoleArn> = match self.source() {
            Source::WebIdentity(identity) => identity.role.as_ref(),
            _ => None,
        };
        for link in self.links() {
            let Some(role) = &link.role else { continue };
            if from_role && role.duration > LONGEST_CHAINED {
                return Err(ChainError::Wrong {
                    message: format!(
                        "account `{}` asks for a session that is too long for a role assumed by a role",
                        link.name
                    ),
                    hint: "AWS limits such role chaining to one hour: `sessionDuration: 1h` or less".to_owned(),
                });
            }
            if let Some(before) = before.filter(|before| before.partition() != role.arn.partition()) {
                let (to, from) = (role.arn.partition(), before.partition());
                return Err(ChainError::Wrong {
                    message: format!(
                        "account `{}` assumes a role in the partition `{to}` from one in `{from}`",
                        link.name
                    ),
                    hint: "no identity of AWS reaches another partition; give the account a source in its own"
                        .to_owned(),
                });
            }
            (before, from_role) = (Some(&role.arn), true);
        }
        Ok(())
    }

    /// Who starts from what: a project, only where it was let; any account, only into roles that are allowed.
    fn check_grants(&self, settings: &Settings) -> Result<(), ChainError> {
        let source = self.source();
        let of_source = settings.sources.get(source.name()).filter(|_| source.is_runners_own());
        let none = Grant::default();
        let mut base = (format!("source `{}`", source.name()), of_source.unwrap_or(&none), source.is_runners_own());
        let mut bounds: Vec<(String, &[RolePattern])> = Vec::new();
        for link in self.links() {
            let (called, grant, is_shared) = base;
            if let (Scope::Project(project), true) = (&link.scope, is_shared) {
                lets_build(project, link, &called, grant)?;
            }
            bounds.extend(grant.roles.as_deref().map(|roles| (called, roles)));
            if let Some(role) = &link.role {
                bounds.drain(..).try_for_each(|(called, roles)| allows(link, role, &called, roles))?;
            }
            base = (format!("account `{}`", link.name), &link.grant, link.scope == Scope::System);
        }
        Ok(())
    }
}

/// A file is the administrator's own word, so what it builds on is meant, unless it says otherwise elsewhere.
fn lets_build(project: &ProjectName, link: &Account, on: &str, grant: &Grant) -> Result<(), ChainError> {
    let let_in = match &grant.projects {
        Some(projects) => projects.contains(project),
        None => matches!(link.place, Place::File(_)),
    };
    if let_in {
        return Ok(());
    }
    Err(ChainError::NotAllowed {
        message: format!("account `{}` of project `{project}` may not start from {on}", link.name),
        hint: format!("a system administrator adds `{project}` to the `allowedProjects` of {on}"),
    })
}

fn allows(link: &Account, role: &Role, from: &str, roles: &[RolePattern]) -> Result<(), ChainError> {
    if roles.iter().any(|pattern| pattern.matches(&role.arn)) {
        return Ok(());
    }
    let allowed = roles.iter().map(|pattern| format!("`{pattern}`")).collect::<Vec<_>>().join(", ");
    Err(ChainError::NotAllowed {
        message: format!("account `{}` may not assume `{}` from {from}", link.name, role.arn),
        hint: format!("its `allowedRoles` are {allowed}"),
    })
}

impl Settings {
    /// What stands behind an account of these settings.
    ///
    /// An account named as a source is looked for where its user would look: in the project, then in the system.
    ///
    /// # Errors
    /// See [`ChainError`].
    pub fn chain(&self, account: &Account) -> Result<Chain, ChainError> {
        let mut links = vec![account];
        while let Source::Account(name) = &links[links.len() - 1].source {
            let from = links[links.len() - 1];
            let next = self.source_of(from, name)?;
            if links.iter().any(|link| link.name == next.name && link.scope == next.scope) {
                return Err(ChainError::Wrong {
                    message: format!("account `{}` starts from itself, by way of `{}`", next.name, from.name),
                    hint: "one of them needs a source that is no account".to_owned(),
                });
            }
            links.push(next);
            if links.len() > Chain::LONGEST {
                return Err(ChainError::Wrong {
                    message: format!("more than {} accounts stand behind account `{}`", Chain::LONGEST, account.name),
                    hint: "let it start from one nearer to its source".to_owned(),
                });
            }
        }
        let mut links = links.into_iter().rev().cloned();
        let first = links.next().expect("the account itself is there");
        let chain = Chain { first, then: links.collect() };
        chain.check(self)?;
        Ok(chain)
    }

    fn source_of(&self, account: &Account, name: &AccountName) -> Result<&Account, ChainError> {
        if let Some(found) = self.account(&account.scope, name) {
            return Ok(found);
        }
        if let Some(broken) = self.unusable(&account.scope, name) {
            return Err(ChainError::Wrong {
                message: format!(
                    "account `{}` starts from `{name}`, which is unusable: {}",
                    account.name, broken.problems
                ),
                hint: format!("see {}", broken.place),
            });
        }
        let message =
            format!("account `{}` of {} starts from `{name}`, which does not exist", account.name, account.scope);
        let hint = nearest_hint(name.as_str(), self.seen_by(&account.scope).map(|other| other.name.as_str()));
        Err(ChainError::Wrong { message, hint })
    }
}

#[cfg(test)]
mod tests;
