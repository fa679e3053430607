//! Executions that have ended, done again: as a new one with the same options, or going on where it had stopped.

use std::sync::Arc;

use serde_json::Value;
use windlass_jobs::{Bound, Given, Job, JobError, OptionKind, Options, SecretOption, bind};
use windlass_settings::{KeyPath, ProjectName};
use windlass_store::{Cause, Enqueued, ExecutionRow, NewExecution, NotClaimed, StoreError, Transition};

use crate::execution::Run;
use crate::notice::Observer;
use crate::recorder::now;
use crate::settle::repeated;
use crate::start::{Started, reopens};
use crate::walk::{Begun, Past};
use crate::{Engine, EngineError, Finished, Halt, JobVersion, Prepared};

/// An execution that is to be done again, with what that takes.
#[derive(Debug)]
pub struct Repeat {
    /// The execution.
    pub row: ExecutionRow,
    /// Its job, as it was.
    pub job: Arc<Job>,
    /// Options that are secrets, need not have a value, and have none now: what was typed is not kept.
    pub forgotten: Vec<String>,
    bound: Bound,
}

impl Engine {
    /// Makes ready to do an execution again in a new one, with these options in the place of its own.
    ///
    /// # Errors
    /// `execution.not-ended`; `job.invalid-option` when a value is not allowed, or a secret was typed and is not given again;
    /// `store.unavailable`
    pub async fn repeat(&self, row: ExecutionRow, others: &[(String, Given)]) -> Result<Repeat, EngineError> {
        if !row.state.has_ended() {
            let why = format!("is `{}`", row.state);
            let help = "wait for its end, or `windlass execution cancel` it".to_owned();
            return Err(EngineError::NotEnded { execution: row.id, why, help });
        }
        let job = self.job_of(&row).await?;
        let given = given_again(&job, &row.options, others);
        let missing = |required: bool| {
            let secrets = job
                .options
                .iter()
                .filter(move |option| option.kind == OptionKind::Secret && option.required == required);
            secrets.map(|option| option.name.clone()).filter(|name| !given.iter().any(|(known, _)| known == name))
        };
        let lost: Vec<String> = missing(true).map(|name| format!("`{name}`")).collect();
        if !lost.is_empty() {
            let message =
                format!("a secret that was typed is not kept when an execution has ended: option {}", lost.join(", "));
            let help = "give each again: with `--option NAME=-` you are asked for it".to_owned();
            return Err(JobError::Option { message, help }.into());
        }
        let forgotten = missing(false).collect();
        let asked = |name: &String| job.option(name).is_some_and(|option| option.values_from.is_some());
        let project = project_of(&row)?;
        let offered = match others.iter().any(|(name, _)| asked(name)) {
            true => self.offer(&project, Arc::clone(&job)).await?,
            false => Arc::clone(&job),
        };
        let bound = bind(&offered, &project, &given)?;
        Ok(Repeat { row, job, forgotten, bound })
    }

    /// Makes ready to let an execution go on after its last finished step. Only secrets may be given: it keeps its options.
    ///
    /// # Errors
    /// `execution.not-ended` when there is nothing to go on with; else as [`Self::repeat`]
    pub async fn reopen(&self, row: ExecutionRow, secrets: &[(String, Given)]) -> Result<Repeat, EngineError> {
        let refused = |why: String, help: &str| EngineError::NotEnded { execution: row.id, why, help: help.to_owned() };
        if row.state.has_ended() && !reopens(row.state) {
            let why = format!("has ended as `{}`, and there is nothing to go on with", row.state);
            return Err(refused(why, "`windlass execution retry` runs its job again from the start"));
        }
        if let Some(parent) = row.parent {
            let why = format!("belongs to a step of execution `{}`", parent.execution);
            return Err(refused(why, "let that one go on; this one goes on with it"));
        }
        let job = self.job_of(&row).await?;
        let secret = |name: &str| job.option(name).is_some_and(|option| option.kind == OptionKind::Secret);
        if let Some((name, _)) = secrets.iter().find(|(name, _)| job.option(name).is_some() && !secret(name)) {
            let message = format!("an execution that goes on keeps its options, and `{name}` is one that is no secret");
            let help = "`windlass execution retry` runs the job again from the start, with other options".to_owned();
            return Err(JobError::Option { message, help }.into());
        }
        self.repeat(row, secrets).await
    }

    /// Queues a new execution of what another one ran.
    ///
    /// # Errors
    /// `store.unavailable`; what is wrong with the master key, for options that were typed
    pub async fn retry(&self, repeat: &Repeat) -> Result<Started, EngineError> {
        self.enqueue(repeat.new_execution(), &repeat.job, &repeat.bound).await
    }

    /// Queues an execution again that has ended, to go on.
    ///
    /// # Errors
    /// As [`Self::retry`]; `internal` when somebody else was faster
    pub async fn resume(&self, repeat: &Repeat) -> Result<Started, EngineError> {
        self.store.commit(vec![self.reopening(repeat).await?]).await?;
        self.member.wake_others().await;
        Ok(Started { execution: repeat.row.id, became: Enqueued::Queued })
    }

    /// Loads what running it in this process takes.
    ///
    /// # Errors
    /// What is wrong with the project, or a plugin that the job uses.
    pub async fn prepare_again(&self, repeat: &Repeat) -> Result<Prepared, EngineError> {
        let Repeat { row, job, bound, .. } = repeat;
        let project = project_of(row)?;
        let version = row.job_id.zip(row.job_version).map(|(job, version)| JobVersion { job, version });
        self.prepare(project, Arc::clone(job), bound.clone(), version).await
    }

    /// Runs what another execution ran again in this process.
    ///
    /// # Errors
    /// When it cannot be recorded. A failed step is a result.
    pub async fn retry_here(
        &self,
        repeat: &Repeat,
        prepared: &Prepared,
        observer: Observer<'_>,
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        self.run_new(prepared, repeat.new_execution(), Begun::default(), observer, halt).await
    }

    /// Lets an execution go on in this process.
    ///
    /// # Errors
    /// When it cannot be recorded. A failed step is a result.
    pub async fn resume_here(
        &self,
        repeat: &Repeat,
        prepared: &Prepared,
        observer: Observer<'_>,
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        let execution = repeat.row.id;
        let steps = self.store.steps(execution).await?;
        let redo_before = steps.iter().map(|step| step.position + 1).max();
        let past = Past::of(steps, redo_before);
        let run = Run::of(&repeat.row, prepared);
        let reopening = self.reopening(repeat).await?;
        self.join().await?;
        let mut transitions: Vec<Transition> = self.member.joins().into_iter().collect();
        transitions.extend([reopening.clone(), self.claims(&run)]);
        match self.walk(&run, Begun { transitions, within: None }, past.clone(), observer, halt).await {
            Err(EngineError::Store(StoreError::NotClaimed { because: NotClaimed::Limit, .. })) => {}
            other => return other,
        }
        self.store.commit(vec![reopening]).await?;
        self.run_queued(&run, past, observer, halt).await
    }

    async fn reopening(&self, repeat: &Repeat) -> Result<Transition, EngineError> {
        let execution = repeat.row.id;
        let secrets = self.sealed(execution, &repeat.bound).await?;
        Ok(Transition::Reopened { execution, at: now(), secrets })
    }
}

impl Repeat {
    fn new_execution(&self) -> NewExecution {
        let options = crate::options::stored(&self.bound);
        let new = repeated(&self.row, self.job.text().to_owned(), Cause::Restart, now());
        NewExecution { options, ..new }
    }
}

fn project_of(row: &ExecutionRow) -> Result<ProjectName, EngineError> {
    let wrong = |why: String| EngineError::Project { project: row.project.clone(), why };
    ProjectName::parse(&row.project).map_err(|why| wrong(why.to_string()))
}

/// The options of an execution as they were given, where no others are given now.
fn given_again(job: &Job, options: &str, others: &[(String, Given)]) -> Vec<(String, Given)> {
    let stored: Options = serde_json::from_str(options).unwrap_or_default();
    let mut given: Vec<(String, Given)> = others.to_vec();
    for (name, value) in stored {
        let Some(option) = job.option(&name).filter(|_| !others.iter().any(|(other, _)| *other == name)) else {
            continue;
        };
        let value = match (option.kind, value) {
            (_, Value::Null) => continue,
            (OptionKind::Secret, Value::String(path)) => match KeyPath::parse(&path) {
                Ok(path) => Given::Secret(SecretOption::Key(path)),
                Err(_) => continue,
            },
            (_, value) => Given::Value(value),
        };
        given.push((name, value));
    }
    given
}
