//! What creating a log group or a log stream comes to.

use std::error::Error;

use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use schemars::JsonSchema;
use serde::Deserialize;
use windlass_plugin_api::StepError;

use crate::aws::{About, Calls};

/// What happens when it exists already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub(crate) enum IfExists {
    #[default]
    Keep,
    Fail,
}

/// Who has created it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Created {
    Now,
    Before,
}

impl Created {
    /// What the answer to a creating call says, in the log too.
    pub(crate) fn of<T, E>(
        sent: Result<T, SdkError<E>>,
        if_exists: IfExists,
        action: &str,
        about: About<'_>,
        calls: &Calls<'_>,
    ) -> Result<Self, StepError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let error = match sent {
            Ok(_) => {
                calls.context.info(format!("created the {about}"));
                return Ok(Self::Now);
            }
            Err(error) => error,
        };
        match (error.code(), if_exists) {
            (Some("ResourceAlreadyExistsException"), IfExists::Keep) => {
                calls.context.info(format!("the {about} exists already"));
                Ok(Self::Before)
            }
            (Some("ResourceAlreadyExistsException"), IfExists::Fail) => {
                let error = StepError::new("cloudwatch-logs.already-exists", format!("the {about} exists already"));
                Err(error.with_help("`ifExists: keep` takes it as it is"))
            }
            _ => Err(calls.failure(&error, action, about)),
        }
    }
}
