//! Telling what happens to executions. Each notification is an execution of its own, of a job with one step; it is queued in
//! the transaction that records what it tells. So it is not lost with a process, is tried again as any job is, and its failure
//! is nobody else's.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;
use windlass_jobs::{Event, Job, SlowerThan};
use windlass_settings::{ProjectName, format_duration};
use windlass_store::{Cause, ExecutionRow, NewExecution, State, StoreError, Telling, Transition, job_key};

use crate::execution::Run;
use crate::notice::Failed;
use crate::recorder::now;
use crate::requirements::requirements_alone;
use crate::schedules::time;
use crate::settle::repeated;
use crate::{Engine, EngineError, Prepared};

/// So many executions that succeeded make the usual time.
const USUAL_OF: i64 = 20;

/// What happened to an execution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Happened<'a> {
    pub(crate) event: Event,
    pub(crate) execution: Uuid,
    pub(crate) attempt: i64,
    /// The due time of the schedule that it stands for.
    pub(crate) scheduled_at: Option<i64>,
    pub(crate) state: State,
    pub(crate) started_at: i64,
    pub(crate) failed: Option<&'a Failed>,
    /// Those of the job, by name; none unless it succeeded.
    pub(crate) outputs: Option<&'a Value>,
}

/// What is told when an execution ends like this; `is_retried` says whether the job will be tried again.
pub(crate) fn of_end(state: State, is_retried: bool) -> Option<Event> {
    match state {
        State::Succeeded => Some(Event::Success),
        State::Failed | State::TimedOut | State::Interrupted if is_retried => Some(Event::Retry),
        State::Failed | State::TimedOut | State::Interrupted => Some(Event::Failure),
        State::Cancelled => Some(Event::Cancelled),
        State::Queued | State::Running | State::Skipped => None,
    }
}

/// Which of a job's notifications tell of an event, by number.
fn telling_of(job: &Job, event: Event) -> impl Iterator<Item = usize> {
    let notifications = job.notifications.iter().enumerate();
    notifications.filter(move |(_, notification)| notification.on.contains(&event)).map(|(number, _)| number)
}

/// What the executions that tell something of a job have in common.
pub(crate) fn key(project: &ProjectName, job: &Job) -> String {
    format!("{project}/notifications:{}", job.name)
}

/// How they are recorded.
pub(crate) fn queued(notifications: Vec<NewExecution>) -> impl Iterator<Item = Transition> {
    notifications.into_iter().map(|execution| Transition::Queued { execution, secrets: Vec::new() })
}

impl<'a> Happened<'a> {
    /// Something that happens to a run, now.
    pub(crate) fn to(run: &Run<'_>, event: Event, state: State, started_at: i64) -> Self {
        let Run { execution, attempt, scheduled, .. } = *run;
        let scheduled_at = scheduled.map(|scheduled| scheduled.at);
        Self { event, execution, attempt, scheduled_at, state, started_at, failed: None, outputs: None }
    }
}

/// What a plugin is told of the step that sends a notification: the execution that it tells of, and which event by which of the
/// job's notifications. It is the same for each attempt, so that whoever hears it twice can know.
pub(crate) fn identity(telling: &Telling) -> (Uuid, String) {
    let event: Value = serde_json::from_str(&telling.event).unwrap_or_default();
    let kind = event["kind"].as_str().unwrap_or_default();
    (telling.execution, format!("notify.{kind}.{}", telling.notification))
}

impl Prepared {
    /// The executions that tell what happened to one of this job.
    pub(crate) fn told(&self, happened: &Happened<'_>) -> Vec<NewExecution> {
        telling_of(&self.job, happened.event).map(|number| self.notification(number, happened)).collect()
    }

    fn notification(&self, number: usize, happened: &Happened<'_>) -> NewExecution {
        let options = Value::Object(self.bound.values.clone());
        let new = self.new_execution(Cause::Notification, now());
        telling(new, &self.project, &self.job, number, &options, happened)
    }
}

impl Engine {
    /// The executions that tell what happened to one that does not run here.
    pub(crate) async fn told_of(
        &self,
        row: &ExecutionRow,
        event: Event,
        state: State,
        failed: &Failed,
    ) -> Result<Vec<NewExecution>, StoreError> {
        let (Ok(job), Ok(project)) = (self.job_of(row).await, ProjectName::parse(&row.project)) else {
            return Ok(Vec::new());
        };
        let wanted: Vec<usize> = telling_of(&job, event).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let text = self.store.execution_text(row.id).await?.unwrap_or_default();
        let options = serde_json::from_str(&row.options).unwrap_or_default();
        let happened = Happened {
            event,
            execution: row.id,
            attempt: row.attempt,
            scheduled_at: row.scheduled.map(|scheduled| scheduled.at),
            state,
            started_at: row.started_at.unwrap_or_else(now),
            failed: Some(failed),
            outputs: None,
        };
        let tell = |number| {
            let new = repeated(row, text.clone(), Cause::Notification, now());
            telling(NewExecution { retry_of: None, ..new }, &project, &job, number, &options, &happened)
        };
        Ok(wanted.into_iter().map(tell).collect())
    }

    /// Sends what is told of an execution, each once and as far as no other member does. How many are still to be sent, because
    /// they are tried again later.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn send_notifications(&self, execution: Uuid) -> Result<usize, EngineError> {
        let is_queued = |row: &ExecutionRow| row.state == State::Queued;
        for row in self.store.notifications_of(execution).await?.into_iter().filter(is_queued) {
            self.run_claimed(&row, &|_| {}).await?;
        }
        Ok(self.store.notifications_of(execution).await?.iter().filter(|row| is_queued(row)).count())
    }

    /// Tells that an execution is slow when it has run for so long, while it goes on.
    pub(crate) async fn telling_if_slow<T>(
        &self,
        run: &Run<'_>,
        happened: &Happened<'_>,
        work: impl Future<Output = T>,
    ) -> T {
        let is_watched = run.prepared.job.notifications.iter().any(|notification| notification.slower_than.is_some());
        if !is_watched {
            return work.await;
        }
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return done,
            // That it cannot be told is nothing that the execution has to do with.
            _ = self.tell_slow(run, happened) => {}
        }
        work.await
    }

    async fn tell_slow(&self, run: &Run<'_>, happened: &Happened<'_>) -> Result<(), StoreError> {
        let begun = Instant::now();
        // What was reopened has not run since it began.
        let before = run.started_at.filter(|_| !run.reopened).map_or(Duration::ZERO, since);
        for (after, number) in self.slow_after(run.prepared).await? {
            sleep_until(begun + after.saturating_sub(before)).await;
            if run.started_at.is_some() && self.is_told(happened, number).await? {
                continue;
            }
            self.store.commit(queued(vec![run.prepared.notification(number, happened)]).collect()).await?;
            self.member.wake_others().await;
        }
        Ok(())
    }

    /// Whether a notification has told of this before: the member that ran the execution then was lost.
    async fn is_told(&self, happened: &Happened<'_>, number: usize) -> Result<bool, StoreError> {
        let kind = happened.event.word();
        let tells = |telling: &Telling| {
            let event: Value = serde_json::from_str(&telling.event).unwrap_or_default();
            usize::try_from(telling.notification).is_ok_and(|told| told == number) && event["kind"] == kind
        };
        let rows = self.store.notifications_of(happened.execution).await?;
        Ok(rows.iter().filter_map(|row| row.telling.as_ref()).any(tells))
    }

    /// How long an execution may take before each of its notifications says that it is slow, shortest first. A job that has
    /// never succeeded has no usual time.
    async fn slow_after(&self, prepared: &Prepared) -> Result<Vec<(Duration, usize)>, StoreError> {
        let (mut after, mut usual) = (Vec::new(), None);
        for (number, notification) in prepared.job.notifications.iter().enumerate() {
            match notification.slower_than {
                None => {}
                Some(SlowerThan::Time(time)) => after.push((time, number)),
                Some(SlowerThan::PartOfUsual(percent)) => {
                    if usual.is_none() {
                        let key = job_key(prepared.project.as_str(), &prepared.job.identity());
                        usual = Some(self.store.usual_time(&key, USUAL_OF).await?);
                    }
                    after.extend(usual.flatten().map(|usual| (usual * percent / 100, number)));
                }
            }
        }
        after.sort_unstable();
        Ok(after)
    }
}

fn since(at: i64) -> Duration {
    Duration::from_millis(u64::try_from(now() - at).unwrap_or(0))
}

/// An execution that tells what happened, out of one of the same job.
fn telling(
    new: NewExecution,
    project: &ProjectName,
    job: &Job,
    number: usize,
    options: &Value,
    happened: &Happened<'_>,
) -> NewExecution {
    let event = event(project, job, options, happened).to_string();
    let (execution, notification) = (happened.execution, i32::try_from(number).unwrap_or(i32::MAX));
    NewExecution {
        telling: Some(Telling { execution, notification, event }),
        job_key: key(project, job),
        needs: job.notifying(number).map_or_else(|| new.needs.clone(), |job| requirements_alone(&job)),
        concurrency: 0,
        options: "{}".to_owned(),
        scheduled: None,
        ..new
    }
}

/// What expressions of a notification see as `event`.
fn event(project: &ProjectName, job: &Job, options: &Value, happened: &Happened<'_>) -> Value {
    let Happened { event, execution, attempt, scheduled_at, state, started_at, failed, outputs } = *happened;
    let at = now();
    let failure = failed.map(|failed| &failed.failure);
    json!({
        "kind": event.word(),
        "text": told(project, job, happened, at),
        "project": project.as_str(),
        "job": job.name,
        "execution": {
            "id": execution,
            "attempt": attempt,
            "state": state.as_str(),
            "code": failure.map(|failure| failure.code.to_string()),
            "reason": failure.map(|failure| &failure.message),
            "step": failed.map(|failed| &failed.step).filter(|step| !step.is_empty()),
            "startedAt": time(started_at).to_string(),
            "endedAt": state.has_ended().then(|| time(at).to_string()),
            "seconds": (at - started_at).max(0) / 1000,
            "scheduledAt": scheduled_at.map(|at| time(at).to_string()),
        },
        "options": options,
        "outputs": outputs.cloned().unwrap_or_else(|| without_outputs(job)),
    })
}

/// Each output of the job, without a value: so that what names one can be said of an execution that has none.
fn without_outputs(job: &Job) -> Value {
    job.outputs.iter().map(|output| (output.name.clone(), Value::Null)).collect()
}

/// The same in a sentence.
fn told(project: &ProjectName, job: &Job, happened: &Happened<'_>, at: i64) -> String {
    let seconds = u64::try_from((at - happened.started_at) / 1000).unwrap_or(0);
    let after = format!("after {}", format_duration(Duration::from_secs(seconds)));
    let what = match (happened.event, happened.state) {
        (Event::Start, _) => "begins".to_owned(),
        (Event::Success, _) => format!("succeeded {after}"),
        (Event::Failure, State::TimedOut) => format!("ran out of time {after}"),
        (Event::Failure, State::Interrupted) => format!("was interrupted {after}"),
        (Event::Failure, _) => format!("failed {after}"),
        (Event::Retry, _) => format!("failed {after} and will be tried again"),
        (Event::Cancelled, _) => format!("was cancelled {after}"),
        (Event::Slow, _) => format!("is still running {after}"),
    };
    let why = happened.failed.map_or_else(String::new, |Failed { step, failure }| match step.as_str() {
        "" => format!(": {}", failure.message),
        step => format!(": step `{step}`: {}", failure.message),
    });
    let (job, id) = (&job.name, happened.execution.simple().to_string());
    format!("job `{job}` of project `{project}` {what}{why} (execution {})", &id[id.len() - 8..])
}
