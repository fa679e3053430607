use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// How many bytes a step may still write, whatever the way: pipes, log lines, rows.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limit: u64,
    used: AtomicU64,
    spent: Notify,
}

impl Budget {
    pub(crate) fn new(limit: u64) -> Self {
        Self(Arc::new(Inner { limit, used: AtomicU64::new(0), spent: Notify::new() }))
    }

    pub(crate) fn limit(&self) -> u64 {
        self.0.limit
    }

    /// Counts `bytes`; false when they are more than what is left, and whoever waits for that is woken.
    pub(crate) fn take(&self, bytes: usize) -> bool {
        let bytes = bytes as u64;
        let used = self.0.used.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if used > self.0.limit {
            self.0.spent.notify_one();
        }
        used <= self.0.limit
    }

    pub(crate) fn is_spent(&self) -> bool {
        self.0.used.load(Ordering::Relaxed) > self.0.limit
    }

    /// Resolves when more was written than allowed.
    pub(crate) async fn spent(&self) {
        self.0.spent.notified().await;
    }
}
