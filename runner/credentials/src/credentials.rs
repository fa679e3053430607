use secrecy::{ExposeSecret as _, SecretString};

/// Keys for AWS. `Debug` shows no secret, and nothing here can be serialized.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// `ASIA...` for a session, `AKIA...` for a long-lived key; not a secret.
    pub access_key_id: String,
    /// The secret half.
    pub secret_access_key: SecretString,
    /// The token of a session; a long-lived key has none.
    pub session_token: Option<SecretString>,
    /// When the session ends, in milliseconds UTC; a long-lived key does not.
    pub expires_at: Option<i64>,
}

impl Credentials {
    /// The texts that may never be shown.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        let token = self.session_token.as_ref().map(SecretString::expose_secret);
        std::iter::once(self.secret_access_key.expose_secret()).chain(token).filter(|text| !text.is_empty())
    }

    /// The same for the SDK; it is given no expiry, since whoever holds these asks again in time.
    pub(crate) fn for_sdk(&self) -> aws_credential_types::Credentials {
        let token = self.session_token.as_ref().map(|token| token.expose_secret().to_owned());
        let secret = self.secret_access_key.expose_secret();
        aws_credential_types::Credentials::new(&self.access_key_id, secret, token, None, "windlass")
    }

    /// What a provider of the SDK gave.
    pub(crate) fn from_sdk(given: &aws_credential_types::Credentials) -> Self {
        let expires_at = given.expiry().and_then(|end| end.duration_since(std::time::UNIX_EPOCH).ok());
        Self {
            access_key_id: given.access_key_id().to_owned(),
            secret_access_key: given.secret_access_key().into(),
            session_token: given.session_token().map(SecretString::from),
            expires_at: expires_at.and_then(|since| i64::try_from(since.as_millis()).ok()),
        }
    }
}
