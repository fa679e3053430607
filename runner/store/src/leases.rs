//! Leases: until when a member may run what it has claimed. They are counted by the clock of the database, since that is
//! the only one that all members see. SQLite has none: there a lock says who lives.

use std::time::Duration;

use uuid::Uuid;

use crate::db::Keeping;
use crate::{Member, Store, StoreError};

/// What keeps the lease of a member: a connection of its own, so that neither a full pool nor a long commit is in its way.
pub struct LeaseKeeper {
    store: Store,
    keeping: Keeping,
}

impl Store {
    /// For a member of a database that has leases.
    pub fn lease_keeper(&self) -> Option<LeaseKeeper> {
        Some(LeaseKeeper { store: self.clone(), keeping: self.db().keeping()? })
    }

    /// The members whose lease is over: what they ran may be settled.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn lapsed_members(&self) -> Result<Vec<Uuid>, StoreError> {
        self.db().lapsed().await.map_err(self.unread("the leases of members"))
    }
}

impl LeaseKeeper {
    /// Gives a member a lease of so long from now, and makes it known if it is not. When this returns, the lease is as long
    /// counted from before the call at least. After an error or a dropped call the next one connects anew.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn renew(&mut self, member: &Member, lease: Duration) -> Result<(), StoreError> {
        let renewed = self.keeping.renew(member, i64::try_from(lease.as_millis()).unwrap_or(i64::MAX)).await;
        renewed.map_err(self.store.unwritten("the lease of a member"))
    }
}

#[cfg(test)]
mod tests;
