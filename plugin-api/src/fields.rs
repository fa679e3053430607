//! Types of configuration fields that the runner treats in a way of their own. It finds them by [`MARK`] in the schema.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// The keyword by which a field's schema says what it is to the runner: [`SECRET`], [`ENDPOINT`], [`ACCOUNT`],
/// [`REGION`] or [`VERBATIM`].
pub const MARK: &str = "x-windlass";
/// The value of [`MARK`] for a text that is passed on as it stands in the job, such as a script: `${{ }}` in it is an
/// error.
pub const VERBATIM: &str = "verbatim";
/// The value of [`MARK`] for a [`Secret`].
pub const SECRET: &str = "secret";
/// The value of [`MARK`] for an [`Endpoint`] and a [`Server`].
pub const ENDPOINT: &str = "endpoint";
/// The value of [`MARK`] for an [`Account`]. Since api 1.1.
pub const ACCOUNT: &str = "account";
/// The value of [`MARK`] for a [`Region`]. Since api 1.1.
pub const REGION: &str = "region";

/// A secret out of key storage. In a job the field is the path of a key (`keys/project/web/token`); what the step gets is
/// the key's text, which is masked in its log and outputs.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The secret itself. Do not let it out of the step.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl JsonSchema for Secret {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^keys/", MARK: SECRET})
    }
}

/// A web address that the job names and the step may therefore connect to: `https://host[:port]/...`, or `http`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Endpoint(String);

impl Endpoint {
    /// The address as the job has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for Endpoint {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Endpoint".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^https?://", "format": "uri", MARK: ENDPOINT})
    }
}

/// A TCP server that the job names and the step may therefore connect to: `host:port`, an IPv6 address in brackets. Since api 1.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    text: String,
    port: u16,
}

impl Server {
    /// As the job has it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// A name or an address, without brackets: what [`Context::connect`](crate::Context::connect) takes.
    pub fn host(&self) -> &str {
        let host = self.text.rsplit_once(':').map_or("", |(host, _)| host);
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl<'de> Deserialize<'de> for Server {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let port = text.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).filter(|&port| port != 0);
        let port =
            port.ok_or_else(|| serde::de::Error::custom("a server is `host:port` with a port from 1 to 65535"))?;
        Ok(Self { text, port })
    }
}

impl JsonSchema for Server {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Server".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = r"^([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$";
        json_schema!({"type": "string", "pattern": pattern, MARK: ENDPOINT})
    }
}

/// The name of an account that the step works with, as the configuration of the runner has it. The step gets the credentials
/// of all accounts that its configuration names, each in each [`Region`] that it names, by
/// [`Context::places`](crate::Context::places). Since api 1.1.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account(String);

impl Account {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for Account {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Account".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[A-Za-z0-9._-]{1,100}$", MARK: ACCOUNT})
    }
}

/// A region of AWS that the step works in, `eu-west-1`; see [`Account`]. Since api 1.1.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Region(String);

impl Region {
    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl JsonSchema for Region {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Region".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[a-z0-9-]{1,63}$", MARK: REGION})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_and_a_port() {
        let parts = |text: &str| {
            let server: Result<Server, _> = serde_json::from_value(text.into());
            server.map(|server| (server.host().to_owned(), server.port())).map_err(|error| error.to_string())
        };
        assert_eq!(parts("smtp.example.com:587"), Ok(("smtp.example.com".to_owned(), 587)));
        assert_eq!(parts("[::1]:25"), Ok(("::1".to_owned(), 25)));
        for odd in ["smtp.example.com", "smtp.example.com:0", "smtp.example.com:65536", ""] {
            assert!(parts(odd).unwrap_err().contains("`host:port`"), "{odd}");
        }
    }
}
