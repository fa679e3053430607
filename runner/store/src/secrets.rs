use crate::db::{self, FromRow, Row, Statement, sql};
use crate::{Store, StoreError};

const WHAT: &str = "a secret";

/// An encrypted secret. What the bytes mean is the business of key storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretRow {
    /// `keys/...`
    pub path: String,
    /// 1 for the first value at the path, one more for each that replaced it.
    pub version: i64,
    /// The id of the master key that wraps the data key.
    pub master_key: String,
    /// The data key, encrypted.
    pub wrapped_key: Vec<u8>,
    /// The secret, encrypted.
    pub ciphertext: Vec<u8>,
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
    /// When the first value was set.
    pub created_at: i64,
    /// When this value was set.
    pub updated_at: i64,
}

impl Store {
    /// The secret at a path.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn secret(&self, path: &str) -> Result<Option<SecretRow>, StoreError> {
        let statement = sql("SELECT * FROM secret WHERE path = $1").bind(path);
        self.db().fetch_optional(statement).await.map_err(self.unread(WHAT))
    }

    /// The secrets in a folder and the folders below it, or all of them, by path.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn secrets(&self, folder: Option<&str>) -> Result<Vec<SecretEntry>, StoreError> {
        const SQL: &str = "SELECT path, version, created_at, updated_at FROM secret \
                           WHERE path >= $1 AND path < $2 ORDER BY path";
        let (from, to) = folder.map_or((String::new(), "~".to_owned()), |folder| {
            (format!("{folder}/"), format!("{folder}0")) // `0` follows `/`
        });
        self.db().fetch_all(sql(SQL).bind(from).bind(to)).await.map_err(self.unread("the list of secrets"))
    }

    /// Writes a secret if the path holds `expected_version`, or nothing for `None`. Returns whether it did.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn put_secret(&self, row: SecretRow, expected_version: Option<i64>) -> Result<bool, StoreError> {
        const INSERT: &str = "INSERT INTO secret (path, version, master_key, wrapped_key, ciphertext, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (path) DO NOTHING";
        const UPDATE: &str = "UPDATE secret SET version = $2, master_key = $3, wrapped_key = $4, ciphertext = $5, \
                              created_at = $6, updated_at = $7 WHERE path = $1 AND version = $8";
        let statement = sql(if expected_version.is_some() { UPDATE } else { INSERT });
        let statement = statement.bind(row.path).bind(row.version).bind(row.master_key).bind(row.wrapped_key);
        let statement = statement.bind(row.ciphertext).bind(row.created_at).bind(row.updated_at);
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
        let changed = self.db().change(move |db| Box::pin(db.execute(statement))).await;
        Ok(changed.map_err(self.unwritten(WHAT))? > 0)
    }
}

impl FromRow for SecretRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            path: row.get("path")?,
            version: row.get("version")?,
            master_key: row.get("master_key")?,
            wrapped_key: row.get("wrapped_key")?,
            ciphertext: row.get("ciphertext")?,
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
            created_at: row.get("created_at")?,
            updated_at: row.get("updated_at")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::on_both;

    fn row(path: &str, version: i64) -> SecretRow {
        SecretRow {
            path: path.to_owned(),
            version,
            master_key: "m".to_owned(),
            wrapped_key: vec![0, 255],
            ciphertext: vec![version as u8],
            created_at: 1,
            updated_at: version,
        }
    }

    on_both! {
        async fn a_version_is_replaced_only_by_the_next(store) {
            assert!(store.put_secret(row("keys/a", 1), None).await.unwrap());
            assert!(!store.put_secret(row("keys/a", 1), None).await.unwrap());
            assert!(!store.put_secret(row("keys/a", 3), Some(2)).await.unwrap());
            assert!(store.put_secret(row("keys/a", 2), Some(1)).await.unwrap());
            assert!(!store.put_secret(row("keys/a", 2), Some(1)).await.unwrap());
            assert!(!store.put_secret(row("keys/b", 2), Some(1)).await.unwrap());
            assert_eq!(store.secret("keys/a").await.unwrap(), Some(row("keys/a", 2)));
            assert!(store.delete_secret("keys/a").await.unwrap());
            assert!(!store.delete_secret("keys/a").await.unwrap());
            assert_eq!(store.secret("keys/a").await.unwrap(), None);
        }

        async fn a_folder_is_not_its_neighbour(store) {
            for path in ["keys/a", "keys/a/x", "keys/a/y/z", "keys/a-b/x", "keys/a0", "keys/A/x"] {
                assert!(store.put_secret(row(path, 1), None).await.unwrap());
            }
            let paths = async |folder| {
                let entries = store.secrets(folder).await.unwrap();
                entries.into_iter().map(|entry| entry.path).collect::<Vec<_>>()
            };
            assert_eq!(paths(Some("keys/a")).await, ["keys/a/x", "keys/a/y/z"]);
            assert_eq!(paths(Some("keys/_")).await, [""; 0]);
            assert_eq!(paths(None).await.len(), 6);
        }
    }
}
