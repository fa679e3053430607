//! The shape of a configuration file: what may be written, before any rule between values is checked.
//!
//! Its JSON Schema names the environment variables, and a test holds the documented defaults against it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::Source;
use crate::yaml::{Location, Node, Position, Spanned};

mod key_mounts;

pub(crate) use key_mounts::{KeyMountShape, MountedShape};

/// A text and where it stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Spanned<String>")]
pub(crate) struct Text {
    value: String,
    position: Position,
}

impl Text {
    pub(crate) fn at(position: Position, value: impl Into<String>) -> Self {
        Self { value: value.into(), position }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.value
    }
}

impl From<Spanned<String>> for Text {
    fn from(read: Spanned<String>) -> Self {
        Self::at((&read).into(), read.value)
    }
}

impl From<&Text> for Position {
    fn from(text: &Text) -> Self {
        text.position
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

/// A key that is given has a value: null is an error, and not the same as leaving the key out.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfigurationShape {
    #[serde(rename = "apiVersion")]
    #[schemars(skip)]
    _api_version: IgnoredAny,
    #[serde(rename = "kind")]
    #[schemars(skip)]
    _kind: IgnoredAny,
    #[serde(default, deserialize_with = "given")]
    pub(crate) data_dir: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) master_key_file: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) master_key_account: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) plugin_dirs: Option<Spanned<Vec<Text>>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) plugin_lock_file: Option<Text>,
    #[serde(default)]
    pub(crate) database: DatabaseShape,
    #[serde(default, deserialize_with = "given")]
    pub(crate) default_account: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) managing_account: Option<Text>,
    #[serde(default)]
    pub(crate) accounts: Vec<AccountShape>,
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) sources: BTreeMap<String, Spanned<GrantShape>>,
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) aws: Option<Node>,
    #[serde(default)]
    #[schemars(skip)]
    pub(crate) ecs: Option<Node>,
    #[serde(default)]
    pub(crate) projects: Vec<ProjectShape>,
    #[serde(default)]
    pub(crate) key_mounts: Vec<KeyMountShape>,
    #[serde(default)]
    pub(crate) endpoints: BTreeMap<String, Text>,
    #[serde(default)]
    pub(crate) network: NetworkShape,
    #[serde(default)]
    pub(crate) shell: ShellShape,
    #[serde(default)]
    pub(crate) server: ServerShape,
    #[serde(default)]
    pub(crate) limits: LimitsShape,
    #[serde(default)]
    pub(crate) retention: RetentionShape,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DatabaseShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) url: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) password_file: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) max_connections: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) durability: Option<Text>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NetworkShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) proxy: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) proxy_password: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) no_proxy: Option<Spanned<Vec<Text>>>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) local_destinations: Option<Spanned<Vec<Text>>>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) certificate_authorities: Option<Spanned<Vec<Text>>>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) direct_plugins: Option<Spanned<Vec<Text>>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ShellShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) path: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) home: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) lang: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) time_zone: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) allow_unconfined: Option<Spanned<Vec<Text>>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ServerShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) max_executions: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) project_executions: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) stop_grace: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) lease: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) labels: Option<Spanned<Vec<Text>>>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LimitsShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) step_memory: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) step_output: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) step_log: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) step_log_action: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) step_processes: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) containment: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) cancel_grace: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) project_artifacts: Option<Text>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RetentionShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) max_age: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) max_count: Option<Text>,
    #[serde(default)]
    pub(crate) failed: RetentionOfFailedShape,
    #[serde(default, deserialize_with = "given")]
    pub(crate) interval: Option<Text>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RetentionOfFailedShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) max_age: Option<Text>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProjectShape {
    pub(crate) name: Text,
    #[serde(default, deserialize_with = "given")]
    pub(crate) description: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) default_account: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) max_executions: Option<Text>,
    #[serde(default)]
    pub(crate) accounts: Vec<AccountShape>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountShape {
    pub(crate) name: Text,
    #[serde(default, deserialize_with = "given")]
    pub(crate) account_id: Option<Text>,
    #[schemars(with = "SourceShape")]
    pub(crate) source: Spanned<SourceShape>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) assume_role: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) partition: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) external_id: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) session_name: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) session_duration: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) source_identity: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "BTreeMap<String, Text>")]
    pub(crate) session_tags: Option<Spanned<BTreeMap<String, Text>>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) session_policy: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) session_policy_arns: Option<Spanned<Vec<Text>>>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) regions: Option<Spanned<Vec<Text>>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) default_region: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) allowed_projects: Option<Spanned<Vec<Text>>>,
    #[serde(default, deserialize_with = "given")]
    #[schemars(with = "Vec<Text>")]
    pub(crate) allowed_roles: Option<Spanned<Vec<Text>>>,
}

impl AccountShape {
    /// With what every account has and nothing else.
    pub(crate) fn new(name: Text, source: SourceShape) -> Self {
        Self {
            name,
            account_id: None,
            source: Spanned::new(source, Location::UNKNOWN, Location::UNKNOWN),
            assume_role: None,
            partition: None,
            external_id: None,
            session_name: None,
            session_duration: None,
            source_identity: None,
            session_tags: None,
            session_policy: None,
            session_policy_arns: None,
            regions: None,
            default_region: None,
            allowed_projects: None,
            allowed_roles: None,
        }
    }

    /// The account with these regions; without any, with every region.
    pub(crate) fn with_regions(mut self, regions: Vec<Text>) -> Self {
        if !regions.is_empty() {
            self.regions = Some(Spanned::new(regions, Location::UNKNOWN, Location::UNKNOWN));
        }
        self
    }
}

/// What a source of the runner's own may be used for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GrantShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) allowed_projects: Option<Spanned<Vec<Text>>>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) allowed_roles: Option<Spanned<Vec<Text>>>,
}

/// A word, or one key with what belongs to it.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub(crate) enum SourceShape {
    Ec2InstanceRole,
    EcsTaskRole,
    EksPodIdentity,
    WebIdentity(WebIdentityShape),
    AccessKey(AccessKeyShape),
    Profile(Text),
    Account(Text),
    /// None of them; reported at the place of the value, which is not known while it is read.
    #[schemars(skip)]
    Wrong {
        message: String,
        hint: String,
    },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccessKeyShape {
    pub(crate) access_key_id: Text,
    pub(crate) secret_access_key: Text,
    #[serde(default, deserialize_with = "given")]
    pub(crate) session_token: Option<Text>,
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WebIdentityShape {
    #[serde(default, deserialize_with = "given")]
    pub(crate) role: Option<Text>,
    #[serde(default, deserialize_with = "given")]
    pub(crate) token_file: Option<Text>,
}

/// Written out, because the derived reader looks for the missing part of a bare `profile` on the next line.
impl<'de> Deserialize<'de> for SourceShape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SourceShape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "one of the sources `{}`", Source::NAMES.join("`, `"))
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<SourceShape, E> {
        Ok(match name {
            "ec2-instance-role" => SourceShape::Ec2InstanceRole,
            "ecs-task-role" => SourceShape::EcsTaskRole,
            "eks-pod-identity" => SourceShape::EksPodIdentity,
            "web-identity" => SourceShape::WebIdentity(WebIdentityShape::default()),
            "access-key" => wrong(
                "a bare `access-key` has no key",
                "write `access-key: {accessKeyId: AKIA..., secretAccessKey: keys/...}`",
            ),
            "profile" => wrong("a bare `profile` names none", "write `profile: NAME` below `source`"),
            "account" => wrong("a bare `account` names none", "write `account: NAME` below `source`"),
            other => unknown(other),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SourceShape, A::Error> {
        let mut sources = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            sources.push(match name.as_str() {
                "access-key" => SourceShape::AccessKey(map.next_value()?),
                "profile" => SourceShape::Profile(map.next_value()?),
                "account" => SourceShape::Account(map.next_value()?),
                "web-identity" => SourceShape::WebIdentity(map.next_value()?),
                name => {
                    map.next_value::<IgnoredAny>()?;
                    if Source::NAMES.contains(&name) {
                        wrong(&format!("nothing belongs below `{name}`"), &format!("write `source: {name}`"))
                    } else {
                        unknown(name)
                    }
                }
            });
        }
        match (sources.pop(), sources.is_empty()) {
            (Some(source), true) => Ok(source),
            _ => Ok(wrong("an account has one source", "make an account of each")),
        }
    }
}

fn unknown(name: &str) -> SourceShape {
    wrong(&format!("there is no source `{name}`"), &windlass_errors::nearest_hint(name, Source::NAMES))
}

fn wrong(message: &str, hint: &str) -> SourceShape {
    SourceShape::Wrong { message: message.to_owned(), hint: hint.to_owned() }
}
