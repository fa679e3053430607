//! Telling other members that there may be something new, and hearing it. It is a hint: who hears nothing looks by itself.

use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};

use super::database::Backend;
use super::{Database, Result};

const CHANNEL: &str = "windlass";

/// Many who want to tell at once tell once.
#[derive(Default)]
pub(crate) struct Telling {
    turn: tokio::sync::Mutex<()>,
    wanted: AtomicU64,
    told: AtomicU64,
}

/// A connection on which is heard what others tell.
pub(crate) struct Hearing {
    options: PgConnectOptions,
    listener: Option<PgListener>,
}

impl Database {
    /// Tells all who hear, in a transaction of its own: PostgreSQL lets those that tell commit one by one.
    pub(crate) async fn tell(&self) -> Result<()> {
        let Backend::Postgres(pool) = &self.backend else { return Ok(()) };
        let mine = self.telling.wanted.fetch_add(1, Ordering::Relaxed) + 1;
        let _turn = self.telling.turn.lock().await;
        if self.telling.told.load(Ordering::Relaxed) >= mine {
            return Ok(()); // somebody has told since
        }
        let all = self.telling.wanted.load(Ordering::Relaxed);
        sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(pool).await?;
        self.telling.told.store(all, Ordering::Relaxed);
        Ok(())
    }

    /// A connection to hear on; nothing where all are on one machine.
    pub(crate) fn hearing(&self) -> Option<Hearing> {
        match &self.backend {
            Backend::Sqlite { .. } => None,
            Backend::Postgres(pool) => Some(Hearing { options: (*pool.connect_options()).clone(), listener: None }),
        }
    }
}

impl Hearing {
    /// Connects if it is not connected. What was told before is not heard.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        if self.listener.is_none() {
            let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(self.options.clone());
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.eager_reconnect(false);
            listener.listen(CHANNEL).await?;
            self.listener = Some(listener);
        }
        Ok(())
    }

    /// Waits until somebody tells something; whether it is still connected. Many at once are one.
    pub(crate) async fn heard(&mut self) -> bool {
        let Some(listener) = &mut self.listener else { return false };
        let heard = matches!(listener.try_recv().await, Ok(Some(_)));
        while listener.next_buffered().is_some() {}
        if !heard {
            self.listener = None;
        }
        heard
    }
}
