//! What an SDK error means to the person who wrote the job.

use std::error::Error;

use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::operation::start_query::StartQueryError;
use windlass_plugin_api::{Context, SdkFailure, StepError, explain_sdk_error};

use super::caret::point_at;
use crate::groups::Groups;

#[cfg(test)]
mod tests;

/// Where the calls go, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    region: String,
    endpoint: Option<String>,
    /// The command that prints what the step needs.
    policy: String,
}

impl Place {
    /// One of the step's places, by its number.
    pub(crate) fn of(context: &Context, number: usize) -> Self {
        let (place, execution) = (&context.places()[number], context.execution());
        let policy = format!("windlass account policy {} --job {}/{}", place.account, execution.project, execution.job);
        Self { region: place.region.clone(), endpoint: context.endpoint("logs").map(str::to_owned), policy }
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    fn endpoint(&self) -> String {
        match &self.endpoint {
            Some(url) => format!("CloudWatch Logs at `{url}`"),
            None => format!("CloudWatch Logs in region `{}`", self.region),
        }
    }
}

/// What to do about a call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// AWS takes no more for now: wait as long as there is time.
    Turn,
    /// The same call may well succeed a little later.
    Moment,
    /// It would fail again.
    Never,
}

/// Why `StartQuery` failed.
pub(crate) fn of_start(
    error: &SdkError<StartQueryError>,
    query: &str,
    groups: Option<&Groups>,
    place: &Place,
) -> StepError {
    let said = explain_sdk_error(error);
    match error.as_service_error() {
        Some(StartQueryError::MalformedQueryException(malformed)) => {
            let location = malformed.query_compile_error().and_then(|error| error.location());
            let offsets = location.map(|at| (at.start_char_offset(), at.end_char_offset()));
            of_malformed(&said, query, offsets)
        }
        Some(StartQueryError::ResourceNotFoundException(_)) => of_missing(&said, groups, place),
        Some(StartQueryError::InvalidParameterException(_)) => {
            StepError::new("cloudwatch-logs.invalid-parameter", format!("AWS refused a parameter of the query: {said}"))
        }
        _ => of_call(error, "logs:StartQuery", place),
    }
}

/// Why a call failed, for any action.
pub(crate) fn of_call<E>(error: &SdkError<E>, action: &str, place: &Place) -> StepError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (said, endpoint) = (explain_sdk_error(error), place.endpoint());
    let prints = format!("`{}` prints the policy that the job needs", place.policy);
    let (code, message, help) = match SdkFailure::of(error) {
        SdkFailure::NoCredentials(refusal) => return refusal.clone(),
        SdkFailure::Denied => (
            "access-denied",
            format!("the account may not do `{action}` in region `{}`: {said}", place.region),
            prints.as_str(),
        ),
        SdkFailure::Expired => (
            "credentials-expired",
            format!("the account's session ended: {said}"),
            "run the job again; if it comes back, check the clock of this machine",
        ),
        SdkFailure::Unrecognised => (
            "credentials-refused",
            format!("AWS does not accept the account's credentials: {said}"),
            "check the account's source, that it belongs to the region's partition, and this machine's clock",
        ),
        SdkFailure::Throttled => (
            "throttled",
            format!("AWS throttles `{action}` in region `{}`: {said}", place.region),
            "run fewer queries at once in this account and region",
        ),
        SdkFailure::Unreachable => (
            "unreachable",
            format!("{endpoint} does not answer: {said}"),
            "check the region's name, the network and proxies, and a configured `endpoints.logs`",
        ),
        SdkFailure::Unavailable => {
            ("unavailable", format!("{endpoint} cannot serve the call: {said}"), "try again later")
        }
        _ => return StepError::new("cloudwatch-logs.failed", format!("`{action}` failed: {said}")),
    };
    StepError::new(format!("cloudwatch-logs.{code}"), message).with_help(help)
}

/// Whether the same call may be made again.
pub(crate) fn wait<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> Wait {
    match SdkFailure::of(error) {
        SdkFailure::Throttled => Wait::Turn,
        SdkFailure::Unreachable | SdkFailure::Unavailable => Wait::Moment,
        // "Multiple concurrent requests to update the same resource were in conflict"
        // (https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html).
        SdkFailure::Other if error.code() == Some("OperationAbortedException") => Wait::Moment,
        _ => Wait::Never,
    }
}

/// The same of `StartQuery`, which answers `LimitExceededException` beyond the quota of concurrent queries
/// ([`StartQuery`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html)). Where its answer is
/// lost a query may run that nobody knows, so it is not sent again beyond what the SDK does.
pub(crate) fn wait_to_start(error: &SdkError<StartQueryError>) -> Wait {
    match (error.as_service_error(), wait(error)) {
        (Some(StartQueryError::LimitExceededException(_)), _) | (_, Wait::Turn) => Wait::Turn,
        _ => Wait::Never,
    }
}

fn of_malformed(said: &str, query: &str, offsets: Option<(Option<i32>, Option<i32>)>) -> StepError {
    let error = StepError::new("cloudwatch-logs.malformed-query", format!("AWS cannot read the query: {said}"));
    let offset = |value: Option<i32>| value.and_then(|offset| usize::try_from(offset).ok());
    let marked = offsets.and_then(|(start, end)| {
        let start = offset(start)?;
        point_at(query, start, offset(end).unwrap_or(start + 1))
    });
    error.with_help(marked.unwrap_or_else(|| {
        "see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html".to_owned()
    }))
}

fn of_missing(said: &str, groups: Option<&Groups>, place: &Place) -> StepError {
    let groups = groups.map_or_else(|| "log groups of the query".to_owned(), Groups::named);
    let message = format!("AWS does not know the {groups} in region `{}`: {said}", place.region);
    let help = "check the names, the region and the account of the step; a group of another account needs its ARN";
    StepError::new("cloudwatch-logs.log-group-not-found", message).with_help(help)
}
