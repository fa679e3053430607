use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::StepError;

/// Why a call of AWS failed, as far as all services say it alike: by the codes of AWS's
/// [common errors](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html), with or without the
/// `Exception` that some protocols put behind them. Since api 1.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SdkFailure<'a> {
    /// The runner gave no credentials. It says why, and the step should end with that.
    NoCredentials(&'a StepError),
    /// The account may not make the call.
    Denied,
    /// The account's session has ended.
    Expired,
    /// AWS does not accept the account's credentials.
    Unrecognised,
    /// There were too many calls.
    Throttled,
    /// Nobody answers.
    Unreachable,
    /// The service cannot serve the call for now.
    Unavailable,
    /// Another, which is the service's own.
    Other,
}

impl<'a> SdkFailure<'a> {
    /// Of an error of an SDK client that has its configuration from [`Context::aws_config`](crate::Context::aws_config).
    pub fn of<E: ProvideErrorMetadata + Error + 'static>(error: &'a SdkError<E, HttpResponse>) -> Self {
        if let Some(refusal) = said_by_runner(error) {
            return Self::NoCredentials(refusal);
        }
        match error.code().map(|code| code.strip_suffix("Exception").unwrap_or(code)) {
            Some("AccessDenied" | "NotAuthorized" | "OptInRequired") => Self::Denied,
            Some("ExpiredToken" | "RequestExpired") => Self::Expired,
            Some(
                "UnrecognizedClient"
                | "InvalidClientTokenId"
                | "InvalidSignature"
                | "SignatureDoesNotMatch"
                | "IncompleteSignature"
                | "MissingAuthenticationToken",
            ) => Self::Unrecognised,
            Some("Throttling" | "Throttled" | "TooManyRequests") => Self::Throttled,
            _ => match error {
                SdkError::TimeoutError(_) => Self::Unreachable,
                // Others were refused by the runner or not trusted: somebody did answer.
                SdkError::DispatchFailure(failure) if !failure.is_user() => Self::Unreachable,
                _ if error.raw_response().is_some_and(|response| response.status().is_server_error()) => {
                    Self::Unavailable
                }
                _ => Self::Other,
            },
        }
    }
}

/// What AWS said, on one line: the error code and message of the service, or the chain of causes.
pub fn explain_sdk_error<E: ProvideErrorMetadata + Error>(error: &E) -> String {
    let text = match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => causes(error),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(this) = cause {
        let message = this.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = this.source();
    }
    text
}

/// What the runner said when it was asked for credentials; the SDK carries it as a cause.
fn said_by_runner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StepError> {
    error.downcast_ref().or_else(|| error.source().and_then(said_by_runner))
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    /// A service's error.
    #[derive(Debug)]
    struct Answer(ErrorMetadata);

    impl std::fmt::Display for Answer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an answer")
        }
    }

    impl Error for Answer {}

    impl ProvideErrorMetadata for Answer {
        fn meta(&self) -> &ErrorMetadata {
            &self.0
        }
    }

    fn answered(code: &str, status: u16) -> SdkError<Answer, HttpResponse> {
        let meta = ErrorMetadata::builder().code(code).message("says\n  AWS").build();
        SdkError::service_error(Answer(meta), HttpResponse::new(status.try_into().unwrap(), "".into()))
    }

    fn not_sent(error: ConnectorError) -> SdkError<Answer, HttpResponse> {
        SdkError::dispatch_failure(error)
    }

    #[test]
    fn codes_mean_the_same_with_and_without_their_suffix() {
        for (code, failure) in [
            ("AccessDenied", SdkFailure::Denied),
            ("ExpiredToken", SdkFailure::Expired),
            ("UnrecognizedClient", SdkFailure::Unrecognised),
            ("Throttling", SdkFailure::Throttled),
            ("SomethingNew", SdkFailure::Other),
        ] {
            for code in [code.to_owned(), format!("{code}Exception")] {
                assert_eq!(SdkFailure::of(&answered(&code, 400)), failure, "{code}");
            }
        }
        assert_eq!(SdkFailure::of(&answered("InternalError", 500)), SdkFailure::Unavailable);
    }

    #[test]
    fn no_answer_is_told_from_a_connection_that_was_refused_for_good() {
        assert_eq!(SdkFailure::of(&not_sent(ConnectorError::io("refused".into()))), SdkFailure::Unreachable);
        assert_eq!(SdkFailure::of(&not_sent(ConnectorError::user("not granted".into()))), SdkFailure::Other);
    }

    #[test]
    fn what_the_runner_says_is_found_among_the_causes() {
        let refusal = StepError::new("account.no-role", "no role");
        let error = not_sent(ConnectorError::other(Box::new(refusal.clone()), None));
        assert_eq!(SdkFailure::of(&error), SdkFailure::NoCredentials(&refusal));
    }

    #[test]
    fn the_words_of_aws_are_one_line() {
        assert_eq!(explain_sdk_error(&answered("Odd", 400)), "Odd: says AWS");
        let told = explain_sdk_error(&not_sent(ConnectorError::io("refused\nby all".into())));
        assert!(told.contains("refused by all") && !told.contains('\n'), "{told}");
    }
}
