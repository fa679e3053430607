//! A profile of the shared configuration files, for laptops: static keys, SSO, a role of a role, `credential_process`.
//!
//! The profile is read from the files that the given environment names, and a stray `AWS_ACCESS_KEY_ID` has no part
//! in it. The SDK cannot be given an environment of its own here, so what a profile asks for by itself still comes
//! from the process: `credential_source = Environment`, the home folder with the SSO token cache, `AWS_ENDPOINT_URL`.

use std::path::PathBuf;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;

use crate::cause::{Cause, chain};
use crate::failure::Failure;
use crate::{Credentials, Environment};

/// A helper program may ask a person for something; one that never ends keeps nobody longer than this. What it does after
/// that is its own affair.
const LONGEST: Duration = Duration::from_secs(60);

/// The profile's keys. The files are read anew each time.
pub(crate) async fn fetch(
    http: SharedHttpClient,
    environment: &Environment,
    name: &str,
    region: &str,
) -> Result<Credentials, Failure> {
    let unusable = |source| Failure::Profile { name: name.to_owned(), source };
    let files = shared_files(environment).map_err(unusable)?;
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&config(http, region))
        .profile_name(name)
        .profile_files(files)
        .build();
    match tokio::time::timeout(LONGEST, provider.provide_credentials()).await {
        Ok(Ok(keys)) => Ok(Credentials::from_sdk(&keys)),
        Ok(Err(error)) => Err(unusable(cause(&error))),
        Err(_) => Err(unusable(Cause::new(format!("nothing came of it within {} seconds", LONGEST.as_secs())))),
    }
}

fn config(http: SharedHttpClient, region: &str) -> ProviderConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .build();
    ProviderConfig::without_region()
        .with_region(Some(Region::new(region.to_owned())))
        .with_http_client(http)
        .with_retry_config(RetryConfig::standard())
        .with_timeout_config(timeouts)
}

/// Those of the two files that exist.
fn shared_files(environment: &Environment) -> Result<EnvConfigFiles, Cause> {
    let named = [
        (EnvConfigFileKind::Config, environment.config_file()),
        (EnvConfigFileKind::Credentials, environment.credentials_file()),
    ];
    let named: Vec<(EnvConfigFileKind, PathBuf)> =
        named.into_iter().filter_map(|(kind, path)| Some((kind, path?))).collect();
    if !named.iter().any(|(_, path)| path.exists()) {
        let looked: Vec<String> = named.iter().map(|(_, path)| format!("`{}`", path.display())).collect();
        return Err(match looked.as_slice() {
            [] => Cause::new("neither `HOME` nor `AWS_CONFIG_FILE` is set"),
            _ => Cause::new(format!("there is no {}", looked.join(" and no "))),
        });
    }
    let existing = named.into_iter().filter(|(_, path)| path.exists());
    Ok(existing.fold(EnvConfigFiles::builder(), |files, (kind, path)| files.with_file(kind, path)).build())
}

/// What the SDK says below its general sentences, without the output of a `credential_process`.
fn cause(error: &CredentialsError) -> Cause {
    let said = chain(error).filter(|this| !this.is::<CredentialsError>()).map(ToString::to_string);
    let mut parts: Vec<String> = Vec::new();
    for part in said {
        if !parts.iter().any(|before| before.contains(&part)) {
            parts.push(part);
        }
    }
    match parts.join(": ") {
        empty if empty.is_empty() => Cause::new("it holds no credentials"),
        text => Cause::new(text.split(" Stderr:").next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests;
