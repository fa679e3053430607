//! A small HTTP client for steps (feature `http`).
//!
//! ```no_run
//! # use windlass_plugin_api::{Context, StepError};
//! # use windlass_plugin_api::http::Request;
//! # async fn run(context: Context) -> Result<(), StepError> {
//! let http = context.http();
//! let answer = http.send(Request::get("https://api.example.com/health").body(Vec::new()).expect("a valid request")).await?;
//! context.info(format!("{} with {} bytes", answer.status(), answer.body().len()));
//! # Ok(())
//! # }
//! ```
//!
//! Deliberately absent: redirects, which would lead to hosts that the step did not declare (a `302` is an answer like any
//! other), cookies, compression, and repeating a request, which only its sender knows to be harmless.

use std::time::Duration;

use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper_util::client::legacy::Client;

use crate::transport::{self, BoxError, Cause, Connector, Trust, innermost, within};
use crate::{ConnectError, Context, StepError};

/// How long a request may take when nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How long an answer's body may be when nothing else is said, in bytes.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// Sends requests over HTTP/1.1 to where the step may connect; `https` with TLS 1.2 or 1.3, trusting the authorities of
/// the system and those of the runner's configuration. Clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
    timeout: Duration,
    body_limit: usize,
}

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The request cannot be sent.
    #[error("cannot send the request to `{host}`: {why}")]
    Unusable {
        /// The host, or what there is in its place.
        host: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is no connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// TLS does not trust the server.
    #[error(
        "cannot trust `{host}`: {why}; an authority of your own belongs into `network.certificateAuthorities` of the runner"
    )]
    Untrusted {
        /// The host.
        host: String,
        /// What is wrong with its certificate.
        why: String,
    },
    /// The time-out passed.
    #[error("`{host}` did not answer within {after:?}")]
    TimedOut {
        /// The host.
        host: String,
        /// The time-out.
        after: Duration,
    },
    /// The body is longer than the limit.
    #[error("the answer of `{host}` is longer than {limit} bytes")]
    TooLong {
        /// The host.
        host: String,
        /// The limit.
        limit: usize,
    },
    /// The connection broke, or what came is no HTTP.
    #[error("`{host}` gave no answer: {why}")]
    Broken {
        /// The host.
        host: String,
        /// What happened.
        why: String,
    },
}

impl Context {
    /// An HTTP client with connections of its own: make one for a step and clone it.
    pub fn http(&self) -> HttpClient {
        let client = transport::client(self.clone(), Trust::of(self), None);
        HttpClient { client, timeout: TIMEOUT, body_limit: BODY_LIMIT }
    }
}

impl HttpClient {
    /// The same client with this time-out for a whole request, from connecting to the last byte of the answer. It is a
    /// minute when nothing is said.
    #[must_use]
    pub fn with_timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// The same client with this limit for an answer's body, in bytes. It is 16 MiB when nothing is said.
    #[must_use]
    pub fn with_body_limit(self, body_limit: usize) -> Self {
        Self { body_limit, ..self }
    }

    /// Sends a request with an absolute `http` or `https` address and reads the whole answer, whatever its status is.
    ///
    /// # Errors
    /// When there is no connection, no whole answer within the time-out, or one that is too long. The message names the
    /// host.
    pub async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        let host = request.uri().authority().map_or_else(|| request.uri().to_string(), |host| host.host().to_owned());
        if !matches!(request.uri().scheme_str(), Some("http" | "https")) {
            return Err(HttpError::Unusable {
                host,
                why: "its address begins with neither http:// nor https://".to_owned(),
            });
        }
        let answer = within(Some(self.timeout), "the request", self.exchange(request)).await;
        let answer = answer.unwrap_or_else(|timed_out| Err(timed_out.into()));
        answer.map_err(|error| self.explain(host, &error))
    }

    async fn exchange(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, BoxError> {
        let answer = self.client.request(request.map(|body| Full::new(Bytes::from(body)))).await?;
        let (head, body) = answer.into_parts();
        let body = Limited::new(body, self.body_limit).collect().await?;
        Ok(Response::from_parts(head, body.to_bytes().into()))
    }

    fn explain(&self, host: String, error: &BoxError) -> HttpError {
        if error.is::<LengthLimitError>() {
            return HttpError::TooLong { host, limit: self.body_limit };
        }
        match Cause::of(error.as_ref()) {
            Cause::Refused(refused) => HttpError::Connect(refused.clone()),
            Cause::Untrusted => HttpError::Untrusted { host, why: innermost(error) },
            Cause::TimedOut => HttpError::TimedOut { host, after: self.timeout },
            Cause::Misused => HttpError::Unusable { host, why: innermost(error) },
            Cause::Misconfigured | Cause::Incomplete | Cause::Lost | Cause::Other => {
                HttpError::Broken { host, why: innermost(error) }
            }
        }
    }
}

impl From<HttpError> for StepError {
    fn from(error: HttpError) -> Self {
        Self::new("step.failed", error.to_string())
    }
}

#[cfg(test)]
mod tests;
