use crate::db::sql;
use crate::{Store, StoreError};

const WHAT: &str = "a fact about the installation";
const VALUE: &str = "SELECT value FROM meta WHERE name = $1";
const INSERT: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";

impl Store {
    /// A named fact about the installation.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let statement = sql(VALUE).bind(name);
        self.db().fetch_optional(statement).await.map_err(self.unread(WHAT))
    }

    /// Records a fact unless it is recorded already. Returns the value that holds: of several processes that try at
    /// once one wins, and all get its value.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn set_meta_if_absent(&self, name: &str, value: &str) -> Result<String, StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        let holds = self.db().change(move |db| {
            Box::pin(async move {
                db.execute(sql(INSERT).bind(&name).bind(value)).await?;
                db.fetch_one(sql(VALUE).bind(name)).await
            })
        });
        holds.await.map_err(self.unwritten(WHAT))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::on_both;

    on_both! {
        async fn the_first_value_stays(store) {
            assert_eq!(store.meta("colour").await.unwrap(), None);
            assert_eq!(store.set_meta_if_absent("colour", "red").await.unwrap(), "red");
            assert_eq!(store.set_meta_if_absent("colour", "blue").await.unwrap(), "red");
            assert_eq!(store.meta("colour").await.unwrap().as_deref(), Some("red"));
        }
    }
}
