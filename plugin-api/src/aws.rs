//! The AWS SDK configuration of a step (feature `aws`).

mod connector;
mod failure;

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
pub use aws_types::sdk_config::SdkConfig;
pub use failure::{SdkFailure, explain_sdk_error};

use crate::frames::{Place, Wanted};
use crate::{Context, StepError};
use connector::Brokered;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

impl Context {
    /// A ready configuration for the SDK client of `service` (`logs`, `sts`): the step's region, the account's
    /// credentials (asked for again before they end), a configured endpoint, time-outs and standard retries. Connections
    /// come from the runner: [`StepInfo::network`](crate::StepInfo::network) must name the service.
    ///
    /// # Errors
    /// When the step has no account.
    pub fn aws_config(&self, service: &str) -> Result<SdkConfig, StepError> {
        Ok(self.sdk_config(service, self.region()?, Wanted::Credentials))
    }

    /// The same for one of [`Self::places`], by its number there. Since api 1.1.
    ///
    /// # Errors
    /// When that is no number of a place.
    pub fn aws_config_in(&self, place: usize, service: &str) -> Result<SdkConfig, StepError> {
        let places = self.places();
        let Some(Place { region, .. }) = places.get(place) else {
            let message = format!("place {place} was asked for, and the step has {}", places.len());
            return Err(StepError::new("step.failed", message));
        };
        Ok(self.sdk_config(service, region, Wanted::CredentialsIn { place }))
    }

    fn sdk_config(&self, service: &str, region: &str, credentials: Wanted) -> SdkConfig {
        let endpoint = self.endpoint(service);
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT);
        let timeouts = timeouts.operation_attempt_timeout(ATTEMPT_TIMEOUT).build();
        let mut config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.to_owned()))
            .credentials_provider(SharedCredentialsProvider::new(StepCredentials {
                context: self.clone(),
                wanted: credentials,
            }))
            .http_client(SharedHttpClient::new(Brokered::new(self)))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(aws_smithy_async::time::SystemTimeSource::new())
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts);
        if let Ok(name) = AppName::new(format!("windlass-{}", self.execution().id)) {
            config = config.app_name(name);
        }
        if let Some(url) = endpoint {
            config = config.endpoint_url(url);
        }
        config.build()
    }
}

#[derive(Clone)]
struct StepCredentials {
    context: Context,
    wanted: Wanted,
}

impl std::fmt::Debug for StepCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StepCredentials")
    }
}

impl ProvideCredentials for StepCredentials {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            let given =
                self.context.given_credentials(self.wanted.clone()).await.map_err(CredentialsError::provider_error)?;
            let expires = given.expires_at_ms.and_then(|at| u64::try_from(at).ok());
            Ok(aws_credential_types::Credentials::new(
                given.access_key_id,
                given.secret_access_key,
                given.session_token,
                expires.map(|at| SystemTime::UNIX_EPOCH + Duration::from_millis(at)),
                "windlass",
            ))
        })
    }
}
