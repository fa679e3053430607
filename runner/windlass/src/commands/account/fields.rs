//! The parts of an account on the command line.

use clap::Args;
use serde_json::{Map, Value, json};
use windlass_settings::{AccountName, KeyPath};

use crate::options::name_and_value;
use crate::problem::Problem;

/// What `account add` and `account edit` set; each flag is a key of the configuration file.
#[derive(Args, Default)]
pub(crate) struct Fields {
    /// The twelve digits of the AWS account
    #[arg(long, value_name = "DIGITS")]
    account_id: Option<String>,
    /// The role to assume: a whole ARN, or role/NAME in `--account-id`
    #[arg(long, visible_alias = "role-arn", value_name = "ROLE")]
    pub(super) assume_role: Option<String>,
    /// What the role's trust policy asks for
    #[arg(long, value_name = "ID")]
    pub(super) external_id: Option<String>,
    /// The partition of role/NAME: aws, aws-cn or aws-us-gov
    #[arg(long)]
    partition: Option<String>,
    /// A region that steps may use; may be given several times, or several with commas
    #[arg(long = "region", visible_alias = "regions", value_name = "REGION", value_delimiter = ',')]
    regions: Vec<String>,
    /// The region of a step that names none
    #[arg(long, value_name = "REGION")]
    default_region: Option<String>,
    #[command(flatten)]
    source: SourceFields,
    #[command(flatten)]
    session: SessionFields,
    /// A project that may use this account of the system; may be given several times
    #[arg(long = "allowed-project", value_name = "PROJECT", value_delimiter = ',', help_heading = "For whom")]
    allowed_projects: Vec<String>,
    /// A pattern of the roles that accounts may assume which start from this one; may be given several times
    #[arg(long = "allowed-role", value_name = "ARN", help_heading = "For whom")]
    allowed_roles: Vec<String>,
}

#[derive(Args, Default)]
#[group(multiple = true)]
#[command(next_help_heading = "Where the first credentials come from")]
struct SourceFields {
    /// What Windlass is where it runs: ec2-instance-role, ecs-task-role, eks-pod-identity or web-identity
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Another account of Windlass
    #[arg(long, visible_alias = "aws-account", value_name = "NAME")]
    source_account: Option<AccountName>,
    /// A profile of the shared AWS configuration files
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The id of an access key
    #[arg(long, value_name = "ID")]
    access_key_id: Option<String>,
    /// The path in key storage of its secret half
    #[arg(long, value_name = "KEY", requires = "access_key_id")]
    secret_access_key: Option<KeyPath>,
    /// The path in key storage of a temporary key's session token
    #[arg(long, value_name = "KEY", requires = "access_key_id")]
    session_token: Option<KeyPath>,
}

#[derive(Args, Default)]
#[command(next_help_heading = "The session")]
struct SessionFields {
    /// Its name, with {{project}}, {{job}}, {{execution}}
    #[arg(long, value_name = "TEMPLATE")]
    session_name: Option<String>,
    /// How long it lasts: 15m to 12h
    #[arg(long, value_name = "DURATION")]
    session_duration: Option<String>,
    /// Who is said to stand behind it; the role must allow sts:SetSourceIdentity
    #[arg(long, value_name = "TEMPLATE")]
    source_identity: Option<String>,
    /// A tag; may be given several times; the role must allow sts:TagSession
    #[arg(long = "session-tag", value_name = "KEY=VALUE", value_parser = name_and_value)]
    session_tags: Vec<(String, String)>,
    /// What a step may do with the role: `declared` (what its step type declares) or `none` (whatever the role may)
    #[arg(long, value_name = "POLICY")]
    session_policy: Option<String>,
    /// A managed policy that narrows when what a step declares is too long; may be given several times
    #[arg(long = "session-policy-arn", value_name = "ARN")]
    session_policy_arns: Vec<String>,
}

/// The keys of a definition that flags set.
pub(crate) type Definition = Map<String, Value>;

impl Fields {
    /// Puts what was given into a definition. `secret` is where a typed secret is kept.
    pub(super) fn put(&self, definition: &mut Definition, secret: Option<&KeyPath>) -> Result<bool, Problem> {
        let before = definition.clone();
        let SessionFields { session_name, session_duration, source_identity, session_tags, session_policy, .. } =
            &self.session;
        for (key, value) in [
            ("accountId", &self.account_id),
            ("assumeRole", &self.assume_role),
            ("externalId", &self.external_id),
            ("partition", &self.partition),
            ("defaultRegion", &self.default_region),
            ("sessionName", session_name),
            ("sessionDuration", session_duration),
            ("sourceIdentity", source_identity),
            ("sessionPolicy", session_policy),
        ] {
            definition.extend(value.iter().map(|value| (key.to_owned(), json!(value))));
        }
        for (key, values) in [
            ("regions", &self.regions),
            ("sessionPolicyArns", &self.session.session_policy_arns),
            ("allowedProjects", &self.allowed_projects),
            ("allowedRoles", &self.allowed_roles),
        ] {
            if !values.is_empty() {
                definition.insert(key.to_owned(), json!(values));
            }
        }
        if !session_tags.is_empty() {
            let tags: Map<String, Value> =
                session_tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
            definition.insert("sessionTags".to_owned(), Value::Object(tags));
        }
        if let Some(source) = self.source.written(secret)? {
            definition.insert("source".to_owned(), source);
        }
        Ok(*definition != before)
    }

    /// The id of an access key whose secret half is not said to be stored already.
    pub(super) fn wants_a_secret(&self) -> Option<&str> {
        self.source.access_key_id.as_deref().filter(|_| self.source.secret_access_key.is_none())
    }
}

impl SourceFields {
    fn written(&self, typed: Option<&KeyPath>) -> Result<Option<Value>, Problem> {
        let Self { source, source_account, profile, access_key_id, secret_access_key, session_token } = self;
        let access_key = access_key_id.as_ref().map(|id| {
            let mut key = json!({ "accessKeyId": id, "secretAccessKey": secret_access_key.as_ref().or(typed) });
            if let Some(token) = session_token {
                key["sessionToken"] = json!(token);
            }
            json!({ "access-key": key })
        });
        let given = [
            source.as_ref().map(|name| json!(name)),
            source_account.as_ref().map(|name| json!({ "account": name })),
            profile.as_ref().map(|name| json!({ "profile": name })),
            access_key,
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (source, None) => Ok(source),
            _ => Err(Problem::usage(
                "an account has one source: give one of `--source`, `--source-account`, `--profile`, `--access-key-id`",
            )),
        }
    }
}
