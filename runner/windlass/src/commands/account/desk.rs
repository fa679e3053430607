//! What the commands need that change accounts of the database.

use serde_json::{Value, json};
use windlass_credentials::{AccountError, chain};
use windlass_engine::{Plugins, Workshop, with_stored_accounts};
use windlass_errors::Report as _;
use windlass_settings::yaml::YamlError;
use windlass_settings::{Account, AccountName, KeyPath, Place, ProjectName, Scope, Settings, Stored, Unusable};
use windlass_store::{AccountRow, Expected, Seen, Store, StoreError};

use super::fields::Definition;
use super::scope::Ground;
use super::verify::must_hold;
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{setup, show};

pub(super) struct Desk {
    /// Of the configuration alone.
    pub(super) file: Settings,
    /// With the accounts of the database.
    pub(super) all: Settings,
    /// Which those are.
    revision: i64,
    pub(super) store: Store,
}

pub(super) async fn desk(global: &Global) -> Result<Desk, Problem> {
    let file = setup::configuration(global)?.settings;
    let store = setup::store(&file).await?;
    Desk::of(file, store).await
}

impl Desk {
    async fn of(file: Settings, store: Store) -> Result<Self, Problem> {
        let (all, revision) = with_stored_accounts(&file, &store).await?;
        Ok(Self { file, all, revision, store })
    }

    /// With the accounts that the database has now.
    async fn again(&self) -> Result<Self, Problem> {
        Self::of(self.file.clone(), self.store.clone()).await
    }

    /// A scope that there is.
    pub(super) fn scope(&self, project: Option<&ProjectName>) -> Result<Scope, Problem> {
        if let Some(project) = project {
            windlass_credentials::known_project(&self.file, project)?;
        }
        Ok(Scope::of(project))
    }

    /// Refuses to touch what a file defines.
    pub(super) fn not_in_the_file(&self, scope: &Scope, name: &AccountName) -> Result<(), Problem> {
        let in_file = self.file.of_scope(scope).iter().find(|account| account.name == *name);
        let place = in_file.map(|account| &account.place);
        let broken = self.file.unusable.iter().find(|it| it.name == *name && it.scope == *scope).map(|it| &it.place);
        match place.or(broken) {
            None => Ok(()),
            Some(place) => Err(Problem::with_help(
                "account.in-file",
                format_args!("account `{name}` of {scope} is defined in a file, which wins"),
                &format!("change it at {place}"),
            )),
        }
    }

    /// The row of an account of the database.
    pub(super) async fn row(&self, scope: &Scope, name: &AccountName) -> Result<AccountRow, Problem> {
        let (_, rows) = self.store.accounts().await?;
        let kept = kept(scope);
        let names: Vec<String> = rows.iter().filter(|row| row.scope == kept).map(|row| row.name.clone()).collect();
        let found = rows.into_iter().find(|row| row.scope == kept && row.name == name.as_str());
        found.ok_or_else(|| {
            let hint = windlass_errors::nearest_hint(name.as_str(), names.iter().map(String::as_str));
            let message = format!("{scope} has no account `{name}` in the database");
            Problem::with_help("account.unknown", message, &hint)
        })
    }

    /// Checks a definition among all the others, and keeps it while these are as they were then. Gives the version.
    pub(super) async fn keep(
        &self,
        scope: &Scope,
        name: &AccountName,
        definition: Definition,
        replaces: Option<i64>,
        proof: Proof,
    ) -> Result<i64, Problem> {
        let text = written(name, &definition);
        let stored = Stored { scope: scope.clone(), name: name.clone(), version: replaces.unwrap_or(0) + 1, text };
        let (all, account) = self.check(stored.clone())?;
        if proof == Proof::AtAws {
            must_hold(&Ground::new(all, self.store.clone()), &account).await?;
        }
        let seen = |revision| Expected { version: replaces, seen: Some(Seen { accounts: revision, jobs: None }) };
        let mut kept = self.put(scope, name, definition.clone(), seen(self.revision)).await;
        while let Err(StoreError::SeenChanged) = kept {
            let now = self.again().await?;
            now.check(stored.clone())?;
            kept = now.put(scope, name, definition.clone(), seen(now.revision)).await;
        }
        Ok(kept?)
    }

    /// Deletes an account of that version that nothing uses. Who came to use it since somebody looked is seen.
    pub(super) async fn delete(&self, scope: &Scope, name: &AccountName, version: i64) -> Result<(), Problem> {
        loop {
            let jobs = Some(self.store.standing_jobs().await?);
            let now = self.again().await?;
            now.must_be_unused(scope, name).await?;
            let expected = Expected { version: Some(version), seen: Some(Seen { accounts: now.revision, jobs }) };
            let at = jiff::Timestamp::now().as_millisecond();
            match self.store.account_delete(&kept(scope), name.as_str(), expected, &who(), at).await {
                Err(StoreError::SeenChanged) => {}
                deleted => return Ok(deleted.map(|_| ())?),
            }
        }
    }

    /// Refuses what [`Self::keep`] would refuse to add, but for a try at AWS.
    pub(super) async fn may_add(
        &self,
        scope: &Scope,
        name: &AccountName,
        definition: &Definition,
    ) -> Result<(), Problem> {
        let (_, rows) = self.store.accounts().await?;
        let kept = kept(scope);
        if let Some(row) = rows.iter().find(|row| row.scope == kept && row.name == name.as_str()) {
            let exists = StoreError::AccountExists { scope: kept, name: name.to_string(), version: row.version };
            return Err(exists.into());
        }
        let text = written(name, definition);
        self.check(Stored { scope: scope.clone(), name: name.clone(), version: 1, text }).map(|_| ())
    }

    /// Keeps a definition that was checked. Gives the version.
    pub(super) async fn put(
        &self,
        scope: &Scope,
        name: &AccountName,
        definition: Definition,
        expected: Expected,
    ) -> Result<i64, StoreError> {
        let (text, at) = (written(name, &definition), jiff::Timestamp::now().as_millisecond());
        self.store.account_put(&kept(scope), name.as_str(), &text, expected, &who(), at).await
    }

    /// The account and all the others with it, if it could be used together with them.
    pub(super) fn check(&self, stored: Stored) -> Result<(Settings, Account), Problem> {
        let account = stored.read().map_err(|problems| AccountError::Unusable {
            account: Box::new(Unusable {
                name: stored.name.clone(),
                scope: stored.scope.clone(),
                place: Place::Database { version: stored.version },
                problems,
            }),
        })?;
        let mut all = self.all.clone();
        all.accounts.retain(|it| it.name != account.name || it.scope != account.scope);
        for project in &mut all.projects {
            project.accounts.retain(|it| it.name != account.name || it.scope != account.scope);
        }
        all.unusable.retain(|it| it.name != account.name || it.scope != account.scope);
        let all = all.with_stored(&[stored]);
        chain(&all, &account)?;
        self.breaks_no_other(&all, &account)?;
        Ok((all, account))
    }

    /// Refuses what would keep others from working that can work now: they stand before an account, or it hides what they meant.
    fn breaks_no_other(&self, after: &Settings, changed: &Account) -> Result<(), Problem> {
        let of_projects = after.projects.iter().flat_map(|project| &project.accounts);
        let others = after.accounts.iter().chain(of_projects).filter(|it| *it != changed);
        let worked = others.filter(|it| self.all.chain(it).is_ok());
        let broken: Vec<String> = worked
            .filter_map(|it| chain(after, it).err().map(|why| (it, why)))
            .map(|(it, why)| {
                let help = why.help().map(|help| format!(" ({help})")).unwrap_or_default();
                format!("account `{}` of {}: {why}{help}", it.name, it.scope)
            })
            .collect();
        if broken.is_empty() {
            return Ok(());
        }
        let (name, scope) = (&changed.name, &changed.scope);
        let message =
            format!("with this account `{name}` of {scope}, others could not be used any more: {}", broken.join("; "));
        Err(Problem::with_help("account.in-use", message, "change those first, or delete them"))
    }

    /// Refuses to delete what something uses.
    pub(super) async fn must_be_unused(&self, scope: &Scope, name: &AccountName) -> Result<(), Problem> {
        let plugins = Plugins::new(setup::catalog(&self.file));
        let workshop = Workshop { settings: &self.all, plugins: &plugins, store: &self.store };
        let users = workshop.users_of(scope, name).await?;
        if users.is_empty() {
            return Ok(());
        }
        let message = format!("account `{name}` of {scope} is in use: {}", users.join("; "));
        Err(Problem::with_help("account.in-use", message, "change what uses it first"))
    }
}

/// What an account has to stand before it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    /// The rules of its definition.
    Written,
    /// Also a try at AWS.
    AtAws,
}

impl Proof {
    pub(super) fn of(verify: bool) -> Self {
        if verify { Self::AtAws } else { Self::Written }
    }
}

/// A definition as the database keeps it, as JSON, which is YAML as well.
fn written(name: &AccountName, definition: &Definition) -> String {
    let mut definition = definition.clone();
    definition.insert("name".to_owned(), Value::String(name.to_string()));
    serde_json::to_string_pretty(&Value::Object(definition)).expect("a JSON value is JSON")
}

/// What became of an account, for programs; people were told already.
pub(super) fn told(
    output: Listing,
    scope: &Scope,
    name: &AccountName,
    version: i64,
    definition: &Definition,
) -> Result<(), Problem> {
    match output {
        Listing::Table => Ok(()),
        Listing::Json => show::json(&json!({ "name": name, "project": super::list::project(scope), "version": version,
            "externalId": definition.get("externalId") })),
    }
}

/// A file that is not what it should be. Its lines are not shown, since there may be secrets among them.
pub(super) fn unreadable(error: &YamlError) -> Problem {
    match &error.hint {
        Some(hint) => Problem::with_help("account.document-unreadable", error, hint),
        None => Problem::coded("account.document-unreadable", error),
    }
}

/// Where the secret is kept that was typed for an account's access key.
pub(super) fn secret_path(scope: &Scope, name: &AccountName) -> Result<KeyPath, Problem> {
    let path = match scope {
        Scope::System => format!("keys/accounts/{name}/secret-access-key"),
        Scope::Project(project) => format!("keys/project/{project}/accounts/{name}/secret-access-key"),
    };
    KeyPath::parse(&path).map_err(|why| Problem::coded("key.invalid-path", format!("`{path}`: {why}")))
}

/// How the database calls a scope.
pub(super) fn kept(scope: &Scope) -> String {
    match scope {
        Scope::System => String::new(),
        Scope::Project(name) => name.to_string(),
    }
}

/// Who changes accounts: the user of the machine, as far as a command can know.
pub(super) fn who() -> String {
    let uid = rustix::process::getuid().as_raw();
    match std::env::var("SUDO_USER").or_else(|_| std::env::var("USER")) {
        Ok(name) if !name.is_empty() => format!("{name} (uid {uid})"),
        _ => format!("uid {uid}"),
    }
}
