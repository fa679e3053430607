//! A step that runs another job of the project, as an execution of its own.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use windlass_errors::Code;
use windlass_hosting::StepFailure;
use windlass_jobs::{Bound, Given, Job, JobError, Tree, Values, bind, evaluate};
use windlass_settings::yaml::Position;
use windlass_store::{Cause, ExecutionRow, NewExecution, Proviso, State, StepRef, StoreError, Transition};

use crate::execution::Run;
use crate::notice::{Notice, prefixed};
use crate::plugin_steps::{PluginSteps, Ready};
use crate::prepare::JobVersion;
use crate::recorder::now;
use crate::start::reopens;
use crate::walk::{Attempted, Begun, Leaf, Left};
use crate::{Engine, EngineError, Finished, Halt, Prepared};

/// How deep jobs may refer to each other. Circles are refused when jobs are applied; this is for those that came about since.
const DEEPEST: usize = 10;

/// Another job with the values of its options, ready to run.
#[derive(Debug)]
pub(crate) struct Reference {
    prepared: Prepared,
}

impl Reference {
    pub(crate) async fn new(
        engine: &Engine,
        run: &Run<'_>,
        (name, at, options): (&str, Position, &Tree),
        values: &Values,
    ) -> Result<Self, EngineError> {
        let outer = run.prepared;
        let wrong = |message: String| outer.job.error("job.unknown-job", at, message);
        if outer.depth >= DEEPEST {
            return Err(wrong(format!("jobs refer to each other more than {DEEPEST} deep")).into());
        }
        let row = engine.store.job(outer.project.as_str(), name).await?;
        let Some(row) = row else {
            return Err(wrong(format!("project `{}` has no job `{name}`", outer.project)).into());
        };
        let version = JobVersion { job: row.id, version: row.version };
        let job = engine.stored_job(&outer.project, name, version).await?;
        let bound = bound(outer, &job, options, values)?;
        let mut prepared = engine.prepare(outer.project.clone(), job, bound, Some(version)).await?;
        prepared.depth = outer.depth + 1;
        Ok(Self { prepared })
    }

    pub(crate) async fn run(
        &self,
        steps: &PluginSteps<'_>,
        leaf: &Leaf<'_, Ready>,
        left: Left,
        halt: &Halt,
    ) -> Result<Attempted, StoreError> {
        let observer = prefixed(steps.observer, leaf.path);
        let observer: &(dyn Fn(Notice<'_>) + Send + Sync) = &observer;
        let ended = match self.unfinished(steps, &left).await? {
            Some(row) => {
                let (execution, position, child) = (steps.run.execution, leaf.position, row.id);
                steps.ledger.write_said(vec![Transition::Child { execution, position, child }]).await?;
                self.go_on(steps.engine, row, observer, halt).await
            }
            None => self.begin(steps, leaf, observer, halt).await,
        };
        let outcome = match ended {
            Ok(ended) => self.outcome(ended),
            Err(EngineError::Store(error)) => return Err(error),
            Err(error) => Err(crate::failure(&error)),
        };
        Ok(Attempted { outcome, tables: std::collections::BTreeMap::new(), unwritten: Vec::new() })
    }

    async fn begin(
        &self,
        steps: &PluginSteps<'_>,
        leaf: &Leaf<'_, Ready>,
        observer: &(dyn Fn(Notice<'_>) + Send + Sync),
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        let (parent, position) = (steps.run.execution, leaf.position);
        let new = NewExecution {
            parent: Some(StepRef { execution: parent, position }),
            ..self.prepared.new_execution(Cause::Reference, now())
        };
        let known = Transition::Child { execution: parent, position, child: new.id };
        let before = Begun { transitions: vec![known], within: Some(steps.ledger.hold) };
        // Boxed: this is the way round to where it came from.
        Box::pin(steps.engine.run_new(&self.prepared, new, before, observer, halt)).await
    }

    /// The execution that it had begun before. One that has ended is reopened when it is to be done again; when it cannot
    /// be, there is a new one.
    async fn unfinished(&self, steps: &PluginSteps<'_>, left: &Left) -> Result<Option<ExecutionRow>, StoreError> {
        let engine = steps.engine;
        let Some(child) = left.child else { return Ok(None) };
        let row = engine.store.execution(child).await?;
        if !left.redo || !row.as_ref().is_some_and(|row| reopens(row.state)) {
            return Ok(row.filter(|row| !left.redo || row.state != State::Skipped));
        }
        let secrets = match engine.sealed(child, &self.prepared.bound).await {
            Ok(secrets) => secrets,
            Err(EngineError::Store(error)) => return Err(error),
            Err(_) => return Ok(None),
        };
        let reopened = vec![Transition::Reopened { execution: child, at: now(), secrets }];
        engine.store.commit_if(Proviso::Held(steps.ledger.hold), reopened).await?;
        engine.store.execution(child).await
    }

    /// Goes on with an execution that an interruption had cut off, or takes its result.
    async fn go_on(
        &self,
        engine: &Engine,
        row: ExecutionRow,
        observer: &(dyn Fn(Notice<'_>) + Send + Sync),
        halt: &Halt,
    ) -> Result<Finished, EngineError> {
        if row.state.has_ended() {
            return Ok(recorded(row));
        }
        let past = engine.past(&row).await?;
        let prepared = self.as_begun(engine, &row).await?;
        let run = Run::of(&row, prepared.as_ref().unwrap_or(&self.prepared));
        Box::pin(engine.run_queued(&run, past, observer, halt)).await
    }

    /// The job as it was when the execution was begun, if it is another now: an execution stays with its version.
    async fn as_begun(&self, engine: &Engine, row: &ExecutionRow) -> Result<Option<Prepared>, EngineError> {
        let version = row.job_id.zip(row.job_version).map(|(job, version)| JobVersion { job, version });
        if version == self.prepared.version {
            return Ok(None);
        }
        let begun = engine.prepare_queued(row).await?;
        Ok(Some(Prepared { depth: self.prepared.depth, ..begun }))
    }

    fn outcome(&self, ended: Finished) -> Result<Value, StepFailure> {
        let Finished { state, outputs, failed, .. } = ended;
        if state == State::Succeeded {
            return Ok(outputs.unwrap_or_else(|| Value::Object(serde_json::Map::new())));
        }
        let name = &self.prepared.job.name;
        Err(match failed {
            Some(failed) => {
                let at = if failed.step.is_empty() { String::new() } else { format!(" in step `{}`", failed.step) };
                StepFailure {
                    message: format!("job `{name}` did not succeed{at}: {}", failed.failure.message),
                    ..failed.failure
                }
            }
            None => {
                let message = format!("job `{name}` ended as `{state}`");
                StepFailure { code: Code::new("step.failed"), message, help: None, cut_off: false }
            }
        })
    }
}

/// The values of the other job's options. A secret option is passed on as it is.
fn bound(outer: &Prepared, job: &Job, options: &Tree, values: &Values) -> Result<Bound, JobError> {
    let evaluated = evaluate(options, values, &outer.job)?;
    let mut given = Vec::new();
    for (name, value) in evaluated.value.as_object().into_iter().flatten() {
        let secret = evaluated.secret_options.get(&format!("/{name}")).and_then(|name| outer.bound.secrets.get(name));
        given.push((name.clone(), secret.map_or_else(|| Given::Value(value.clone()), |it| Given::Secret(it.clone()))));
    }
    bind(job, &outer.project, &given)
}

fn recorded(row: ExecutionRow) -> Finished {
    let outputs = row.outputs.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let failed = (row.state != State::Succeeded).then(|| {
        let code = Code::recorded(row.code.as_deref().unwrap_or("step.failed"));
        let message = row.reason.unwrap_or_default();
        let failure = StepFailure { code, message, help: None, cut_off: false };
        crate::notice::Failed { step: String::new(), failure }
    });
    Finished { execution: row.id, state: row.state, steps: Vec::new(), outputs, failed, next: None }
}

impl Engine {
    /// A version of a stored job, parsed once.
    pub(crate) async fn stored_job(
        &self,
        project: &windlass_settings::ProjectName,
        name: &str,
        version: JobVersion,
    ) -> Result<Arc<Job>, EngineError> {
        if let Some(job) = self.jobs.get(version) {
            return Ok(job);
        }
        let text = self.store.job_text(version.job, version.version).await?.unwrap_or_default();
        self.parsed(project.as_str(), name, version, text)
    }

    /// The text of a version of a stored job, parsed and kept.
    pub(crate) fn parsed(
        &self,
        project: &str,
        name: &str,
        version: JobVersion,
        text: String,
    ) -> Result<Arc<Job>, EngineError> {
        let label = PathBuf::from(format!("{project}/{name}@{}", version.version));
        let job = Arc::new(Job::parse(&label, text)?);
        self.jobs.keep(version, &job);
        Ok(job)
    }
}
