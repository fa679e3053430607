//! What an SDK error means to the person who wrote the job.

use std::error::Error;

use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_cloudwatchlogs::operation::start_query::StartQueryError;
use windlass_plugin_api::{Context, StepError, explain_sdk_error};

use crate::caret::point_at;
use crate::groups::named;
use crate::query::Query;

#[cfg(test)]
mod tests;

/// Where the calls go, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    region: String,
    endpoint: Option<String>,
}

/// Kinds of failure that any call can have; the codes are those of AWS's
/// [common errors](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Denied,
    Expired,
    Unrecognised,
    Throttled,
    Unreachable,
    Unavailable,
    Other,
}

impl Place {
    pub(crate) fn of(context: &Context) -> Result<Self, StepError> {
        Ok(Self { region: context.region()?.to_owned(), endpoint: context.endpoint("logs").map(str::to_owned) })
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

/// Why `StartQuery` failed.
pub(crate) fn of_start(error: &SdkError<StartQueryError>, query: &Query, place: &Place) -> StepError {
    let said = said(error);
    match error.as_service_error() {
        Some(StartQueryError::MalformedQueryException(malformed)) => {
            let location = malformed.query_compile_error().and_then(|error| error.location());
            let offsets = location.map(|at| (at.start_char_offset(), at.end_char_offset()));
            of_malformed(&said, &query.query, offsets)
        }
        Some(StartQueryError::ResourceNotFoundException(_)) => of_missing(&said, query, place),
        Some(StartQueryError::LimitExceededException(_)) => {
            let message = format!("AWS takes no more queries in region `{}` now: {said}", place.region);
            let help = "wait for running queries to end, or ask AWS for a higher quota of concurrent queries";
            StepError::new("cloudwatch-logs.too-many-queries", message).with_help(help)
        }
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
    if let Some(refusal) = of_runner(error) {
        return refusal.clone();
    }
    let (said, endpoint) = (said(error), place.endpoint());
    let (code, message, help) = match kind(error) {
        Kind::Denied => (
            "access-denied",
            format!("the account may not do `{action}` in region `{}`: {said}", place.region),
            "`windlass account policy --plugin cloudwatch-logs` prints the policy that the steps of this plugin need",
        ),
        Kind::Expired => (
            "credentials-expired",
            format!("the account's session ended: {said}"),
            "run the job again; if it comes back, check the clock of this machine",
        ),
        Kind::Unrecognised => (
            "credentials-refused",
            format!("AWS does not accept the account's credentials: {said}"),
            "check the account's source, that it belongs to the region's partition, and this machine's clock",
        ),
        Kind::Throttled => (
            "throttled",
            format!("AWS throttles `{action}` in region `{}`: {said}", place.region),
            "run fewer queries at once in this account and region",
        ),
        Kind::Unreachable => (
            "unreachable",
            format!("{endpoint} does not answer: {said}"),
            "check the region's name, the network and proxies, and a configured `endpoints.logs`",
        ),
        Kind::Unavailable => ("unavailable", format!("{endpoint} cannot serve the call: {said}"), "try again later"),
        Kind::Other => return StepError::new("cloudwatch-logs.failed", format!("`{action}` failed: {said}")),
    };
    StepError::new(format!("cloudwatch-logs.{code}"), message).with_help(help)
}

/// Whether the same call may well succeed a little later.
pub(crate) fn is_passing<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> bool {
    of_runner(error).is_none() && matches!(kind(error), Kind::Throttled | Kind::Unreachable | Kind::Unavailable)
}

/// Whether AWS asks for fewer calls.
pub(crate) fn is_throttled<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> bool {
    of_runner(error).is_none() && kind(error) == Kind::Throttled
}

/// AWS's words on one line.
pub(crate) fn said<E: ProvideErrorMetadata + Error + 'static>(error: &SdkError<E>) -> String {
    let text = explain_sdk_error(error);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

fn of_missing(said: &str, query: &Query, place: &Place) -> StepError {
    let groups = named(&query.log_groups);
    let message = format!("AWS does not know the {groups} in region `{}`: {said}", place.region);
    let help = "check the names, the region and the account of the step; a group of another account needs its ARN";
    StepError::new("cloudwatch-logs.log-group-not-found", message).with_help(help)
}

/// What the runner said when it was asked for credentials; the SDK carries it as a cause.
fn of_runner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StepError> {
    let given = error.downcast_ref();
    given.or_else(|| error.source().and_then(of_runner))
}

fn kind<E: ProvideErrorMetadata + Error>(error: &SdkError<E>) -> Kind {
    match error.code() {
        Some("AccessDeniedException" | "AccessDenied" | "NotAuthorized" | "OptInRequired") => Kind::Denied,
        Some("ExpiredTokenException" | "ExpiredToken" | "RequestExpired") => Kind::Expired,
        Some(
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignature"
            | "MissingAuthenticationToken",
        ) => Kind::Unrecognised,
        Some("ThrottlingException" | "Throttling" | "TooManyRequestsException") => Kind::Throttled,
        _ => match error {
            SdkError::TimeoutError(_) => Kind::Unreachable,
            SdkError::DispatchFailure(failure) if !failure.is_user() => Kind::Unreachable,
            _ if error.raw_response().is_some_and(|response| response.status().is_server_error()) => Kind::Unavailable,
            _ => Kind::Other,
        },
    }
}
