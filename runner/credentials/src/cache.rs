use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::Credentials;
use crate::failure::Failed;

/// Milliseconds UTC, now.
pub(crate) type Clock = Box<dyn Fn() -> i64 + Send + Sync>;
pub(crate) type Outcome = Result<Credentials, Arc<Failed>>;

const MINUTE: i64 = 60_000;
/// A session is renewed this long before its end, or when a third of its life is left, whichever is later.
const AHEAD: i64 = 5 * MINUTE;
/// Of that time the last part, in which whoever asks waits for the new session: the old one could end on its way.
const LAST_PART: i64 = 10;
/// Keys that never expire are looked up again after this long, so that a replaced one is noticed.
const LOOK_AGAIN: i64 = 5 * MINUTE;
/// A failure is the answer for this long, so that a hundred steps make one call.
const REMEMBER_FAILURE: i64 = 10_000;

/// Sessions by all that makes them differ, fetched once however many ask at the same time, and fetched anew before they end
/// while those who ask go on with the old one.
pub(crate) struct Cache<K> {
    slots: Mutex<HashMap<K, Arc<Slot>>>,
    now: Arc<Clock>,
}

#[derive(Default)]
struct Slot {
    known: Mutex<Known>,
    /// Held by who fetches.
    fetching: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Known {
    session: Option<Session>,
    failure: Option<(Arc<Failed>, Until)>,
}

struct Session {
    keys: Credentials,
    renew_at: i64,
    /// From here on nobody gets it any more without having tried to renew it.
    wait_from: i64,
}

type Until = i64;

/// What is to be done about a question.
enum Answer {
    Now(Outcome),
    /// With these keys, while somebody renews them.
    Renewing(Credentials),
    Wait,
}

impl<K: Clone + Eq + Hash> Cache<K> {
    pub(crate) fn new(now: Clock) -> Self {
        Self { slots: Mutex::default(), now: Arc::new(now) }
    }

    /// The session of that key. Who comes first fetches, the others wait for it; if the first is cancelled, the next one
    /// fetches. One that is about to end is renewed behind the back of who asks. When a renewal fails because nobody
    /// answers, a session that is still valid stays the answer; a refusal takes effect at once.
    pub(crate) async fn get<F>(&self, key: &K, fetch: impl FnOnce() -> F) -> Outcome
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let slot = self.slot(key);
        match slot.known().answer((self.now)()) {
            Answer::Now(outcome) => return outcome,
            Answer::Renewing(keys) => {
                self.renew(&slot, fetch);
                return Ok(keys);
            }
            Answer::Wait => {}
        }
        let _fetching = slot.fetching.lock().await;
        let known = slot.known().answer((self.now)());
        match known {
            Answer::Now(outcome) => outcome,
            Answer::Renewing(keys) => Ok(keys),
            Answer::Wait => {
                let fetched = fetch().await;
                slot.known().keep(fetched, (self.now)())
            }
        }
    }

    /// Fetches in a task of its own, unless somebody fetches already.
    fn renew<F>(&self, slot: &Arc<Slot>, fetch: impl FnOnce() -> F)
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let Ok(fetching) = Arc::clone(&slot.fetching).try_lock_owned() else { return };
        let (slot, now, fetched) = (Arc::clone(slot), Arc::clone(&self.now), fetch());
        tokio::spawn(async move {
            let fetched = fetched.await;
            drop(slot.known().keep(fetched, now()));
            drop(fetching);
        });
    }

    /// Drops a session that turned out to be useless.
    pub(crate) fn forget(&self, key: &K) {
        self.slots().remove(key);
    }

    fn slot(&self, key: &K) -> Arc<Slot> {
        let mut slots = self.slots();
        if let Some(slot) = slots.get(key) {
            return Arc::clone(slot);
        }
        let now = (self.now)();
        slots.retain(|_, slot| Arc::strong_count(slot) > 1 || slot.known().is_of_use(now));
        Arc::clone(slots.entry(key.clone()).or_default())
    }

    fn slots(&self) -> MutexGuard<'_, HashMap<K, Arc<Slot>>> {
        self.slots.lock().expect("no code panics while it holds the map")
    }
}

impl Slot {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no code panics while it holds what is known")
    }
}

impl Known {
    fn answer(&self, now: i64) -> Answer {
        if let Some((failure, until)) = &self.failure
            && now < *until
        {
            return Answer::Now(self.despite(failure, now));
        }
        match &self.session {
            Some(session) if now < session.renew_at => Answer::Now(Ok(session.keys.clone())),
            Some(session) if now < session.wait_from => Answer::Renewing(session.keys.clone()),
            _ => Answer::Wait,
        }
    }

    fn is_of_use(&self, now: i64) -> bool {
        !matches!(self.answer(now), Answer::Wait)
    }

    fn keep(&mut self, fetched: Outcome, now: i64) -> Outcome {
        match fetched {
            Ok(keys) => {
                *self = Self { session: Some(Session::new(keys.clone(), now)), failure: None };
                Ok(keys)
            }
            Err(failure) => {
                self.failure = Some((Arc::clone(&failure), now + REMEMBER_FAILURE));
                let outcome = self.despite(&failure, now);
                if outcome.is_err() {
                    self.session = None;
                }
                outcome
            }
        }
    }

    /// The old session if it may be used on, else the failure.
    fn despite(&self, failure: &Arc<Failed>, now: i64) -> Outcome {
        match &self.session {
            Some(session) if failure.why.is_outage() && session.keys.expires_at.is_none_or(|end| now < end) => {
                Ok(session.keys.clone())
            }
            _ => Err(Arc::clone(failure)),
        }
    }
}

impl Session {
    fn new(keys: Credentials, now: i64) -> Self {
        let (renew_at, wait_from) = match keys.expires_at {
            None => (now + LOOK_AGAIN, now + LOOK_AGAIN),
            Some(end) => {
                let ahead = AHEAD.min((end - now).max(0) / 3);
                (end - ahead, end - ahead / LAST_PART)
            }
        };
        Self { keys, renew_at, wait_from }
    }
}

#[cfg(test)]
mod tests;
