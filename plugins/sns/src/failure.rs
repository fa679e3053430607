//! What an SDK error means to the person who wrote the job.

use std::error::Error;

use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use windlass_plugin_api::{Context, SdkFailure, StepError, explain_sdk_error};

use crate::topic::Topic;

/// Where the call goes, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    service: String,
    /// The command that prints what the step needs.
    policy: String,
}

impl Place {
    /// That of the step.
    pub(crate) fn of(context: &Context) -> Self {
        let execution = context.execution();
        let account = context.places().first().map(|place| format!(" {}", place.account)).unwrap_or_default();
        let policy = format!("windlass account policy{account} --job {}/{}", execution.project, execution.job);
        let service = match (context.endpoint("sns"), context.region()) {
            (Some(url), _) => format!("SNS at `{url}`"),
            (None, region) => format!("SNS in region `{}`", region.unwrap_or_default()),
        };
        Self { service, policy }
    }
}

/// Why [`Publish`](https://docs.aws.amazon.com/sns/latest/api/API_Publish.html) failed. The codes are its own, and those
/// that all services have.
pub(crate) fn of_call<E>(error: &SdkError<E>, topic: &Topic<'_>, place: &Place) -> StepError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let failure = SdkFailure::of(error);
    if let SdkFailure::NoCredentials(refusal) = failure {
        return refusal.clone();
    }
    let said = explain_sdk_error(error);
    let Place { service, policy } = place;
    let prints = format!("`{policy}` prints the policy that the job needs; the topic may have one of its own, too");
    let (name, code) = (topic.name, error.code().map(|code| code.trim_end_matches("Exception")));
    let (code, message, help) = match (code, failure) {
        (Some("AuthorizationError"), _) | (_, SdkFailure::Denied) => (
            "access-denied",
            format!("the account may not do `sns:Publish` with topic `{name}` in region `{}`: {said}", topic.region),
            prints.as_str(),
        ),
        (Some(code), _) if code.starts_with("KMS") => (
            "encryption",
            format!("topic `{name}` cannot encrypt the message: {said}"),
            "the account needs `kms:GenerateDataKey*` and `kms:Decrypt` with the topic's key, which must be enabled",
        ),
        (Some("NotFound" | "ResourceNotFound"), _) => (
            "topic-not-found",
            format!("AWS does not know topic `{name}` in region `{}`: {said}", topic.region),
            "check the ARN, and that the topic is there",
        ),
        (Some("InvalidParameter" | "InvalidParameterValue" | "ParameterValueInvalid" | "Validation"), _) => (
            "invalid-parameter",
            format!("AWS refused a parameter of the message to topic `{name}`: {said}"),
            "a message has at most 256 KiB, its attributes among them",
        ),
        (_, SdkFailure::Throttled) => (
            "throttled",
            format!("AWS throttles `sns:Publish` in region `{}`: {said}", topic.region),
            "publish less often",
        ),
        (_, SdkFailure::Expired) => (
            "credentials-expired",
            format!("the account's session ended: {said}"),
            "run the job again; if it comes back, check the clock of this machine",
        ),
        (_, SdkFailure::Unrecognised) => (
            "credentials-refused",
            format!("AWS does not accept the account's credentials: {said}"),
            "check the account's source, that it belongs to the region's partition, and this machine's clock",
        ),
        (_, SdkFailure::Unreachable) => (
            "unreachable",
            format!("{service} does not answer: {said}"),
            "check the network and proxies, and a configured `endpoints.sns`",
        ),
        (_, SdkFailure::Unavailable) => {
            ("unavailable", format!("{service} cannot serve the call: {said}"), "try again later")
        }
        _ => return StepError::new("sns.failed", format!("`sns:Publish` failed: {said}")),
    };
    StepError::new(format!("sns.{code}"), message).with_help(help)
}

#[cfg(test)]
mod tests {
    use aws_sdk_sns::config::http::HttpResponse;
    use aws_sdk_sns::error::{ConnectorError, ErrorMetadata};
    use aws_sdk_sns::operation::publish::PublishError;

    use super::*;

    fn step(error: &SdkError<PublishError>) -> StepError {
        let topic = Topic::of("arn:aws:sns:us-east-1:111122223333:orders").unwrap();
        let place = Place { service: "SNS".to_owned(), policy: "windlass account policy".to_owned() };
        of_call(error, &topic, &place)
    }

    fn code(code: &str, status: u16) -> String {
        let meta = ErrorMetadata::builder().code(code).message("says AWS").build();
        let response = HttpResponse::new(status.try_into().unwrap(), "".into());
        step(&SdkError::service_error(PublishError::generic(meta), response)).code
    }

    #[test]
    fn errors_are_told_apart() {
        for (aws, status, ours) in [
            ("AuthorizationError", 403, "sns.access-denied"),
            ("AccessDeniedException", 403, "sns.access-denied"),
            ("KMSDisabled", 400, "sns.encryption"),
            ("NotFound", 404, "sns.topic-not-found"),
            ("InvalidParameter", 400, "sns.invalid-parameter"),
            ("ThrottlingException", 400, "sns.throttled"),
            ("ExpiredToken", 403, "sns.credentials-expired"),
            ("InvalidClientTokenId", 403, "sns.credentials-refused"),
            ("InternalError", 500, "sns.unavailable"),
            ("SomethingNew", 400, "sns.failed"),
        ] {
            assert_eq!(code(aws, status), ours, "{aws}");
        }
    }

    #[test]
    fn the_runners_refusal_of_credentials_is_passed_on() {
        let refusal = StepError::new("account.no-role", "no role");
        let connector = ConnectorError::other(Box::new(refusal.clone()), None);
        assert_eq!(step(&SdkError::dispatch_failure(connector)), refusal);
        assert_eq!(step(&SdkError::dispatch_failure(ConnectorError::io("refused".into()))).code, "sns.unreachable");
    }
}
