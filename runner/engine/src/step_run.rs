//! One step of an execution: its host, what it says, and how it ended.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;
use windlass_errors::Report;
use windlass_hosting::{Assignment, HostLimits, StepFailure, Stop, Timeout, run_step};
use windlass_keys::KeyError;
use windlass_plugin_api::frames::{Checkpoint, ExecutionInfo, Level, Start};
use windlass_store::{StoreError, Transition};

use crate::listener::Listener;
use crate::output::{Mask, Secrets};
use crate::recorder::Recorder;
use crate::run::Observer;
use crate::{Prepared, PreparedStep, Runner, surroundings};

/// How long a step may take to end what it has begun outside, once it has been cut off.
const ABANDON_TIME: Duration = Duration::from_secs(30);
/// Events that may wait for the engine; a step that says more is held back.
const WAITING_EVENTS: usize = 64;

/// One step and what it belongs to.
pub(crate) struct StepRun<'a> {
    pub(crate) runner: &'a Runner,
    pub(crate) execution: Uuid,
    pub(crate) prepared: &'a Prepared,
    pub(crate) position: i32,
    pub(crate) step: &'a PreparedStep,
    pub(crate) timeout: Option<Timeout>,
    /// The last checkpoint that it left.
    pub(crate) checkpoint: Mutex<Option<String>>,
}

/// How a step ended, and what of it is not written yet.
pub(crate) struct StepResult {
    pub(crate) outcome: Result<Value, StepFailure>,
    pub(crate) unwritten: Vec<Transition>,
}

impl StepRun<'_> {
    pub(crate) async fn run(
        &self,
        observer: Observer<'_>,
        stop: watch::Receiver<Option<Stop>>,
    ) -> Result<StepResult, StoreError> {
        let secrets = Secrets::default();
        let recorder = Recorder::new(self.execution, self.position);
        let mut listener = Listener::new(&self.step.step.id, recorder, observer, Mask::new(secrets.clone()));
        let mut outcome = self.once(None, &secrets, &mut listener, stop).await?;
        let left = self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Err(failure), Some(token)) = (&mut outcome, left)
            && failure.cut_off
            && self.step.metadata.resumable
        {
            self.abandon(token, &secrets, &mut listener, failure).await?;
        }
        Ok(listener.finish(outcome))
    }

    /// Runs the step in a host, as far as it gets.
    async fn once(
        &self,
        left: Option<Checkpoint>,
        secrets: &Secrets,
        listener: &mut Listener<'_, '_>,
        stop: watch::Receiver<Option<Stop>>,
    ) -> Result<Result<Value, StepFailure>, StoreError> {
        let refusal = Mutex::new(None);
        let (sender, mut events) = mpsc::channel(WAITING_EVENTS);
        let answer = |wanted| self.answer(wanted, secrets, &refusal);
        let assignment = match self.assignment(left, secrets).await {
            Ok(assignment) => assignment,
            Err(error) => return Ok(Err(failure(&error))),
        };
        let running = run_step(&self.step.library, assignment, answer, sender, stop);
        tokio::pin!(running);
        let outcome = loop {
            tokio::select! {
                biased;
                Some(event) = events.recv() => listener.hear(event),
                () = sleep_until(listener.recorder.due()) => {}
                outcome = &mut running => break outcome,
            }
            if listener.recorder.is_due() {
                self.runner.store.commit(listener.recorder.take()).await?;
            }
        };
        while let Ok(event) = events.try_recv() {
            listener.hear(event);
        }
        // The account's own error says more than what the plugin made of it.
        let refusal = refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
        Ok(outcome.map_err(|failure| match refusal {
            Some(refusal) if !is_stop(&failure) => refusal,
            _ => failure,
        }))
    }

    /// Lets a fresh host end what the step's last one had begun outside when it was cut off. How the step ended stays what
    /// it was; that the rest could not be ended is added to it, since somebody has to look.
    async fn abandon(
        &self,
        token: String,
        secrets: &Secrets,
        listener: &mut Listener<'_, '_>,
        failure: &mut StepFailure,
    ) -> Result<(), StoreError> {
        listener.log(Level::Info, "the step was cut off; ending what it had begun".to_owned());
        let (_nobody, never) = watch::channel(None);
        if let Err(error) = self.once(Some(Checkpoint::Abandon(token)), secrets, listener, never).await? {
            failure.message = format!("{}; what it had begun could not be ended: {}", failure.message, error.message);
        }
        Ok(())
    }

    async fn assignment(&self, left: Option<Checkpoint>, secrets: &Secrets) -> Result<Assignment, KeyError> {
        let settings = &self.runner.settings;
        let limits = HostLimits {
            memory_bytes: settings.limits.step_memory_bytes,
            output_bytes: settings.limits.step_output_bytes,
            processes: settings.limits.step_processes,
        };
        let start = Start {
            step: self.step.metadata.name.clone(),
            config: self.config(secrets).await?,
            execution: ExecutionInfo {
                id: self.execution.to_string(),
                project: self.prepared.project.to_string(),
                job: self.prepared.job.name.clone(),
                step: self.step.step.id.clone(),
            },
            region: self.step.account.as_ref().map(|account| account.region.name.clone()),
            endpoints: settings.endpoints.services.clone(),
            certificates: self.runner.certificates.clone(),
            checkpoint: left.clone(),
            scratch: None,
        };
        let surroundings = surroundings::of_step(self.step, self.runner);
        let grace = settings.limits.cancel_grace;
        let message = format!("ending it took longer than {ABANDON_TIME:?}");
        let timeout = match left {
            Some(Checkpoint::Abandon(_)) => Some(Timeout { after: ABANDON_TIME, message }),
            _ => self.timeout.clone(),
        };
        Ok(Assignment { start, timeout, grace, limits, surroundings })
    }

    /// The step's `with`, secrets in the place of the paths of their keys.
    async fn config(&self, secrets: &Secrets) -> Result<Value, KeyError> {
        let mut config = self.step.config.clone();
        for (pointer, path) in &self.step.keys {
            let secret = self.runner.keys.get(path).await?;
            let text = String::from_utf8(secret.expose_secret().to_vec());
            let text = text.map_err(|_| KeyError::NotText { path: path.to_string() })?;
            secrets.add([SecretString::from(text.as_str())]);
            if let Some(field) = config.pointer_mut(pointer) {
                *field = Value::String(text);
            }
        }
        Ok(config)
    }
}

/// An error as the failure of a step: its causes in the message, where the account is defined in the help.
pub(crate) fn failure(error: &impl Report) -> StepFailure {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(this) = cause {
        message = format!("{message}: {this}");
        cause = this.source();
    }
    let place = error.snippet().map(|place| format!("the account is defined at {place}"));
    let help: Vec<String> = error.help().into_iter().chain(place).collect();
    StepFailure { code: error.code(), message, help: (!help.is_empty()).then(|| help.join("\n")), cut_off: false }
}

fn is_stop(failure: &StepFailure) -> bool {
    matches!(failure.code.as_str(), "step.cancelled" | "step.timed-out")
}

async fn sleep_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}
