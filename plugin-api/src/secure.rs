//! TLS over a connection (feature `tls`), for protocols other than HTTP.

use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Context;
use crate::transport::{BoxError, Cause, Trust, innermost};

/// A connection with TLS, to be read and written.
pub type Secured = tokio_rustls::client::TlsStream<TcpStream>;

/// Why a connection has no TLS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
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
    /// The connection broke, or what came is no TLS.
    #[error("TLS with `{host}` did not begin: {why}")]
    Broken {
        /// The host.
        host: String,
        /// What happened.
        why: String,
    },
}

impl Context {
    /// Begins TLS 1.2 or 1.3 on a connection, trusting the authorities of the system and those of the runner's configuration. The
    /// certificate must be one of `host`, as it was given to [`Self::connect`]. Since api 1.1.
    ///
    /// # Errors
    /// When the server is not to be trusted, or does not speak TLS.
    pub async fn secure(&self, connection: TcpStream, host: &str) -> Result<Secured, TlsError> {
        begin(Trust::of(self), connection, host).await.map_err(|error| {
            let (host, why) = (host.to_owned(), innermost(&error));
            match Cause::of(error.as_ref()) {
                Cause::Untrusted => TlsError::Untrusted { host, why },
                _ => TlsError::Broken { host, why },
            }
        })
    }
}

async fn begin(trust: Trust, connection: TcpStream, host: &str) -> Result<Secured, BoxError> {
    let name = ServerName::try_from(host.to_owned())?;
    Ok(TlsConnector::from(trust.config().await?).connect(name, connection).await?)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::transport::ground::{Server, context};

    async fn secured(server: &Server, authority: Option<String>, host: &str) -> Result<Secured, TlsError> {
        let context = context(authority);
        let connection = context.connect("localhost", server.port).await.unwrap();
        context.secure(connection, host).await
    }

    #[tokio::test]
    async fn an_authority_of_the_configuration_is_trusted_and_no_other() {
        let (server, authority) = Server::tls("hello");
        let mut stream = secured(&server, Some(authority.clone()), "localhost").await.unwrap();
        stream.write_all(b"GET /\r\n\r\n").await.unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"hello");

        for (authority, host, why) in
            [(None, "localhost", "UnknownIssuer"), (Some(authority), "example.com", "not valid for name")]
        {
            let error = secured(&server, authority, host).await.unwrap_err();
            assert!(matches!(&error, TlsError::Untrusted { why: said, .. } if said.contains(why)), "{error}");
        }
    }

    #[tokio::test]
    async fn what_is_no_tls_is_said() {
        let server = Server::closing();
        let error = secured(&server, None, "localhost").await.unwrap_err();
        assert!(matches!(error, TlsError::Broken { .. }), "{error}");
    }
}
