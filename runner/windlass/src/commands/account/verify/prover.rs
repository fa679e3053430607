use windlass_credentials::{Attribution, Checks, Environment, Permissions, Sessions, Verification, resolve_to_verify};
use windlass_settings::{Account, ProjectName, Scope, Settings, Unusable};

use super::super::scope::{self, Ground};
use super::declared::Declared;
use super::shown;
use crate::problem::Problem;
use crate::{setup, show};

/// What it takes to try accounts.
pub(super) struct Prover<'a> {
    settings: &'a Settings,
    sessions: Sessions,
    region: Option<&'a str>,
    without_external_id: bool,
}

impl<'a> Prover<'a> {
    pub(super) fn new(ground: &'a Ground, region: Option<&'a str>, without_external_id: bool) -> Self {
        let Ground { settings, store, .. } = ground;
        let keys = setup::keys(settings, store);
        let sessions = Sessions::new(settings.endpoints.clone(), keys, Environment::of_process());
        Self { settings, sessions, region, without_external_id }
    }

    /// Tries an account for a project, or for its own.
    pub(super) async fn prove(
        &self,
        account: &Account,
        project: Option<&ProjectName>,
        declared: Result<Permissions, String>,
        policy_command: &str,
    ) -> Verification {
        let resolved = match resolve_to_verify(self.settings, account, self.region) {
            Ok(resolved) => resolved,
            Err(error) => return Verification::refused(&account.name, &account.scope, &account.place, &error),
        };
        let project = match (&account.scope, project) {
            (Scope::Project(own), _) => own.clone(),
            (Scope::System, Some(project)) => project.clone(),
            (Scope::System, None) => ProjectName::parse("system").expect("it is a name"),
        };
        let who = Attribution { project: &project, job: "verify", execution: "verify" };
        let without_external_id = self.without_external_id;
        let announce = |line: &str| show::talk(show::safe_text(line));
        let checks = Checks { without_external_id, declared, policy_command, announce: &announce };
        self.sessions.verify(&resolved, &who, &checks).await
    }
}

/// One that cannot even be tried.
pub(super) fn unusable(it: &Unusable) -> Verification {
    let error = windlass_credentials::AccountError::Unusable { account: it.clone().into() };
    Verification::refused(&it.name, &it.scope, &it.place, &error)
}

/// Tries an account before it is kept, by what its users would do with it.
///
/// # Errors
/// `account.verify-failed`; what was found is shown then.
pub(in super::super) async fn must_hold(ground: &Ground, account: &Account) -> Result<(), Problem> {
    let project = match &account.scope {
        Scope::Project(project) => Some(project),
        Scope::System => None,
    };
    let declared = Declared::by(ground, project).await.of(account);
    let command = scope::Scope::default().policy_command(project, account);
    let found = Prover::new(ground, None, true).prove(account, project, declared, &command).await;
    if found.holds() {
        return Ok(());
    }
    show::talk(shown::text(&found).trim_end());
    Err(Problem::from(found))
}
