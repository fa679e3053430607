//! Connections of a step (feature `net`).

use std::os::fd::{FromRawFd as _, OwnedFd};

use tokio::net::TcpStream;

use crate::broker::{Refusal, RefusalKind};
use crate::frames::{Given, Wanted};
use crate::{Context, StepError};

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectError {
    /// What may be decided on: asking again is of no use when it is denied.
    pub kind: RefusalKind,
    /// A sentence that names host and port.
    pub message: String,
}

impl Context {
    /// A connection to TCP port `port` of `host`, which is a name, or an IPv4 or IPv6 address without brackets.
    ///
    /// A step has no sockets of its own: the runner looks the name up, connects, through the configured proxy if there
    /// is one, and hands the connection over. Where the step may connect to is what its [`StepInfo::network`] declares, and the [`Endpoint`]
    /// and [`Server`] fields of its job. What is spoken over the connection, TLS included, is the step's business.
    ///
    /// The runner gives up after half a minute; wrap it into `tokio::time::timeout` for less.
    ///
    /// # Errors
    /// When the step may not connect there, or nobody answers.
    ///
    /// [`StepInfo::network`]: crate::StepInfo::network
    /// [`Endpoint`]: crate::Endpoint
    /// [`Server`]: crate::Server
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, ConnectError> {
        let (context, name) = (self.clone(), host.to_owned());
        // Asking blocks; a connection that nobody waits for any more is closed with its descriptor.
        let asked = tokio::task::spawn_blocking(move || context.ask_for(&name, port)).await;
        let connection = asked.unwrap_or_else(|_| Err(unusable(host, port, "the step is over")))?;
        TcpStream::from_std(connection.into()).map_err(|error| unusable(host, port, error))
    }

    fn ask_for(&self, host: &str, port: u16) -> Result<OwnedFd, ConnectError> {
        match self.ask(Wanted::Connect { host: host.to_owned(), port }) {
            Ok(Given::Connection(descriptor)) => Ok(own(descriptor)),
            Ok(Given::Refused(Refusal { kind, message })) => Err(ConnectError { kind, message }),
            Ok(_) => Err(unusable(host, port, "the runner gave something else than a connection")),
            Err(error) => Err(unusable(host, port, error)),
        }
    }
}

fn unusable(host: &str, port: u16, why: impl std::fmt::Display) -> ConnectError {
    ConnectError { kind: RefusalKind::Unreachable, message: format!("cannot connect to `{host}:{port}`: {why}") }
}

#[expect(unsafe_code, reason = "descriptors are numbers at the border")]
fn own(descriptor: i32) -> OwnedFd {
    // SAFETY: `Given::Connection` is an open descriptor that belongs to whoever asked.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}

impl From<ConnectError> for StepError {
    fn from(error: ConnectError) -> Self {
        let code = if error.kind == RefusalKind::Denied { "step.connection-denied" } else { "step.connection-failed" };
        Self::new(code, error.message)
    }
}
