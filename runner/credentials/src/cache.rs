use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex};

use crate::Credentials;
use crate::failure::Failure;

/// Milliseconds UTC, now.
pub(crate) type Clock = Box<dyn Fn() -> i64 + Send + Sync>;
pub(crate) type Outcome = Result<Credentials, Arc<Failure>>;

const MINUTE: i64 = 60_000;
/// A session is renewed this long before its end, or when a third of its life is left, whichever is later.
const AHEAD: i64 = 5 * MINUTE;
/// Keys that never expire are looked up again after this long, so that a replaced one is noticed.
const LOOK_AGAIN: i64 = 5 * MINUTE;
/// A failure is the answer for this long, so that a hundred steps make one call.
const REMEMBER_FAILURE: i64 = 10_000;

/// Sessions by all that makes them differ, fetched once however many ask at the same time.
pub(crate) struct Cache<K> {
    slots: Mutex<HashMap<K, Shared>>,
    now: Clock,
}

type Shared = Arc<tokio::sync::Mutex<Slot>>;

#[derive(Default)]
struct Slot {
    session: Option<(Credentials, RenewAt)>,
    failure: Option<(Arc<Failure>, Until)>,
}

type RenewAt = i64;
type Until = i64;

impl<K: Clone + Eq + Hash> Cache<K> {
    pub(crate) fn new(now: Clock) -> Self {
        Self { slots: Mutex::default(), now }
    }

    /// The session of that key. Who comes first fetches, the others wait for it; if the first is cancelled, the next
    /// one fetches. When a renewal fails because nobody answers, a session that is still valid stays the answer.
    pub(crate) async fn get(&self, key: &K, fetch: impl AsyncFnOnce() -> Outcome) -> Outcome {
        let slot = self.slot(key);
        let mut slot = slot.lock().await;
        if let Some(known) = slot.known((self.now)()) {
            return known;
        }
        let fetched = fetch().await;
        slot.keep(fetched, (self.now)())
    }

    /// Drops a session that turned out to be useless.
    pub(crate) fn forget(&self, key: &K) {
        self.slots().remove(key);
    }

    fn slot(&self, key: &K) -> Shared {
        let mut slots = self.slots();
        if let Some(slot) = slots.get(key) {
            return slot.clone();
        }
        let now = (self.now)();
        let wanted = |slot: &Shared| slot.try_lock().map_or(true, |slot| slot.known(now).is_some());
        slots.retain(|_, slot| Arc::strong_count(slot) > 1 || wanted(slot));
        slots.entry(key.clone()).or_default().clone()
    }

    fn slots(&self) -> std::sync::MutexGuard<'_, HashMap<K, Shared>> {
        self.slots.lock().expect("no code panics while it holds the map")
    }
}

impl Slot {
    fn known(&self, now: i64) -> Option<Outcome> {
        if let Some((session, renew_at)) = &self.session
            && now < *renew_at
        {
            return Some(Ok(session.clone()));
        }
        let (failure, until) = self.failure.as_ref()?;
        (now < *until).then(|| self.despite(failure, now))
    }

    fn keep(&mut self, fetched: Outcome, now: i64) -> Outcome {
        match fetched {
            Ok(session) => {
                let renew_at = renew_at(session.expires_at, now);
                *self = Self { session: Some((session.clone(), renew_at)), failure: None };
                Ok(session)
            }
            Err(failure) => {
                self.failure = Some((failure.clone(), now + REMEMBER_FAILURE));
                self.despite(&failure, now)
            }
        }
    }

    /// The old session if it may be used on, else the failure. A refusal takes effect at once.
    fn despite(&self, failure: &Arc<Failure>, now: i64) -> Outcome {
        match &self.session {
            Some((session, _)) if failure.is_outage() && session.expires_at.is_none_or(|end| now < end) => {
                Ok(session.clone())
            }
            _ => Err(failure.clone()),
        }
    }
}

fn renew_at(expires_at: Option<i64>, now: i64) -> RenewAt {
    match expires_at {
        None => now + LOOK_AGAIN,
        Some(end) => end - AHEAD.min((end - now).max(0) / 3),
    }
}

#[cfg(test)]
mod tests;
