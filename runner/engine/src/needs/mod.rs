//! What the steps of jobs need of AWS, as their step types declare it: IAM policies are made from it.

mod resources;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use windlass_credentials::{AccountError, Permissions, Request, account_of, literal};
use windlass_jobs::{Action, Job, JobErrors, Step, StepType, Tree, ValuesFrom, check};
use windlass_plugin_api::StepMetadata;
use windlass_settings::{Account, AccountName, Partition, ProjectName, RoleArn, Settings};

use self::resources::{Form, Place, arns};
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
        for step in job.all_steps() {
            let Action::Uses { uses, with, .. } = &step.action else { continue };
            for name in accounts(step, job) {
                let named = name.is_some() || job.account.is_some();
                let Some(metadata) = used.step(uses).filter(|metadata| metadata.has_account(named)) else { continue };
                let account = self.account(project, job, name.as_ref())?;
                add_step(needs, job, Some(step), (uses, with), metadata, account);
            }
        }
        for from in job.options.iter().filter_map(|option| option.values_from.as_ref()) {
            let ValuesFrom::Step(asked) = from else { continue };
            let named = job.account.is_some();
            let Some(metadata) = used.step(&asked.uses).filter(|metadata| metadata.has_account(named)) else {
                continue;
            };
            add_step(needs, job, None, (&asked.uses, &asked.with), metadata, self.account(project, job, None)?);
        }
        Ok(())
    }

    fn account(&self, project: &ProjectName, job: &Job, name: Option<&AccountName>) -> Result<&Account, EngineError> {
        Ok(account_in(self.settings, project, job, name)?)
    }
}

fn add_step(
    needs: &mut Needs,
    job: &Job,
    step: Option<&Step>,
    (uses, with): (&StepType, &Tree),
    metadata: &StepMetadata,
    account: &Account,
) {
    if metadata.actions.is_empty() {
        needs.undeclared.insert(uses.clone());
    }
    let (place, with) = (place(step, job, account), with.raw());
    needs.entry(account).extend(&permissions(metadata, &with, &place, Form::Written));
}

/// What the steps of a job declare that use an account; those whose account is not clear before they run, or is another,
/// are left out.
pub(crate) fn of_job(prepared: &Prepared, settings: &Settings, account: &Account) -> Permissions {
    let (project, job) = (&prepared.project, prepared.job.as_ref());
    let mut needs = Needs::default();
    for step in job.all_steps() {
        let Action::Uses { uses, with, .. } = &step.action else { continue };
        let metadata = prepared.plugins.get(&uses.plugin).and_then(|plugin| plugin.step(&uses.step));
        for name in accounts(step, job) {
            let named = name.is_some() || job.account.is_some();
            let Some(metadata) = metadata.filter(|metadata| metadata.has_account(named)) else { continue };
            if let Ok(used) = account_in(settings, project, job, name.as_ref())
                && is_same(used, account)
            {
                add_step(&mut needs, job, Some(step), (uses, with), metadata, used);
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

/// The accounts that a step may come to use; nothing stands for that of its job.
fn accounts(step: &Step, job: &Job) -> Vec<Option<AccountName>> {
    match step.account.as_ref() {
        None => vec![None],
        Some(tree) if tree.has_expression() => job.accounts.iter().cloned().map(Some).collect(),
        Some(tree) => vec![tree.raw().as_str().and_then(|text| AccountName::parse(text).ok())],
    }
}

/// Where a step's resources lie, as far as it is known before it runs.
fn place(step: Option<&Step>, job: &Job, account: &Account) -> Place {
    let regions = match step.and_then(|step| step.region.as_ref()) {
        Some(tree) if tree.has_expression() => account.regions.clone(),
        Some(tree) => tree.raw().as_str().map(str::to_owned).into_iter().collect(),
        None => match job.region.as_ref().or(account.default_region.as_ref()) {
            Some(region) => vec![region.clone()],
            None => account.regions.clone(),
        },
    };
    let role = account.role.as_ref().map(|role| &role.arn);
    let partition = role.map(RoleArn::partition);
    let partition = partition.or_else(|| regions.first().map(|region| Partition::of_region(region)));
    let owner = role.map(RoleArn::account).or(account.account_id.as_ref());
    Place {
        partition: partition.map(Partition::as_str),
        account: owner.map(ToString::to_string),
        regions: if regions.is_empty() { vec!["*".to_owned()] } else { regions.iter().map(|it| literal(it)).collect() },
    }
}

/// A text or texts, at a JSON pointer.
fn texts<'a>(with: &'a Value, pointer: &str) -> Option<Vec<&'a str>> {
    match with.pointer(pointer)? {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}
