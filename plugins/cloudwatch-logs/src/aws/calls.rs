//! Calls of one step, and what becomes of those that fail.

use std::error::Error;
use std::fmt;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::Builder;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use windlass_plugin_api::{Context, StepError, explain_sdk_error};

use super::failure::{Place, Wait, of_call, wait};
use super::patience;

/// The step's way to CloudWatch Logs.
pub(crate) struct Calls<'a> {
    pub(crate) client: Client,
    pub(crate) context: &'a Context,
    place: Place,
    /// Whether a call whose answer was lost is not made again.
    once: bool,
}

/// What a call is about, for messages.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About<'a> {
    Groups,
    SavedQueries,
    Group(&'a str),
    /// Of this group, by this name.
    Stream(&'a str, &'a str),
}

impl<'a> Calls<'a> {
    /// # Errors
    /// When the step has no account.
    pub(crate) fn of(context: &'a Context) -> Result<Self, StepError> {
        Self::in_place(context, 0)
    }

    /// In one of the step's places, by its number.
    ///
    /// # Errors
    /// When the step has no such place.
    pub(crate) fn in_place(context: &'a Context, number: usize) -> Result<Self, StepError> {
        let client = Client::new(&context.aws_config_in(number, "logs")?);
        Ok(Self::with(client, context, Place::of(context, number)))
    }

    pub(super) fn with(client: Client, context: &'a Context, place: Place) -> Self {
        Self { client, context, place, once: false }
    }

    /// For what must not be done twice: a call is made again only when AWS has answered that it did not do it.
    ///
    /// # Errors
    /// When the step has no account.
    pub(crate) fn once(context: &'a Context) -> Result<Self, StepError> {
        let config = Builder::from(&context.aws_config("logs")?).retry_config(RetryConfig::disabled()).build();
        Ok(Self { client: Client::from_conf(config), once: true, ..Self::of(context)? })
    }

    /// Makes a call until it succeeds or fails for good. Throttling is waited out however long it lasts (the step's
    /// time-out ends it); other failures that pass are waited out a few times.
    ///
    /// # Errors
    /// [`StepError::cancelled`] outside; inside, what the call failed with.
    pub(crate) async fn patiently<T, E>(
        &self,
        action: &str,
        call: impl AsyncFn() -> Result<T, SdkError<E>>,
    ) -> Result<Result<T, SdkError<E>>, StepError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let judge = |error: &SdkError<E>| {
            let lost = self.once && error.raw_response().is_none();
            if lost { Wait::Never } else { wait(error) }
        };
        let call = async || self.context.or_cancelled(call()).await;
        patience::patiently(&format!("`{action}`"), self.context, judge, call).await
    }

    /// What a failed call means.
    pub(crate) fn failure<E>(&self, error: &SdkError<E>, action: &str, about: About<'_>) -> StepError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (said, region) = (explain_sdk_error(error), self.place.region());
        match error.code() {
            Some("ResourceNotFoundException") => {
                let code = match about {
                    About::Stream(..) => "cloudwatch-logs.log-stream-not-found",
                    _ => "cloudwatch-logs.log-group-not-found",
                };
                StepError::new(code, format!("AWS does not know the {about} in region `{region}`: {said}"))
                    .with_help("check the name, the region and the account of the step")
            }
            Some("InvalidParameterException") => StepError::new(
                "cloudwatch-logs.invalid-parameter",
                format!("AWS refused a parameter of `{action}` for the {about}: {said}"),
            ),
            Some("LimitExceededException") => {
                let message = format!("`{action}` for the {about} is over a quota in region `{region}`: {said}");
                StepError::new("cloudwatch-logs.quota", message)
                    .with_help("remove what is not needed, or ask AWS for a higher quota")
            }
            _ => of_call(error, action, &self.place),
        }
    }
}

impl fmt::Display for About<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Groups => f.write_str("log groups"),
            Self::SavedQueries => f.write_str("saved queries"),
            Self::Group(group) => write!(f, "log group `{group}`"),
            Self::Stream(group, stream) => write!(f, "log stream `{stream}` of log group `{group}`"),
        }
    }
}
