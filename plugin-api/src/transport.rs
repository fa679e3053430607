//! HTTP/1.1 on the connections that the runner hands over, with TLS: what [`crate::http`] and the AWS configuration
//! share.
//!
//! Deliberately absent: names (the runner looks them up), proxies (they are the runner's; the environment is not looked at),
//! and HTTP/2, which no AWS service needs.

mod cause;
mod connector;
mod tls;

use std::time::Duration;

use hyper::body::Body;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::Context;
pub(crate) use cause::Cause;
#[cfg(any(feature = "http", feature = "tls"))]
pub(crate) use cause::innermost;
pub(crate) use connector::Connector;
pub(crate) use tls::Trust;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A time-out that passed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{what} took longer than {limit:?}")]
pub(crate) struct TimedOut {
    pub(crate) what: &'static str,
    pub(crate) limit: Duration,
}

/// Waits for `future`, as long as `limit` says.
pub(crate) async fn within<T>(
    limit: Option<Duration>,
    what: &'static str,
    future: impl Future<Output = T>,
) -> Result<T, TimedOut> {
    match limit {
        None => Ok(future.await),
        Some(limit) => tokio::time::timeout(limit, future).await.map_err(|_| TimedOut { what, limit }),
    }
}

/// A client with a pool of its own. `connect_timeout` bounds one connection, its TLS handshake included.
pub(crate) fn client<B>(context: Context, trust: Trust, connect_timeout: Option<Duration>) -> Client<Connector, B>
where
    B: Body + Send + 'static,
    B::Data: Send,
{
    let connector = Connector::new(context, trust, connect_timeout);
    Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector)
}

#[cfg(test)]
pub(crate) mod ground;
