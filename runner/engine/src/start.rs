//! Beginning executions in this process: a new one at once, a queued one as soon as there is room for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;
use windlass_credentials::known_project;
use windlass_errors::{Code, nearest_hint};
use windlass_hosting::StepFailure;
use windlass_jobs::{Bound, Job};
use windlass_settings::ProjectName;
use windlass_store::{
    Cause, Enqueued, Hold, Member, NewExecution, NotClaimed, Proviso, State, StoreError, Transition, WhenFull,
};

use crate::execution::Run;
use crate::notice::{Failed, Notice, Observer};
use crate::recorder::now;
use crate::walk::{Begun, Past, stopped};
use crate::{Engine, EngineError, Finished, Halt, JobVersion, Prepared};

/// An execution that was asked for.
#[derive(Clone, Debug)]
pub struct Started {
    /// Its id.
    pub execution: Uuid,
    /// What became of it.
    pub became: Enqueued,
}

impl Engine {
    /// Runs a prepared job in this process. Where the job's concurrency has no room, what its `whenFull` says is done.
    ///
    /// # Errors
    /// When it cannot be recorded. A failed step is a result.
    pub async fn run_here(
        &self,
        prepared: &Prepared,
        observer: Observer<'_>,
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        self.run_new(prepared, prepared.new_execution(Cause::Command, now()), Begun::default(), observer, halt).await
    }

    /// Runs the execution that tries a job again, when its time has come.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub async fn run_next(
        &self,
        prepared: &Prepared,
        next: &NewExecution,
        observer: Observer<'_>,
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        let run = Run::new(next, prepared);
        self.run_queued(&run, Past::default(), observer, halt).await
    }

    /// Queues an execution of a job, for whoever has room for it.
    ///
    /// # Errors
    /// `project.unknown`; what is wrong with the master key, for options that were typed; `store.unavailable`
    pub async fn start(
        &self,
        project: &ProjectName,
        job: &Arc<Job>,
        version: Option<JobVersion>,
        bound: Bound,
    ) -> Result<Started, EngineError> {
        known_project(&self.settings, project)?;
        let (project, job) = (project.clone(), Arc::clone(job));
        let needs = self.requirements(&project, &job).await?;
        let wanted =
            Prepared { job, project, bound, version, telling: None, depth: 0, needs, plugins: BTreeMap::new() };
        self.enqueue(wanted.new_execution(Cause::Command, now()), &wanted.job, &wanted.bound).await
    }

    /// Queues a new execution as its job's concurrency says.
    pub(crate) async fn enqueue(&self, new: NewExecution, job: &Job, bound: &Bound) -> Result<Started, EngineError> {
        let execution = new.id;
        let secrets = self.sealed(execution, bound).await?;
        let became = self.store.enqueue(new, when_full(job.concurrency.when_full), secrets).await?;
        match &became {
            Enqueued::Replacing(others) => self.tell_cancelled(others).await,
            Enqueued::Queued | Enqueued::Skipped { .. } => self.member.wake_others().await,
        }
        Ok(Started { execution, became })
    }

    /// A stored job by its name.
    ///
    /// # Errors
    /// `project.unknown`, `job.unknown`, `store.unavailable`
    pub async fn job_named(&self, project: &ProjectName, name: &str) -> Result<(Arc<Job>, JobVersion), EngineError> {
        known_project(&self.settings, project)?;
        let Some(row) = self.store.job(project.as_str(), name).await? else {
            let jobs = self.store.jobs(project.as_str()).await?;
            let hint = (!jobs.is_empty()).then(|| nearest_hint(name, jobs.iter().map(|row| row.name.as_str())));
            return Err(EngineError::UnknownJob { project: project.to_string(), name: name.to_owned(), hint });
        };
        let version = JobVersion { job: row.id, version: row.version };
        Ok((self.stored_job(project, &row.name, version).await?, version))
    }

    /// The servers that live, on this data directory or on another of the same database.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn servers(&self) -> Result<Vec<Member>, EngineError> {
        Ok(self.member.servers(&self.store).await?)
    }

    /// `before` is what is recorded with it, of the execution that it belongs to.
    pub(crate) async fn run_new(
        &self,
        prepared: &Prepared,
        new: NewExecution,
        before: Begun,
        observer: Observer<'_>,
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        self.join().await?;
        let run = Run::new(&new, prepared);
        let Begun { transitions: before, within } = before;
        let mut transitions: Vec<Transition> = self.member.joins().into_iter().chain(before.clone()).collect();
        transitions.push(Transition::Queued { execution: new.clone(), secrets: Vec::new() });
        transitions.push(self.claims(&run));
        match self.walk(&run, Begun { transitions, within }, Past::default(), observer, halt).await {
            Err(EngineError::Store(StoreError::NotClaimed { because: NotClaimed::Limit, .. })) => {}
            other => return other,
        }
        let joins: Vec<Transition> = self.member.joins().into_iter().chain(before).collect();
        if !joins.is_empty() {
            match within {
                Some(hold) => self.store.commit_if(Proviso::Held(hold), joins).await?,
                None => self.store.commit(joins).await?,
            }
            self.member.has_joined();
        }
        let secrets = self.sealed(new.id, &prepared.bound).await?;
        match self.store.enqueue(new, when_full(prepared.job.concurrency.when_full), secrets).await? {
            Enqueued::Skipped { because_of } => return Ok(skipped(&run, &because_of)),
            Enqueued::Replacing(others) => self.tell_cancelled(&others).await,
            Enqueued::Queued => {}
        }
        self.run_queued(&run, Past::default(), observer, halt).await
    }

    /// Runs a queued execution when there is room for it.
    pub(crate) async fn run_queued(
        &self,
        run: &Run<'_>,
        past: Past,
        observer: Observer<'_>,
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        self.join().await?;
        let mut told = false;
        loop {
            let transitions = self.member.joins().into_iter().chain([self.claims(run)]).collect();
            let because = match self.walk(run, Begun { transitions, within: None }, past.clone(), observer, halt).await
            {
                Err(EngineError::Store(StoreError::NotClaimed {
                    because: because @ (NotClaimed::Limit | NotClaimed::NotYet),
                    ..
                })) => because,
                other => return other,
            };
            if !std::mem::replace(&mut told, true) {
                let reason = match because {
                    NotClaimed::NotYet => "for its next attempt",
                    _ => "for another execution of this job to end",
                };
                observer(Notice::Waits { reason });
            }
            tokio::select! {
                () = self.member.woken() => {}
                why = halt.stopped() => {
                    self.store.request_cancel(run.execution, now()).await?;
                    return Ok(ended_early(run, State::Cancelled, stopped(&why)));
                }
            }
        }
    }

    pub(crate) fn claims(&self, run: &Run<'_>) -> Transition {
        let Hold { execution, member, fence } = self.hold(run);
        Transition::Claimed { execution, member, fence, at: now() }
    }

    /// What is true of an execution once this process has claimed it.
    pub(crate) fn hold(&self, run: &Run<'_>) -> Hold {
        Hold { execution: run.execution, member: self.member.id, fence: run.fence }
    }

    /// Stops those that run here, and tells other processes to look.
    pub(crate) async fn tell_cancelled(&self, executions: &[Uuid]) {
        for halt in executions.iter().filter_map(|execution| self.running.halt(*execution)) {
            halt.stop(&windlass_hosting::Stop::Cancelled("a newer execution of the job replaced it".to_owned()));
        }
        self.member.wake_others().await;
    }
}

/// Whether an execution that has ended like this can go on.
pub(crate) fn reopens(state: State) -> bool {
    matches!(state, State::Failed | State::TimedOut | State::Cancelled | State::Interrupted)
}

fn skipped(run: &Run<'_>, because_of: &[Uuid]) -> Finished {
    let others: Vec<String> = because_of.iter().map(|id| format!("`{id}`")).collect();
    let message = format!("the job is running already: {}", others.join(", "));
    let help = Some("wait for it, or set `concurrency` in the job".to_owned());
    let code = Code::new("execution.skipped");
    ended_early(run, State::Skipped, StepFailure { code, message, help, cut_off: false })
}

fn ended_early(run: &Run<'_>, state: State, failure: StepFailure) -> Finished {
    let failed = Some(Failed { step: String::new(), failure });
    Finished { execution: run.execution, state, steps: Vec::new(), outputs: None, failed, next: None }
}

pub(crate) fn when_full(policy: windlass_jobs::WhenFull) -> WhenFull {
    match policy {
        windlass_jobs::WhenFull::Queue => WhenFull::Queue,
        windlass_jobs::WhenFull::Skip => WhenFull::Skip,
        windlass_jobs::WhenFull::Replace => WhenFull::Replace,
    }
}
