use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use http::Uri;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;

use super::{BoxError, Trust, within};
use crate::Context;

type Connecting<T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send>>;
type Tcp = TokioIo<TcpStream>;

/// Makes the connections of a pool: TLS for `https`, none for `http`.
#[derive(Clone)]
pub(crate) struct Connector {
    plain: Plain,
    trust: Trust,
    timeout: Option<Duration>,
}

#[derive(Clone)]
struct Plain(Context);

impl Connector {
    pub(super) fn new(context: Context, trust: Trust, timeout: Option<Duration>) -> Self {
        Self { plain: Plain(context), trust, timeout }
    }

    async fn connect(mut self, uri: Uri) -> Result<MaybeHttpsStream<Tcp>, BoxError> {
        const WHAT: &str = "connecting";
        if !is_https(&uri) {
            let tcp = within(self.timeout, WHAT, self.plain.call(uri)).await??;
            return Ok(MaybeHttpsStream::Http(tcp));
        }
        let config = self.trust.config().await?;
        within(self.timeout, WHAT, HttpsConnector::from((self.plain, config)).call(uri)).await?
    }
}

impl Service<Uri> for Connector {
    type Response = MaybeHttpsStream<Tcp>;
    type Error = BoxError;
    type Future = Connecting<Self::Response>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        Box::pin(self.clone().connect(uri))
    }
}

impl Service<Uri> for Plain {
    type Response = Tcp;
    type Error = BoxError;
    type Future = Connecting<Tcp>;

    fn poll_ready(&mut self, _: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let context = self.0.clone();
        Box::pin(async move {
            let host = uri.host().ok_or("the address has no host")?;
            let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
            let port = uri.port_u16().unwrap_or(if is_https(&uri) { 443 } else { 80 });
            Ok(TokioIo::new(context.connect(host, port).await?))
        })
    }
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme() == Some(&http::uri::Scheme::HTTPS)
}
