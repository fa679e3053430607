//! The uses of step types in a job, and where each may come to work: what can be said of that before it runs.

use std::iter::once;

use serde_json::Value;
use windlass_credentials::literal;
use windlass_jobs::{Action, Job, Step, StepType, Tree, ValuesFrom, Written, written};
use windlass_plugin_api::StepMetadata;
use windlass_plugin_api::fields::{ACCOUNT, REGION};
use windlass_settings::{Account, AccountName, Partition, RoleArn};

use super::resources::{Form, Place};
use super::{Needs, permissions};

/// A use of a step type.
pub(crate) struct Use<'a> {
    job: &'a Job,
    /// None for a step that is asked for the values of an option.
    pub(crate) step: Option<&'a Step>,
    pub(crate) uses: &'a StepType,
    /// Its `with` as it was written.
    pub(crate) with: Value,
}

/// All of a job: those of its steps, and those that are asked for the values of its options.
pub(crate) fn uses(job: &Job) -> impl Iterator<Item = Use<'_>> {
    let of_steps = job.all_used().filter_map(move |step| match &step.action {
        Action::Uses { uses, with, .. } => Some(Use { job, step: Some(step), uses, with: with.raw() }),
        _ => None,
    });
    let of_options = job.options.iter().filter_map(move |option| match &option.values_from {
        Some(ValuesFrom::Step(asked)) => Some(Use { job, step: None, uses: &asked.uses, with: asked.with.raw() }),
        _ => None,
    });
    of_steps.chain(of_options)
}

impl Use<'_> {
    /// The accounts that it may come to work with; nothing stands for that of its job.
    pub(super) fn accounts(&self, metadata: &StepMetadata) -> Vec<Option<AccountName>> {
        let Written { texts, more } = self.named(metadata, ACCOUNT, self.step.and_then(|step| step.account.as_ref()));
        let listed = self.job.accounts.iter().filter(|_| more).cloned();
        let mut accounts: Vec<Option<AccountName>> =
            texts.iter().filter_map(|text| AccountName::parse(text).ok()).chain(listed).map(Some).collect();
        if accounts.is_empty() && !more {
            accounts.push(None);
        }
        let job = self.job.account.is_some();
        accounts.retain(|name| metadata.has_account(name.is_some() || job));
        accounts
    }

    /// Adds what it needs of one of them.
    pub(super) fn add(&self, needs: &mut Needs, metadata: &StepMetadata, account: &Account) {
        if metadata.actions.is_empty() {
            needs.undeclared.insert(self.uses.clone());
        }
        let place = self.place(metadata, account);
        needs.entry(account).extend(&permissions(metadata, &self.with, &place, Form::Written));
    }

    /// Where its resources lie, as far as it is known before it runs.
    fn place(&self, metadata: &StepMetadata, account: &Account) -> Place {
        let regions = self.regions(metadata, account);
        let role = account.role.as_ref().map(|role| &role.arn);
        let partition = role.map(RoleArn::partition);
        let partition = partition.or_else(|| regions.first().map(|region| Partition::of_region(region)));
        let owner = role.map(RoleArn::account).or(account.account_id.as_ref());
        let any = once("*".to_owned()).filter(|_| regions.is_empty());
        Place {
            partition: partition.map(Partition::as_str),
            account: owner.map(ToString::to_string),
            regions: regions.iter().map(|region| literal(region)).chain(any).collect(),
        }
    }

    fn regions(&self, metadata: &StepMetadata, account: &Account) -> Vec<String> {
        let named = self.named(metadata, REGION, self.step.and_then(|step| step.region.as_ref()));
        let of_job = self.job.region.as_ref().or(account.default_region.as_ref());
        match (named, of_job) {
            (Written { more: true, .. }, _) => account.regions.clone(),
            (Written { texts, .. }, _) if !texts.is_empty() => texts,
            (_, Some(region)) => vec![region.clone()],
            (_, None) => account.regions.clone(),
        }
    }

    /// What its `with` names, or else what the step does.
    fn named(&self, metadata: &StepMetadata, mark: &str, own: Option<&Tree>) -> Written {
        let named = written(&metadata.config, &self.with, mark);
        match own {
            Some(own) if named.is_empty() => {
                let text = own.raw().as_str().map(str::to_owned);
                Written {
                    texts: text.into_iter().filter(|_| !own.has_expression()).collect(),
                    more: own.has_expression(),
                }
            }
            _ => named,
        }
    }
}
