//! Which of the queued executions a server begins next.
//!
//! Servers of several machines read the same queue at the same time. Each would begin with its oldest and find that another has
//! it already, so each execution has one server that takes it first, the same for all of them: the one with the highest weight
//! for it (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998). A server takes what is another's
//! when nothing is its own, and when it has passed it over for some time: the other may be full, or may not be able to take it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::{Duration, Instant};

use uuid::Uuid;
use windlass_store::Candidate;

use crate::recorder::now;
use crate::{Engine, EngineError};

/// Queued executions that are read at a time, for each of the servers.
const CANDIDATES: usize = 64;
/// And at most.
const MOST: usize = 1024;
/// How long an execution is left to another server while there is something else to do.
const PATIENCE: Duration = Duration::from_secs(5);

/// What waits, as far as this server has read it.
#[derive(Default)]
pub(super) struct Waiting {
    window: Window,
    /// What queued executions need that this process has.
    met: BTreeSet<String>,
}

/// A piece of the queue, in its order.
#[derive(Default)]
struct Window {
    own: Uuid,
    /// The others that take work.
    others: Vec<Uuid>,
    candidates: VecDeque<Candidate>,
    /// Whether it was read just now.
    is_fresh: bool,
    /// Others' executions that were passed over, and since when.
    passed: BTreeMap<Uuid, Instant>,
}

impl Waiting {
    /// For this server.
    pub(super) fn of(own: Uuid) -> Self {
        Self { window: Window { own, ..Window::default() }, ..Self::default() }
    }

    /// Who else takes work now; what this process has is looked at again.
    pub(super) fn share_with(&mut self, others: Vec<Uuid>) {
        self.window.others = others;
        self.met.clear();
    }

    /// Whether anybody else takes work.
    pub(super) fn has_others(&self) -> bool {
        !self.window.others.is_empty()
    }

    /// What was read is not what waits any more.
    pub(super) fn forget(&mut self) {
        self.window.candidates.clear();
    }

    /// Some time has gone by.
    pub(super) fn grow_old(&mut self) {
        self.window.is_fresh = false;
    }

    /// The next that is `free` to begin, if any is, for a server that may run so many and has taken some already.
    pub(super) async fn next(
        &mut self,
        engine: &Engine,
        (taken, most): (usize, usize),
        free: impl Fn(&Candidate) -> bool,
    ) -> Result<Option<Candidate>, EngineError> {
        loop {
            if let Some(candidate) = self.window.next(Instant::now(), &free) {
                return Ok(Some(candidate));
            }
            if self.window.is_fresh {
                return Ok(None);
            }
            // What was taken may be in the queue still.
            let limit = (CANDIDATES * (self.window.others.len() + 1)).max(most).min(MOST) + taken;
            let found = match self.unmet(engine).await? {
                Some(unmet) => engine.store.candidates(super::count(limit), now(), &unmet).await?,
                None => Vec::new(),
            };
            self.window.read(found);
        }
    }

    /// At most so many notifications.
    pub(super) async fn notifications(&mut self, engine: &Engine, limit: usize) -> Result<Vec<Candidate>, EngineError> {
        match self.unmet(engine).await? {
            Some(unmet) => Ok(engine.store.notifying_candidates(super::count(limit), now(), &unmet).await?),
            None => Ok(Vec::new()),
        }
    }

    /// What queued executions need that this process does not have; `None` when none is queued.
    async fn unmet(&mut self, engine: &Engine) -> Result<Option<Vec<String>>, EngineError> {
        Ok(engine.unmet(&mut self.met).await?)
    }
}

impl Window {
    fn read(&mut self, found: Vec<Candidate>) {
        let still: BTreeSet<Uuid> = found.iter().map(|candidate| candidate.id).collect();
        self.passed.retain(|id, _| still.contains(id));
        self.candidates = found.into();
        self.is_fresh = true;
    }

    fn next(&mut self, now: Instant, free: impl Fn(&Candidate) -> bool) -> Option<Candidate> {
        let own = self.candidates.iter().position(|candidate| self.is_own(candidate, now) && free(candidate));
        let place = match own {
            Some(place) => place,
            None if self.is_fresh => self.candidates.iter().position(&free)?,
            None => return None,
        };
        for candidate in self.candidates.range(..place) {
            self.passed.entry(candidate.id).or_insert(now);
        }
        self.candidates.remove(place)
    }

    /// Whether this server takes it without asking whether there is something else.
    fn is_own(&self, candidate: &Candidate, now: Instant) -> bool {
        let own = weight(self.own, candidate.id);
        let waits_long = self.passed.get(&candidate.id).is_some_and(|since| now.duration_since(*since) >= PATIENCE);
        waits_long || self.others.iter().all(|other| weight(*other, candidate.id) < own)
    }
}

/// That builds of other Rust versions weigh otherwise costs tries and nothing else.
fn weight(server: Uuid, execution: Uuid) -> (u64, Uuid) {
    let mut hasher = DefaultHasher::new();
    (server, execution).hash(&mut hasher);
    (hasher.finish(), server)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(count: u128) -> Vec<Candidate> {
        let one = |number| Candidate {
            id: Uuid::from_u128(number),
            project: "web".to_owned(),
            job_key: "web/name:a".to_owned(),
            job: "a".to_owned(),
            resume: false,
        };
        (1..=count).map(one).collect()
    }

    fn windows<const N: usize>() -> [Window; N] {
        let servers = [(); N].map(|()| Uuid::now_v7());
        servers.map(|own| {
            let others = servers.into_iter().filter(|server| *server != own).collect();
            Window { own, others, ..Window::default() }
        })
    }

    fn ids(window: &mut Window, count: usize) -> Vec<u128> {
        ids_at(window, Instant::now(), count)
    }

    fn ids_at(window: &mut Window, now: Instant, count: usize) -> Vec<u128> {
        (0..count).map_while(|_| window.next(now, |_| true)).map(|candidate| candidate.id.as_u128()).collect()
    }

    #[test]
    fn one_server_keeps_the_order_of_the_queue() {
        let [mut alone] = windows();
        alone.read(candidates(64));
        assert_eq!(ids(&mut alone, 99), (1..=64).collect::<Vec<_>>());
    }

    #[test]
    fn servers_that_read_the_same_begin_with_different_executions() {
        let mut servers: [Window; 4] = windows();
        let mut taken = BTreeSet::new();
        for server in &mut servers {
            server.read(candidates(256));
            server.is_fresh = false;
            let own = ids(server, 256);
            assert!(own.is_sorted() && own.len() > 32, "{} of 256", own.len());
            assert!(own.into_iter().all(|id| taken.insert(id)), "two want the same");
        }
        assert_eq!(taken.len(), 256, "nobody wants some");
    }

    /// Whoever has room and nothing of its own does not leave others' work to them.
    #[test]
    fn what_is_anothers_is_taken_when_nothing_else_is_there() {
        let [mut one, _other] = windows();
        one.read(candidates(64));
        let all = ids(&mut one, 99);
        assert_eq!((all.len(), BTreeSet::from_iter(&all).len()), (64, 64));
        assert!(!all.is_sorted(), "its own come first");
    }

    /// However much of its own comes after it.
    #[test]
    fn nothing_is_left_to_others_for_long() {
        let [mut one, other] = windows();
        let is_others = |candidate: &Candidate| weight(other.own, candidate.id) > weight(one.own, candidate.id);
        let mut queue = candidates(200);
        let first = queue.iter().position(is_others).unwrap();
        let passed = queue.remove(first);
        queue.retain(|candidate| !is_others(candidate));
        queue.insert(0, passed.clone());
        one.read(queue[..20].to_vec());
        one.is_fresh = false;
        let now = Instant::now();
        assert_eq!(ids_at(&mut one, now, 1), [queue[1].id.as_u128()]);
        queue.remove(1);
        one.read(queue.clone());
        assert_eq!(ids_at(&mut one, now + PATIENCE / 2, 1), [queue[1].id.as_u128()]);
        assert_eq!(ids_at(&mut one, now + PATIENCE, 1), [passed.id.as_u128()]);
    }

    #[test]
    fn one_without_room_stays_where_it_is() {
        let [mut alone] = windows();
        alone.read(candidates(3));
        let first = Uuid::from_u128(1);
        assert_eq!(alone.next(Instant::now(), |candidate| candidate.id != first).map(|it| it.id.as_u128()), Some(2));
        assert_eq!(ids(&mut alone, 9), [1, 3]);
    }
}
