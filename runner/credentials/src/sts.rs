use std::time::Duration;

use aws_sdk_sts::Client;
use aws_sdk_sts::config::{BehaviorVersion, Config, Region};
use aws_sdk_sts::types::{AssumedRoleUser, PolicyDescriptorType, Tag};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::app_name::AppName;
use secrecy::{ExposeSecret as _, SecretString};
use windlass_settings::{AccountId, Endpoints, RoleArn};

use crate::clients::Http;
use crate::failure::{Failure, Service};
use crate::sessions::Assume;
use crate::signed::public_address;
use crate::sts_refusal::refusal;
use crate::{Credentials, SessionPolicy};

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

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// The address, for people.
    pub(crate) fn address(&self) -> String {
        self.endpoint.clone().unwrap_or_else(|| public_address("sts", &self.region))
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
        let config = config(http, place).credentials_provider(keys.for_sdk());
        Self { client: Client::from_conf(config.build()), service: Service::Sts(place.address()), keys }
    }

    /// A session of the role; fails unless it is one of the account that the role's ARN names.
    pub(crate) async fn assume(&self, ask: &Assume) -> Result<Credentials, Failure> {
        let tags = ask.tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
        let tags: Vec<Tag> = tags.collect::<Result<_, _>>().expect("both parts of each tag are set");
        let (policy, managed) = match &ask.policy {
            SessionPolicy::None => (None, None),
            SessionPolicy::Inline(text) => (Some(text.to_string()), None),
            SessionPolicy::Managed(arns) => {
                let by_arn = |arn: &String| PolicyDescriptorType::builder().arn(arn).build();
                (None, Some(arns.iter().map(by_arn).collect()))
            }
        };
        let call = self
            .client
            .assume_role()
            .role_arn(&ask.arn)
            .role_session_name(&ask.session_name)
            .duration_seconds(ask.seconds)
            .set_external_id(ask.external_id.clone())
            .set_source_identity(ask.source_identity.clone())
            .set_tags((!tags.is_empty()).then_some(tags))
            .set_policy(policy)
            .set_policy_arns(managed);
        let answer =
            call.send().await.map_err(|error| refusal("AssumeRole", &error, &self.service, self.keys.secrets()))?;
        session(answer.assumed_role_user, answer.credentials, &ask.account, &self.service)
    }

    /// Fails unless the keys belong to that account. Every identity may make this call (AWS STS API reference,
    /// `GetCallerIdentity`).
    pub(crate) async fn check_account(&self, configured: &AccountId) -> Result<(), Failure> {
        same_account(&self.caller().await?.account_id, configured)
    }

    /// Whose the keys are.
    pub(crate) async fn caller(&self) -> Result<Caller, Failure> {
        let answer = self.client.get_caller_identity().send().await;
        let answer =
            answer.map_err(|error| refusal("GetCallerIdentity", &error, &self.service, self.keys.secrets()))?;
        let text = |text: Option<String>| text.unwrap_or_default();
        Ok(Caller { account_id: text(answer.account), arn: text(answer.arn) })
    }
}

/// Whose keys are, as STS says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// The twelve digits of the AWS account.
    pub(crate) account_id: String,
    pub(crate) arn: String,
}

/// A session of a role by the token of an identity provider. The call is not signed, and its token says who asks.
pub(crate) async fn assume_with_web_identity(
    http: &Http,
    place: &Place,
    role: &RoleArn,
    token: &SecretString,
) -> Result<Credentials, Failure> {
    let service = Service::Sts(place.address());
    let token = token.expose_secret();
    let call = Client::from_conf(config(http, place).build()).assume_role_with_web_identity();
    let call = call.role_arn(role.as_str()).role_session_name("windlass").web_identity_token(token);
    let secrets = std::iter::once(token);
    let answer = call.send().await;
    let answer = answer.map_err(|error| refusal("AssumeRoleWithWebIdentity", &error, &service, secrets))?;
    session(answer.assumed_role_user, answer.credentials, role.account(), &service)
}

fn config(http: &Http, place: &Place) -> aws_sdk_sts::config::Builder {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(10))
        .build();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(place.region.clone()))
        .http_client(http.client(place.endpoint.as_deref()))
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .timeout_config(timeouts)
        .app_name(AppName::new("windlass").expect("the name has only letters"));
    match &place.endpoint {
        Some(url) => config.endpoint_url(url),
        None => config,
    }
}

/// The keys of an answer, which have to be of that account.
fn session(
    user: Option<AssumedRoleUser>,
    keys: Option<aws_sdk_sts::types::Credentials>,
    account: &AccountId,
    service: &Service,
) -> Result<Credentials, Failure> {
    let garbled = |problem: &str| Failure::Garbled { service: service.clone(), problem: problem.to_owned() };
    let arn = user.map(|user| user.arn).unwrap_or_default();
    same_account(account_of(&arn), account)?;
    let keys = keys.ok_or_else(|| garbled("the answer holds no keys"))?;
    let expires_at = keys.expiration.to_millis().map_err(|_| garbled("the answer holds no usable time of expiry"))?;
    Ok(Credentials {
        access_key_id: keys.access_key_id,
        secret_access_key: keys.secret_access_key.into(),
        session_token: Some(keys.session_token.into()),
        expires_at: Some(expires_at),
    })
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
