//! Ending outside what steps had begun whose executions have ended without them. It is recorded until it is done, so that
//! it outlives whoever is at it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use uuid::Uuid;
use windlass_hosting::StepFailure;
use windlass_jobs::{Bound, Options};
use windlass_plugin_api::frames::Level;
use windlass_settings::ProjectName;
use windlass_store::{ExecutionRow, StoreError, ToAbandon, Transition};

use crate::execution::Run;
use crate::notice::Notice;
use crate::step_run::StepRun;
use crate::{Engine, EngineError, Prepared, failure};

/// Steps that are claimed at a time.
const BATCH: i64 = 64;
/// Hosts at a time.
const HOSTS: usize = 4;

/// What became of what an interrupted step had begun outside.
#[derive(Debug)]
pub struct Abandoned<'a> {
    /// The execution.
    pub execution: Uuid,
    /// The step's path.
    pub step: &'a str,
    /// What its plugin said.
    pub said: &'a [String],
    /// What could not be ended.
    pub trouble: Option<&'a str>,
}

impl Engine {
    /// How long a process that is about to end may take to end what others had begun; the next one does the rest.
    pub const ABANDONS_WITHIN: Duration = Duration::from_secs(40);

    /// Claims what interrupted steps had begun outside and nobody who lives is at.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn claim_left(&self) -> Result<Vec<ToAbandon>, EngineError> {
        let (mut claimed, member) = (Vec::new(), self.member.id);
        for left in self.store.to_abandon(BATCH).await? {
            let before = left.abandoner;
            if let Some(other) = before.filter(|other| *other != member)
                && self.member.lives(&self.store, other).await?
            {
                continue;
            }
            let (execution, position) = (left.execution, left.position);
            self.join().await?;
            let joins = self.member.joins().into_iter();
            let claims = joins.chain([Transition::Abandoning { execution, position, before, member }]);
            match self.store.commit(claims.collect()).await {
                Ok(()) => {
                    self.member.has_joined();
                    claimed.push(left);
                }
                Err(StoreError::StaleTransition { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(claimed)
    }

    /// Ends outside what was claimed, and tells of each.
    ///
    /// # Errors
    /// `store.unavailable`, [`EngineError::CutOff`]; what is not recorded as ended can be claimed again. That something cannot be ended is no error:
    /// it is told, and recorded in the step's reason.
    pub async fn abandon(
        &self,
        claimed: Vec<ToAbandon>,
        tell: &(dyn Fn(Abandoned<'_>) + Send + Sync),
    ) -> Result<(), EngineError> {
        let one = |left| async move { self.abandon_one(&left, tell).await };
        let mut all = futures_util::stream::iter(claimed).map(one).buffer_unordered(HOSTS);
        while let Some(done) = all.next().await {
            done?;
        }
        Ok(())
    }

    async fn abandon_one(
        &self,
        left: &ToAbandon,
        tell: &(dyn Fn(Abandoned<'_>) + Send + Sync),
    ) -> Result<(), EngineError> {
        let Some(row) = self.store.execution(left.execution).await? else { return Ok(()) };
        let heard = Mutex::new((Vec::new(), Vec::new()));
        let observer = |notice: Notice<'_>| {
            if let Notice::Log { level, text, .. } = notice {
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.0.push(text.to_owned());
                heard.1.extend(matches!(level, Level::Warn | Level::Error).then(|| text.to_owned()));
            }
        };
        let ended = self.while_leased(self.end_outside(&row, left, &observer)).await?;
        let (said, warnings) = heard.into_inner().unwrap_or_else(PoisonError::into_inner);
        let trouble = match ended {
            Err(failure) => Some(failure.message),
            // Who only warns has not ended it either.
            Ok(()) => Some(warnings.join("; ")).filter(|text| !text.is_empty()),
        };
        let (execution, position) = (left.execution, left.position);
        let abandoned = Transition::Abandoned { execution, position, trouble: trouble.clone() };
        match self.store.commit(vec![abandoned]).await {
            // It was removed meanwhile.
            Err(StoreError::StaleTransition { .. }) => {}
            done => done?,
        }
        tell(Abandoned { execution, step: &left.path, said: &said, trouble: trouble.as_deref() });
        Ok(())
    }

    async fn end_outside(
        &self,
        row: &ExecutionRow,
        left: &ToAbandon,
        observer: &(dyn Fn(Notice<'_>) + Send + Sync),
    ) -> Result<Result<(), StepFailure>, StoreError> {
        let prepared = match self.bare(row).await {
            Ok(prepared) => prepared,
            Err(EngineError::Store(error)) => return Err(error),
            Err(error) => return Ok(Err(failure(&error))),
        };
        let step = match self.called(&prepared, left).await {
            Ok(step) => step,
            Err(failure) => return Ok(Err(failure)),
        };
        let run = Run::of(row, &prepared);
        StepRun::asked(self, &run, &step, observer).end_outside(left.token.clone()).await
    }

    /// The job of an execution that has ended: it has no options any more, and needs no plugin but one.
    async fn bare(&self, row: &ExecutionRow) -> Result<Prepared, EngineError> {
        let project = ProjectName::parse(&row.project)
            .map_err(|why| EngineError::Project { project: row.project.clone(), why: why.to_string() })?;
        let bound = Bound { values: Options::new(), secrets: BTreeMap::new() };
        let job = self.job_of(row).await?;
        let needs = row.needs.clone();
        Ok(Prepared { job, project, bound, version: None, telling: None, depth: 0, needs, plugins: BTreeMap::new() })
    }
}
