//! What a process that is gone left behind: every execution that it ran is brought to an end, or queued to go on.

use std::path::PathBuf;

use uuid::Uuid;
use windlass_jobs::{Job, OnInterrupted};
use windlass_store::{Cause, ExecutionRow, JobText, Member, NewExecution, State, StoreError, Transition};

use crate::member::Gone;
use crate::recorder::now;
use crate::{Engine, EngineError, JobVersion};

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

impl Engine {
    /// Settles what members of this data directory left that are gone, and returns the executions.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn settle(&self) -> Result<Vec<(Uuid, Settled)>, EngineError> {
        let (mut settled, mut left) = (Vec::new(), Vec::new());
        let members = self.store.members().await?;
        self.member.sweep(&members.iter().map(|member| member.id).collect::<Vec<_>>());
        for member in members {
            let neighbour = self.member.is_neighbour(&member.data_dir_id);
            let Some(gone) = self.member.gone(member.id).filter(|_| neighbour) else { continue };
            settled.extend(self.settle_member(&member).await?);
            left.push(gone);
        }
        settled.extend(self.settle_nobodys().await?);
        // To forget them takes a transaction, which a short run need not wait for when they had left nothing.
        if self.member.serves() || !settled.is_empty() || left.len() >= MOST_FORGOTTEN {
            for done in futures_util::future::join_all(left.iter().map(|gone| self.forget(gone.id))).await {
                done?;
            }
        }
        left.into_iter().for_each(Gone::forget);
        if !settled.is_empty() {
            self.member.wake_others();
        }
        Ok(settled)
    }

    /// Settles what was begun by a Windlass that knew no members: it is not there any more.
    async fn settle_nobodys(&self) -> Result<Vec<(Uuid, Settled)>, EngineError> {
        let mut settled = Vec::new();
        for row in self.store.running_of(None).await? {
            let how = self.end(&row, None, "the runner that ran it has ended", OnInterrupted::Fail).await?;
            settled.extend(how.map(|how| (row.id, how)));
        }
        Ok(settled)
    }

    /// Somebody else may have been faster.
    async fn forget(&self, member: Uuid) -> Result<(), StoreError> {
        match self.store.commit(vec![Transition::Left { member }]).await {
            Err(StoreError::StaleTransition { .. }) => Ok(()),
            done => done,
        }
    }

    async fn settle_member(&self, member: &Member) -> Result<Vec<(Uuid, Settled)>, EngineError> {
        let reason = format!("the runner that ran it has ended (process {} on `{}`)", member.pid, member.host);
        let mut settled = Vec::new();
        // Those that others refer to come first: what becomes of them decides about the rest.
        for row in self.store.running_of(Some(member.id)).await?.into_iter().filter(|row| row.parent.is_none()) {
            settled.extend(self.settle_execution(&row, Some(member.id), &reason).await?.map(|how| (row.id, how)));
        }
        for row in self.store.running_of(Some(member.id)).await? {
            let how = self.end(&row, Some(member.id), &reason, OnInterrupted::Fail).await?;
            settled.extend(how.map(|how| (row.id, how)));
        }
        Ok(settled)
    }

    /// Settles one execution with all those that its steps had begun. Nothing when somebody else was faster.
    pub(crate) async fn settle_execution(
        &self,
        row: &ExecutionRow,
        member: Option<Uuid>,
        reason: &str,
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
                    self.end(child, member, reason, if resumes { OnInterrupted::Resume } else { OnInterrupted::Fail })
                        .await?,
                ),
                _ if resumes => {}
                _ => drop(self.store.request_cancel(child.id, now()).await?),
            }
        }
        self.end(row, member, reason, policy).await
    }

    async fn end(
        &self,
        row: &ExecutionRow,
        member: Option<Uuid>,
        reason: &str,
        policy: OnInterrupted,
    ) -> Result<Option<Settled>, EngineError> {
        let (execution, at, code, reason) = (row.id, now(), CODE.to_owned(), reason.to_owned());
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
        match self.store.commit(transitions).await {
            Ok(()) => Ok(Some(how)),
            Err(StoreError::StaleTransition { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
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
        queued_at: at,
        parent: None,
        scheduled: row.scheduled,
        retry_of: Some(row.id),
        not_before: None,
    }
}
