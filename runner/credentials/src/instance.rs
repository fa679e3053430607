//! The role of the EC2 instance, by IMDSv2 only (EC2 user guide, "Retrieve security credentials from instance
//! metadata").
//!
//! The SDK's metadata client speaks the protocol. Its credentials provider is left out because it obeys
//! `AWS_EC2_METADATA_DISABLED` of the process environment and folds the refusals told apart here into one.

use std::error::Error as _;
use std::time::Duration;

use aws_config::imds;
use aws_config::imds::client::error::{ImdsError, TokenError};
use aws_config::provider_config::ProviderConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use crate::Credentials;
use crate::cause::Cause;
use crate::document;
use crate::failure::{Failure, Service};

/// The metadata service's link-local address.
pub(crate) const LINK_LOCAL: &str = "http://169.254.169.254";
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
/// A machine that runs all tests at once stands still for a second now and then.
const SLACK: u64 = if cfg!(test) { 5 } else { 1 };
const CONNECT: Duration = Duration::from_secs(SLACK);
const READ: Duration = Duration::from_secs(SLACK);
/// Bounds each of the two requests; the service is on the same machine and answers in milliseconds.
const OPERATION: Duration = Duration::from_secs(4 * SLACK);
const ATTEMPTS: u32 = 2;

/// The instance role's keys.
pub(crate) async fn fetch(http: SharedHttpClient, endpoint: &str) -> Result<Credentials, Failure> {
    let service = Service::Instance(endpoint.to_owned());
    let client = client(http, endpoint).map_err(|source| Failure::Unreachable { service: service.clone(), source })?;
    let roles = match client.get(ROLES).await {
        Ok(roles) => roles,
        Err(error) => return Err(failure(&error, endpoint).await),
    };
    let Some(role) = roles.as_ref().lines().map(str::trim).find(|line| !line.is_empty()) else {
        return Err(Failure::NoInstanceRole { service });
    };
    match client.get(format!("{ROLES}{role}")).await {
        Ok(body) => document::read(body.as_ref().as_bytes(), &service).map(usable_on),
        Err(error) => Err(failure(&error, endpoint).await),
    }
}

/// When AWS cannot renew an instance's keys, the service gives those that ended, and they go on to work; so they are
/// used for ten minutes before it is asked again, as the SDKs do.
fn usable_on(keys: Credentials) -> Credentials {
    let now = crate::sessions::now();
    match keys.expires_at {
        Some(end) if end <= now => Credentials { expires_at: Some(now + 600_000), ..keys },
        _ => keys,
    }
}

/// An explicit endpoint also keeps the client from looking at variables and profiles.
fn client(http: SharedHttpClient, endpoint: &str) -> Result<imds::Client, Cause> {
    let builder = imds::Client::builder()
        .configure(&ProviderConfig::without_region().with_http_client(http))
        .endpoint(endpoint)
        .map_err(|error| Cause::innermost(&*error))?;
    let builder = builder.connect_timeout(CONNECT).read_timeout(READ).operation_attempt_timeout(CONNECT + READ);
    Ok(builder.operation_timeout(OPERATION).max_attempts(ATTEMPTS).build())
}

async fn failure(error: &ImdsError, endpoint: &str) -> Failure {
    let service = Service::Instance(endpoint.to_owned());
    match error {
        ImdsError::FailedToLoadToken(_) => {
            let token_error = error.source().and_then(|source| source.downcast_ref());
            token_failure(token_error, endpoint).await
        }
        ImdsError::ErrorResponse(answer) => match answer.response().status().as_u16() {
            404 => Failure::NoInstanceRole { service },
            status => Failure::Refused { service, status, said: None },
        },
        other => Failure::Unreachable { service, source: Cause::innermost(other) },
    }
}

type TokenSdkError = SdkError<TokenError, HttpResponse>;

async fn token_failure(error: Option<&TokenSdkError>, endpoint: &str) -> Failure {
    let service = Service::Instance(endpoint.to_owned());
    match error {
        Some(SdkError::ServiceError(answer)) => match answer.raw().status().as_u16() {
            200..=299 => Failure::Garbled { service, problem: answer.err().to_string() },
            status @ 500.. => Failure::Refused { service, status, said: None },
            status => Failure::TokenRefused { service, status },
        },
        Some(error) if timed_out(error) && answers_at_all(endpoint).await => Failure::TokenLost { service },
        Some(error) => Failure::Unreachable { service, source: Cause::innermost(error) },
        None => Failure::Unreachable { service, source: Cause::new("the token could not be loaded") },
    }
}

fn timed_out(error: &TokenSdkError) -> bool {
    match error {
        SdkError::DispatchFailure(failure) => failure.is_timeout(),
        SdkError::TimeoutError(_) => true,
        _ => false,
    }
}

/// Any status will do. Only the answer to the token's PUT has a short hop limit, so behind one more hop a GET is
/// answered (with 401, if tokens are required) while the PUT is not.
async fn answers_at_all(endpoint: &str) -> bool {
    let url = format!("{}/latest/meta-data/", endpoint.trim_end_matches('/'));
    crate::clients::get(&url, None, READ).await.is_ok()
}

#[cfg(test)]
mod tests;
