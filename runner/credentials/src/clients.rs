mod bounded;

use std::sync::LazyLock;
use std::time::Duration;

use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use zeroize::Zeroizing;

use crate::cause::Cause;
use bounded::Bounded;

/// The HTTP clients that the SDK's parts share, each built on first use.
///
/// A client with TLS reads the system's root certificates before its first request, which takes milliseconds; a runner
/// whose endpoints are all plain `http` never pays for it. No proxy is used: the SDK's clients have none by default,
/// and a request to a metadata service must never pass one.
pub(crate) struct Http {
    plain: LazyLock<SharedHttpClient>,
    tls: LazyLock<SharedHttpClient>,
}

impl Http {
    pub(crate) fn new() -> Self {
        Self {
            plain: LazyLock::new(|| bounded(Builder::new().build_http())),
            tls: LazyLock::new(|| {
                bounded(Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https())
            }),
        }
    }

    /// The client for an endpoint; `None` is a public endpoint of AWS, which speaks TLS.
    pub(crate) fn client(&self, endpoint: Option<&str>) -> SharedHttpClient {
        match endpoint {
            Some(url) if is_plain(url) => self.plain.clone(),
            _ => self.tls.clone(),
        }
    }
}

fn bounded(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Bounded(client))
}

pub(crate) fn is_plain(url: &str) -> bool {
    url.starts_with("http://")
}

/// A status and the whole body, which may hold a secret.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// No credentials document comes near this many bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// One GET, outside the SDK, for the container endpoint and for a look at whether a metadata service is there at all.
pub(crate) async fn get(url: &str, authorization: Option<&str>, within: Duration) -> Result<Answer, Cause> {
    let mut request = HttpRequest::get(url).map_err(|error| Cause::innermost(&error))?;
    if let Some(value) = authorization {
        let headers = request.headers_mut();
        let set = headers.try_insert("authorization", value.to_owned());
        set.map_err(|_| Cause::new("the authorization token cannot be sent as an HTTP header"))?;
    }
    Ok(exchange(&connector(url, within), request, within, LONGEST_ANSWER).await?)
}

/// Why there is no answer.
pub(crate) enum Unanswered {
    Silent(Cause),
    /// It has more than this many bytes.
    TooLong(usize),
}

impl From<Unanswered> for Cause {
    fn from(why: Unanswered) -> Self {
        match why {
            Unanswered::Silent(cause) => cause,
            Unanswered::TooLong(longest) => Self::new(format!("the answer is longer than {longest} bytes")),
        }
    }
}

/// Connections to the origin of this address.
pub(crate) fn connector(url: &str, connect_within: Duration) -> Connector {
    let settings = HttpConnectorSettings::builder().connect_timeout(connect_within).build();
    let builder = Connector::builder().sleep_impl(TokioSleep::new()).connector_settings(settings);
    if is_plain(url) { builder.build_http() } else { builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).build() }
}

/// One request and its whole answer.
pub(crate) async fn exchange(
    connector: &Connector,
    request: HttpRequest,
    within: Duration,
    longest: usize,
) -> Result<Answer, Unanswered> {
    let late = || Unanswered::Silent(Cause::new(format!("no answer within {} s", within.as_secs_f32())));
    tokio::time::timeout(within, whole(connector, request, longest)).await.map_err(|_| late())?
}

async fn whole(connector: &Connector, request: HttpRequest, longest: usize) -> Result<Answer, Unanswered> {
    let silent = |error: &(dyn std::error::Error + 'static)| Unanswered::Silent(Cause::innermost(error));
    let response = connector.call(request).await.map_err(|error| silent(&error))?;
    let status = response.status().as_u16();
    let declared = response.headers().get("content-length").and_then(|text| text.parse().ok());
    // With room for all of it, so that it is never moved.
    let mut body = Zeroizing::new(Vec::with_capacity(declared.map_or(longest, |length: usize| length.min(longest))));
    gather(response.into_body(), &mut body, longest).await?;
    Ok(Answer { status, body })
}

/// All of a body that is not longer.
async fn gather(body: SdkBody, gathered: &mut Vec<u8>, longest: usize) -> Result<(), Unanswered> {
    let mut stream = ByteStream::new(body);
    while let Some(chunk) = stream.try_next().await.map_err(|error| Unanswered::Silent(Cause::innermost(&error)))? {
        if gathered.len() + chunk.len() > longest {
            return Err(Unanswered::TooLong(longest));
        }
        gathered.extend_from_slice(&chunk);
    }
    Ok(())
}
