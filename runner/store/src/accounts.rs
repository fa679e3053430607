use crate::db::{self, Connection, FromRow, Row, sql};
use crate::{StandingJobs, Store, StoreError};

const WHAT: &str = "the accounts";

/// Held on PostgreSQL while an account is changed: revisions have one order. No project has a name like it.
const LOCK: &str = "the accounts";

const REVISION: &str = "SELECT max(revision) FROM account_version";

/// An account that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRow {
    /// The project that it belongs to; empty for the system.
    pub scope: String,
    /// Its name, unique in its scope.
    pub name: String,
    /// 1 for the first definition of the name, one more for each that replaced it.
    pub version: i64,
    /// Its definition. What it says is the business of those who resolve accounts; it never holds a secret.
    pub text: String,
    /// Who wrote it.
    pub by: String,
    /// When.
    pub at: i64,
}

/// A version of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountVersionRow {
    /// Its number.
    pub version: i64,
    /// The definition; `None` if this version deleted the account.
    pub text: Option<String>,
    /// Who made it.
    pub by: String,
    /// When.
    pub at: i64,
}

/// What must be so still when an account is changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// The version that the account has; `None` when it is to be a new one.
    pub version: Option<i64>,
    /// What the change was held against, if it was.
    pub seen: Option<Seen>,
}

/// What somebody has looked at who wants to change an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The revision of the [accounts](Store::accounts).
    pub accounts: i64,
    /// The [jobs](Store::standing_jobs), when they matter.
    pub jobs: Option<StandingJobs>,
}

impl From<Option<i64>> for Expected {
    fn from(version: Option<i64>) -> Self {
        Self { version, seen: None }
    }
}

impl From<i64> for Expected {
    fn from(version: i64) -> Self {
        Some(version).into()
    }
}

impl Store {
    /// Adds an account, when no version is expected, or replaces the definition of one that has this version. Returns
    /// the version that holds now; one that comes back after it was deleted goes on from its last.
    ///
    /// # Errors
    /// [`StoreError::AccountExists`], [`StoreError::AccountChanged`], [`StoreError::SeenChanged`], `store.unavailable`
    pub async fn account_put(
        &self,
        scope: &str,
        name: &str,
        text: &str,
        expected: impl Into<Expected>,
        by: &str,
        at: i64,
    ) -> Result<i64, StoreError> {
        let change = AccountVersionRow { version: 0, text: Some(text.to_owned()), by: by.to_owned(), at };
        self.change_account(scope, name, expected.into(), change).await
    }

    /// Deletes an account that has this version; its versions stay. Returns the version that says so.
    ///
    /// # Errors
    /// [`StoreError::AccountChanged`], [`StoreError::SeenChanged`], `store.unavailable`
    pub async fn account_delete(
        &self,
        scope: &str,
        name: &str,
        expected: impl Into<Expected>,
        by: &str,
        at: i64,
    ) -> Result<i64, StoreError> {
        let change = AccountVersionRow { version: 0, text: None, by: by.to_owned(), at };
        self.change_account(scope, name, expected.into(), change).await
    }

    /// The accounts of all scopes by scope and name, those of the system first, and the revision that they are of.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn accounts(&self) -> Result<(i64, Vec<AccountRow>), StoreError> {
        const SQL: &str = "SELECT revision, scope, name, version, text, changed_by, changed_at FROM account_version \
                           WHERE latest ORDER BY scope, name";
        let latest: Vec<Latest> = self.db().fetch_all(sql(SQL)).await.map_err(self.unread(WHAT))?;
        // The last change of all is the latest of its account, deleted or not.
        let revision = latest.iter().map(|latest| latest.revision).max().unwrap_or(0);
        Ok((revision, latest.into_iter().filter_map(|latest| latest.account).collect()))
    }

    /// The number of changes so far; the accounts that [`accounts`](Self::accounts) gave with it still hold.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn accounts_revision(&self) -> Result<i64, StoreError> {
        let revision: Option<i64> = self.db().fetch_one(sql(REVISION)).await.map_err(self.unread(WHAT))?;
        Ok(revision.unwrap_or(0))
    }

    /// The versions of an account, newest first; those of a deleted one too.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn account_history(&self, scope: &str, name: &str) -> Result<Vec<AccountVersionRow>, StoreError> {
        const SQL: &str = "SELECT version, text, changed_by, changed_at FROM account_version \
                           WHERE scope = $1 AND name = $2 ORDER BY version DESC";
        let statement = sql(SQL).bind(scope).bind(name);
        self.db().fetch_all(statement).await.map_err(self.unread("the versions of an account"))
    }

    async fn change_account(
        &self,
        scope: &str,
        name: &str,
        expected: Expected,
        change: AccountVersionRow,
    ) -> Result<i64, StoreError> {
        let (scope, name) = (scope.to_owned(), name.to_owned());
        let work = self.db().write(move |db| Box::pin(async move { follow(db, scope, name, expected, change).await }));
        work.await.map_err(self.unwritten(WHAT))?
    }
}

/// Lets a version follow the one that is expected.
async fn follow(
    db: &mut Connection,
    scope: String,
    name: String,
    expected: Expected,
    change: AccountVersionRow,
) -> db::Result<Result<i64, StoreError>> {
    const LAST: &str = "SELECT version, text, changed_by, changed_at FROM account_version \
                        WHERE scope = $1 AND name = $2 AND latest";
    const NO_LONGER: &str = "UPDATE account_version SET latest = FALSE WHERE scope = $1 AND name = $2 AND latest";
    const INSERT: &str = "INSERT INTO account_version \
        (revision, scope, name, version, text, changed_by, changed_at, latest) \
        VALUES ((SELECT coalesce(max(revision), 0) + 1 FROM account_version), $1, $2, $3, $4, $5, $6, TRUE)";
    db.lock_key(LOCK).await?;
    let last: Option<AccountVersionRow> = db.fetch_optional(sql(LAST).bind(&scope).bind(&name)).await?;
    let holds = last.as_ref().filter(|last| last.text.is_some()).map(|last| last.version);
    match (expected.version, holds) {
        (None, Some(version)) => return Ok(Err(StoreError::AccountExists { scope, name, version })),
        (expected, found) if expected != found => return Ok(Err(StoreError::AccountChanged { scope, name, found })),
        _ => {}
    }
    if let Some(seen) = expected.seen
        && !seen.holds(db).await?
    {
        return Ok(Err(StoreError::SeenChanged));
    }
    let version = last.map_or(1, |last| last.version + 1);
    db.execute(sql(NO_LONGER).bind(&scope).bind(&name)).await?;
    let insert = sql(INSERT).bind(scope).bind(name).bind(version);
    db.execute(insert.bind(change.text).bind(change.by).bind(change.at)).await?;
    Ok(Ok(version))
}

impl Seen {
    async fn holds(&self, db: &mut Connection) -> db::Result<bool> {
        let accounts: Option<i64> = db.fetch_one(sql(REVISION)).await?;
        let is_same = accounts.unwrap_or(0) == self.accounts;
        Ok(match &self.jobs {
            Some(jobs) if is_same => jobs.stand(db).await?,
            _ => is_same,
        })
    }
}

/// The last version of an account.
struct Latest {
    revision: i64,
    /// Unless it was deleted.
    account: Option<AccountRow>,
}

impl FromRow for Latest {
    fn from_row(row: &Row) -> db::Result<Self> {
        let AccountVersionRow { version, text, by, at } = AccountVersionRow::from_row(row)?;
        let (scope, name) = (row.get("scope")?, row.get("name")?);
        let account = text.map(|text| AccountRow { scope, name, version, text, by, at });
        Ok(Self { revision: row.get("revision")?, account })
    }
}

impl FromRow for AccountVersionRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            version: row.get("version")?,
            text: row.get("text")?,
            by: row.get("changed_by")?,
            at: row.get("changed_at")?,
        })
    }
}

#[cfg(test)]
mod tests;
