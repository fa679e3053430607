//! Until when this process may run what it has claimed, where members of other machines are about.
//!
//! Others may settle what a member ran when its lease is over by the database's clock. This process counts its lease on a clock
//! of its own from before it asked for it, and a tenth shorter: what it runs is over by then, whatever it is that keeps it
//! from the database. Hosts live no longer either ([`Lifeline`]), so that this holds for a process that is stopped as well.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use windlass_hosting::{Lifeline, boottime};
use windlass_store::{LeaseKeeper, Member, Store, StoreError, Transition};

use crate::{Engine, EngineError};

/// How often it is renewed while it lasts.
const RENEWALS: u32 = 3;
/// How often that is tried again in the time between two renewals.
const TRIES: u32 = 4;
/// Even on a machine that looks late it has not to be counted on to the last.
const KEPT_TENTHS: u32 = 9;
/// A sleep that the machine has slept through as well is not to be relied on for longer.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A time without a gap during which this process may run something; two such times have different numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Term(u64);

/// The lease of this process. Where locks say who lives it is never over.
#[derive(Default)]
pub struct Lease(Option<Leased>);

struct Leased {
    lasts: Duration,
    known: Arc<Known>,
    keeping: Mutex<Option<JoinHandle<()>>>,
}

struct Known {
    /// The number of the term, and its end by [`boottime`].
    term: watch::Sender<(u64, Duration)>,
    /// Its end alone, for hosts.
    until: watch::Sender<Duration>,
    over: Notify,
}

impl Lease {
    /// For a process on this database.
    pub fn on(store: &Store, lasts: Duration) -> Self {
        let leased = || {
            let (term, until) = (watch::Sender::new((0, Duration::ZERO)), watch::Sender::new(Duration::ZERO));
            let known = Arc::new(Known { term, until, over: Notify::new() });
            Leased { lasts, known, keeping: Mutex::default() }
        };
        Self(store.lease_keeper().map(|_| leased()))
    }

    /// The time that is now; `None` when this process may not run anything.
    pub(crate) fn term(&self) -> Option<Term> {
        let Some(leased) = &self.0 else { return Some(Term(0)) };
        let (number, until) = *leased.known.term.borrow();
        (boottime() < until).then_some(Term(number))
    }

    /// Waits until it is another time than that.
    pub(crate) async fn turned(&self, known: Option<Term>) -> Option<Term> {
        let Some(leased) = &self.0 else { return std::future::pending().await };
        let mut terms = leased.known.term.subscribe();
        loop {
            let now = self.term();
            if now != known {
                return now;
            }
            let (_, until) = *terms.borrow_and_update();
            let left = now.map_or(LOOK_EVERY, |_| until.saturating_sub(boottime()).min(LOOK_EVERY));
            // The sender lives as long as this value.
            let _ = timeout(left, terms.changed()).await;
        }
    }

    /// What hosts live by.
    pub(crate) fn lifeline(&self) -> Lifeline {
        self.0.as_ref().map_or_else(Lifeline::default, |leased| Lifeline::until(leased.known.until.subscribe()))
    }

    /// Whether one is needed to run anything.
    pub(crate) fn is_needed(&self) -> bool {
        self.0.is_some()
    }

    fn is_kept(&self) -> bool {
        self.0.as_ref().is_none_or(|leased| leased.keeping().is_some())
    }

    /// Takes the first lease, and renews it from then on.
    async fn take(&self, store: &Store, member: Member) -> Result<(), StoreError> {
        let Some((leased, mut keeper)) = self.0.as_ref().zip(store.lease_keeper()) else { return Ok(()) };
        leased.known.renew(&mut keeper, &member, leased.lasts).await?;
        let (known, lasts) = (Arc::clone(&leased.known), leased.lasts);
        let keeping = tokio::spawn(async move { known.keep(keeper, member, lasts).await });
        leased.keeping().get_or_insert(keeping);
        Ok(())
    }

    /// Gives it up: this process runs nothing any more.
    async fn end(&self) {
        let Some(leased) = &self.0 else { return };
        let keeping = leased.keeping().take();
        if let Some(keeping) = keeping {
            leased.known.over.notify_one();
            // One that panicked keeps nothing either.
            let _ = keeping.await;
        }
    }
}

impl Leased {
    fn keeping(&self) -> std::sync::MutexGuard<'_, Option<JoinHandle<()>>> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        if let Some(keeping) = self.keeping().take() {
            keeping.abort();
        }
    }
}

impl Known {
    async fn keep(&self, mut keeper: LeaseKeeper, member: Member, lasts: Duration) {
        let between = lasts / RENEWALS;
        let mut wait = between;
        loop {
            tokio::select! {
                () = sleep(wait) => {}
                () = self.over.notified() => return,
            }
            let renewed = timeout(between, self.renew(&mut keeper, &member, lasts)).await;
            wait = if matches!(renewed, Ok(Ok(()))) { between } else { between / TRIES };
        }
    }

    async fn renew(&self, keeper: &mut LeaseKeeper, member: &Member, lasts: Duration) -> Result<(), StoreError> {
        let before = boottime();
        keeper.renew(member, lasts).await?;
        let until = before + lasts * KEPT_TENTHS / 10;
        self.term.send_modify(|(number, last)| {
            *number += u64::from(boottime() >= *last);
            *last = until;
        });
        self.until.send_replace(until);
        Ok(())
    }
}

impl Engine {
    /// Makes this process a member that has a lease, where there are leases. Elsewhere its first transaction makes it a member.
    ///
    /// # Errors
    /// `store.unavailable`
    pub(crate) async fn join(&self) -> Result<(), StoreError> {
        if !self.lease.is_kept() {
            self.lease.take(&self.store, self.member_row().await?).await?;
            self.member.has_joined();
        }
        Ok(())
    }

    /// Ends being a member that has a lease. What it cannot say any more is seen when the lease is over.
    pub async fn leave(&self) {
        if self.lease.is_needed() && self.lease.is_kept() {
            self.lease.end().await;
            let left = self.store.commit(vec![Transition::Left { member: self.member.id }]);
            let _ = timeout(self.settings.server.lease / RENEWALS, left).await;
        }
    }

    /// Lets work go on for as long as this process may run something without a gap. When that is over the work is dropped, and
    /// the hosts that it has started end.
    pub(crate) async fn while_leased<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, EngineError>
    where
        EngineError: From<E>,
    {
        let term = self.lease.term();
        let turned = async {
            if term.is_some() {
                self.lease.turned(term).await;
            }
        };
        tokio::select! {
            biased;
            () = turned => Err(EngineError::CutOff),
            done = work => Ok(done?),
        }
    }
}
