//! What a step asks its runner for while it runs: credentials of its accounts, a try of the first, and that a checkpoint is kept.

use std::sync::{Mutex, PoisonError};

use secrecy::ExposeSecret as _;
use windlass_credentials::{AccountError, Attribution, Resolved, SessionPolicy, TooLong};
use windlass_hosting::StepFailure;
use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::{Credentials, Given, MAX_CHECKPOINT, Wanted};
use windlass_store::Transition;

use crate::failure;
use crate::needs::declared_by;
use crate::output::{Mask, Secrets};
use crate::step_run::StepRun;

impl StepRun<'_> {
    pub(crate) async fn answer(
        &self,
        wanted: Wanted,
        secrets: &Secrets,
        refusal: &Mutex<Option<StepFailure>>,
    ) -> Result<Given, StepError> {
        if let Wanted::Checkpoint { token } = wanted {
            return self.keep(token, secrets).await;
        }
        if let Wanted::Connect { .. } = wanted {
            return Err(StepError::new("step.connection-denied", "connections are asked for at the broker's socket"));
        }
        let number = if let Wanted::CredentialsIn { place } = wanted { place } else { 0 };
        let Some(account) = self.step.places.get(number) else { return Err(no_place(number, self.step.places.len())) };
        if let Wanted::Verify { external_id_check } = wanted {
            return self.verify(account, external_id_check, refusal).await.map(Given::Verified);
        }
        match self.credentials(account, secrets).await {
            Ok(credentials) => {
                // What was refused for a while is not why the step fails later.
                *refusal.lock().unwrap_or_else(PoisonError::into_inner) = None;
                Ok(Given::Credentials(credentials))
            }
            Err(error) => {
                let failure = failure(&error);
                let told = StepError::new(failure.code.as_str(), failure.message.clone());
                *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
                Err(told)
            }
        }
    }

    async fn keep(&self, token: String, secrets: &Secrets) -> Result<Given, StepError> {
        let refused = |why: String| Err(StepError::new("step.failed", why));
        if token.len() > MAX_CHECKPOINT {
            return refused(format!("a checkpoint has at most {MAX_CHECKPOINT} bytes"));
        }
        if Mask::new(secrets.clone()).text(token.clone()) != token {
            return refused("a checkpoint is kept in clear, and this one has a secret in it".to_owned());
        }
        let (execution, position) = (self.execution, self.position);
        let kept = Transition::Checkpoint { execution, position, token: token.clone() };
        if self.is_recorded()
            && let Err(error) = self.engine.store.commit(vec![kept]).await
        {
            return refused(format!("the checkpoint could not be kept: {error}"));
        }
        *self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        Ok(Given::Kept)
    }

    /// What narrows the step's session to what its step type declares.
    fn session_policy(&self, account: &Resolved) -> Result<SessionPolicy, AccountError> {
        let Some(role) = account.chain.role() else { return Ok(SessionPolicy::None) };
        let declared = declared_by(self.step.metadata(), &self.step.config, &role.arn, &account.region.name);
        SessionPolicy::of(role, &declared).map_err(|TooLong { characters }| AccountError::PolicyTooLong {
            account: account.chain.account().clone().into(),
            characters,
        })
    }

    async fn credentials(&self, account: &Resolved, secrets: &Secrets) -> Result<Credentials, AccountError> {
        let execution = self.execution.to_string();
        let who = Attribution {
            project: &self.run.prepared.project,
            job: &self.run.prepared.job.name,
            execution: &execution,
        };
        // Boxed: the SDK's futures are deep, and this one is part of every step's.
        let policy = self.session_policy(account)?;
        let given = Box::pin(self.engine.sessions.credentials(account, &who, &policy)).await?;
        secrets.add([given.secret_access_key.clone()].into_iter().chain(given.session_token.clone()));
        Ok(Credentials {
            access_key_id: given.access_key_id,
            secret_access_key: given.secret_access_key.expose_secret().to_owned(),
            session_token: given.session_token.map(|token| token.expose_secret().to_owned()),
            expires_at_ms: given.expires_at,
        })
    }
}

fn no_place(number: usize, count: usize) -> StepError {
    if count == 0 {
        return StepError::new("step.no-account", "this step type declares no need of an account");
    }
    StepError::new("step.failed", format!("credentials of place {number} were asked for, and the step has {count}"))
}
