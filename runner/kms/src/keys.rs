use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use windlass_credentials::{
    Attribution, AwsService, Because, CallError, Calls, Chosen, Credentials, Environment, Permissions, Region,
    Resolved, SessionPolicy, Sessions,
};
use windlass_keys::{DataKey, KeyError, KeyStorage, Kms, KmsKey, Reading};
use windlass_settings::{Chain, Endpoints, ProjectName, Scope, Settings};
use zeroize::Zeroizing;

use crate::answer::{decrypted, generated};
use crate::trouble::{Asked, Trouble};

/// What its sessions have where those of a step have project and job: `windlass-system-master-key` is their name.
const SYSTEM: &str = "system";
const JOB: &str = "master-key";

/// The keys of KMS that one account may use.
pub struct KeysOfKms {
    account: Chain,
    project: ProjectName,
    endpoints: Endpoints,
    sessions: Sessions,
    calls: Calls,
}

impl KeysOfKms {
    /// With the account that these settings name; nothing when they name none. `keys` is key storage without KMS: the
    /// account takes nothing from it.
    pub fn of(settings: &Settings, keys: KeyStorage, environment: Environment) -> Option<Self> {
        let name = settings.master_key_account.as_ref()?;
        let account = settings.account(&Scope::System, name).and_then(|account| settings.chain(account).ok());
        Some(Self {
            account: account.expect("settings know the account of the master key, and have checked it"),
            project: ProjectName::parse(SYSTEM).expect("it is a name"),
            endpoints: settings.endpoints.clone(),
            sessions: Sessions::new(settings.endpoints.clone(), keys, environment),
            calls: Calls::new(),
        })
    }

    /// What is read of the answer to an operation on a key.
    async fn ask<T>(
        &self,
        asked: &Asked<'_>,
        input: Value,
        read: fn(&[u8]) -> Result<T, String>,
    ) -> Result<T, KeyError> {
        let service = AwsService::regional(&self.endpoints, "kms", asked.key.region());
        let answer = async {
            let keys = self.credentials(asked).await?;
            let answer = self.calls.json(&service, asked.target, &input, &keys).await.map_err(Trouble::Call)?;
            read(&answer).map_err(|problem| {
                let (address, action) = (service.address().to_owned(), asked.target.to_owned());
                Trouble::Call(CallError::Garbled { address, action, problem })
            })
        };
        answer.await.map_err(|trouble: Trouble| trouble.of(&self.account, asked))
    }

    async fn credentials(&self, asked: &Asked<'_>) -> Result<Credentials, Trouble> {
        let region = Region { name: asked.key.region().to_owned(), because: Because::Argument };
        let resolved = Resolved { chain: self.account.clone(), chosen: Chosen::Argument, region, shadowed: None };
        let who = Attribution { project: &self.project, job: JOB, execution: JOB };
        self.sessions.credentials(&resolved, &who, &self.policy(asked)).await.map_err(Trouble::Account)
    }

    /// Its sessions may do this one thing with this one key.
    fn policy(&self, asked: &Asked<'_>) -> SessionPolicy {
        let mut permissions = Permissions::default();
        permissions.add(asked.action, [asked.key.to_string()]);
        let of = |role| SessionPolicy::of(role, &permissions).expect("one action on one key is not too long");
        self.account.role().map_or(SessionPolicy::None, of)
    }
}

/// Bound into the ciphertext: KMS opens it for nobody who does not say this, and says it in `CloudTrail`.
fn context() -> Value {
    json!({ "windlass": "master-key" })
}

impl Kms for KeysOfKms {
    fn generate<'a>(&'a self, key: &'a KmsKey) -> Reading<'a, DataKey> {
        let asked = Asked { target: "TrentService.GenerateDataKey", action: "kms:GenerateDataKey", key };
        let input = json!({ "KeyId": key.as_str(), "NumberOfBytes": 32, "EncryptionContext": context() });
        Box::pin(async move { self.ask(&asked, input, generated).await })
    }

    fn decrypt<'a>(&'a self, key: &'a KmsKey, ciphertext: &'a [u8]) -> Reading<'a, Zeroizing<[u8; 32]>> {
        let asked = Asked { target: "TrentService.Decrypt", action: "kms:Decrypt", key };
        let input = json!({
            "KeyId": key.as_str(),
            "CiphertextBlob": STANDARD.encode(ciphertext),
            "EncryptionContext": context(),
        });
        Box::pin(async move { self.ask(&asked, input, decrypted).await })
    }
}

#[cfg(test)]
mod tests;
