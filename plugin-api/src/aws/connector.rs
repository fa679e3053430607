//! How the SDK sends requests: what an `HttpClient` of it must do is said in `aws_smithy_runtime_api::client::http`.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::retry::ErrorKind;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpInfo, capture_connection};

use crate::Context;
use crate::broker::RefusalKind;
use crate::transport::{self, BoxError, Cause, Connector, Trust, within};

/// Time-outs of connecting and of waiting for an answer.
type Timeouts = (Option<Duration>, Option<Duration>);

/// The SDK's way to the runner's connections. Connections are shared by all clients of one configuration.
pub(super) struct Brokered {
    context: Context,
    trust: Trust,
    connectors: Mutex<HashMap<Timeouts, SharedHttpConnector>>,
}

struct Pool {
    client: Client<Connector, SdkBody>,
    read_timeout: Option<Duration>,
}

impl Brokered {
    pub(super) fn new(context: &Context) -> Self {
        Self { context: context.clone(), trust: Trust::of(context), connectors: Mutex::default() }
    }

    /// The one connector with these time-outs, since the pool is its.
    fn connector(&self, connect: Option<Duration>, read_timeout: Option<Duration>) -> SharedHttpConnector {
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let connector = connectors.entry((connect, read_timeout)).or_insert_with(|| {
            let client = transport::client(self.context.clone(), self.trust.clone(), connect);
            SharedHttpConnector::new(Pool { client, read_timeout })
        });
        connector.clone()
    }
}

impl HttpClient for Brokered {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.connector(settings.connect_timeout(), settings.read_timeout())
    }
}

impl HttpConnector for Pool {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let captured = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&captured));
        }
        let (sent, limit) = (self.client.request(request), self.read_timeout);
        HttpConnectorFuture::new(async move {
            let answer = within(limit, "waiting for the answer", sent).await;
            let answer = answer.map_err(|timed_out| ConnectorError::timeout(timed_out.into()))?;
            let answer = answer.map_err(|error| classify(error.into()))?;
            HttpResponse::try_from(answer.map(SdkBody::from_body_1_x))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The connection that a request went over, for the SDK to give up after certain errors.
fn metadata(captured: &CaptureConnection) -> Option<ConnectionMetadata> {
    let mut extras = http::Extensions::new();
    captured.connection_metadata().as_ref()?.get_extras(&mut extras);
    let addresses = extras.get::<HttpInfo>();
    let poisoned = captured.clone();
    let mut metadata = ConnectionMetadata::builder().proxied(false).poison_fn(move || {
        if let Some(connection) = poisoned.connection_metadata().as_ref() {
            connection.poison();
        }
    });
    metadata.set_remote_addr(addresses.map(HttpInfo::remote_addr));
    metadata.set_local_addr(addresses.map(HttpInfo::local_addr));
    Some(metadata.build())
}

/// The SDK repeats requests after `timeout`, `io` and `TransientError`, and not after `user`.
fn classify(error: BoxError) -> ConnectorError {
    match Cause::of(error.as_ref()) {
        Cause::Refused(refused) => match refused.kind {
            RefusalKind::Denied => ConnectorError::user(error),
            RefusalKind::TimedOut => ConnectorError::timeout(error),
            RefusalKind::Unreachable => ConnectorError::io(error),
        },
        Cause::Untrusted | Cause::Misconfigured | Cause::Misused => ConnectorError::user(error),
        Cause::TimedOut => ConnectorError::timeout(error),
        Cause::Lost => ConnectorError::io(error),
        Cause::Incomplete => ConnectorError::other(error, Some(ErrorKind::TransientError)),
        Cause::Other => ConnectorError::other(error, None),
    }
}

impl fmt::Debug for Brokered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Brokered")
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("read_timeout", &self.read_timeout).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
