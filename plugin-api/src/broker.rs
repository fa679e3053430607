//! The border at which connections are asked for.
//!
//! A host has no sockets of its own. It has one end of a pair of Unix sockets that keep packets apart
//! (`SOCK_SEQPACKET`), and asks on it for a connection; the runner resolves the name, checks the addresses against what
//! the step may reach, connects, and passes the connected descriptor back (unix(7), `SCM_RIGHTS`). TLS is the asker's.
//!
//! ```text
//! host -> runner   {"id":1,"host":"logs.us-east-1.amazonaws.com","port":443}
//! runner -> host   {"id":1,"refused":null}                with exactly one descriptor, or
//! runner -> host   {"id":1,"refused":{"kind":"denied","message":"..."}}    with none
//! ```
//!
//! Answers come in any order. The descriptor is a TCP socket: non-blocking, with `TCP_NODELAY` and keepalive set.

use serde::{Deserialize, Serialize};

/// The longest packet in bytes, either way.
pub const MAX_PACKET: usize = 4 * 1024;
/// Requests that may wait at a time; more are refused.
pub const MOST_WAITING: usize = 16;

/// A request for a connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectRequest {
    /// Chosen by the host, not used twice.
    pub id: u64,
    /// A name, or an IPv4 or IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectAnswer {
    /// The request's number.
    pub id: u64,
    /// Why there is no connection; nothing when one comes along.
    pub refused: Option<Refusal>,
}

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Refusal {
    /// What a caller may decide on.
    pub kind: RefusalKind,
    /// A sentence that names host and port.
    pub message: String,
}

/// Kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefusalKind {
    /// The step may not connect there: asking again is of no use.
    Denied,
    /// Nobody answers there now: the name is unknown, the connection refused, the proxy does not agree.
    Unreachable,
    /// It took too long.
    TimedOut,
}
