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
/// The value of [`MARK`] for an [`Endpoint`].
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
