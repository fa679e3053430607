//! What a host asks for while its step runs, and what it is given.

use serde::{Deserialize, Serialize};

use crate::StepError;
use crate::broker::Refusal;

/// The longest token of a checkpoint in bytes.
pub const MAX_CHECKPOINT: usize = 64 * 1024;

/// A question to the runner.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ask {
    /// Chosen by the host, not used twice.
    pub id: u64,
    /// For what.
    pub what: Wanted,
}

/// What may be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Wanted {
    /// The credentials of the step's account, the first of its places.
    Credentials,
    /// The credentials of another of its places. Since api 1.1.
    CredentialsIn {
        /// The number of one of [`Start::places`](super::Start::places), from 0.
        place: usize,
    },
    /// That this token is kept instead of the last one, at most [`MAX_CHECKPOINT`] bytes.
    Checkpoint {
        /// What the step needs to go on, or to end what it has begun; no secret.
        token: String,
    },
    /// A connection. The plugin's own process answers it, out of what the [broker](crate::broker) passes to it; a runner that
    /// reads this refuses it.
    Connect {
        /// A name, or an IPv4 or IPv6 address without brackets.
        host: String,
        /// The TCP port.
        port: u16,
    },
    /// A try of the step's account, of that alone, by the runner. A step type that has not declared it is refused. Since
    /// api 1.1.
    Verify {
        /// Whether roles are asked for without their external IDs, which must be refused and is seen in `CloudTrail`.
        external_id_check: bool,
    },
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// The number of the ask.
    pub id: u64,
    /// What was asked for, or why not.
    pub result: Result<Given, StepError>,
}

/// What the runner gives.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Given {
    /// Temporary credentials of the step's account.
    Credentials(Credentials),
    /// The checkpoint is kept: it outlives this process, the runner's and the machine's.
    Kept,
    /// The number of the descriptor of a connected TCP socket, non-blocking and close-on-exec; whoever asked owns it.
    Connection(i32),
    /// There is no connection.
    Refused(Refusal),
    /// What was found of the step's account.
    Verified(Verified),
}

/// What was found of an account, in the order in which it was looked at. Nothing of it is secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// The twelve digits of the AWS account that the account gives, when the way to it could be gone.
    pub account_id: Option<String>,
    /// Who it is at AWS, then.
    pub arn: Option<String>,
    /// What each check found.
    pub findings: Vec<Finding>,
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The source by its name, or a role by its ARN.
    pub hop: String,
    /// The name of the account whose source or role that is.
    pub account: String,
    /// Which check; the runner's documentation lists them.
    pub check: String,
    /// `ok`, `warning`, `failed` or `skipped`.
    pub result: String,
    /// What was found, in one line.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// Credentials of an account; short-lived unless the account is an access key without a role.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// The secret.
    pub secret_access_key: String,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
    /// When they end, milliseconds since 1970 UTC. Ask again before.
    pub expires_at_ms: Option<i64>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(..)")
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}
