//! Trying the account of a step that has asked for it. The account is that of the step, whatever it says.

use std::sync::{Mutex, PoisonError};

use windlass_credentials::{Attribution, Checked, Checks, Resolved, Verification};
use windlass_hosting::StepFailure;
use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::{Finding, Verified};

use crate::failure;
use crate::needs::of_job;
use crate::step_run::StepRun;

impl StepRun<'_> {
    /// What fails is why the step fails, if it does.
    pub(crate) async fn verify(
        &self,
        resolved: &Resolved,
        without_external_id: bool,
        refusal: &Mutex<Option<StepFailure>>,
    ) -> Result<Verified, StepError> {
        if !self.step.metadata().verifies_account {
            return Err(StepError::new("step.failed", "this step type does not declare that it has its account tried"));
        }
        let (prepared, account) = (self.run.prepared, resolved.chain.account());
        let settings = self
            .engine
            .settings_now()
            .await
            .map_err(|error| StepError::new("step.failed", format!("the accounts cannot be read: {error}")))?;
        let declared = of_job(prepared, &settings, settings.meant(account));
        let command =
            format!("windlass account policy {} --job {}/{}", account.name, prepared.project, prepared.job.name);
        let announced = |_: &str| {}; // The plugin has told the log what it is about to ask for.
        let checks =
            Checks { without_external_id, declared: Ok(declared), policy_command: &command, announce: &announced };
        let execution = self.execution.to_string();
        let who = Attribution { project: &prepared.project, job: &prepared.job.name, execution: &execution };
        let found = Box::pin(self.engine.sessions.verify(resolved, &who, &checks)).await;
        let fails = (!found.holds()).then(|| failure(&found));
        *refusal.lock().unwrap_or_else(PoisonError::into_inner) = fails;
        Ok(told(found))
    }
}

fn told(found: Verification) -> Verified {
    let finding = |Checked { hop, account, kind, outcome, what, remedy, .. }: Checked| Finding {
        hop,
        account,
        check: kind.name().to_owned(),
        result: outcome.name().to_owned(),
        what,
        remedy,
    };
    let Verification { account_id, arn, findings, .. } = found;
    Verified { account_id, arn, findings: findings.into_iter().map(finding).collect() }
}
