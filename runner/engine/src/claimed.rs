//! Running an execution that is queued in the database: everything that it needs is read from there.

use std::collections::BTreeMap;

use windlass_jobs::{Event, OptionKind};
use windlass_settings::ProjectName;
use windlass_store::{ExecutionRow, State, Transition};

use crate::execution::{Run, ending, is_taken};
use crate::notice::{Failed, Notice, Observer};
use crate::recorder::now;
use crate::walk::{Begun, Past};
use crate::{Engine, EngineError, Halt, JobVersion, Prepared, failure, notify, options};

impl Engine {
    /// Claims an execution and runs it to its end. Nothing when it was not to be had.
    pub(crate) async fn run_claimed(
        &self,
        row: &ExecutionRow,
        observer: Observer<'_>,
    ) -> Result<Option<(State, Option<Failed>)>, EngineError> {
        let prepared = match self.prepare_queued(row).await {
            Ok(prepared) => prepared,
            Err(EngineError::Store(error)) => return Err(error.into()),
            Err(error) => return self.fail_unbegun(row, error, observer).await,
        };
        let past = self.past(row).await?;
        let run = Run::of(row, &prepared);
        let begun = Begun { transitions: vec![self.claims(&run)], within: None };
        match self.walk(&run, begun, past, observer, &Halt::default()).await {
            Ok(finished) => Ok(Some((finished.state, finished.failed))),
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What an execution had done before, if it goes on.
    pub(crate) async fn past(&self, row: &ExecutionRow) -> Result<Past, EngineError> {
        Ok(if row.resume { Past::of(self.store.steps(row.id).await?, row.redo_before) } else { Past::default() })
    }

    /// A queued execution with everything that it needs.
    pub(crate) async fn prepare_queued(&self, row: &ExecutionRow) -> Result<Prepared, EngineError> {
        let project = ProjectName::parse(&row.project)
            .map_err(|why| EngineError::Project { project: row.project.clone(), why: why.to_string() })?;
        let job = self.job_of(row).await?;
        let has_secrets = job.options.iter().any(|option| option.kind == OptionKind::Secret);
        let typed = if has_secrets { self.opened(row.id).await? } else { BTreeMap::new() };
        let bound = options::restored(&job, &project, &row.options, typed)?;
        let version = row.job_id.zip(row.job_version).map(|(job, version)| JobVersion { job, version });
        let prepared = self.prepare(project, job, bound, version).await?;
        Ok(Prepared { telling: row.telling.clone(), ..prepared })
    }

    /// Records that an execution could not even be begun.
    async fn fail_unbegun(
        &self,
        row: &ExecutionRow,
        error: EngineError,
        observer: Observer<'_>,
    ) -> Result<Option<(State, Option<Failed>)>, EngineError> {
        let failed = Failed { step: String::new(), failure: failure(&error) };
        let (execution, ending) = (row.id, ending(State::Failed, Some(&failed.failure)));
        let ended = Transition::Ended { execution, ending, outputs: None };
        let told = self.told_of(row, Event::Failure, State::Failed, &failed).await?;
        let (member, fence) = (self.member.id, row.fence + 1);
        let claimed = Transition::Claimed { execution, member, fence, at: now() };
        let transitions = [claimed, ended].into_iter().chain(notify::queued(told)).collect();
        match self.store.commit(transitions).await.map_err(EngineError::from) {
            Ok(()) => {
                observer(Notice::Started { execution });
                Ok(Some((State::Failed, Some(failed))))
            }
            Err(error) if is_taken(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
