//! The options of an execution in the database: values in clear, keys by their paths, what was typed encrypted.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde_json::Value;
use uuid::Uuid;
use windlass_jobs::{Bound, Job, JobError, OptionKind, Options, SecretOption};
use windlass_settings::{KeyPath, ProjectName};
use windlass_store::ExecutionSecret;

use crate::{Engine, EngineError};

/// The options as they are stored: of a secret from key storage its path, of one that was typed nothing.
pub(crate) fn stored(bound: &Bound) -> String {
    let mut values = bound.values.clone();
    for (name, secret) in &bound.secrets {
        if let SecretOption::Key(path) = secret {
            values.insert(name.clone(), Value::String(path.to_string()));
        }
    }
    Value::Object(values).to_string()
}

/// The options of an execution that was stored.
pub(crate) fn restored(
    job: &Job,
    project: &ProjectName,
    options: &str,
    typed: BTreeMap<String, SecretString>,
) -> Result<Bound, JobError> {
    let mut values: Options = serde_json::from_str(options).unwrap_or_default();
    let mut secrets: BTreeMap<String, SecretOption> =
        typed.into_iter().map(|(name, secret)| (name, SecretOption::Typed(secret))).collect();
    for option in job.options.iter().filter(|option| option.kind == OptionKind::Secret) {
        let stored = values.insert(option.name.clone(), Value::Null);
        let path = stored.as_ref().and_then(Value::as_str).and_then(|path| KeyPath::parse(path).ok());
        secrets.extend(path.map(|path| (option.name.clone(), SecretOption::Key(path))));
    }
    Bound::restore(job, project, values, secrets)
}

impl Engine {
    /// What was typed for an execution, encrypted.
    pub(crate) async fn sealed(&self, execution: Uuid, bound: &Bound) -> Result<Vec<ExecutionSecret>, EngineError> {
        let mut sealed = Vec::new();
        for (name, secret) in &bound.secrets {
            if let SecretOption::Typed(secret) = secret {
                sealed.push(self.keys.seal_for(execution, name, secret).await?);
            }
        }
        Ok(sealed)
    }

    /// What was typed for an execution, for another one.
    pub(crate) async fn resealed(&self, from: Uuid, to: Uuid) -> Result<Vec<ExecutionSecret>, EngineError> {
        let mut sealed = Vec::new();
        for (name, secret) in self.opened(from).await? {
            sealed.push(self.keys.seal_for(to, &name, &secret).await?);
        }
        Ok(sealed)
    }

    /// What was typed for an execution.
    pub(crate) async fn opened(&self, execution: Uuid) -> Result<BTreeMap<String, SecretString>, EngineError> {
        Ok(self.keys.typed_for(execution).await?)
    }
}
