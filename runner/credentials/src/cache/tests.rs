use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::*;
use crate::cause::Cause;
use crate::failure::{Failure, Hop, Service};

/// A fake source: counts its calls and answers what the test says. The clock stands still unless the test moves it.
struct Fake {
    cache: Cache<&'static str>,
    clock: Arc<AtomicI64>,
    calls: Arc<AtomicUsize>,
}

impl Fake {
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(1_000_000));
        let reading = clock.clone();
        Self { cache: Cache::new(Box::new(move || reading.load(Ordering::SeqCst))), clock, calls: Arc::default() }
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    fn pass(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    /// Until nobody fetches.
    async fn fetched(&self) {
        drop(self.cache.slot(&"key").fetching.lock().await);
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// Asks; the fake's answer lasts that long, or fails so. Gives the number of the call that the answer is from.
    async fn ask(&self, answer: Result<Option<i64>, Failure>) -> Result<usize, String> {
        let (calls, now) = (Arc::clone(&self.calls), self.now());
        let fetch = || async move {
            tokio::task::yield_now().await;
            let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
            let answer = answer.map_err(|why| Arc::new(Failed { why, hop: Hop::Source }))?;
            Ok(session(call, answer.map(|lifetime| now + lifetime)))
        };
        let outcome = self.cache.get(&"key", fetch).await;
        outcome.map(|session| session.access_key_id.parse().unwrap()).map_err(|failed| failed.why.code().to_string())
    }
}

fn session(call: usize, expires_at: Option<i64>) -> Credentials {
    Credentials { access_key_id: call.to_string(), secret_access_key: "s".into(), session_token: None, expires_at }
}

fn refusal() -> Failure {
    Failure::RoleDenied { said: None }
}

fn outage() -> Failure {
    Failure::Unreachable { service: Service::Sts("x".into()), source: Cause::new("x") }
}

#[tokio::test]
async fn many_askers_make_one_call() {
    let fake = Fake::new();
    let answers = futures_util::future::join_all((0..100).map(|_| fake.ask(Ok(Some(60 * MINUTE))))).await;
    assert!(answers.iter().all(|answer| *answer == Ok(1)));
    assert_eq!(fake.calls(), 1);
}

#[tokio::test]
async fn many_askers_share_one_refusal() {
    let fake = Fake::new();
    let answers = futures_util::future::join_all((0..100).map(|_| fake.ask(Err(refusal())))).await;
    assert!(answers.iter().all(|answer| *answer == Err("account.role-denied".to_owned())));
    assert_eq!(fake.calls(), 1);
}

#[tokio::test]
async fn when_the_first_asker_leaves_the_next_one_fetches() {
    let fake = Fake::new();
    let never = fake.cache.get(&"key", std::future::pending);
    assert!(tokio::time::timeout(std::time::Duration::ZERO, never).await.is_err());
    assert_eq!(fake.ask(Ok(None)).await, Ok(1));
}

/// Who asks for a session that is about to end gets it, and the next one is fetched behind its back.
async fn renewed(fake: &Fake, lifetime: i64, renewed_at: i64) {
    assert_eq!(fake.ask(Ok(Some(lifetime))).await, Ok(1));
    fake.pass(renewed_at - 1);
    assert_eq!(fake.ask(Ok(Some(lifetime))).await, Ok(1));
    assert_eq!(fake.calls(), 1);
    fake.pass(1);
    assert_eq!(fake.ask(Ok(Some(lifetime))).await, Ok(1));
    fake.fetched().await;
    assert_eq!(fake.ask(Ok(Some(lifetime))).await, Ok(2));
    assert_eq!(fake.calls(), 2);
}

#[tokio::test]
async fn an_hour_is_renewed_five_minutes_before_its_end() {
    renewed(&Fake::new(), 60 * MINUTE, 55 * MINUTE).await;
}

#[tokio::test]
async fn a_short_session_is_renewed_when_a_third_is_left() {
    renewed(&Fake::new(), 3 * MINUTE, 2 * MINUTE).await;
}

#[tokio::test]
async fn a_hundred_who_ask_while_it_is_renewed_make_one_call() {
    let fake = Fake::new();
    assert_eq!(fake.ask(Ok(Some(60 * MINUTE))).await, Ok(1));
    fake.pass(56 * MINUTE);
    let answers = futures_util::future::join_all((0..100).map(|_| fake.ask(Ok(Some(60 * MINUTE))))).await;
    assert!(answers.iter().all(|answer| *answer == Ok(1)), "nobody waits");
    fake.fetched().await;
    assert_eq!(fake.calls(), 2);
}

#[tokio::test]
async fn who_asks_in_the_last_moments_waits() {
    let fake = Fake::new();
    assert_eq!(fake.ask(Ok(Some(60 * MINUTE))).await, Ok(1));
    fake.pass(60 * MINUTE - AHEAD / LAST_PART);
    assert_eq!(fake.ask(Ok(Some(60 * MINUTE))).await, Ok(2));
}

#[tokio::test]
async fn keys_without_end_are_looked_up_again() {
    let fake = Fake::new();
    assert_eq!(fake.ask(Ok(None)).await, Ok(1));
    fake.pass(LOOK_AGAIN - 1);
    assert_eq!(fake.ask(Ok(None)).await, Ok(1));
    fake.pass(1);
    assert_eq!(fake.ask(Ok(None)).await, Ok(2));
}

#[tokio::test]
async fn a_failure_is_remembered_for_ten_seconds() {
    let fake = Fake::new();
    let denied = Err("account.role-denied".to_owned());
    assert_eq!(fake.ask(Err(refusal())).await, denied);
    fake.pass(REMEMBER_FAILURE - 1);
    assert_eq!(fake.ask(Ok(None)).await, denied);
    fake.pass(1);
    assert_eq!(fake.ask(Ok(None)).await, Ok(2));
}

#[tokio::test]
async fn an_outage_leaves_a_valid_session_in_use() {
    let fake = Fake::new();
    assert_eq!(fake.ask(Ok(Some(60 * MINUTE))).await, Ok(1));
    fake.pass(56 * MINUTE);
    assert_eq!(fake.ask(Err(outage())).await, Ok(1));
    fake.fetched().await;
    assert_eq!(fake.ask(Err(outage())).await, Ok(1));
    assert_eq!(fake.calls(), 2, "it was remembered");
    fake.pass(4 * MINUTE);
    assert_eq!(fake.ask(Err(outage())).await, Err("account.sts-failed".to_owned()));
}

#[tokio::test]
async fn a_refused_renewal_takes_effect_at_once() {
    let fake = Fake::new();
    let denied = Err("account.role-denied".to_owned());
    assert_eq!(fake.ask(Ok(Some(60 * MINUTE))).await, Ok(1));
    fake.pass(56 * MINUTE);
    assert_eq!(fake.ask(Err(refusal())).await, Ok(1), "nobody knows yet");
    fake.fetched().await;
    assert_eq!(fake.ask(Err(refusal())).await, denied);
    fake.pass(REMEMBER_FAILURE);
    assert_eq!(fake.ask(Err(refusal())).await, denied, "the old session does not come back");
}

#[tokio::test]
async fn what_is_forgotten_is_fetched_again() {
    let fake = Fake::new();
    assert_eq!(fake.ask(Ok(None)).await, Ok(1));
    fake.cache.forget(&"key");
    assert_eq!(fake.ask(Ok(None)).await, Ok(2));
}

#[tokio::test]
async fn sessions_that_ended_are_dropped() {
    let fake = Fake::new();
    assert_eq!(fake.ask(Ok(Some(MINUTE))).await, Ok(1));
    fake.pass(MINUTE);
    let other = fake.cache.get(&"other", || std::future::ready(Ok(session(9, None)))).await;
    assert!(other.is_ok());
    assert_eq!(fake.cache.slots().keys().collect::<Vec<_>>(), [&"other"]);
}
