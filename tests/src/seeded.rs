//! What `tests/standins/seed.py` made, read from the document that it prints.

use crate::{Context, Outcome, Problem};
use serde_json::Value;

/// A user's long-lived key.
#[derive(Clone, Debug)]
pub struct UserKey {
    /// The user's ARN.
    pub arn: String,
    /// The public half.
    pub access_key_id: String,
    /// The secret half, of a stand-in.
    pub secret_access_key: String,
}

/// An account beside the managed one, which is reached in the same way.
#[derive(Clone, Debug)]
pub struct Staging {
    /// Its number.
    pub account: String,
    /// What its role asks for.
    pub external_id: String,
    /// Its role that may query logs.
    pub role: String,
}

/// A log group that lies in the managed and the staging account, in each of the regions.
#[derive(Clone, Debug)]
pub struct Payments {
    /// Its name.
    pub log_group: String,
    /// Where it lies in each account.
    pub regions: Vec<String>,
    /// How many lines each has, over the last 30 minutes; a third of them has `refused` in it.
    pub of_each: u64,
}

/// The accounts of a seeded ministack.
#[derive(Clone, Debug)]
pub struct Seeded {
    /// The document itself, to hand on.
    pub document: Value,
    /// The region of everything.
    pub region: String,
    /// The account that Windlass authenticates as.
    pub managing_account: String,
    /// The account whose roles it assumes, and where the log group lies.
    pub managed_account: String,
    /// What every role that may be assumed asks for.
    pub external_id: String,
    /// The log group of `managed_account`; there is none of that name in the other.
    pub log_group: String,
    /// How many lines it has, over the last 30 minutes.
    pub events: u64,
    /// The account beside it.
    pub staging: Staging,
    /// What both of them have in two regions.
    pub payments: Payments,
    /// Role of `managing_account` that the metadata server gives out.
    pub instance_role: String,
    /// Role of `managing_account` that the container server gives out.
    pub task_role: String,
    /// Role of `managed_account` that may query logs.
    pub reader_role: String,
    /// Role of `managed_account` that trusts nobody here.
    pub closed_role: String,
    /// Role of `managed_account` that may be assumed and may do nothing.
    pub powerless_role: String,
    /// User whose key the metadata and container servers hold.
    pub host_user: UserKey,
    /// User of `managing_account` that may assume what the instance role may.
    pub operator_user: UserKey,
    /// User of `managed_account` that may query logs without any role.
    pub reader_user: UserKey,
    /// User of `managed_account` that may list its secrets and parameters, and read those below `windlass/`.
    pub secrets_user: UserKey,
    /// The secrets `windlass/db/password` (and `.../binary`) and `other/db` of `managed_account`; `windlass/operator` is
    /// the key of `operator_user`.
    pub password: String,
    /// The parameters `/windlass/web/token` and `/other/token`.
    pub token: String,
}

impl Seeded {
    /// Reads the document.
    ///
    /// # Errors
    /// When it is no JSON or lacks a member.
    pub fn parse(document: &str) -> Outcome<Self> {
        let document: Value = serde_json::from_str(document).context(|| "read what was seeded".to_owned())?;
        let text = |name: &str| text(&document, name);
        Ok(Self {
            region: text("/region")?,
            managing_account: text("/managingAccount")?,
            managed_account: text("/managedAccount")?,
            external_id: text("/externalId")?,
            log_group: text("/logGroup")?,
            events: document["events"].as_u64().unwrap_or_default(),
            staging: Staging {
                account: text("/staging/account")?,
                external_id: text("/staging/externalId")?,
                role: text("/staging/role")?,
            },
            payments: Payments {
                log_group: text("/payments/logGroup")?,
                regions: texts(&document["payments"]["regions"]),
                of_each: document["payments"]["ofEach"].as_u64().unwrap_or_default(),
            },
            instance_role: text("/instanceRole")?,
            task_role: text("/taskRole")?,
            reader_role: text("/readerRole")?,
            closed_role: text("/closedRole")?,
            powerless_role: text("/powerlessRole")?,
            host_user: user(&document, "/hostUser")?,
            operator_user: user(&document, "/operatorUser")?,
            reader_user: user(&document, "/readerUser")?,
            secrets_user: user(&document, "/secretsUser")?,
            password: text("/password")?,
            token: text("/token")?,
            document,
        })
    }
}

fn user(document: &Value, name: &str) -> Outcome<UserKey> {
    Ok(UserKey {
        arn: text(document, &format!("{name}/arn"))?,
        access_key_id: text(document, &format!("{name}/accessKeyId"))?,
        secret_access_key: text(document, &format!("{name}/secretAccessKey"))?,
    })
}

fn text(document: &Value, name: &str) -> Outcome<String> {
    let value = document.pointer(name).and_then(Value::as_str);
    value.map(str::to_owned).ok_or_else(|| Problem::new(format!("what was seeded lacks `{name}`")))
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
