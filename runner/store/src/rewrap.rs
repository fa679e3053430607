//! Putting secrets under another master key while others read and write them.

use uuid::Uuid;

use crate::db::{self, FromRow, Row, Statement, sql};
use crate::{ExecutionSecret, Sealed, SecretRow, Store, StoreError};

const WHAT: &str = "what a master key wraps";

/// A secret of an execution, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfExecution {
    /// The execution.
    pub execution: Uuid,
    /// Its secret.
    pub secret: ExecutionSecret,
}

impl Store {
    /// At most `limit` secrets that this master key wraps, by path, from the first after `after`.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn secrets_under(&self, master_key: &str, after: &str, limit: i64) -> Result<Vec<SecretRow>, StoreError> {
        const SQL: &str = "SELECT path, version, kind, master_key, wrapped_key, ciphertext, created_at, updated_at \
                           FROM secret WHERE master_key = $1 AND path > $2 ORDER BY path LIMIT $3 + 0";
        let statement = sql(SQL).bind(master_key).bind(after).bind(limit);
        self.db().fetch_all(statement).await.map_err(self.unread(WHAT))
    }

    /// At most `limit` secrets of executions that this master key wraps, from the first after `after`.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn execution_secrets_under(
        &self,
        master_key: &str,
        after: Option<&OfExecution>,
        limit: i64,
    ) -> Result<Vec<OfExecution>, StoreError> {
        const SQL: &str = "SELECT execution, name, master_key, wrapped_key, ciphertext FROM execution_secret WHERE master_key = $1 AND (execution, name) > ($2, $3) \
                           ORDER BY execution, name LIMIT $4 + 0";
        let (execution, name) = after.map_or((Uuid::nil(), ""), |last| (last.execution, last.secret.name.as_str()));
        let statement = sql(SQL).bind(master_key).bind(execution).bind(name).bind(limit);
        self.db().fetch_all(statement).await.map_err(self.unread(WHAT))
    }

    /// Replaces the seals of secrets, in one transaction. One that was set again or deleted since it was read stays as
    /// it is.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn rewrap_secrets(&self, secrets: Vec<(SecretRow, Sealed)>) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE secret SET master_key = $1, wrapped_key = $2, ciphertext = $3 \
                           WHERE path = $4 AND wrapped_key = $5";
        let one =
            |(row, sealed): (SecretRow, Sealed)| sql(SQL).sealed(sealed).bind(row.path).bind(row.sealed.wrapped_key);
        self.in_one(secrets.into_iter().map(one).collect()).await
    }

    /// As [`rewrap_secrets`](Self::rewrap_secrets), for secrets of executions.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn rewrap_execution_secrets(&self, secrets: Vec<(OfExecution, Sealed)>) -> Result<u64, StoreError> {
        const SQL: &str = "UPDATE execution_secret SET master_key = $1, wrapped_key = $2, ciphertext = $3 \
                           WHERE execution = $4 AND name = $5 AND wrapped_key = $6";
        let one = |(row, sealed): (OfExecution, Sealed)| {
            let statement = sql(SQL).sealed(sealed).bind(row.execution).bind(row.secret.name);
            statement.bind(row.secret.sealed.wrapped_key)
        };
        self.in_one(secrets.into_iter().map(one).collect()).await
    }

    async fn in_one(&self, statements: Vec<Statement>) -> Result<u64, StoreError> {
        let changed = self.db().change(move |db| {
            Box::pin(async move {
                let mut changed = 0;
                for statement in statements {
                    changed += db.execute(statement).await?;
                }
                Ok(changed)
            })
        });
        changed.await.map_err(self.unwritten(WHAT))
    }
}

impl FromRow for OfExecution {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { execution: row.get("execution")?, secret: ExecutionSecret::from_row(row)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MASTER, new, on_both, sealed};
    use crate::{SecretKind, Transition};

    fn row(path: &str) -> SecretRow {
        let kind = SecretKind::Password;
        SecretRow { path: path.to_owned(), version: 1, kind, sealed: sealed(), created_at: 1, updated_at: 1 }
    }

    fn next() -> Sealed {
        Sealed { master_key: "next".to_owned(), wrapped_key: vec![7], ciphertext: vec![8, 9] }
    }

    on_both! {
        async fn only_what_is_as_it_was_read_is_replaced(store) {
            store.set_first_master_key(MASTER).await.unwrap();
            for path in ["keys/a", "keys/b", "keys/c", "keys/d"] {
                store.put_secret(row(path), None).await.unwrap();
            }
            store.add_master_key(MASTER, "next").await.unwrap();
            let page = store.secrets_under(MASTER, "keys/a", 2).await.unwrap();
            assert_eq!(page, [row("keys/b"), row("keys/c")]);
            store.delete_secret("keys/b").await.unwrap();
            let set_again = SecretRow { sealed: Sealed { wrapped_key: vec![3], ..sealed() }, ..row("keys/b") };
            store.put_secret(set_again.clone(), None).await.unwrap();
            let rewrapped = page.into_iter().map(|row| (row, next())).collect();
            assert_eq!(store.rewrap_secrets(rewrapped).await.unwrap(), 1);
            assert_eq!(store.secret("keys/b").await.unwrap(), Some(set_again));
            assert_eq!(store.secret("keys/c").await.unwrap(), Some(SecretRow { sealed: next(), ..row("keys/c") }));
            assert_eq!(store.secrets_under("next", "", 9).await.unwrap().len(), 1);
        }

        async fn secrets_of_executions_are_replaced_as_well(store) {
            store.set_first_master_key(MASTER).await.unwrap();
            store.add_master_key(MASTER, "next").await.unwrap();
            let ids = [Uuid::now_v7(), Uuid::now_v7()];
            for execution in ids.map(new) {
                let secrets = ["x", "y"].map(|name| ExecutionSecret { name: name.to_owned(), sealed: sealed() });
                store.commit(vec![Transition::Queued { execution, secrets: secrets.into() }]).await.unwrap();
            }
            let first = store.execution_secrets_under(MASTER, None, 1).await.unwrap();
            let rest = store.execution_secrets_under(MASTER, first.first(), 9).await.unwrap();
            let named: Vec<_> = first.iter().chain(&rest).map(|it| (it.execution, it.secret.name.as_str())).collect();
            assert_eq!(named, [(ids[0], "x"), (ids[0], "y"), (ids[1], "x"), (ids[1], "y")]);
            let twice = [first.clone(), first].concat().into_iter().map(|it| (it, next())).collect();
            assert_eq!(store.rewrap_execution_secrets(twice).await.unwrap(), 1, "the second finds it changed");
            let now = store.execution_secrets(ids[0]).await.unwrap();
            assert_eq!((&now[0].sealed, &now[1].sealed), (&next(), &sealed()));
            assert!(!store.drop_master_keys_before("next").await.unwrap());
        }
    }
}
