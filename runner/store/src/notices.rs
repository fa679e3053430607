//! Hints from member to member that there may be something new: work, a wish to stop, a free place.

use crate::db::Hearing;
use crate::{Store, StoreError};

/// What a member hears.
pub struct Notices {
    store: Store,
    hearing: Hearing,
}

impl Store {
    /// Tells all members that hear. Called after what is new is durable. On SQLite there is nobody to tell.
    ///
    /// # Errors
    /// `store.unavailable`, which is no harm: members look by themselves.
    pub async fn tell(&self) -> Result<(), StoreError> {
        self.db().tell().await.map_err(self.unwritten("a hint for other members"))
    }

    /// For hearing what is told; nothing on SQLite.
    pub fn notices(&self) -> Option<Notices> {
        Some(Notices { store: self.clone(), hearing: self.db().hearing()? })
    }
}

impl Notices {
    /// Begins to hear, or goes on. Whoever calls this looks for what is new afterwards: what was told before is not heard.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn begin(&mut self) -> Result<(), StoreError> {
        self.hearing.begin().await.map_err(self.store.unread("hints of other members"))
    }

    /// Waits for a hint; false when the connection is lost, and [`Self::begin`] is to be called again. Several may come as one.
    pub async fn heard(&mut self) -> bool {
        self.hearing.heard().await
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Ground, fresh};

    #[tokio::test]
    async fn who_hears_is_told() {
        let ground = Ground::postgres();
        let (one, other) = (ground.open().await, ground.open().await);
        let mut notices = one.notices().unwrap();
        assert!(!notices.heard().await, "it has not begun");
        notices.begin().await.unwrap();
        let told = all_tell(other, 20);
        let (heard, ()) = tokio::join!(notices.heard(), told);
        assert!(heard);
    }

    async fn all_tell(store: crate::Store, times: usize) {
        let tell = |_| {
            let store = store.clone();
            tokio::spawn(async move { store.tell().await.unwrap() })
        };
        for told in (0..times).map(tell).collect::<Vec<_>>() {
            told.await.unwrap();
        }
    }

    #[tokio::test]
    async fn on_one_machine_nobody_hears() {
        let (_ground, store) = fresh().await;
        store.tell().await.unwrap();
        assert!(store.notices().is_none());
    }
}
