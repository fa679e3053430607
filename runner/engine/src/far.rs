//! Hints between members on different data directories, by way of the database. They are hints only: who hears nothing looks
//! by itself, and after a connection was lost everything is looked at.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use windlass_store::{Notices, Store};

/// How long to wait before hearing is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long telling may take; who is not told looks by itself soon enough.
const TELL_WITHIN: Duration = Duration::from_secs(1);

/// The way to the others, and from them.
pub(crate) struct Far {
    store: Store,
    news: Arc<News>,
    hearing: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct News {
    heard: Notify,
    is_connected: AtomicBool,
}

impl Far {
    /// Nothing on a database that only one machine has.
    pub(crate) fn on(store: &Store) -> Option<Self> {
        store.notices().map(|_| Self { store: store.clone(), news: Arc::default(), hearing: Mutex::default() })
    }

    pub(crate) async fn tell(&self) {
        let _ = timeout(TELL_WITHIN, self.store.tell()).await;
    }

    /// Begins to hear.
    pub(crate) fn hear(&self) {
        let mut hearing = self.hearing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(notices) = self.store.notices().filter(|_| hearing.is_none()) {
            let news = Arc::clone(&self.news);
            *hearing = Some(tokio::spawn(async move { news.listen(notices).await }));
        }
    }

    /// Whether somebody would be heard now.
    pub(crate) fn hears(&self) -> bool {
        self.news.is_connected.load(Ordering::Relaxed)
    }

    /// Waits for a hint.
    pub(crate) async fn heard(&self) {
        self.news.heard.notified().await;
    }
}

impl Drop for Far {
    fn drop(&mut self) {
        if let Some(hearing) = self.hearing.lock().unwrap_or_else(PoisonError::into_inner).take() {
            hearing.abort();
        }
    }
}

impl News {
    async fn listen(&self, mut notices: Notices) {
        loop {
            if notices.begin().await.is_ok() {
                self.is_connected.store(true, Ordering::Relaxed);
                // What was told until now was not heard.
                self.heard.notify_one();
                while notices.heard().await {
                    self.heard.notify_one();
                }
                self.is_connected.store(false, Ordering::Relaxed);
                self.heard.notify_one();
            }
            sleep(AGAIN_AFTER).await;
        }
    }
}
