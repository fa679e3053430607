//! Accounts of a file, one after another, into the database. What is wrong with one stops no other.

use std::collections::HashSet;

use secrecy::{ExposeSecret as _, SecretSlice};
use serde_json::{Map, Value};
use windlass_errors::Report;
use windlass_keys::{KeyError, KeyStorage, SecretKind, masked_badly};
use windlass_settings::import::{Imported, ImportedKey, Refused};
use windlass_settings::{Account, AccountName, KeyPath, Scope, Source};
use windlass_store::AccountRow;

use super::super::desk::{Desk, kept};
use crate::problem::Problem;
use crate::{setup, show};

/// An account of the file and what became of it.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) scope: Scope,
    pub(super) role: String,
    pub(super) what: What,
}

pub(super) enum What {
    Added,
    Replaced,
    Unchanged,
    WouldAdd,
    WouldReplace,
    /// Another account of that name is there.
    Exists,
    /// Another secret is where its own belongs.
    SecretExists(KeyPath),
    Refused(String),
}

impl What {
    /// For programs.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Replaced => "replaced",
            Self::Unchanged => "unchanged",
            Self::WouldAdd => "wouldAdd",
            Self::WouldReplace => "wouldReplace",
            Self::Exists | Self::SecretExists(_) => "exists",
            Self::Refused(_) => "refused",
        }
    }

    /// Why it was not taken over, if it was not.
    pub(super) fn problem(&self) -> Option<String> {
        match self {
            Self::Exists => Some("another is there already; `--overwrite` replaces it".to_owned()),
            Self::SecretExists(path) => {
                Some(format!("another secret is at `{path}` already; `--overwrite` replaces it"))
            }
            Self::Refused(why) => Some(why.clone()),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Refused(why) => format!("refused: {why}"),
            Self::Unchanged => "is there already".to_owned(),
            Self::WouldAdd => "would be added".to_owned(),
            Self::WouldReplace => "would be replaced".to_owned(),
            _ => self.problem().unwrap_or_else(|| self.word().to_owned()),
        }
    }
}

/// How the secret of an account stands to key storage.
enum Secret<'i> {
    /// The account has none in the file, or the same is stored.
    Settled,
    New(&'i ImportedKey),
    Other(&'i ImportedKey),
}

pub(super) struct Taking<'d> {
    desk: &'d Desk,
    keys: KeyStorage,
    rows: Vec<AccountRow>,
    pub(super) dry_run: bool,
    pub(super) overwrite: bool,
    /// Accounts that were not taken over. One of that name may be there, and is another.
    missing: HashSet<(Scope, AccountName)>,
}

impl<'d> Taking<'d> {
    pub(super) async fn new(desk: &'d Desk, dry_run: bool, overwrite: bool) -> Result<Self, Problem> {
        let (_, rows) = desk.store.accounts().await?;
        let keys = setup::keys(&desk.file, &desk.store);
        Ok(Self { desk, keys, rows, dry_run, overwrite, missing: HashSet::new() })
    }

    /// All of them, those that cannot work first.
    pub(super) async fn over(mut self, imported: &Imported) -> Result<Vec<Row>, Problem> {
        let mut rows: Vec<Row> = imported.refused.iter().map(refused).collect();
        self.missing.extend(imported.refused.iter().filter_map(|it| Some((it.scope.clone(), it.name.parse().ok()?))));
        for account in &imported.accounts {
            let what = self.account(account, imported).await?;
            rows.push(Row {
                name: account.name.to_string(),
                scope: account.scope.clone(),
                role: account.role.as_ref().map(|role| role.arn.to_string()).unwrap_or_default(),
                what,
            });
        }
        Ok(rows)
    }

    async fn account(&mut self, account: &Account, imported: &Imported) -> Result<What, Problem> {
        let scope = kept(&account.scope);
        let there = self.rows.iter().find(|row| row.scope == scope && row.name == account.name.as_str());
        let (version, text) = (there.map(|row| row.version), there.map(|row| row.text.clone()));
        let what = self.checked(account, imported, version, text.as_deref()).await?;
        if what.problem().is_some() {
            self.missing.insert((account.scope.clone(), account.name.clone()));
        }
        Ok(what)
    }

    async fn checked(
        &self,
        account: &Account,
        imported: &Imported,
        version: Option<i64>,
        text: Option<&str>,
    ) -> Result<What, Problem> {
        let Value::Object(definition) = account.definition() else { unreachable!("a definition is an object") };
        let is_same = text.is_some_and(|text| is_same(text, &definition));
        if let Some(base) = self.missing_base(account).filter(|_| !is_same) {
            return Ok(What::Refused(format!("it starts from account `{base}`, which was not taken over")));
        }
        let secret = match self.secret(account, imported).await {
            Ok(secret) => secret,
            Err(error) => return Ok(What::Refused(told(&error))),
        };
        match &secret {
            _ if version.is_some() && !is_same && !self.overwrite => return Ok(What::Exists),
            Secret::Other(key) if !self.overwrite => return Ok(What::SecretExists(key.path.clone())),
            _ => {}
        }
        if let Secret::New(key) | Secret::Other(key) = secret
            && let Err(error) = self.store(key).await
        {
            return Ok(What::Refused(told(&error)));
        }
        match version {
            Some(_) if is_same => Ok(What::Unchanged),
            Some(_) if self.dry_run => Ok(What::WouldReplace),
            None if self.dry_run => Ok(What::WouldAdd),
            _ => Ok(match self.desk.put(&account.scope, &account.name, definition, version.into()).await {
                Ok(_) if version.is_some() => What::Replaced,
                Ok(_) => What::Added,
                Err(error) => What::Refused(told(&error)),
            }),
        }
    }

    /// The account that it starts from, when that was not taken over: what else has its name could be another identity.
    fn missing_base(&self, account: &Account) -> Option<AccountName> {
        let Source::Account(base) = &account.source else { return None };
        let is_missing = |scope: &Scope| self.missing.contains(&(scope.clone(), base.clone()));
        (is_missing(&account.scope) || is_missing(&Scope::System)).then(|| base.clone())
    }

    async fn secret<'i>(&self, account: &Account, imported: &'i Imported) -> Result<Secret<'i>, KeyError> {
        let Source::AccessKey(source) = &account.source else { return Ok(Secret::Settled) };
        let Some(key) = imported.keys.iter().find(|key| key.path == source.secret) else {
            return Ok(Secret::Settled);
        };
        match self.keys.get(&key.path).await {
            Ok(stored) if stored.expose_secret() == key.secret.expose_secret().as_bytes() => Ok(Secret::Settled),
            Ok(_) => Ok(Secret::Other(key)),
            Err(KeyError::NotFound { .. }) => Ok(Secret::New(key)),
            Err(error) => Err(error),
        }
    }

    /// Stores a secret, before the account that needs it.
    async fn store(&self, key: &ImportedKey) -> Result<(), KeyError> {
        let ImportedKey { path, secret, line, .. } = key;
        let warning = masked_badly(path.as_str(), secret.expose_secret().as_bytes());
        if self.dry_run {
            self.keys.check_writable(path)?;
            show::talk(format_args!("the secret in line {line} would be stored as `{path}`"));
            warning.into_iter().for_each(show::warn);
            return Ok(());
        }
        let bytes = SecretSlice::from(Box::<[u8]>::from(secret.expose_secret().as_bytes()));
        self.keys.set(path, SecretKind::Password, bytes, self.overwrite).await?;
        show::talk(format_args!("stored the secret in line {line} as `{path}`; take it out of the file"));
        warning.into_iter().for_each(show::warn);
        Ok(())
    }
}

fn is_same(text: &str, definition: &Map<String, Value>) -> bool {
    serde_json::from_str::<Map<String, Value>>(text).is_ok_and(|it| it == *definition)
}

fn refused(it: &Refused) -> Row {
    let hint = it.problems.iter().find_map(|problem| problem.hint.as_deref());
    let why = [Some(it.problems.to_string()), hint.map(str::to_owned)].into_iter().flatten().collect::<Vec<_>>();
    Row { name: it.name.clone(), scope: it.scope.clone(), role: String::new(), what: What::Refused(why.join("; ")) }
}

fn told(error: &dyn Report) -> String {
    [Some(error.to_string()), error.help()].into_iter().flatten().collect::<Vec<_>>().join("; ")
}
