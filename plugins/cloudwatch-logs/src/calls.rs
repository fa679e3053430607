//! Calls of one step, and what becomes of those that fail.

use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::Builder;
use aws_sdk_cloudwatchlogs::config::retry::RetryConfig;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use tokio::time::sleep;
use windlass_plugin_api::{Context, StepError};

use crate::failure::{Place, is_passing, is_throttled, of_call, said};

/// So many calls in a row may fail for other reasons than throttling; the SDK has tried each of them three times.
const PATIENCE: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

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
        let client = Client::new(&context.aws_config("logs")?);
        Ok(Self { client, context, place: Place::of(context)?, once: false })
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
        let (mut pause, mut failures) = (FIRST_PAUSE, 0);
        loop {
            let answer = self.context.or_cancelled(call()).await?;
            let Err(error) = &answer else { return Ok(answer) };
            let throttled = is_throttled(error);
            failures += u32::from(!throttled);
            let lost = self.once && error.raw_response().is_none();
            if lost || failures == PATIENCE || !(throttled || is_passing(error) || is_aborted(error)) {
                return Ok(answer);
            }
            self.context.warn(format!("`{action}` is tried again: {}", said(error)));
            self.context.or_cancelled(sleep(scattered(pause))).await?;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// What a failed call means.
    pub(crate) fn failure<E>(&self, error: &SdkError<E>, action: &str, about: About<'_>) -> StepError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let (said, region) = (said(error), self.place.region());
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

/// "Multiple concurrent requests to update the same resource were in conflict"
/// ([`CreateLogGroup`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html)).
fn is_aborted<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("OperationAbortedException")
}

/// Between half of a pause and all of it, so that steps which were throttled together do not come back together.
fn scattered(pause: Duration) -> Duration {
    // The hasher's keys are the standard library's only random numbers.
    let random = RandomState::new().hash_one(0) as u32;
    pause.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scattered_pause_is_at_least_half_as_long() {
        let pause = Duration::from_secs(2);
        let pauses: Vec<Duration> = (0..50).map(|_| scattered(pause)).collect();
        assert!(pauses.iter().all(|scattered| (pause / 2..=pause).contains(scattered)), "{pauses:?}");
        assert!(pauses.iter().any(|scattered| *scattered != pauses[0]));
    }
}
