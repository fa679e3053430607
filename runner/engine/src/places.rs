//! Where a step works: each of its accounts in each of its regions. What its `with` names stands in the place of what the
//! step, its job and defaults say.

use std::collections::BTreeSet;

use serde_json::Value;
use windlass_credentials::{Request, Resolved, resolve};
use windlass_jobs::{Evaluated, Job, JobError, Step, Tree, Values, marked, said_twice, text};
use windlass_plugin_api::StepMetadata;
use windlass_plugin_api::fields::{ACCOUNT, REGION};
use windlass_plugin_api::frames::Place;
use windlass_settings::AccountName;
use windlass_settings::yaml::Position;

use crate::prepare::uses_at;
use crate::{Engine, EngineError, Prepared};

/// The most places of a step: each has sessions of its own, and their policies.
const MOST: usize = 50;

/// A step whose places are asked for.
pub(crate) struct Asked<'a> {
    pub(crate) prepared: &'a Prepared,
    pub(crate) step: &'a Step,
    pub(crate) metadata: &'a StepMetadata,
    /// Its `with` as it was written, and with the values of its expressions.
    pub(crate) written: &'a Tree,
    pub(crate) with: &'a Evaluated,
    pub(crate) values: &'a Values,
}

impl Asked<'_> {
    /// The places; none for a step that has no account.
    ///
    /// # Errors
    /// What is wrong with how the step names accounts and regions, or with one of the accounts.
    pub(crate) async fn resolve(&self, engine: &Engine) -> Result<Vec<Resolved>, EngineError> {
        if !self.metadata.has_account(true) {
            return Ok(Vec::new());
        }
        let (job, accounts, regions) = (self.job(), self.accounts()?, self.regions()?);
        let named = accounts.iter().any(Option::is_some) || job.account.is_some();
        if !self.metadata.has_account(named) {
            return Ok(Vec::new());
        }
        let count = accounts.len() * regions.len();
        if count > MOST {
            let message = format!("the step is to work in {count} places, and at most {MOST} are allowed");
            let hint = "a place is an account in a region; divide them among several steps";
            return Err(job.error("job.invalid-step", uses_at(self.step), message).or_hint(hint).into());
        }
        let settings = engine.settings_now().await?;
        let mut places = Vec::with_capacity(count);
        for account in &accounts {
            for region in &regions {
                let request = Request {
                    project: &self.prepared.project,
                    job: &job.name,
                    step_account: account.as_ref(),
                    job_account: job.account.as_ref(),
                    step_region: region.as_deref(),
                    job_region: job.region.as_deref(),
                };
                places.push(resolve(&settings, &request)?);
            }
        }
        Ok(places)
    }

    /// The accounts that the step names, each once; nothing stands for that of its job.
    fn accounts(&self) -> Result<Vec<Option<AccountName>>, JobError> {
        let job = self.job();
        let named = self.named(ACCOUNT, |text, place, filled| {
            let name = AccountName::parse(text).map_err(|why| job.error("job.invalid-step", place, why))?;
            if filled {
                listed(&name, place, job)?;
            }
            Ok(name)
        })?;
        let own = self.step.account.as_ref().map(|account| own(account, self.values, job)).transpose()?.flatten();
        self.either("account", named, own)
    }

    /// The regions that it names, each once; nothing stands for that of its job or of the account.
    fn regions(&self) -> Result<Vec<Option<String>>, JobError> {
        let named = self.named(REGION, |text, _, _| Ok(text.to_owned()))?;
        let own = self.step.region.as_ref().map(|region| text(region, self.values, self.job())).transpose()?.flatten();
        self.either("region", named, own)
    }

    /// What the fields of its `with` with a mark come to, each once, and where the first stands.
    fn named<T: PartialEq>(
        &self,
        mark: &str,
        read: impl Fn(&str, Position, bool) -> Result<T, JobError>,
    ) -> Result<Vec<(T, Position)>, JobError> {
        let mut named: Vec<(T, Position)> = Vec::new();
        for pointer in marked(&self.metadata.config, &self.with.value, mark) {
            let text = self.with.value.pointer(&pointer).and_then(Value::as_str).unwrap_or_default();
            let place = self.with.places.of_value(&pointer);
            let name = read(text, place, self.written.is_filled_at(&pointer))?;
            if named.iter().all(|(known, _)| *known != name) {
                named.push((name, place));
            }
        }
        Ok(named)
    }

    /// What its `with` names, or else what the step does.
    fn either<T>(&self, key: &str, named: Vec<(T, Position)>, own: Option<T>) -> Result<Vec<Option<T>>, JobError> {
        match (named.first(), &own) {
            (Some((_, place)), Some(_)) => Err(said_twice(key, *place, self.job())),
            (Some(_), None) => Ok(named.into_iter().map(|(name, _)| Some(name)).collect()),
            (None, _) => Ok(vec![own]),
        }
    }

    fn job(&self) -> &Job {
        &self.prepared.job
    }
}

/// The account that a step's `account` comes to.
fn own(account: &Tree, values: &Values, job: &Job) -> Result<Option<AccountName>, JobError> {
    let Some(text) = text(account, values, job)? else { return Ok(None) };
    let name = AccountName::parse(&text).map_err(|why| job.error("job.invalid", account.position(), why))?;
    if account.has_expression() {
        listed(&name, account.position(), job)?;
    }
    Ok(Some(name))
}

/// Holds what an expression comes to against the job's list: it may come from whoever starts the job.
fn listed(name: &AccountName, place: Position, job: &Job) -> Result<(), JobError> {
    if job.accounts.contains(name) {
        return Ok(());
    }
    let message = format!("the expression comes to `{name}`, which is not in the job's `accounts`");
    Err(job.error("account.not-listed", place, message))
}

/// A place as its plugin sees it.
pub(crate) fn shown(place: &Resolved) -> Place {
    let chain = &place.chain;
    let of_role = chain.role().map(|role| role.arn.account());
    let id = of_role.or_else(|| chain.links().rev().find_map(|link| link.account_id.as_ref()));
    Place {
        account: chain.account().name.to_string(),
        account_id: id.map(ToString::to_string),
        region: place.region.name.clone(),
    }
}

/// The names of the accounts, each once, as an execution records and shows them.
pub(crate) fn account_names(places: &[Resolved]) -> Option<String> {
    let mut seen = BTreeSet::new();
    let names = places.iter().map(|place| place.chain.account().name.as_str());
    let names: Vec<&str> = names.filter(|name| seen.insert(*name)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
