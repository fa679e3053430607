//! What the steps of jobs need of AWS, as their step types declare it: IAM policies are made from it.

mod resources;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use windlass_credentials::{AccountError, Permissions, Request, account_of, literal};
use windlass_jobs::{Action, Job, JobErrors, StepType, check};
use windlass_plugin_api::StepMetadata;
use windlass_settings::{Account, AccountName, ProjectName, RoleArn, Settings};

use self::resources::{Form, Place, arns, has_pattern};
pub(crate) use self::uses::{Use, uses};
use crate::workshop::Used;
use crate::{EngineError, Prepared, Workshop};

/// What the steps of some jobs need, by account.
#[derive(Debug, Default)]
pub struct Needs {
    by_account: Vec<(Account, Permissions)>,
    /// Step types that get an account and declare no action, so that nobody knows what they need.
    pub undeclared: BTreeSet<StepType>,
}

impl Needs {
    /// The accounts that steps use.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.by_account.iter().map(|(account, _)| account)
    }

    /// What is needed of an account, if it is used.
    pub fn of(&self, account: &Account) -> Option<&Permissions> {
        self.by_account.iter().find(|(known, _)| is_same(known, account)).map(|(_, permissions)| permissions)
    }

    /// Adds what others need.
    pub fn extend(&mut self, other: Self) {
        for (account, permissions) in other.by_account {
            self.entry(&account).extend(&permissions);
        }
        self.undeclared.extend(other.undeclared);
    }

    fn entry(&mut self, account: &Account) -> &mut Permissions {
        let known = self.by_account.iter().position(|(known, _)| is_same(known, account));
        let index = known.unwrap_or_else(|| {
            self.by_account.push((account.clone(), Permissions::default()));
            self.by_account.len() - 1
        });
        &mut self.by_account[index].1
    }
}

fn is_same(one: &Account, other: &Account) -> bool {
    one.name == other.name && one.scope == other.scope
}

/// All actions of a plugin's step types, with all resources: what can be said without a job.
pub fn declared<'a>(steps: impl IntoIterator<Item = &'a StepMetadata>) -> Permissions {
    let mut permissions = Permissions::default();
    for action in steps.into_iter().flat_map(|step| &step.actions) {
        permissions.add_everywhere(action);
    }
    permissions
}

impl Workshop<'_> {
    /// What jobs of a project need, and the stored jobs that they run as steps.
    ///
    /// # Errors
    /// What is wrong with one of the jobs, its accounts or its plugins.
    pub async fn needs(&self, project: &ProjectName, jobs: Vec<Job>) -> Result<Needs, EngineError> {
        let stored = if jobs.iter().any(refers) { self.stored(project).await? } else { Vec::new() };
        let jobs = with_references(jobs, &stored);
        let mut used = self.used(jobs.iter()).await;
        if let Some(refused) = used.refused.pop() {
            return Err(refused);
        }
        let known = used.known(stored.iter().chain(&jobs));
        let mut needs = Needs::default();
        for job in &jobs {
            JobErrors::none(check(job, project, &known))?;
            self.add(&mut needs, project, job, &used)?;
        }
        Ok(needs)
    }

    /// The stored jobs of a project.
    ///
    /// # Errors
    /// `store.unavailable`, or what is wrong with one that an earlier version took.
    pub async fn stored(&self, project: &ProjectName) -> Result<Vec<Job>, EngineError> {
        let mut jobs = Vec::new();
        for row in self.store.jobs(project.as_str()).await? {
            let text = self.store.job_text(row.id, row.version).await?.unwrap_or_default();
            jobs.push(Job::parse(format!("{project}/{}@{}", row.name, row.version).as_ref(), text)?);
        }
        Ok(jobs)
    }

    fn add(&self, needs: &mut Needs, project: &ProjectName, job: &Job, used: &Used) -> Result<(), EngineError> {
        for of in uses(job) {
            let Some(metadata) = used.step(of.uses) else { continue };
            for name in of.accounts(metadata) {
                of.add(needs, metadata, account_in(self.settings, project, job, name.as_ref())?);
            }
        }
        Ok(())
    }
}

/// What the steps of a job declare that use an account; those whose account is not clear before they run, or is another,
/// are left out.
pub(crate) fn of_job(prepared: &Prepared, settings: &Settings, account: &Account) -> Permissions {
    let (project, job) = (&prepared.project, prepared.job.as_ref());
    let mut needs = Needs::default();
    for of in uses(job) {
        let plugin = prepared.plugins.get(&of.uses.plugin);
        let Some(metadata) = plugin.and_then(|plugin| plugin.step(&of.uses.step)) else { continue };
        for name in of.accounts(metadata) {
            if let Ok(used) = account_in(settings, project, job, name.as_ref())
                && is_same(used, account)
            {
                of.add(&mut needs, metadata, used);
            }
        }
    }
    needs.of(account).cloned().unwrap_or_default()
}

fn account_in<'a>(
    settings: &'a Settings,
    project: &ProjectName,
    job: &Job,
    name: Option<&AccountName>,
) -> Result<&'a Account, AccountError> {
    let request = Request {
        project,
        job: &job.name,
        step_account: name,
        job_account: job.account.as_ref(),
        step_region: None,
        job_region: None,
    };
    account_of(settings, &request)
}

/// What a step declares that is about to run with an account, whose role it gets.
pub(crate) fn declared_by(metadata: &StepMetadata, with: &Value, role: &RoleArn, region: &str) -> Permissions {
    let place = Place {
        partition: Some(role.partition().as_str()),
        account: Some(role.account().to_string()),
        regions: vec![literal(region)],
    };
    permissions(metadata, with, &place, Form::Evaluated)
}

fn permissions(metadata: &StepMetadata, with: &Value, place: &Place, form: Form) -> Permissions {
    let mut permissions = Permissions::default();
    for action in &metadata.actions {
        let looks_up = metadata.resources.iter().find(|resources| resources.lookups.contains(action));
        if looks_up.is_some_and(|resources| !has_pattern(resources, with, form)) {
            continue;
        }
        let named = metadata.resources.iter().find(|resources| resources.actions.contains(action));
        match named.and_then(|resources| arns(resources, with, place, form)) {
            Some(arns) => permissions.add(action, arns),
            None => permissions.add_everywhere(action),
        }
    }
    permissions
}

fn refers(job: &Job) -> bool {
    job.all_steps().any(|step| matches!(step.action, Action::Job { .. }))
}

/// The jobs, and those of the stored that they come to refer to.
fn with_references(mut jobs: Vec<Job>, stored: &[Job]) -> Vec<Job> {
    let mut next = 0;
    while let Some(job) = jobs.get(next) {
        let names: Vec<&str> = job
            .all_steps()
            .filter_map(|step| match &step.action {
                Action::Job { name, .. } => Some(name.as_str()),
                _ => None,
            })
            .filter(|name| jobs.iter().all(|known| known.name != *name))
            .collect();
        let more: BTreeMap<&str, &Job> = stored
            .iter()
            .filter(|job| names.contains(&job.name.as_str()))
            .map(|job| (job.name.as_str(), job))
            .collect();
        let more: Vec<Job> = more.into_values().cloned().collect();
        jobs.extend(more);
        next += 1;
    }
    jobs
}

/// A text or texts, at a JSON pointer.
fn texts<'a>(with: &'a Value, pointer: &str) -> Option<Vec<&'a str>> {
    match with.pointer(pointer)? {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}
