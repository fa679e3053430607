use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::ExposeSecret as _;
use windlass_keys::KeyStorage;
use windlass_settings::{Account, AccountId, Endpoints, KeyPath, ProjectName, Role, Source};

use crate::cache::{Cache, Outcome};
use crate::clients::Http;
use crate::failure::Failure;
use crate::sts::{Place, Sts};
use crate::{AccountError, Credentials, Environment, Resolved, SessionError, container, instance, profile};

/// Gives credentials for resolved accounts and keeps the sessions that it opened.
///
/// One for the whole runner: steps that share an account share its session. Nothing is fetched, and no TLS is set up,
/// before somebody asks.
pub struct Sessions {
    endpoints: Endpoints,
    keys: KeyStorage,
    environment: Environment,
    http: Http,
    cache: Cache<Key>,
}

/// For whom a session is opened; it fills in the session's name.
#[derive(Clone, Copy, Debug)]
pub struct Attribution<'a> {
    /// The project.
    pub project: &'a ProjectName,
    /// The job's name.
    pub job: &'a str,
    /// The execution's id.
    pub execution: &'a str,
}

/// Everything that makes sessions differ. Accounts that agree in all of it share one.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    source: Source,
    /// A profile may assume roles itself, at the STS of a region.
    profile_region: Option<String>,
    hop: Hop,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Hop {
    None,
    Checked { account: AccountId, sts: Place },
    Role { arn: String, external_id: Option<String>, session_name: String, seconds: u64, sts: Place },
}

impl Sessions {
    /// Sessions by these endpoints, key storage and variables.
    pub fn new(endpoints: Endpoints, keys: KeyStorage, environment: Environment) -> Self {
        let cache = Cache::new(Box::new(now));
        Self { endpoints, keys, environment, http: Http::new(), cache }
    }

    /// Credentials, renewed when less than five minutes or a third of their life is left. Should nobody answer the
    /// renewal, those at hand are given until they end. Whatever fails is the answer to everyone for ten seconds.
    ///
    /// # Errors
    /// [`AccountError::Session`] with the code of what happened, `account.source-unreachable` to `account.mismatch`,
    /// or a `key.` code when the secret of an access key cannot be read.
    pub async fn credentials(&self, resolved: &Resolved, who: &Attribution<'_>) -> Result<Credentials, AccountError> {
        let account = &resolved.account;
        let outcome = match &account.role {
            Some(role) => self.role_session(account, role, &resolved.region.name, who).await,
            None => self.source_session(account, &resolved.region.name).await,
        };
        outcome.map_err(|failure| SessionError::new(account, failure).into())
    }

    async fn role_session(&self, account: &Account, role: &Role, region: &str, who: &Attribution<'_>) -> Outcome {
        let sts = Place::new(&self.endpoints, region);
        let session_name = role.session_name.render(who.project.as_str(), who.job, who.execution);
        let source = Key::of_source(account, region);
        let hop = Hop::Role {
            arn: role.arn.as_str().to_owned(),
            external_id: role.external_id.clone().map(String::from),
            session_name: session_name.clone(),
            seconds: role.duration.as_secs(),
            sts: sts.clone(),
        };
        let assume = async || {
            let keys = self.source_keys(&source).await?;
            let assumed = Sts::new(&self.http, &sts, &keys).assume(role, &session_name).await;
            assumed.map_err(|failure| self.noted(failure, &source))
        };
        self.cache.get(&Key { hop, ..source.clone() }, assume).await
    }

    /// The source's keys themselves; checked once a session, if the configuration says which account they are of.
    async fn source_session(&self, account: &Account, region: &str) -> Outcome {
        let source = Key::of_source(account, region);
        let Some(configured) = &account.account_id else {
            return self.source_keys(&source).await;
        };
        let sts = Place::new(&self.endpoints, region);
        let hop = Hop::Checked { account: configured.clone(), sts: sts.clone() };
        let check = async || {
            let keys = self.source_keys(&source).await?;
            let checked = Sts::new(&self.http, &sts, &keys).check_account(configured).await;
            checked.map_err(|failure| self.noted(failure, &source))?;
            Ok(keys)
        };
        self.cache.get(&Key { hop, ..source.clone() }, check).await
    }

    async fn source_keys(&self, key: &Key) -> Outcome {
        let fetch = async || match &key.source {
            Source::Ec2InstanceRole => {
                let endpoint = self.endpoints.imds.as_deref().unwrap_or(instance::LINK_LOCAL);
                instance::fetch(self.http.client(Some(endpoint)), endpoint).await
            }
            Source::EcsTaskRole => container::fetch(&self.environment).await,
            Source::AccessKey { access_key_id, secret_access_key } => {
                self.access_key(access_key_id, secret_access_key).await
            }
            Source::Profile(name) => {
                let region = key.profile_region.as_deref().unwrap_or_default();
                profile::fetch(self.http.client(None), &self.environment, name, region).await
            }
        };
        self.cache.get(key, async || fetch().await.map_err(Arc::new)).await
    }

    async fn access_key(&self, id: &str, path: &KeyPath) -> Result<Credentials, Failure> {
        let secret = self.keys.get(path).await.map_err(Failure::Key)?;
        let text = std::str::from_utf8(secret.expose_secret()).map(str::trim);
        match text {
            Ok(text) if !text.is_empty() => Ok(Credentials {
                access_key_id: id.to_owned(),
                secret_access_key: text.into(),
                session_token: None,
                expires_at: None,
            }),
            _ => Err(Failure::KeyNotText(path.clone())),
        }
    }

    /// Keys that STS does not accept are not offered again.
    fn noted(&self, failure: Failure, source: &Key) -> Arc<Failure> {
        if matches!(failure, Failure::KeysRefused { .. }) {
            self.cache.forget(source);
        }
        Arc::new(failure)
    }
}

impl Key {
    fn of_source(account: &Account, region: &str) -> Self {
        let source = account.source.clone();
        let profile_region = matches!(source, Source::Profile(_)).then(|| region.to_owned());
        Self { source, profile_region, hop: Hop::None }
    }
}

/// Milliseconds UTC.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_millis()).expect("milliseconds fit for 292 million years")
}

#[cfg(test)]
mod tests;
