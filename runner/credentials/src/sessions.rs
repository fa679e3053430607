use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret as _, SecretString};
use windlass_keys::KeyStorage;
use windlass_settings::{AccessKey, AccountId, Chain, Endpoints, KeyPath, ProjectName, Role, Source};

use crate::cache::{Cache, Outcome};
use crate::clients::Http;
use crate::failure::{Failed, Failure, Hop};
use crate::sts::{Place, Sts};
use crate::{
    AccountError, Calls, Checks, Credentials, Environment, Resolved, SessionError, SessionPolicy, Verification,
    container, instance, profile, verify, web_identity,
};

/// Gives credentials for resolved accounts and keeps the sessions that it opened.
///
/// One for the whole runner: steps that share an account share its session. Nothing is fetched, and no TLS is set up,
/// before somebody asks.
#[derive(Clone)]
pub struct Sessions(Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) endpoints: Endpoints,
    keys: KeyStorage,
    environment: Environment,
    pub(crate) http: Http,
    pub(crate) calls: Calls,
    cache: Cache<Arc<Key>>,
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
#[derive(Debug, PartialEq, Eq, Hash)]
enum Key {
    Source {
        source: Source,
        /// Some sources ask the STS of a region themselves.
        sts: Option<Place>,
    },
    /// The same keys, once STS has said whose they are.
    Checked {
        of: Arc<Key>,
        account: AccountId,
        sts: Place,
    },
    Role {
        from: Arc<Key>,
        ask: Assume,
        sts: Place,
    },
}

/// What STS is asked for a role.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Assume {
    pub(crate) arn: String,
    pub(crate) account: AccountId,
    pub(crate) external_id: Option<String>,
    pub(crate) session_name: String,
    pub(crate) seconds: i32,
    pub(crate) source_identity: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) policy: SessionPolicy,
}

type Fetched = Pin<Box<dyn Future<Output = Outcome> + Send>>;

impl Sessions {
    /// Sessions by these endpoints, key storage and variables.
    pub fn new(endpoints: Endpoints, keys: KeyStorage, environment: Environment) -> Self {
        let cache = Cache::new(Box::new(now));
        Self(Arc::new(Shared { endpoints, keys, environment, http: Http::new(), calls: Calls::new(), cache }))
    }

    /// Credentials, renewed when less than five minutes or a third of their life is left. Should nobody answer the
    /// renewal, those at hand are given until they end. Whatever fails is the answer to everyone for ten seconds.
    ///
    /// The policy narrows the last role, if there is one.
    ///
    /// # Errors
    /// [`AccountError::Session`] with the code of what happened, `account.source-unreachable` to `account.mismatch`,
    /// or a `key.` code when the secret of an access key cannot be read.
    pub async fn credentials(
        &self,
        resolved: &Resolved,
        who: &Attribution<'_>,
        policy: &SessionPolicy,
    ) -> Result<Credentials, AccountError> {
        let key = self.0.key(&resolved.chain, &resolved.region.name, who, policy);
        let outcome = Shared::session(&self.0, key).await;
        outcome.map_err(|failed| SessionError::new(&resolved.chain, failed).into())
    }

    /// Goes the whole way of an account and looks whether it is as it should be, within two minutes. Sessions that are kept
    /// are not used, and those that it opens are neither kept nor narrowed.
    pub async fn verify(&self, resolved: &Resolved, who: &Attribution<'_>, checks: &Checks<'_>) -> Verification {
        verify::verify(&self.0, resolved, who, checks).await
    }
}

impl Shared {
    fn key(&self, chain: &Chain, region: &str, who: &Attribution<'_>, policy: &SessionPolicy) -> Arc<Key> {
        let sts = Place::new(&self.endpoints, region);
        let source = chain.source().clone();
        let asks_sts = matches!(source, Source::Profile(_) | Source::WebIdentity(_));
        let mut key = Arc::new(Key::Source { source, sts: asks_sts.then(|| sts.clone()) });
        let mut left = chain.roles().count();
        for link in chain.links() {
            key = match (&link.role, &link.account_id) {
                (Some(role), _) => {
                    left -= 1;
                    let policy = if left == 0 { policy.clone() } else { SessionPolicy::None };
                    Arc::new(Key::Role { from: key, ask: Assume::new(role, who, policy), sts: sts.clone() })
                }
                (None, Some(account)) => Arc::new(Key::Checked { of: key, account: account.clone(), sts: sts.clone() }),
                (None, None) => key,
            };
        }
        key
    }

    /// The session of that key, opened if need be with the one that it stands on.
    fn session(this: &Arc<Self>, key: Arc<Key>) -> Fetched {
        let this = Arc::clone(this);
        Box::pin(async move {
            let fetch = || Self::open(Arc::clone(&this), Arc::clone(&key));
            this.cache.get(&key, fetch).await
        })
    }

    async fn open(this: Arc<Self>, key: Arc<Key>) -> Outcome {
        match &*key {
            Key::Source { source, sts } => {
                let keys = this.source_keys(source, sts.as_ref()).await;
                keys.map_err(|why| Arc::new(Failed { why, hop: Hop::Source }))
            }
            Key::Checked { of, account, sts } => {
                let keys = Self::session(&this, Arc::clone(of)).await?;
                let checked = Sts::new(&this.http, sts, &keys).check_account(account).await;
                checked.map_err(|why| this.noted(why, Hop::Source, of))?;
                Ok(keys)
            }
            Key::Role { from, ask, sts } => {
                let keys = Self::session(&this, Arc::clone(from)).await?;
                let assumed = Sts::new(&this.http, sts, &keys).assume(ask).await;
                assumed.map_err(|why| this.noted(why, Hop::Role(ask.arn.clone()), from))
            }
        }
    }

    pub(crate) async fn source_keys(&self, source: &Source, sts: Option<&Place>) -> Result<Credentials, Failure> {
        match source {
            Source::Ec2InstanceRole => {
                let endpoint = self.endpoints.imds.as_deref().unwrap_or(instance::LINK_LOCAL);
                instance::fetch(self.http.client(Some(endpoint)), endpoint).await
            }
            Source::EcsTaskRole => container::task_role(&self.environment).await,
            Source::EksPodIdentity => container::pod_identity(&self.environment).await,
            Source::WebIdentity(given) => {
                let sts = sts.expect("the key of a web identity says where STS is asked");
                web_identity::fetch(&self.http, sts, &self.environment, given).await
            }
            Source::AccessKey(key) => self.access_key(key).await,
            Source::Profile(name) => {
                let around = profile::Surroundings {
                    http: &self.http,
                    sts: sts.expect("the key of a profile says where STS is asked"),
                    imds: self.endpoints.imds.as_deref().unwrap_or(instance::LINK_LOCAL),
                    environment: &self.environment,
                };
                profile::fetch(&around, name).await
            }
            Source::Account(_) => unreachable!("a chain begins with a source of its own"),
        }
    }

    async fn access_key(&self, key: &AccessKey) -> Result<Credentials, Failure> {
        let session_token = match &key.session_token {
            Some(path) => Some(self.text(path).await?),
            None => None,
        };
        Ok(Credentials {
            access_key_id: key.id.clone(),
            secret_access_key: self.text(&key.secret).await?,
            session_token,
            expires_at: None,
        })
    }

    async fn text(&self, path: &KeyPath) -> Result<SecretString, Failure> {
        let secret = self.keys.get(path).await.map_err(Failure::Key)?;
        match std::str::from_utf8(secret.expose_secret()).map(str::trim) {
            Ok(text) if !text.is_empty() => Ok(text.into()),
            _ => Err(Failure::KeyNotText(path.clone())),
        }
    }

    /// Keys that STS does not accept are not offered again.
    fn noted(&self, why: Failure, hop: Hop, from: &Arc<Key>) -> Arc<Failed> {
        if matches!(why, Failure::KeysRefused { .. }) {
            self.cache.forget(from);
        }
        Arc::new(Failed { why, hop })
    }
}

impl Assume {
    pub(crate) fn new(role: &Role, who: &Attribution<'_>, policy: SessionPolicy) -> Self {
        let Attribution { project, job, execution } = *who;
        let project = project.as_str();
        let tag = |(key, value): (&String, &windlass_settings::Template)| {
            (key.clone(), tag_value(&value.fill(project, job, execution)))
        };
        Self {
            arn: role.arn.as_str().to_owned(),
            account: role.arn.account().clone(),
            external_id: role.external_id.clone().map(String::from),
            session_name: role.session_name.render(project, job, execution),
            seconds: i32::try_from(role.duration.as_secs()).expect("settings allow at most 12 hours"),
            source_identity: role.source_identity.as_ref().map(|name| name.render(project, job, execution)),
            tags: role.tags.iter().map(tag).collect(),
            policy,
        }
    }
}

/// The value of a tag: at most 256 characters, letters, digits, blanks and `_.:/=+-@` (AWS STS API reference, `Tag`).
fn tag_value(text: &str) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || " _.:/=+-@".contains(c) { c } else { '-' };
    text.chars().map(allowed).take(256).collect()
}

/// Milliseconds UTC.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    i64::try_from(since.as_millis()).expect("milliseconds fit for 292 million years")
}

#[cfg(test)]
mod tests;
