//! What a member must have to take an execution: the plugins that its job and those that it refers to use, as far as they are
//! known when it is queued, and the labels that these ask for.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use windlass_jobs::{Action, Job, Step};
use windlass_settings::ProjectName;
use windlass_store::{ExecutionRow, MemberRow, Role, StoreError};

use crate::member::Member;
use crate::{Engine, EngineError, JobVersion};

const LABEL: &str = "label:";
const PLUGIN: &str = "plugin:";
/// Kinds of needs in a queue that are told apart; of more, the rest is taken by whoever comes first.
const MOST_KINDS: i64 = 100;

/// What a job needs, as it is recorded with an execution.
fn recorded(needs: &BTreeSet<String>) -> String {
    serde_json::to_string(needs).expect("a list of texts is JSON")
}

fn parsed(needs: &str) -> BTreeSet<String> {
    serde_json::from_str(needs).unwrap_or_default()
}

impl Engine {
    /// What a member must have to take an execution of this job, as [`windlass_store::NewExecution::needs`] says it.
    ///
    /// # Errors
    /// `store.unavailable`
    pub(crate) async fn requirements(&self, project: &ProjectName, job: &Job) -> Result<String, StoreError> {
        let (mut needs, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut names = add(&mut needs, job);
        while let Some(name) = names.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let Some(row) = self.store.job(project.as_str(), &name).await? else { continue };
            let version = JobVersion { job: row.id, version: row.version };
            match self.stored_job(project, &name, version).await {
                Ok(job) => names.extend(add(&mut needs, &job)),
                Err(EngineError::Store(error)) => return Err(error),
                // What is wrong with it is told when the step's turn comes.
                Err(_) => {}
            }
        }
        Ok(recorded(&needs))
    }

    /// Which needs of queued executions this process does not meet; `None` when none is queued.
    pub(crate) async fn unmet(&self, met: &mut BTreeSet<String>) -> Result<Option<Vec<String>>, StoreError> {
        let all = self.store.queued_needs(MOST_KINDS).await?;
        if all.is_empty() {
            return Ok(None);
        }
        let mut unmet = Vec::new();
        let mut own = None;
        for needs in all {
            if met.contains(&needs) {
                continue;
            }
            if own.is_none() {
                own = Some(self.offers_now().await);
            }
            if own.as_ref().is_some_and(|own| self.counts(&needs).is_subset(own)) {
                met.insert(needs);
            } else {
                unmet.push(needs);
            }
        }
        Ok(Some(unmet))
    }

    /// On one machine nobody else has a plugin that is missing here: the execution fails, and says so.
    fn counts(&self, needs: &str) -> BTreeSet<String> {
        let all = parsed(needs);
        if self.lease.is_needed() { all } else { all.into_iter().filter(|need| need.starts_with(LABEL)).collect() }
    }

    async fn offers_now(&self) -> BTreeSet<String> {
        let labels = self.settings.server.labels.iter().map(|label| format!("{LABEL}{label}"));
        let plugins = self.plugins.identities().await.into_iter().map(|it| format!("{PLUGIN}{}", it.name));
        labels.chain(plugins).collect()
    }

    /// What the database is to know of this process.
    pub(crate) async fn member_row(&self) -> Result<windlass_store::Member, StoreError> {
        let row = self.member.row();
        if !self.member.serves() {
            return Ok(row);
        }
        let plugins = self.plugins.identities().await;
        let plugins: Vec<Value> =
            plugins.iter().map(|it| json!({ "name": it.name, "version": it.version, "sha256": null })).collect();
        Ok(windlass_store::Member {
            max_executions: self.settings.server.max_executions.into(),
            master_key: self.store.master_keys().await?.pop(),
            labels: json!(self.settings.server.labels).to_string(),
            plugins: json!(plugins).to_string(),
            ..row
        })
    }

    /// Records the hashes of the plugins that this process finds. They are read one after another, and nothing waits for it.
    pub(crate) async fn tell_plugins(&self) {
        let mut plugins = Vec::new();
        for identity in self.plugins.identities().await {
            let sha256 = self.plugins.sha256(&identity.name).await;
            plugins.push(json!({ "name": identity.name, "version": identity.version, "sha256": sha256 }));
        }
        // It is shown, and nothing else: the next server to begin tries again.
        let _ = self.store.set_member_plugins(self.member.id, json!(plugins).to_string()).await;
    }
}

/// What a job needs that refers to no other.
pub(crate) fn requirements_alone(job: &Job) -> String {
    let mut needs = BTreeSet::new();
    add(&mut needs, job);
    recorded(&needs)
}

/// Adds what the steps of a job need; the jobs that they refer to.
fn add(needs: &mut BTreeSet<String>, job: &Job) -> Vec<String> {
    needs.extend(job.runs_on.iter().map(|label| format!("{LABEL}{label}")));
    needs.extend(job.all_steps().filter_map(Step::uses).map(|uses| format!("{PLUGIN}{}", uses.plugin)));
    let name = |step: &Step| match &step.action {
        Action::Job { name, .. } => Some(name.clone()),
        _ => None,
    };
    job.all_steps().filter_map(name).collect()
}

impl Member {
    /// What a queued execution waits for that no server has which lives and takes work; nothing when one could take it.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn lacking(
        &self,
        store: &windlass_store::Store,
        row: &ExecutionRow,
    ) -> Result<Option<String>, StoreError> {
        let (rows, lapsed) = (store.member_rows().await?, store.lapsed_members().await?);
        let takes = |row: &&MemberRow| {
            row.member.role == Role::Server && !row.draining && self.seems_alive(&row.member, &lapsed)
        };
        let servers: Vec<BTreeSet<String>> = rows.iter().filter(takes).map(offers).collect();
        let needs = parsed(&row.needs);
        if servers.is_empty() || servers.iter().any(|server| needs.is_subset(server)) {
            return Ok(None);
        }
        let nobody_has: Vec<&String> =
            needs.iter().filter(|need| !servers.iter().any(|server| server.contains(*need))).collect();
        Ok(Some(match nobody_has.as_slice() {
            [] => format!("no server that runs has all of {}", named(needs.iter())),
            missing => format!("no server that runs has {}", named(missing.iter().copied())),
        }))
    }
}

fn offers(row: &MemberRow) -> BTreeSet<String> {
    let labels: Vec<String> = serde_json::from_str(&row.member.labels).unwrap_or_default();
    let plugins: Vec<Value> = serde_json::from_str(&row.member.plugins).unwrap_or_default();
    let plugins = plugins.iter().filter_map(|plugin| Some(format!("{PLUGIN}{}", plugin["name"].as_str()?)));
    labels.into_iter().map(|label| format!("{LABEL}{label}")).chain(plugins).collect()
}

fn named<'a>(needs: impl Iterator<Item = &'a String>) -> String {
    let one = |need: &String| match need.split_once(':') {
        Some((kind, name)) => format!("{kind} `{name}`"),
        None => format!("`{need}`"),
    };
    needs.map(one).collect::<Vec<_>>().join(" and ")
}
