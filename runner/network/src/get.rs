//! The one request that the runner makes for itself: a GET of what a job names, over the connections that steps get.
//!
//! Deliberately absent: redirects (a `302` is an answer like any other), cookies, compression, and a pool of connections.

mod error;
mod trust;

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::{Either, select};
use http::uri::Scheme;
use http::{Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Empty, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;

use self::error::BoxError;
pub use self::error::GetError;
use crate::{Destination, Network};

/// What is asked, and how much is waited for and read.
#[derive(Clone, Copy, Debug)]
pub struct Get<'a> {
    /// `http` or `https`, without a user.
    pub url: &'a str,
    /// Certificates of authorities that are trusted beside the system's, PEM.
    pub authorities: Option<&'a str>,
    /// How long all of it may take, from finding the host to the last byte.
    pub time: Duration,
    /// How long the answer's body may be, in bytes.
    pub longest: usize,
}

/// What was answered, whatever the status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Such as 200.
    pub status: u16,
    /// Where a redirect leads, as the server wrote it.
    pub location: Option<String>,
    /// All of the body.
    pub body: Vec<u8>,
}

impl Network {
    /// Asks once, over HTTP/1.1; `https` with TLS 1.2 or 1.3. The address is its own grant; this machine's own addresses are
    /// open to it only where an administrator has opened them, link-local ones never.
    ///
    /// # Errors
    /// When there is no connection, no whole answer in time, or one that is too long. No message repeats the address
    /// beyond its host and port.
    pub async fn get(&self, get: &Get<'_>) -> Result<Answer, GetError> {
        timeout(get.time, self.ask(get)).await.unwrap_or(Err(GetError::TimedOut(get.time)))
    }

    async fn ask(&self, get: &Get<'_>) -> Result<Answer, GetError> {
        let granted = [Destination::of_url(get.url)?];
        let uri: Uri = get.url.parse()?;
        let host = uri.host().unwrap_or_default();
        let safe = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if safe { 443 } else { 80 });
        let stream = self.connect(&granted, host, port).await.map_err(GetError::Refused)?;
        let stream = TcpStream::from_std(stream).map_err(|error| GetError::of(&error))?;
        let answer = if safe {
            exchange(secure(stream, host, get.authorities).await?, &uri, get.longest).await
        } else {
            exchange(stream, &uri, get.longest).await
        };
        let answer = answer.map_err(|error| match error.is::<LengthLimitError>() {
            true => GetError::TooLong(get.longest),
            false => GetError::of(error.as_ref()),
        });
        let (head, body) = answer?.into_parts();
        let location = head.headers.get(header::LOCATION).map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
        Ok(Answer { status: head.status.as_u16(), location, body: body.into() })
    }
}

async fn secure(stream: TcpStream, host: &str, authorities: Option<&str>) -> Result<TlsStream<TcpStream>, GetError> {
    let config = trust::config(authorities.map(str::to_owned)).await?;
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|error| GetError::of(&error))?;
    TlsConnector::from(config).connect(name, stream).await.map_err(|error| GetError::of(&error))
}

async fn exchange<S>(stream: S, uri: &Uri, longest: usize) -> Result<Response<Bytes>, BoxError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let answer = async move {
        let (head, body) = sender.send_request(request(uri)?).await?.into_parts();
        let body = Limited::new(body, longest).collect().await?;
        Ok(Response::from_parts(head, body.to_bytes()))
    };
    // The connection may be over before the answer has been taken out of it; what ended it, the answer says too.
    match select(pin!(answer), pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, answer)) => answer.await,
    }
}

fn request(uri: &Uri) -> Result<Request<Empty<Bytes>>, BoxError> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = uri.authority().map_or("", |authority| authority.as_str());
    let request = Request::get(target).header(header::HOST, host).header(header::ACCEPT, "application/json");
    Ok(request.header(header::USER_AGENT, "windlass").body(Empty::new())?)
}
