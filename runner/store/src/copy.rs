//! From one machine to several: a database of SQLite as one of PostgreSQL.

use crate::db::NotCopied;
use crate::{Store, StoreError};

impl Store {
    /// Copies everything to an empty database of PostgreSQL in one transaction, and returns how many rows; on an error
    /// nothing is there. Nobody can write to this one meanwhile. `told` hears the table that it is at, and how many of its
    /// rows are done.
    ///
    /// # Errors
    /// `store.not-copied` when this is not SQLite, the other not PostgreSQL, or the other not empty; `store.unavailable`
    pub async fn copy_to(&self, target: &Self, told: &(dyn Fn(&str, u64) + Send + Sync)) -> Result<u64, StoreError> {
        let copied = self.db().copy_to(target.db(), told).await.map_err(target.unwritten("the copy"))?;
        copied.map_err(|why| StoreError::NotCopied {
            from: self.name().to_owned(),
            to: target.name().to_owned(),
            why: match why {
                NotCopied::Kinds => "it goes from SQLite to PostgreSQL only".to_owned(),
                NotCopied::NotEmpty(table) => format!("there is something in table `{table}` already"),
                NotCopied::Counts { table, read, there } => {
                    format!("of table `{table}` {read} rows were read, and {there} are there")
                }
            },
        })
    }
}

#[cfg(test)]
mod tests;
