//! One step execution: its host, what it says, and how it ended.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use uuid::Uuid;
use windlass_errors::Code;
use windlass_hosting::{Assignment, StepFailure, Stop, Timeout, run_step};
use windlass_jobs::{SecretOption, SecretSource};
use windlass_keys::KeyError;
use windlass_plugin_api::frames::{Checkpoint, ExecutionInfo, Level, Place, Start};
use windlass_settings::StepLogAction;
use windlass_store::StoreError;

use crate::execution::Run;
use crate::listener::Listener;
use crate::notice::Observer;
use crate::output::{Mask, Secrets, ShortSecrets};
use crate::plugin_steps::{PluginSteps, Ready};
use crate::recorder::Recorder;
use crate::step::PluginStep;
use crate::walk::{Attempted, Leaf, Ledger, in_each_attempt};
use crate::{Engine, Halt, failure, notify, places, plugins, surroundings, token};

/// How long a step may take to end what it has begun outside, once it has been cut off.
const ABANDON_TIME: Duration = Duration::from_secs(30);
/// Events that may wait for the engine; a step that says more is held back.
const WAITING_EVENTS: usize = 64;

/// A step execution and what it belongs to.
pub(crate) struct StepRun<'a> {
    /// Where what it says is recorded; nowhere for a step that is only asked.
    ledger: Option<&'a Ledger>,
    observer: Observer<'a>,
    pub(crate) engine: &'a Engine,
    pub(crate) run: &'a Run<'a>,
    pub(crate) execution: Uuid,
    pub(crate) path: &'a str,
    pub(crate) position: i32,
    pub(crate) step: &'a PluginStep,
    /// The last checkpoint that it left.
    pub(crate) checkpoint: Mutex<Option<String>>,
    /// Which secrets were told to be masked badly; nowhere for a step that is only asked.
    short: Option<&'a ShortSecrets>,
}

impl<'a> StepRun<'a> {
    pub(crate) fn new(steps: &'a PluginSteps<'a>, leaf: &Leaf<'a, Ready>, step: &'a PluginStep) -> Self {
        let PluginSteps { engine, run, ledger, observer, ref short, .. } = *steps;
        let (ledger, execution, path, position) = (Some(ledger), run.execution, leaf.path, leaf.position);
        let (checkpoint, short) = (Mutex::default(), Some(short));
        Self { ledger, observer, engine, run, execution, path, position, step, checkpoint, short }
    }

    /// A step that belongs to no execution: what it says is not kept.
    pub(crate) fn asked(engine: &'a Engine, run: &'a Run<'a>, step: &'a PluginStep, observer: Observer<'a>) -> Self {
        let (execution, path, checkpoint) = (run.execution, step.id.as_str(), Mutex::default());
        Self { ledger: None, observer, engine, run, execution, path, position: 0, step, checkpoint, short: None }
    }

    pub(crate) fn is_recorded(&self) -> bool {
        self.ledger.is_some()
    }

    /// Runs it until its end, from a checkpoint if it left one before.
    pub(crate) async fn run(&self, left: Option<String>, halt: &Halt) -> Result<Attempted, StoreError> {
        let secrets = Secrets::default();
        let limits = &self.engine.settings.limits;
        let recorder = Recorder::new(self.execution, self.position, limits.step_log_bytes);
        let mut listener = Listener::new(self.path, recorder, self.observer, Mask::new(secrets.clone()));
        self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&left);
        let left = left.map(Checkpoint::Resume);
        let mut outcome = self.once(left, &secrets, &mut listener, halt.receiver()).await?;
        let left = self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let (Err(failure), Some(token)) = (&mut outcome, left)
            && failure.cut_off
            && self.step.metadata().resumable
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
        listener: &mut Listener<'_>,
        stop: watch::Receiver<Option<Stop>>,
    ) -> Result<Result<Value, StepFailure>, StoreError> {
        let refusal = Mutex::new(None);
        let (sender, mut events) = mpsc::channel(WAITING_EVENTS);
        let answer = |wanted| self.answer(wanted, secrets, &refusal);
        let assignment = match self.assignment(left, secrets, listener).await {
            Ok(assignment) => assignment,
            Err(error) => return Ok(Err(failure(&error))),
        };
        let running = run_step(&self.step.plugin.library, assignment, answer, sender, stop);
        tokio::pin!(running);
        let outcome = loop {
            tokio::select! {
                biased;
                Some(event) = events.recv() => listener.hear(event),
                () = sleep_until(listener.recorder.due()) => {}
                outcome = &mut running => break outcome,
            }
            if listener.recorder.is_due() {
                if let Err(full) = self.has_room(listener).await? {
                    break Err(full);
                }
                let said = listener.recorder.take();
                if let Some(ledger) = self.ledger {
                    ledger.write_said(said).await?;
                }
            }
            if let Some(over) = self.log_is_full(listener) {
                break Err(over);
            }
        };
        while let Ok(event) = events.try_recv() {
            listener.hear(event);
        }
        let outcome = match self.has_room(listener).await? {
            Err(full) if outcome.is_ok() => Err(full),
            _ => outcome,
        };
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
        listener: &mut Listener<'_>,
        failure: &mut StepFailure,
    ) -> Result<(), StoreError> {
        listener.log(Level::Info, "the step was cut off; ending what it had begun".to_owned());
        let (_nobody, never) = watch::channel(None);
        if let Err(error) = self.once(Some(Checkpoint::Abandon(token)), secrets, listener, never).await? {
            failure.message = format!("{}; what it had begun could not be ended: {}", failure.message, error.message);
        }
        Ok(())
    }

    /// Lets a host end what the step had begun outside when its runner ended. What it says is told and not kept.
    pub(crate) async fn end_outside(&self, token: String) -> Result<Result<(), StepFailure>, StoreError> {
        let secrets = Secrets::default();
        let recorder = Recorder::new(self.execution, self.position, self.engine.settings.limits.step_log_bytes);
        let mut listener = Listener::new(self.path, recorder, self.observer, Mask::new(secrets.clone()));
        let (_nobody, never) = watch::channel(None);
        let outcome = self.once(Some(Checkpoint::Abandon(token)), &secrets, &mut listener, never).await?;
        Ok(listener.finish(outcome).outcome.map(drop))
    }

    /// Whether there is room for the tables and files that came since this was last asked.
    async fn has_room(&self, listener: &mut Listener<'_>) -> Result<Result<(), StepFailure>, StoreError> {
        match listener.recorder.take_kept() {
            0 => Ok(Ok(())),
            more => self.engine.keep(self.run.prepared.project.as_str(), more).await,
        }
    }

    /// The failure of a step that has logged more than it may, where that is a failure. Its host ends with it.
    fn log_is_full(&self, listener: &Listener<'_>) -> Option<StepFailure> {
        let limits = &self.engine.settings.limits;
        if limits.step_log_action == StepLogAction::Truncate || listener.recorder.dropped() == 0 {
            return None;
        }
        let message = format!("the step logged more than {} bytes", limits.step_log_bytes);
        let help =
            Some("log less, or raise `limits.stepLog`; `limits.stepLogAction: truncate` drops the rest".to_owned());
        Some(StepFailure { code: Code::new("step.log-full"), message, help, cut_off: true })
    }

    /// Whose the step is, as its plugin is told.
    fn identity(&self) -> ExecutionInfo {
        let (execution, step, path) = match &self.run.prepared.telling {
            Some(telling) => {
                let (execution, step) = notify::identity(telling);
                (execution, step.clone(), step)
            }
            None => (self.execution, self.step.id.clone(), in_each_attempt(self.path)),
        };
        let path = if self.is_of_first_api() { String::new() } else { path };
        let (project, job) = (self.run.prepared.project.to_string(), self.run.prepared.job.name.clone());
        ExecutionInfo { id: execution.to_string(), project, job, step, step_path: path }
    }

    async fn assignment(
        &self,
        left: Option<Checkpoint>,
        secrets: &Secrets,
        listener: &mut Listener<'_>,
    ) -> Result<Assignment, KeyError> {
        let settings = &self.engine.settings;
        let start = Start {
            step: self.step.uses.step.clone(),
            config: self.config(secrets, listener).await?,
            execution: self.identity(),
            region: self.step.place().map(|place| place.region.name.clone()),
            places: self.places(),
            endpoints: settings.endpoints.services.clone(),
            certificates: self.engine.certificates.clone().filter(|_| !self.is_of_first_api()),
            checkpoint: left.clone(),
            token: self.token(secrets),
            scratch: None,
        };
        let surroundings = surroundings::of_step(self.step, self.engine);
        let grace = settings.limits.cancel_grace;
        let message = format!("ending it took longer than {ABANDON_TIME:?}");
        let timeout = match left {
            Some(Checkpoint::Abandon(_)) => Some(Timeout { after: ABANDON_TIME, message }),
            _ => None,
        };
        let (limits, lifeline) = (plugins::limits(settings), self.engine.lease.lifeline());
        Ok(Assignment { start, timeout, grace, limits, surroundings, lifeline })
    }

    fn places(&self) -> Vec<Place> {
        match self.is_of_first_api() {
            true => Vec::new(),
            false => self.step.places.iter().map(places::shown).collect(),
        }
    }

    /// Plugins of the first api refuse to be told what they do not know.
    fn is_of_first_api(&self) -> bool {
        self.step.plugin.metadata.api.starts_with("1.0.")
    }

    /// By which a step that has its account by choice knows its own commands.
    fn token(&self, secrets: &Secrets) -> Option<String> {
        let wanted = self.step.place().is_some() && self.step.metadata().takes_account;
        wanted.then(|| {
            let token = token::random();
            secrets.add([token.clone()]);
            token.expose_secret().to_owned()
        })
    }

    /// The step's `with`, secrets in the place of where they come from.
    async fn config(&self, secrets: &Secrets, listener: &mut Listener<'_>) -> Result<Value, KeyError> {
        let mut config = self.step.config.clone();
        for (pointer, source) in &self.step.secrets {
            let (secret, path) = self.secret(source).await?;
            let text =
                std::str::from_utf8(secret.expose_secret()).map_err(|_| KeyError::NotText { path: path.clone() })?;
            if let Some(warning) = self.short.and_then(|short| short.warning(&path, text)) {
                listener.warn(&warning);
            }
            secrets.add([SecretString::from(text)]);
            if let Some(field) = config.pointer_mut(pointer) {
                *field = Value::String(text.to_owned());
            }
        }
        Ok(config)
    }

    /// A secret and what it is called.
    async fn secret(&self, source: &SecretSource) -> Result<(SecretSlice<u8>, String), KeyError> {
        let bound = &self.run.prepared.bound.secrets;
        match source {
            SecretSource::Key(path) => Ok((self.engine.keys.get(path).await?, path.to_string())),
            SecretSource::Option(name) => match bound.get(name) {
                Some(SecretOption::Key(path)) => Ok((self.engine.keys.get(path).await?, path.to_string())),
                Some(SecretOption::Typed(typed)) => {
                    Ok((typed.expose_secret().as_bytes().to_vec().into(), format!("options.{name}")))
                }
                None => Err(KeyError::NotGiven { option: name.clone() }),
            },
        }
    }
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
