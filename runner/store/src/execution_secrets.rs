use uuid::Uuid;

use crate::db::{self, Connection, FromRow, Row, sql};
use crate::{Sealed, Store, StoreError};

/// The value of a secret option of an execution, encrypted. It is kept until the execution ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionSecret {
    /// The option's name.
    pub name: String,
    /// The value.
    pub sealed: Sealed,
}

impl Store {
    /// The secret options of an execution that has not ended, by name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn execution_secrets(&self, execution: Uuid) -> Result<Vec<ExecutionSecret>, StoreError> {
        const SQL: &str = "SELECT name, master_key, wrapped_key, ciphertext FROM execution_secret \
                           WHERE execution = $1 ORDER BY name";
        let statement = sql(SQL).bind(execution);
        self.db().fetch_all(statement).await.map_err(self.unread("the secret options of an execution"))
    }
}

pub(crate) async fn insert(db: &mut Connection, execution: Uuid, secrets: &[ExecutionSecret]) -> db::Result<()> {
    const SQL: &str = "INSERT INTO execution_secret (execution, name, master_key, wrapped_key, ciphertext) \
                       VALUES ($1, $2, $3, $4, $5)";
    for secret in secrets {
        db.execute(sql(SQL).bind(execution).bind(&secret.name).sealed(secret.sealed.clone())).await?;
    }
    Ok(())
}

impl FromRow for ExecutionSecret {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { name: row.get("name")?, sealed: Sealed::from_row(row)? })
    }
}
