use std::error::Error;

use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::Credentials;
use crate::cause::Cause;
use crate::failure::{Failure, Service};

/// What a failed call of STS means (AWS STS API reference, "Common errors").
pub(crate) fn refusal<E>(
    action: &'static str,
    error: &SdkError<E, HttpResponse>,
    service: &Service,
    keys: &Credentials,
) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let SdkError::ServiceError(answer) = error else {
        return Failure::Unreachable { service: service.clone(), source: Cause::innermost(error) };
    };
    let status = answer.raw().status().as_u16();
    let code = answer.err().code().map_or_else(|| format!("HTTP {status}"), str::to_owned);
    let said = answer.err().message().map(|message| without_secrets(message, keys));
    match code.as_str() {
        "AccessDenied" | "AccessDeniedException" if action == "AssumeRole" => Failure::RoleDenied { said },
        // This message may quote the signed request, session token included.
        "SignatureDoesNotMatch" | "InvalidSignatureException" => Failure::KeysRefused { code, said: None },
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "RequestExpired"
        | "RequestTimeTooSkewed" => Failure::KeysRefused { code, said },
        _ => Failure::Sts { action, code, said },
    }
}

fn without_secrets(message: &str, keys: &Credentials) -> String {
    keys.secrets().fold(Cause::new(message).to_string(), |text, secret| text.replace(secret, "***"))
}
