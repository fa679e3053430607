//! A profile of the shared configuration files, for laptops: static keys, SSO, a role of a role, `credential_process`.
//!
//! The profile is read from the files that the given environment names, and a stray `AWS_ACCESS_KEY_ID` has no part in it. Its way
//! is gone here, so that roles are assumed where `endpoints.sts` says and a helper leaves nothing behind; the SDK does SSO. It
//! cannot be given an environment of its own, so the home folder with the token cache of SSO is that of the process, and so are
//! `AWS_ENDPOINT_URL_SSO` and `AWS_ENDPOINT_URL_SSO_OIDC`.

mod helper;
mod way;

use std::path::PathBuf;
use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
use windlass_settings::{RoleArn, WebIdentity};

use crate::cause::{Cause, chain};
use crate::clients::Http;
use crate::environment::ENDPOINT_URL;
use crate::failure::Failure;
use crate::instance;
use crate::sessions::Assume;
use crate::sts::{Place, Sts};
use crate::{Credentials, Environment, SessionPolicy, container, web_identity};
use way::{Base, Role, Way};

/// A helper program may ask a person for something; one that never ends keeps nobody longer than this.
const LONGEST: Duration = Duration::from_secs(60);

/// Where a profile's way may lead.
pub(crate) struct Surroundings<'a> {
    pub(crate) http: &'a Http,
    pub(crate) sts: &'a Place,
    /// The address of the instance metadata service.
    pub(crate) imds: &'a str,
    pub(crate) environment: &'a Environment,
}

/// The profile's keys. The files are read anew each time.
pub(crate) async fn fetch(around: &Surroundings<'_>, name: &str) -> Result<Credentials, Failure> {
    let unusable = |source| Failure::Profile { name: name.to_owned(), source };
    let files = shared_files(around.environment).map_err(unusable)?;
    let profiles = aws_config::profile::load(&Default::default(), &Default::default(), &files, None).await;
    let profiles = profiles.map_err(|error| unusable(Cause::new(error.to_string())))?;
    let way = Way::of(&profiles, name)?;
    let mut keys = match way.base {
        Base::Keys(keys) => keys,
        Base::WebIdentity { role, token_file } => {
            let role = RoleArn::parse(role).map_err(|why| unusable(Cause::new(format!("its `role_arn`: {why}"))))?;
            let given = WebIdentity { role: Some(role), token_file: Some(token_file.into()) };
            web_identity::fetch(around.http, around.sts, around.environment, &given).await?
        }
        Base::Helper(command) => helper::ask(command, LONGEST).await.map_err(unusable)?,
        Base::Instance => instance::fetch(around.http.client(Some(around.imds)), around.imds).await?,
        Base::Container => container::task_role(around.environment).await?,
        Base::Variables => provided(&EnvironmentVariableCredentialsProvider::new()).await.map_err(unusable)?,
        Base::Sso(base) => sso(around, files, base).await.map_err(unusable)?,
    };
    for role in &way.roles {
        keys = assume(around, &keys, role, name).await?;
    }
    Ok(keys)
}

async fn assume(
    around: &Surroundings<'_>,
    keys: &Credentials,
    role: &Role<'_>,
    name: &str,
) -> Result<Credentials, Failure> {
    let unusable = |why: String| {
        let source = Cause::new(format!("role `{}` of profile `{}`: {why}", role.arn, role.profile));
        Failure::Profile { name: name.to_owned(), source }
    };
    let arn = RoleArn::parse(role.arn).map_err(unusable)?;
    let seconds = role.seconds.map_or(Ok(3600), str::parse);
    let ask = Assume {
        arn: arn.as_str().to_owned(),
        account: arn.account().clone(),
        external_id: role.external_id.map(str::to_owned),
        session_name: role.session_name.unwrap_or("windlass").to_owned(),
        seconds: seconds.map_err(|_| unusable("its `duration_seconds` is no number".to_owned()))?,
        source_identity: None,
        tags: std::collections::BTreeMap::new(),
        policy: SessionPolicy::None,
    };
    Sts::new(around.http, around.sts, keys).assume(&ask).await.map_err(|why| match why {
        outage @ Failure::Unreachable { .. } => outage,
        other => unusable(other.to_string()),
    })
}

async fn sso(around: &Surroundings<'_>, files: EnvConfigFiles, name: &str) -> Result<Credentials, Cause> {
    if around.environment.get(ENDPOINT_URL).is_some() {
        return Err(Cause::new(format!(
            "`{ENDPOINT_URL}` of the runner's environment would lead it elsewhere; unset it"
        )));
    }
    let provider = ProfileFileCredentialsProvider::builder()
        .configure(&config(around))
        .profile_name(name)
        .profile_files(files)
        .build();
    let late = || Cause::new(format!("nothing came of it within {} seconds", LONGEST.as_secs()));
    tokio::time::timeout(LONGEST, provided(&provider)).await.map_err(|_| late())?
}

async fn provided(provider: &impl ProvideCredentials) -> Result<Credentials, Cause> {
    let keys = provider.provide_credentials().await;
    keys.map(|keys| Credentials::from_sdk(&keys)).map_err(|error| cause(&error))
}

fn config(around: &Surroundings<'_>) -> ProviderConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .build();
    ProviderConfig::without_region()
        .with_region(Some(Region::new(around.sts.region().to_owned())))
        .with_http_client(around.http.client(None))
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

/// What the SDK says below its general sentences.
fn cause(error: &CredentialsError) -> Cause {
    let said = chain(error).filter(|this| !this.is::<CredentialsError>()).map(ToString::to_string);
    let mut parts: Vec<String> = Vec::new();
    for part in said {
        if !parts.iter().any(|before| before.contains(&part)) {
            parts.push(part);
        }
    }
    Cause::new(parts.join(": "))
}

#[cfg(test)]
mod tests;
