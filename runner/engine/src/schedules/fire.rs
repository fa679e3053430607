//! Firing what is due: read, decided, recorded. Members that fire at once do not harm each other; whoever is first with a
//! schedule records what became of its due times and queues its executions, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use windlass_credentials::known_project;
use windlass_jobs::{Given, Job, bind};
use windlass_settings::ProjectName;
use windlass_store::{Cause, Enqueued, Fire, Fired, Firing, NewExecution, Outcome, ScheduleRow, Scheduled, StoreError};

use super::calendars::Calendars;
use super::decide::{Decided, Verdict, decide};
use super::definition::Definition;
use super::time;
use crate::start::when_full;
use crate::{Engine, EngineError, JobVersion, Prepared, failure};

/// So many schedules are fired in one transaction.
const BATCH: i64 = 128;
/// Without being woken a member looks for what is due after this long: somebody may have changed a schedule.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Until another member has fired what it has begun with.
const OTHERS_FIRE: Duration = Duration::from_millis(20);

/// A due time, or several, for which the job was not started.
#[derive(Clone, Debug)]
pub struct DueTime {
    /// The job's project.
    pub project: String,
    /// The job's name.
    pub job: String,
    /// The schedule's name.
    pub schedule: String,
    /// When it was due; of several times the first.
    pub due_at: i64,
    /// How many times.
    pub times: i64,
    /// `missed`, `excluded` or `failed`.
    pub outcome: &'static str,
    /// Why.
    pub reason: String,
}

/// What one look has come to.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// Whether executions were queued.
    pub(crate) has_started: bool,
    /// What did not start.
    pub(crate) not_started: Vec<DueTime>,
    /// What comes then.
    pub(crate) next: Next,
}

/// What there is to wait for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Next {
    /// How long there is nothing to do.
    pub(crate) wait: Duration,
    /// The moment at which something is due then, if it is known.
    pub(crate) at: Option<i64>,
}

impl Engine {
    /// Fires what is due, as much as one transaction takes.
    ///
    /// # Errors
    /// `store.unavailable`
    pub(crate) async fn fire_due(&self) -> Result<Looked, EngineError> {
        let due = self.store.due_schedules(BATCH).await?;
        if due.schedules.is_empty() {
            let until = |at| Duration::from_millis(u64::try_from(at - due.now).unwrap_or(0));
            let soon = due.next_at.filter(|at| until(*at) < LOOK_EVERY);
            let next = Next { wait: soon.map_or(LOOK_EVERY, until), at: soon };
            return Ok(Looked { next, ..Looked::default() });
        }
        let calendars = Calendars::of(&self.store, &due.schedules, &self.calendars).await?;
        let (mut fires, mut reports) = (Vec::with_capacity(due.schedules.len()), BTreeMap::new());
        for row in &due.schedules {
            let fire = self.decided(row, &calendars, due.now).await?;
            let report = fire.firings.iter().filter_map(|firing| not_started(row, firing)).collect::<Vec<_>>();
            reports.insert(fire.schedule, report);
            fires.push(fire);
        }
        let fired = self.store.fire(fires).await?;
        self.tell(&fired).await;
        let has_started = fired.iter().any(|fired| !fired.executions.is_empty());
        let not_started = fired.iter().filter_map(|fired| reports.remove(&fired.schedule)).flatten().collect();
        let wait = if fired.is_empty() { OTHERS_FIRE } else { Duration::ZERO };
        Ok(Looked { has_started, not_started, next: Next { wait, at: None } })
    }

    /// Reads the jobs that are due at a moment, and their plugins, so that nothing of this is left to do then. What cannot be
    /// read is told when it is due.
    pub(crate) async fn read_ahead(&self, at: i64) {
        for upcoming in self.store.upcoming(at, BATCH).await.unwrap_or_default() {
            let version = JobVersion { job: upcoming.job, version: upcoming.version };
            let parsed = match self.jobs.get(version) {
                Some(job) => Ok(job),
                None => self.parsed(&upcoming.project, &upcoming.name, version, upcoming.text),
            };
            if let Ok(job) = parsed {
                let _ = self.plugins_of(&job).await;
            }
        }
    }

    async fn tell(&self, fired: &[Fired]) {
        let mut queued = false;
        for (_, became) in fired.iter().flat_map(|fired| &fired.executions) {
            match became {
                Enqueued::Replacing(others) => self.tell_cancelled(others).await,
                Enqueued::Queued => queued = true,
                Enqueued::Skipped { .. } => {}
            }
        }
        if queued {
            self.member.wake_others().await;
        }
    }

    /// What is to be recorded of a schedule that is due.
    async fn decided(&self, row: &ScheduleRow, calendars: &Calendars, now: i64) -> Result<Fire, StoreError> {
        let expected = row.next_at.unwrap_or(now);
        let fire =
            |firings, next_at| Fire { schedule: row.id, version: row.version, expected, next_at, firings, at: now };
        let definition = match Definition::from_json(&row.definition) {
            Ok(definition) => definition,
            Err(error) => {
                let reason = format!("this version of Windlass cannot read the schedule: {error}");
                let outcome = Outcome::Failed { code: "schedule.unreadable".to_owned(), reason };
                return Ok(fire(vec![Firing { due_at: expected, last_at: expected, times: 1, outcome }], None));
            }
        };
        let forbids = |at| calendars.forbids(&row.project, &definition.calendars, at);
        let decision = decide(&definition.schedule, definition.missed, time(expected), time(now), forbids);
        let starts = definition.enabled && decision.firings.iter().any(|it| it.verdict == Verdict::Starts);
        let job = if starts { Some(self.scheduled_job(row, &definition).await) } else { None };
        let job = match job.transpose() {
            Err(EngineError::Store(error)) => return Err(error),
            Err(error) => Err(failure(&error)),
            Ok(job) => Ok(job),
        };
        let firings = decision.firings.into_iter().map(|decided| {
            let Decided { first, last, times, verdict } = decided;
            let outcome = match (verdict, &job) {
                (Verdict::Starts, Ok(Some(job))) => starts_at(row, job, first, now),
                (Verdict::Starts, _) if !definition.enabled => {
                    Outcome::Missed { reason: "the schedule was switched off before it fired".to_owned() }
                }
                (Verdict::Starts, Ok(None)) => unreachable!("the job is read if it is to start"),
                (Verdict::Starts, Err(failure)) => {
                    Outcome::Failed { code: failure.code.to_string(), reason: failure.message.clone() }
                }
                (Verdict::Missed, _) => Outcome::Missed { reason: "no server was there when it was due".to_owned() },
                (Verdict::Excluded(reason), _) => Outcome::Excluded { reason },
            };
            Firing { due_at: first.as_millisecond(), last_at: last.as_millisecond(), times, outcome }
        });
        let next = decision.next.filter(|_| definition.enabled).map(Timestamp::as_millisecond);
        Ok(fire(firings.collect(), next))
    }

    /// The job of a schedule with the values that the schedule gives to its options.
    async fn scheduled_job(&self, row: &ScheduleRow, definition: &Definition) -> Result<Prepared, EngineError> {
        let project = ProjectName::parse(&row.project)
            .map_err(|why| EngineError::Project { project: row.project.clone(), why: why.to_string() })?;
        known_project(&self.settings, &project)?;
        let version = JobVersion { job: row.job, version: row.version };
        let job: Arc<Job> = self.stored_job(&project, &row.job_name, version).await?;
        let given: Vec<(String, Given)> =
            definition.options.iter().map(|(name, value)| (name.clone(), Given::Value(value.clone()))).collect();
        let bound = bind(&job, &project, &given)?;
        let needs = self.requirements(&project, &job).await?;
        let version = Some(version);
        Ok(Prepared { job, project, bound, version, telling: None, depth: 0, needs, plugins: BTreeMap::new() })
    }
}

fn starts_at(row: &ScheduleRow, job: &Prepared, due: Timestamp, now: i64) -> Outcome {
    let scheduled = Some(Scheduled { schedule: row.id, at: due.as_millisecond() });
    let execution = NewExecution { scheduled, ..job.new_execution(Cause::Schedule, now) };
    Outcome::Starts { execution: Box::new(execution), when_full: when_full(job.job.concurrency.when_full) }
}

fn not_started(row: &ScheduleRow, firing: &Firing) -> Option<DueTime> {
    let (outcome, reason) = match &firing.outcome {
        Outcome::Starts { .. } => return None,
        Outcome::Missed { reason } => ("missed", reason),
        Outcome::Excluded { reason } => ("excluded", reason),
        Outcome::Failed { reason, .. } => ("failed", reason),
    };
    Some(DueTime {
        project: row.project.clone(),
        job: row.job_name.clone(),
        schedule: row.name.clone(),
        due_at: firing.due_at,
        times: firing.times,
        outcome,
        reason: reason.clone(),
    })
}
