use crate::db::{self, Broken, FromRow, Row, Statement, sql};
use crate::{SecretKind, Store, StoreError};

const WHAT: &str = "a secret";

/// Something encrypted with a data key of its own, which a master key wraps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The id of the master key.
    pub master_key: String,
    /// The data key, encrypted.
    pub wrapped_key: Vec<u8>,
    /// What it is about, encrypted.
    pub ciphertext: Vec<u8>,
}

/// An encrypted secret. What the bytes mean is the business of key storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// `keys/...`
    pub path: String,
    /// 1 for the first value at the path, one more for each that replaced it.
    pub version: i64,
    /// What it is.
    pub kind: SecretKind,
    /// The secret.
    pub sealed: Sealed,
    /// When the first value was set.
    pub created_at: i64,
    /// When this value was set.
    pub updated_at: i64,
}

/// That a secret exists, without anything of its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretEntry {
    /// `keys/...`
    pub path: String,
    /// See [`SecretRow::version`].
    pub version: i64,
    /// What it is.
    pub kind: SecretKind,
    /// How many bytes [`Sealed::ciphertext`] has.
    pub sealed_bytes: i64,
    /// When the first value was set.
    pub created_at: i64,
    /// When this value was set.
    pub updated_at: i64,
}

/// What of a secret is shown to people.
macro_rules! entry_columns {
    () => {
        "path, version, kind, CAST(length(ciphertext) AS BIGINT) AS sealed_bytes, created_at, updated_at"
    };
}

impl Store {
    /// The secret at a path.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn secret(&self, path: &str) -> Result<Option<SecretRow>, StoreError> {
        const SQL: &str = "SELECT path, version, kind, master_key, wrapped_key, ciphertext, created_at, updated_at \
                           FROM secret WHERE path = $1";
        self.db().fetch_optional(sql(SQL).bind(path)).await.map_err(self.unread(WHAT))
    }

    /// The secrets in a folder and the folders below it, or all of them, by path.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn secrets(&self, folder: Option<&str>) -> Result<Vec<SecretEntry>, StoreError> {
        const SQL: &str =
            concat!("SELECT ", entry_columns!(), " FROM secret WHERE path >= $1 AND path < $2 ORDER BY path");
        let (from, to) = folder.map_or((String::new(), "~".to_owned()), |folder| {
            (format!("{folder}/"), format!("{folder}0")) // `0` follows `/`
        });
        self.db().fetch_all(sql(SQL).bind(from).bind(to)).await.map_err(self.unread("the list of secrets"))
    }

    /// That there is a secret at a path.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn secret_entry(&self, path: &str) -> Result<Option<SecretEntry>, StoreError> {
        const SQL: &str = concat!("SELECT ", entry_columns!(), " FROM secret WHERE path = $1");
        self.db().fetch_optional(sql(SQL).bind(path)).await.map_err(self.unread(WHAT))
    }

    /// Writes a secret if the path holds `expected_version`, or nothing for `None`, and its master key was not dropped.
    /// Returns whether it did.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn put_secret(&self, row: SecretRow, expected_version: Option<i64>) -> Result<bool, StoreError> {
        const INSERT: &str = "INSERT INTO secret \
             (path, version, kind, master_key, wrapped_key, ciphertext, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (path) DO NOTHING";
        const UPDATE: &str = "UPDATE secret SET version = $2, kind = $3, master_key = $4, wrapped_key = $5, \
                              ciphertext = $6, created_at = $7, updated_at = $8 WHERE path = $1 AND version = $9";
        let statement = sql(if expected_version.is_some() { UPDATE } else { INSERT });
        let statement = statement.bind(row.path).bind(row.version).bind(row.kind.as_str()).sealed(row.sealed);
        let statement = statement.bind(row.created_at).bind(row.updated_at);
        self.change(expected_version.into_iter().fold(statement, Statement::bind)).await
    }

    /// Removes a secret. Returns whether there was one.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn delete_secret(&self, path: &str) -> Result<bool, StoreError> {
        self.change(sql("DELETE FROM secret WHERE path = $1").bind(path)).await
    }

    async fn change(&self, statement: Statement) -> Result<bool, StoreError> {
        match self.db().change(move |db| Box::pin(db.execute(statement))).await {
            Err(error) if error.broken() == Some(Broken::ForeignKey) => Ok(false),
            changed => Ok(changed.map_err(self.unwritten(WHAT))? > 0),
        }
    }
}

impl Statement {
    /// The next three arguments: master key, wrapped key, ciphertext.
    pub(crate) fn sealed(self, sealed: Sealed) -> Self {
        self.bind(sealed.master_key).bind(sealed.wrapped_key).bind(sealed.ciphertext)
    }
}

impl FromRow for Sealed {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            master_key: row.get("master_key")?,
            wrapped_key: row.get("wrapped_key")?,
            ciphertext: row.get("ciphertext")?,
        })
    }
}

impl FromRow for SecretRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            path: row.get("path")?,
            version: row.get("version")?,
            kind: row.word("kind")?,
            sealed: Sealed::from_row(row)?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

impl FromRow for SecretEntry {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            path: row.get("path")?,
            version: row.get("version")?,
            kind: row.word("kind")?,
            sealed_bytes: row.get("sealed_bytes")?,
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

#[cfg(test)]
mod tests;
