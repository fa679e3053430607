//! A server: it claims what is queued, runs it, settles what others left, and stops in good order.

mod chores;
mod claims;
mod stopping;
mod waiting;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{self, JoinSet};
use uuid::Uuid;
use windlass_hosting::Stop;
use windlass_store::{Candidate, ExecutionFilter, State, StoreError, Transition};

use self::chores::{AbortOnDrop, abandon_until, fire, fire_for_ever, retire_for_ever};
use self::waiting::Waiting;
use crate::lease::Term;
use crate::notice::Failed;
use crate::recorder::now;
use crate::retention::Retired;
use crate::schedules::DueTime;
use crate::settle::{Loser, Settled, Settling};
use crate::{Abandoned, Engine, EngineError, Halt};

/// How often processes are looked for that have ended.
const SETTLE_EVERY: Duration = Duration::from_secs(3);

/// Something that a server did, for its log.
#[derive(Debug)]
pub enum Served<'a> {
    /// It began to serve.
    Ready,
    /// An execution of a process that is gone was settled.
    Settled(Uuid, Settled),
    /// An execution began.
    Began(&'a Candidate),
    /// An execution ended.
    Ended {
        /// Its id.
        execution: Uuid,
        /// How.
        state: State,
        /// Why, if it did not succeed.
        failed: Option<&'a Failed>,
    },
    /// Something went wrong that is nobody's execution.
    Trouble(&'a EngineError),
    /// What was due, and did not start a job.
    NotStarted(&'a DueTime),
    /// Something was removed that is no longer kept.
    Retired(Retired),
    /// What an interrupted step had begun outside is ended, or cannot be.
    Abandoned(Abandoned<'a>),
    /// An execution is not this process's any more; its hosts are ended, and nothing more of it is recorded here.
    Lost(Uuid),
    /// Its lease is over: what ran here is ended, and nothing begins until it has another.
    CutOff,
    /// It has a lease again.
    Back,
    /// It was asked to take nothing new, or to take it again.
    Draining(bool),
    /// It was asked to stop and waits for so many executions.
    Stopping(usize),
}

/// Where a server tells what it did.
type Log<'a> = dyn Fn(Served<'_>) + Send + Sync + 'a;

/// How an execution ended that this process had claimed; nothing when it was not to be had.
type Ended = Result<Option<(State, Option<Failed>)>, EngineError>;

/// Runs queued executions until it is stopped.
pub struct Server<'a> {
    engine: Arc<Engine>,
    log: &'a Log<'a>,
    tasks: JoinSet<Ended>,
    begins: mpsc::UnboundedSender<Candidate>,
    begun: mpsc::UnboundedReceiver<Candidate>,
    /// Which task runs which execution.
    by_task: HashMap<task::Id, Uuid>,
    /// What this process runs, or is about to claim.
    taken: BTreeMap<Uuid, Candidate>,
    waiting: Waiting,
    /// Executions of this process that have ended, and for which others of their jobs may have had to wait.
    freed: Vec<Uuid>,
    /// Executions of this process whose end could not be recorded.
    unrecorded: Vec<Uuid>,
    settled: Option<Instant>,
    /// When notifications were looked for.
    looked: Option<Instant>,
    /// The time in which this process may run something.
    term: Option<Term>,
    /// Whether there may be something new in the database.
    was_woken: bool,
    /// When something that waits for its time may begin.
    due: Option<i64>,
    /// Whether it takes nothing new.
    draining: bool,
    /// Whether it ends when nothing is left to do.
    until_idle: bool,
}

impl<'a> Server<'a> {
    /// A server on this engine.
    pub fn new(engine: Arc<Engine>, log: &'a Log<'a>) -> Self {
        let (begins, begun) = mpsc::unbounded_channel();
        Self {
            waiting: Waiting::of(engine.member.id),
            engine,
            log,
            begins,
            begun,
            tasks: JoinSet::new(),
            by_task: HashMap::new(),
            taken: BTreeMap::new(),
            freed: Vec::new(),
            unrecorded: Vec::new(),
            settled: None,
            looked: None,
            term: None,
            was_woken: true,
            due: None,
            draining: false,
            until_idle: false,
        }
    }

    /// One that also ends when nothing is queued and nothing runs here.
    #[must_use]
    pub fn until_idle(self) -> Self {
        Self { until_idle: true, ..self }
    }

    /// Serves until `halt` is stopped, then lets what runs go on for `server.stopGrace`.
    ///
    /// # Errors
    /// When it cannot even begin: the database does not take it as a member.
    pub async fn serve(mut self, halt: &Halt) -> Result<(), EngineError> {
        self.engine.join().await?;
        if self.engine.member.joins().is_some() {
            let member = self.engine.member_row().await?;
            self.engine.store.commit(vec![Transition::Joined { member }]).await?;
            self.engine.member.has_joined();
        }
        let telling = Arc::clone(&self.engine);
        let _telling = AbortOnDrop(task::spawn(async move { telling.tell_plugins().await }));
        self.term = self.engine.lease.term();
        self.engine.member.hear();
        (self.log)(Served::Ready);
        let (look, has_started) = (Notify::new(), Notify::new());
        if self.until_idle {
            while fire(&self.engine, self.log, &has_started).await.wait.is_zero() {}
        }
        let (engine, log) = (Arc::clone(&self.engine), self.log);
        let (over, is_over) = oneshot::channel();
        let (retiring, abandoning) = (retire_for_ever(&engine, log), abandon_until(&engine, log, is_over));
        let firing = fire_for_ever(&engine, log, &look, &has_started);
        tokio::pin!(retiring, abandoning, firing);
        while halt.why().is_none() {
            let turned = tokio::select! {
                biased;
                term = engine.lease.turned(self.term) => Some(term),
                done = self.turn() => {
                    if let Err(error) = done {
                        (self.log)(Served::Trouble(&error));
                    }
                    None
                }
            };
            turned.into_iter().for_each(|term| self.turned(term));
            if self.until_idle && self.is_idle().await {
                break;
            }
            tokio::select! {
                term = engine.lease.turned(self.term) => self.turned(term),
                () = engine.member.woken_within(until(self.due)) => {
                    self.was_woken = true;
                    look.notify_one();
                }
                () = has_started.notified() => self.was_woken = true,
                Some(ended) = self.tasks.join_next_with_id() => self.ended(ended),
                Some(candidate) = self.begun.recv() => (self.log)(Served::Began(&candidate)),
                _ = halt.stopped() => {}
                () = &mut retiring => {}
                () = &mut firing => {}
                () = &mut abandoning => {}
            }
            while let Some(ended) = self.tasks.try_join_next_with_id() {
                self.ended(ended);
            }
        }
        tokio::select! {
            () = self.finish() => {}
            () = &mut abandoning => unreachable!("it ends when all else is over"),
        }
        drop(over);
        // What takes longer is for the next server.
        let _ = tokio::time::timeout(Engine::ABANDONS_WITHIN, abandoning).await;
        engine.leave().await;
        Ok(())
    }

    /// It may run something now or not any more. Executions that it ran end by themselves.
    fn turned(&mut self, term: Option<Term>) {
        // Without both it was away for a moment only, which is told all the same.
        if self.term.is_some() {
            (self.log)(Served::CutOff);
        }
        if term.is_some() {
            (self.log)(Served::Back);
        }
        self.term = term;
        self.settled = None;
        self.was_woken = true;
    }

    /// Whether there is nothing left to do, as far as can be told.
    async fn is_idle(&self) -> bool {
        let queued =
            ExecutionFilter { state: Some(State::Queued), with_notifications: true, ..ExecutionFilter::default() };
        self.taken.is_empty() && self.engine.store.executions(&queued, 1).await.is_ok_and(|rows| rows.is_empty())
    }

    /// Everything that is to be looked after now.
    async fn turn(&mut self) -> Result<(), EngineError> {
        if self.term.is_none() {
            return Ok(());
        }
        if self.settled.is_none_or(|at| at.elapsed() >= SETTLE_EVERY) {
            self.settled = Some(Instant::now());
            let Settling { settled, servers } = self.engine.settle().await?;
            self.waiting.share_with(servers);
            for (execution, how) in settled {
                (self.log)(Served::Settled(execution, how));
            }
            self.settle_own().await?;
        }
        if std::mem::take(&mut self.was_woken) {
            self.waiting.forget();
            let news = self.engine.store.news(self.engine.member.id, now()).await?;
            self.due = news.next_due;
            let draining = news.draining.unwrap_or(self.draining);
            if std::mem::replace(&mut self.draining, draining) != draining {
                (self.log)(Served::Draining(draining));
            }
            if news.cancels {
                self.engine.cancel_requests().await?.iter().for_each(|part| part.stop(&Stop::cancelled()));
            }
        }
        self.claim().await
    }

    /// Tells which executions have begun: claimed by this process, and their first step recorded.
    fn tell_begun(&mut self) {
        while let Ok(candidate) = self.begun.try_recv() {
            (self.log)(Served::Began(&candidate));
        }
    }

    fn ended(&mut self, ended: Result<(task::Id, Ended), task::JoinError>) {
        self.tell_begun();
        let (task, how) = match ended {
            Ok((task, how)) => (task, Some(how)),
            Err(error) => (error.id(), None),
        };
        let Some(execution) = self.by_task.remove(&task) else { return };
        self.taken.remove(&execution);
        match how {
            Some(Ok(Some((state, failed)))) => {
                self.freed.push(execution);
                (self.log)(Served::Ended { execution, state, failed: failed.as_ref() });
            }
            Some(Ok(None)) => {}
            Some(Err(EngineError::Store(StoreError::Lost { .. }))) => (self.log)(Served::Lost(execution)),
            Some(Err(EngineError::CutOff)) => {
                (self.log)(Served::Lost(execution));
                self.unrecorded.push(execution);
            }
            Some(Err(error)) => {
                (self.log)(Served::Trouble(&error));
                self.unrecorded.push(execution);
            }
            // A fault in this program ends one execution, and not the server.
            None => self.unrecorded.push(execution),
        }
    }

    /// Brings executions to their end whose end the database did not take when it came, unless they run here again.
    async fn settle_own(&mut self) -> Result<(), EngineError> {
        let loser = Loser::own(self.engine.member.id, "the database did not take what happened to it");
        while let Some(execution) = self.unrecorded.last() {
            let row = self.engine.store.execution(*execution).await?;
            if let Some(row) = row.filter(|row| row.state == State::Running && !self.taken.contains_key(&row.id))
                && let Some(how) = self.engine.settle_execution(&row, &loser).await?
            {
                (self.log)(Served::Settled(row.id, how));
            }
            self.unrecorded.pop();
        }
        Ok(())
    }
}

/// How long it is until then; for ever when there is nothing.
fn until(due: Option<i64>) -> Duration {
    due.map_or(Duration::MAX, |due| Duration::from_millis(u64::try_from(due - now()).unwrap_or_default()))
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
