use std::error::Error;

use aws_sdk_sts::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::cause::Cause;
use crate::failure::{Failure, Service};
use crate::signed::CommonError;

/// What a failed call of STS means (AWS STS API reference, "Common errors").
pub(crate) fn refusal<'a, E>(
    action: &'static str,
    error: &SdkError<E, HttpResponse>,
    service: &Service,
    secrets: impl Iterator<Item = &'a str>,
) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let SdkError::ServiceError(answer) = error else {
        return Failure::Unreachable { service: service.clone(), source: Cause::innermost(error) };
    };
    let status = answer.raw().status().as_u16();
    let code = answer.err().code().map_or_else(|| format!("HTTP {status}"), str::to_owned);
    let said = answer.err().message().map(|message| without_secrets(message, secrets));
    match CommonError::of(&code) {
        Some(CommonError::NotAllowed) if action != "GetCallerIdentity" => Failure::RoleDenied { said },
        Some(CommonError::Signature) => Failure::KeysRefused { code, said: None },
        Some(CommonError::Clock | CommonError::Keys) => Failure::KeysRefused { code, said },
        _ if ["InvalidIdentityToken", "IDPRejectedClaim"].contains(&code.as_str()) => {
            Failure::KeysRefused { code, said }
        }
        _ => Failure::Sts { action, code, said },
    }
}

fn without_secrets<'a>(message: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    secrets.fold(Cause::new(message).to_string(), |text, secret| text.replace(secret, "***"))
}
