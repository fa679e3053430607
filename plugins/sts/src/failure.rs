//! What an SDK error means to the person who wrote the job.

use std::error::Error;

use aws_sdk_sts::error::{ProvideErrorMetadata, SdkError};
use windlass_plugin_api::{SdkFailure, StepError, explain_sdk_error};

/// Why `GetCallerIdentity` failed. No right is needed for it
/// ([`GetCallerIdentity`](https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html)), so credentials
/// and network are what can be wrong.
pub(crate) fn of_call<E>(error: &SdkError<E>, place: &str) -> StepError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let said = explain_sdk_error(error);
    match SdkFailure::of(error) {
        SdkFailure::NoCredentials(refusal) => refusal.clone(),
        SdkFailure::Expired => {
            StepError::new("sts.credentials-expired", format!("the account's session ended: {said}"))
                .with_help("run the job again; if it comes back, check the clock of this machine")
        }
        SdkFailure::Denied => {
            StepError::new("sts.access-denied", format!("the account may not do `sts:GetCallerIdentity`: {said}"))
        }
        SdkFailure::Unrecognised => {
            StepError::new("sts.credentials-refused", format!("AWS does not accept the account's credentials: {said}"))
                .with_help("check the account's source, the region's partition, and this machine's clock")
        }
        SdkFailure::Unreachable => StepError::new("sts.unreachable", format!("{place} does not answer: {said}"))
            .with_help("check the region's name, the network and proxies, and a configured `endpoints.sts`"),
        _ => StepError::new("sts.failed", format!("`sts:GetCallerIdentity` failed: {said}")),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sts::config::http::HttpResponse;
    use aws_sdk_sts::error::{ConnectorError, ErrorMetadata};
    use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;

    use super::*;

    fn code(code: &str) -> String {
        let meta = ErrorMetadata::builder().code(code).message("says AWS").build();
        let response = HttpResponse::new(403.try_into().unwrap(), "".into());
        let error = SdkError::service_error(GetCallerIdentityError::generic(meta), response);
        of_call(&error, "STS").code
    }

    #[test]
    fn errors_are_told_apart() {
        assert_eq!(code("ExpiredToken"), "sts.credentials-expired");
        assert_eq!(code("InvalidClientTokenId"), "sts.credentials-refused");
        assert_eq!(code("AccessDenied"), "sts.access-denied");
        assert_eq!(code("SomethingNew"), "sts.failed");
    }

    #[test]
    fn no_answer_names_the_endpoint() {
        let error: SdkError<GetCallerIdentityError> = SdkError::dispatch_failure(ConnectorError::io("refused".into()));
        let step = of_call(&error, "STS at `http://127.0.0.1:1`");
        assert_eq!(step.code, "sts.unreachable");
        assert!(step.message.starts_with("STS at `http://127.0.0.1:1` does not answer"), "{step}");
    }

    #[test]
    fn the_runners_refusal_of_credentials_is_passed_on() {
        let refusal = StepError::new("account.no-role", "no role");
        let connector = ConnectorError::other(Box::new(refusal.clone()), None);
        let error: SdkError<GetCallerIdentityError> = SdkError::dispatch_failure(connector);
        assert_eq!(of_call(&error, "STS"), refusal);
    }
}
