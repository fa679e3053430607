//! What a server does beside running executions, again and again: firing what is due, removing what is no longer kept, ending
//! what interrupted steps had begun outside.

use std::convert::Infallible;

use tokio::sync::{Notify, oneshot};
use tokio::task;
use tokio::time::{Instant, timeout_at};

use super::{Log, SETTLE_EVERY, Served};
use crate::retention::Retired;
use crate::schedules::{Looked, Next};
use crate::{Engine, EngineError};

/// Fires what is due, for as long as it is polled. `look` says that schedules may have changed.
pub(super) async fn fire_for_ever(engine: &Engine, log: &Log<'_>, look: &Notify, has_started: &Notify) {
    let mut read_ahead = None;
    loop {
        let Next { wait, at } = fire(engine, log, has_started).await;
        let until = Instant::now() + wait;
        let waiting = async {
            if let Some(at) = at.filter(|at| read_ahead != Some(*at)) {
                read_ahead = Some(at);
                engine.read_ahead(at).await;
            }
            look.notified().await;
        };
        let _ = timeout_at(until, waiting).await;
    }
}

/// Fires some of what is due, and says what comes then.
pub(super) async fn fire(engine: &Engine, log: &Log<'_>, has_started: &Notify) -> Next {
    match engine.fire_due().await {
        Ok(Looked { has_started: started, not_started, next }) => {
            if started {
                has_started.notify_one();
            }
            not_started.iter().for_each(|due| log(Served::NotStarted(due)));
            next
        }
        Err(error) => {
            log(Served::Trouble(&error));
            Next { wait: SETTLE_EVERY, at: None }
        }
    }
}

/// Removes what is no longer kept, now and again and again.
pub(super) async fn retire_for_ever(engine: &Engine, log: &Log<'_>) {
    loop {
        match engine.retire().await {
            Ok(retired) if retired == Retired::default() => {}
            Ok(retired) => log(Served::Retired(retired)),
            Err(error) => log(Served::Trouble(&error.into())),
        }
        tokio::time::sleep(engine.settings.retention.interval).await;
    }
}

/// Ends what interrupted steps had begun outside, again and again; when everything else is over, once more.
pub(super) async fn abandon_until(engine: &Engine, log: &Log<'_>, mut all_is_over: oneshot::Receiver<Infallible>) {
    let mut last = false;
    loop {
        if let Err(error) = abandon_all(engine, log).await {
            log(Served::Trouble(&error));
        }
        if last {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(SETTLE_EVERY) => {}
            _ = &mut all_is_over => last = true,
        }
    }
}

async fn abandon_all(engine: &Engine, log: &Log<'_>) -> Result<(), EngineError> {
    loop {
        let claimed = engine.claim_left().await?;
        if claimed.is_empty() {
            return Ok(());
        }
        engine.abandon(claimed, &|abandoned| log(Served::Abandoned(abandoned))).await?;
    }
}

/// A task that ends with this value.
pub(super) struct AbortOnDrop(pub(super) task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
