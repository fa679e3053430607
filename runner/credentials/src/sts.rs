use std::time::Duration;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::{BehaviorVersion, Config, Region};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::app_name::AppName;
use windlass_settings::{AccountId, Endpoints, Partition, Role};

use crate::Credentials;
use crate::clients::Http;
use crate::failure::{Failure, Service};
use crate::sts_refusal::refusal;

/// Where STS is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    region: String,
    endpoint: Option<String>,
}

impl Place {
    /// The configured endpoint, else the regional one. The global endpoint is never used: its sessions do not work in
    /// regions that must be opted into (AWS IAM user guide, "Manage AWS STS in an AWS Region").
    pub(crate) fn new(endpoints: &Endpoints, region: &str) -> Self {
        Self { region: region.to_owned(), endpoint: endpoints.services.get("sts").cloned() }
    }

    /// The address, for people.
    pub(crate) fn address(&self) -> String {
        let suffix = match Partition::of_region(&self.region) {
            Partition::AwsCn => ".cn",
            Partition::Aws | Partition::AwsUsGov => "",
        };
        self.endpoint.clone().unwrap_or_else(|| format!("https://sts.{}.amazonaws.com{suffix}", self.region))
    }
}

/// STS as one identity. Made for one call: the answer is what is cached.
pub(crate) struct Sts<'a> {
    client: Client,
    service: Service,
    keys: &'a Credentials,
}

impl<'a> Sts<'a> {
    pub(crate) fn new(http: &Http, place: &Place, keys: &'a Credentials) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(2))
            .operation_attempt_timeout(Duration::from_secs(10))
            .build();
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(place.region.clone()))
            .http_client(http.client(place.endpoint.as_deref()))
            .credentials_provider(keys.for_sdk())
            .retry_config(RetryConfig::standard().with_max_attempts(3))
            .timeout_config(timeouts)
            .app_name(AppName::new("windlass").expect("the name has only letters"));
        let config = match &place.endpoint {
            Some(url) => config.endpoint_url(url),
            None => config,
        };
        Self { client: Client::from_conf(config.build()), service: Service::Sts(place.address()), keys }
    }

    /// A session of the role; fails unless it is one of the account that the role's ARN names.
    pub(crate) async fn assume(&self, role: &Role, session_name: &str) -> Result<Credentials, Failure> {
        let seconds = i32::try_from(role.duration.as_secs()).expect("settings allow at most 12 hours");
        let call = self.client.assume_role().role_arn(role.arn.as_str()).role_session_name(session_name);
        let call = call.duration_seconds(seconds).set_external_id(role.external_id.clone().map(String::from));
        let answer = call.send().await.map_err(|error| refusal("AssumeRole", &error, &self.service, self.keys))?;
        let arn = answer.assumed_role_user.map(|user| user.arn).unwrap_or_default();
        same_account(account_of(&arn), role.arn.account())?;
        let Some(keys) = answer.credentials else {
            return Err(self.garbled("the answer holds no keys"));
        };
        let Ok(expires_at) = keys.expiration.to_millis() else {
            return Err(self.garbled("the answer holds no usable time of expiry"));
        };
        Ok(Credentials {
            access_key_id: keys.access_key_id,
            secret_access_key: keys.secret_access_key.into(),
            session_token: Some(keys.session_token.into()),
            expires_at: Some(expires_at),
        })
    }

    /// Fails unless the keys belong to that account. Every identity may make this call (AWS STS API reference,
    /// `GetCallerIdentity`).
    pub(crate) async fn check_account(&self, configured: &AccountId) -> Result<(), Failure> {
        let answer = self.client.get_caller_identity().send().await;
        let answer = answer.map_err(|error| refusal("GetCallerIdentity", &error, &self.service, self.keys))?;
        same_account(answer.account().unwrap_or_default(), configured)
    }

    fn garbled(&self, problem: &str) -> Failure {
        Failure::Garbled { service: self.service.clone(), problem: problem.to_owned() }
    }
}

fn same_account(said: &str, configured: &AccountId) -> Result<(), Failure> {
    if said == configured.as_str() {
        return Ok(());
    }
    Err(Failure::Mismatch { said: said.to_owned(), configured: configured.clone() })
}

/// The account in `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`.
fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

#[cfg(test)]
mod tests;
