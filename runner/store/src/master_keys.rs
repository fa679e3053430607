use crate::db::{Broken, sql};
use crate::{Store, StoreError};

const WHAT: &str = "the ids of the master keys";
const NEWEST: &str = "SELECT id FROM master_key ORDER BY number DESC LIMIT 1";

impl Store {
    /// The ids of the master keys, oldest first. The last wraps what is written, those before it what was written.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn master_keys(&self) -> Result<Vec<String>, StoreError> {
        self.db().fetch_all(sql("SELECT id FROM master_key ORDER BY number")).await.map_err(self.unread(WHAT))
    }

    /// Records the first master key unless there is one. Returns the newest: of several processes that try at once one
    /// wins, and all get its key.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn set_first_master_key(&self, id: &str) -> Result<String, StoreError> {
        const INSERT: &str = "INSERT INTO master_key (number, id) \
                              SELECT 1, $1 WHERE NOT EXISTS (SELECT 1 FROM master_key) ON CONFLICT DO NOTHING";
        let insert = sql(INSERT).bind(id);
        let newest = self.db().change(move |db| {
            Box::pin(async move {
                db.execute(insert).await?;
                db.fetch_one(sql(NEWEST)).await
            })
        });
        newest.await.map_err(self.unwritten(WHAT))
    }

    /// Makes `next` the newest master key if `newest` is the newest so far. Returns whether it did.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn add_master_key(&self, newest: &str, next: &str) -> Result<bool, StoreError> {
        const INSERT: &str = "INSERT INTO master_key (number, id) SELECT number + 1, $1 FROM master_key \
             WHERE id = $2 AND number = (SELECT max(number) FROM master_key) ON CONFLICT DO NOTHING";
        let insert = sql(INSERT).bind(next).bind(newest);
        let added = self.db().change(move |db| Box::pin(db.execute(insert))).await;
        Ok(added.map_err(self.unwritten(WHAT))? > 0)
    }

    /// Forgets the master keys before this one, unless one of them still wraps something. Returns whether it did.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn drop_master_keys_before(&self, id: &str) -> Result<bool, StoreError> {
        const DELETE: &str = "DELETE FROM master_key WHERE number < (SELECT number FROM master_key WHERE id = $1)";
        let delete = sql(DELETE).bind(id);
        match self.db().change(move |db| Box::pin(db.execute(delete))).await {
            Err(error) if error.broken() == Some(Broken::ForeignKey) => Ok(false),
            dropped => dropped.map(|_| true).map_err(self.unwritten(WHAT)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{MASTER, on_both, sealed};
    use crate::{SecretKind, SecretRow, Store};

    fn row(path: &str) -> SecretRow {
        let kind = SecretKind::Password;
        SecretRow { path: path.to_owned(), version: 1, kind, sealed: sealed(), created_at: 1, updated_at: 1 }
    }

    async fn ids(store: &Store) -> String {
        store.master_keys().await.unwrap().join(" ")
    }

    on_both! {
        async fn the_first_stays_and_each_next_follows_the_newest(store) {
            assert_eq!(ids(store).await, "");
            assert!(!store.add_master_key("a", "b").await.unwrap(), "there is none to follow");
            assert_eq!(store.set_first_master_key("a").await.unwrap(), "a");
            assert_eq!(store.set_first_master_key("b").await.unwrap(), "a");
            assert!(store.add_master_key("a", "b").await.unwrap());
            assert!(!store.add_master_key("a", "c").await.unwrap(), "`a` is no longer the newest");
            assert!(!store.add_master_key("b", "a").await.unwrap(), "`a` is known");
            assert_eq!(ids(store).await, "a b");
            assert!(store.drop_master_keys_before("b").await.unwrap());
            assert!(store.drop_master_keys_before("b").await.unwrap());
            assert_eq!(store.set_first_master_key("a").await.unwrap(), "b");
            assert_eq!(ids(store).await, "b");
        }

        async fn one_that_wraps_something_is_not_dropped(store) {
            store.set_first_master_key(MASTER).await.unwrap();
            assert!(store.put_secret(row("keys/a"), None).await.unwrap());
            assert!(store.add_master_key(MASTER, "next").await.unwrap());
            assert!(!store.drop_master_keys_before("next").await.unwrap());
            assert_eq!(ids(store).await, format!("{MASTER} next"));
            store.delete_secret("keys/a").await.unwrap();
            assert!(store.drop_master_keys_before("next").await.unwrap());
        }

        async fn one_that_was_dropped_wraps_nothing_new(store) {
            store.set_first_master_key(MASTER).await.unwrap();
            store.add_master_key(MASTER, "next").await.unwrap();
            store.drop_master_keys_before("next").await.unwrap();
            assert!(!store.put_secret(row("keys/a"), None).await.unwrap());
            assert_eq!(store.secret("keys/a").await.unwrap(), None);
        }
    }
}
