use crate::{Store, StoreError};

const WHAT: &str = "a fact about the installation";

impl Store {
    /// A named fact about the installation.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let query = sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(name);
        query.fetch_optional(self.readers()).await.map_err(self.unread(WHAT))
    }

    /// Records a fact unless it is recorded already. Returns the value that holds: of several processes that try at
    /// once one wins, and all get its value.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn set_meta_if_absent(&self, name: &str, value: &str) -> Result<String, StoreError> {
        let mut writer = self.writer().await.map_err(self.unwritten(WHAT))?;
        sqlx::query("INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
            .bind(name)
            .bind(value)
            .execute(&mut *writer)
            .await
            .map_err(self.unwritten(WHAT))?;
        let query = sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(name);
        let holds = query.fetch_one(&mut *writer).await.map_err(self.unread(WHAT))?;
        writer.done();
        Ok(holds)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::fresh;

    #[tokio::test]
    async fn the_first_value_stays() {
        let (_folder, store) = fresh().await;
        assert_eq!(store.meta("colour").await.unwrap(), None);
        assert_eq!(store.set_meta_if_absent("colour", "red").await.unwrap(), "red");
        assert_eq!(store.set_meta_if_absent("colour", "blue").await.unwrap(), "red");
        assert_eq!(store.meta("colour").await.unwrap().as_deref(), Some("red"));
    }
}
