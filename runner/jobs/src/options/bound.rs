use std::collections::BTreeMap;
use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value};
use windlass_errors::nearest_hint;
use windlass_settings::{KeyPath, ProjectName};

use crate::job::OptionKind;
use crate::options::fits;
use crate::{Job, JobError};

/// The values of a job's options: each option of the job has one, null when it is optional and nothing was given, and null
/// when it is a secret.
pub type Options = Map<String, Value>;

/// What is given for an option.
#[derive(Clone)]
pub enum Given {
    /// A text, as a person writes it: read by the option's type. For a file it is the file's text.
    Text(String),
    /// A value with its type: from a reference of another job, or of an execution that is repeated.
    Value(Value),
    /// A secret that is passed on.
    Secret(SecretOption),
}

impl fmt::Debug for Given {
    /// Without the value: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(..)",
            Self::Value(_) => "Value(..)",
            Self::Secret(_) => "Secret(..)",
        })
    }
}

/// Where the text of a secret option is.
#[derive(Clone, Debug)]
pub enum SecretOption {
    /// In key storage. In [`Bound`] it is one that the project may read.
    Key(KeyPath),
    /// It was typed in.
    Typed(SecretString),
}

/// The options of one execution.
///
/// `values` holds nothing secret and may be stored as it is; a key's path may be stored too, what was typed may not. Keys
/// are the project's own.
#[derive(Clone, Debug)]
pub struct Bound {
    /// The values.
    pub values: Options,
    /// The secrets that have one, by the option's name.
    pub secrets: BTreeMap<String, SecretOption>,
}

impl Bound {
    /// The options of an execution that was stored, for the same text of the job.
    ///
    /// # Errors
    /// `job.invalid-option`, when what was stored does not fit the job: an option it has not, one without a value, a value
    /// that it does not allow, a secret for what is none, a required secret that is gone; `key.not-permitted` as
    /// [`bind`](crate::bind).
    pub fn restore(
        job: &Job,
        project: &ProjectName,
        values: Options,
        secrets: BTreeMap<String, SecretOption>,
    ) -> Result<Self, JobError> {
        let foreign = |name: &str| {
            let hint = nearest_hint(name, job.options.iter().map(|option| option.name.as_str()));
            JobError::option(format!("job `{}` has no option `{name}`", job.name), hint)
        };
        if let Some(name) = values.keys().chain(secrets.keys()).find(|name| job.option(name).is_none()) {
            return Err(foreign(name));
        }
        for option in &job.options {
            let name = &option.name;
            let wrong = |why: String| JobError::option(format!("option `{name}`: {why}"), "start the job anew");
            let value = values.get(name).ok_or_else(|| wrong("the stored execution has no value for it".to_owned()))?;
            let secret = option.kind == OptionKind::Secret;
            if secrets.contains_key(name) != secret && (secrets.contains_key(name) || option.required) {
                return Err(wrong("the stored execution does not have its secret".to_owned()));
            }
            if secret && !value.is_null() {
                return Err(wrong("the stored execution has its secret in clear".to_owned()));
            }
            if !value.is_null() {
                fits(option, value).map_err(wrong)?;
            } else if option.required && !secret {
                return Err(wrong("it is required".to_owned()));
            }
        }
        Self { values, secrets }.of(project)
    }

    /// The same, if its keys are the project's.
    pub(super) fn of(self, project: &ProjectName) -> Result<Self, JobError> {
        let refused = self.secrets.iter().find_map(|(option, secret)| match secret {
            SecretOption::Key(path) => not_own(path, project).map(|why| (option.clone(), why)),
            SecretOption::Typed(_) => None,
        });
        match refused {
            Some((option, (message, help))) => Err(JobError::ForeignKey { option, message, help }),
            None => Ok(self),
        }
    }
}

/// Whether a step of the project may read a key: only the project's own; the error is the reason and the remedy.
pub(crate) fn not_own(path: &KeyPath, project: &ProjectName) -> Option<(String, String)> {
    (path.project() != Some(project.as_str())).then(|| {
        let message = format!("a step of project `{project}` may not read the key `{path}`");
        (message, format!("store it as `keys/project/{project}/...`: `windlass key set`"))
    })
}
