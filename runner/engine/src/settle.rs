//! What a process that is gone left behind: every execution that it ran is brought to an end, or queued to go on.

use std::path::PathBuf;

use uuid::Uuid;
use windlass_errors::Code;
use windlass_hosting::StepFailure;
use windlass_jobs::{Event, Job, OnInterrupted};
use windlass_store::{
    Cause, ExecutionRow, JobText, Member, NewExecution, Proviso, Role, State, StoreError, Transition,
};

use crate::member::Gone;
use crate::notice::Failed;
use crate::recorder::now;
use crate::{Engine, EngineError, JobVersion, notify};

/// How often one execution is begun again after its runner has ended; a job that ends its runner would go on for ever.
const MOST_TIMES: i64 = 5;
/// When so many members are gone that had left nothing, one that runs a job forgets them.
const MOST_FORGOTTEN: usize = 16;
/// The code of an execution whose runner has ended.
const CODE: &str = "execution.interrupted";

/// What was done about an execution whose runner had ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It has ended as interrupted.
    Interrupted,
    /// It has ended as interrupted, and a new execution of the job is queued.
    Restarted(Uuid),
    /// It is queued and will go on after its last finished step.
    Requeued,
}

/// What a look at the other members has come to.
#[derive(Debug, Default)]
pub struct Settling {
    /// The executions of those that are gone.
    pub settled: Vec<(Uuid, Settled)>,
    /// The servers that live, other than this process.
    pub servers: Vec<Uuid>,
}

/// Who has lost what it ran.
pub(crate) struct Loser {
    /// Nobody for a Windlass that knew no members.
    member: Option<Uuid>,
    /// The member if it is lost because of its lease, which has to be over still.
    lapsed: Option<Uuid>,
    /// For people.
    reason: String,
}

impl Loser {
    fn gone(member: &Member) -> Self {
        let reason = format!("the runner that ran it has ended (process {} on `{}`)", member.pid, member.host);
        Self { member: Some(member.id), lapsed: None, reason }
    }

    fn lapsed(member: &Member) -> Self {
        let Member { pid, host, .. } = member;
        let reason = format!("the runner that ran it has not renewed its lease (process {pid} on `{host}`)");
        Self { member: Some(member.id), lapsed: Some(member.id), reason }
    }

    /// This process itself.
    pub(crate) fn own(member: Uuid, reason: &str) -> Self {
        Self { member: Some(member), lapsed: None, reason: reason.to_owned() }
    }
}

impl Engine {
    /// Settles what members left that are gone: those of this data directory whose locks are free, and those of any whose
    /// leases are over.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn settle(&self) -> Result<Settling, EngineError> {
        let (mut settled, mut left) = (Vec::new(), Vec::new());
        let (members, lapsed) = (self.store.members().await?, self.store.lapsed_members().await?);
        self.member.sweep(&members.iter().map(|member| member.id).collect::<Vec<_>>());
        let mut servers = Vec::new();
        for member in members.iter().filter(|member| member.id != self.member.id) {
            let neighbour = self.member.is_neighbour(&member.data_dir_id);
            if let Some(gone) = self.member.gone(member.id).filter(|_| neighbour) {
                settled.extend(self.settle_member(&Loser::gone(member)).await?);
                left.push(gone);
            } else if lapsed.contains(&member.id) {
                settled.extend(self.settle_member(&Loser::lapsed(member)).await?);
                self.forget(&Loser::lapsed(member)).await?;
            } else if member.role == Role::Server {
                servers.push(member.id);
            }
        }
        settled.extend(self.settle_nobodys().await?);
        // To forget them takes a transaction, which a short run need not wait for when they had left nothing.
        if self.member.serves() || !settled.is_empty() || left.len() >= MOST_FORGOTTEN {
            for done in futures_util::future::join_all(left.iter().map(|gone| self.forget_gone(gone.id))).await {
                done?;
            }
        }
        left.into_iter().for_each(Gone::forget);
        if !settled.is_empty() {
            self.member.wake_others().await;
        }
        Ok(Settling { settled, servers })
    }

    /// Settles what was begun by a Windlass that knew no members: it is not there any more.
    async fn settle_nobodys(&self) -> Result<Vec<(Uuid, Settled)>, EngineError> {
        let mut settled = Vec::new();
        for row in self.store.running_of(None).await? {
            let loser = Loser { member: None, lapsed: None, reason: "the runner that ran it has ended".to_owned() };
            let how = self.end(&row, &loser, OnInterrupted::Fail).await?;
            settled.extend(how.map(|how| (row.id, how)));
        }
        Ok(settled)
    }

    async fn forget_gone(&self, member: Uuid) -> Result<(), StoreError> {
        self.forget(&Loser { member: Some(member), lapsed: None, reason: String::new() }).await
    }

    /// Somebody else may have been faster.
    async fn forget(&self, loser: &Loser) -> Result<(), StoreError> {
        let left = loser.member.map(|member| Transition::Left { member });
        match self.record_loss(loser, left.into_iter().collect()).await {
            Err(StoreError::StaleTransition { .. }) => Ok(()),
            done => done,
        }
    }

    /// A member with a lease may have come back meanwhile.
    async fn record_loss(&self, loser: &Loser, transitions: Vec<Transition>) -> Result<(), StoreError> {
        match loser.lapsed {
            Some(member) => self.store.commit_if(Proviso::Lapsed(member), transitions).await,
            None => self.store.commit(transitions).await,
        }
    }

    async fn settle_member(&self, loser: &Loser) -> Result<Vec<(Uuid, Settled)>, EngineError> {
        let mut settled = Vec::new();
        // Those that others refer to come first: what becomes of them decides about the rest.
        for row in self.store.running_of(loser.member).await?.into_iter().filter(|row| row.parent.is_none()) {
            settled.extend(self.settle_execution(&row, loser).await?.map(|how| (row.id, how)));
        }
        for row in self.store.running_of(loser.member).await? {
            let how = self.end(&row, loser, OnInterrupted::Fail).await?;
            settled.extend(how.map(|how| (row.id, how)));
        }
        Ok(settled)
    }

    /// Settles one execution with all those that its steps had begun. Nothing when somebody else was faster.
    pub(crate) async fn settle_execution(
        &self,
        row: &ExecutionRow,
        loser: &Loser,
    ) -> Result<Option<Settled>, EngineError> {
        let policy = self.policy(row).await?;
        let resumes = policy == OnInterrupted::Resume;
        let mut unsettled = vec![row.id];
        let mut children = Vec::new();
        while let Some(id) = unsettled.pop() {
            let below = self.store.children(id).await?;
            unsettled.extend(below.iter().map(|child| child.id));
            children.extend(below.into_iter().filter(|child| !child.state.has_ended()));
        }
        for child in children.iter().rev() {
            match child.state {
                State::Running => drop(
                    self.end(child, loser, if resumes { OnInterrupted::Resume } else { OnInterrupted::Fail }).await?,
                ),
                _ if resumes => {}
                _ => drop(self.store.request_cancel(child.id, now()).await?),
            }
        }
        self.end(row, loser, policy).await
    }

    async fn end(
        &self,
        row: &ExecutionRow,
        loser: &Loser,
        policy: OnInterrupted,
    ) -> Result<Option<Settled>, EngineError> {
        let (execution, at, code, reason) = (row.id, now(), CODE.to_owned(), loser.reason.clone());
        let member = loser.member;
        let interrupted = Transition::Interrupted { execution, member, at, code: code.clone(), reason: reason.clone() };
        let (transitions, how) = match policy {
            OnInterrupted::Fail => (vec![interrupted], Settled::Interrupted),
            OnInterrupted::Resume => {
                (vec![Transition::Requeued { execution, member, at, code, reason }], Settled::Requeued)
            }
            OnInterrupted::Restart => {
                let text = self.store.execution_text(execution).await?.unwrap_or_default();
                let (attempt, restarts) = (row.attempt + 1, row.restarts + 1);
                let new = NewExecution { attempt, restarts, ..repeated(row, text, Cause::Restart, at) };
                let how = Settled::Restarted(new.id);
                let secrets = self.resealed(execution, new.id).await?;
                (vec![interrupted, Transition::Queued { execution: new, secrets }], how)
            }
        };
        let told = self.told_of_loss(row, loser, how).await?;
        match self.record_loss(loser, transitions.into_iter().chain(told).collect()).await {
            Ok(()) => Ok(Some(how)),
            Err(StoreError::StaleTransition { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What tells of an execution whose runner had ended.
    async fn told_of_loss(
        &self,
        row: &ExecutionRow,
        loser: &Loser,
        how: Settled,
    ) -> Result<impl Iterator<Item = Transition>, StoreError> {
        let event = match how {
            Settled::Interrupted => Some(Event::Failure),
            Settled::Restarted(_) => Some(Event::Retry),
            Settled::Requeued => None,
        };
        let failure = StepFailure { code: Code::new(CODE), message: loser.reason.clone(), help: None, cut_off: false };
        let failed = Failed { step: String::new(), failure };
        let told = match event {
            Some(event) => self.told_of(row, event, State::Interrupted, &failed).await?,
            None => Vec::new(),
        };
        Ok(notify::queued(told))
    }

    /// What the job says about interruptions, unless there were too many of them.
    async fn policy(&self, row: &ExecutionRow) -> Result<OnInterrupted, EngineError> {
        let Ok(job) = self.job_of(row).await else { return Ok(OnInterrupted::Fail) };
        let before = match job.on_interrupted {
            OnInterrupted::Fail => return Ok(OnInterrupted::Fail),
            OnInterrupted::Restart => row.restarts,
            OnInterrupted::Resume => {
                let steps = self.store.steps(row.id).await?;
                let interrupted = steps.iter().filter(|step| step.state == State::Interrupted && step.parent.is_none());
                i64::try_from(interrupted.count()).unwrap_or(i64::MAX)
            }
        };
        Ok(if before < MOST_TIMES { job.on_interrupted } else { OnInterrupted::Fail })
    }

    /// The job of an execution as it was when that began.
    ///
    /// # Errors
    /// `job.invalid` when what is recorded is no job, or no longer kept; `store.unavailable`
    pub async fn job_of(&self, row: &ExecutionRow) -> Result<std::sync::Arc<Job>, EngineError> {
        let job = self.defined(row).await?;
        let Some(telling) = &row.telling else { return Ok(job) };
        let notifying = usize::try_from(telling.notification).ok().and_then(|number| job.notifying(number));
        Ok(std::sync::Arc::new(notifying.ok_or_else(|| {
            job.error("job.invalid", job.steps[0].at, "the notification is no longer in the job that is recorded")
        })?))
    }

    /// The job that the text of an execution defines.
    async fn defined(&self, row: &ExecutionRow) -> Result<std::sync::Arc<Job>, EngineError> {
        if let (Some(job), Some(version)) = (row.job_id, row.job_version) {
            let project = windlass_settings::ProjectName::parse(&row.project)
                .map_err(|why| EngineError::Project { project: row.project.clone(), why: why.to_string() })?;
            return self.stored_job(&project, &row.job, JobVersion { job, version }).await;
        }
        let label = PathBuf::from(format!("{}/{}", row.project, row.job));
        let text = self.store.execution_text(row.id).await?.unwrap_or_default();
        Ok(std::sync::Arc::new(Job::parse(&label, text)?))
    }
}

/// A new execution of what another one ran, with the same options. `text` is the job's.
pub(crate) fn repeated(row: &ExecutionRow, text: String, cause: Cause, at: i64) -> NewExecution {
    NewExecution {
        id: Uuid::now_v7(),
        project: row.project.clone(),
        job: row.job.clone(),
        text: match (row.job_id, row.job_version) {
            (Some(job), Some(version)) => JobText::Stored { job, version },
            _ => JobText::Inline(text),
        },
        job_key: row.job_key.clone(),
        concurrency: row.concurrency,
        options: row.options.clone(),
        cause,
        attempt: 1,
        restarts: 0,
        needs: row.needs.clone(),
        queued_at: at,
        parent: None,
        scheduled: row.scheduled,
        telling: row.telling.clone(),
        retry_of: Some(row.id),
        not_before: None,
    }
}
