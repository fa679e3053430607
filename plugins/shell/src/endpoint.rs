//! Where the commands of a step ask for the credentials of its account, as in a container (AWS SDKs and Tools Reference
//! Guide, "Container credential provider"): a port on loopback that answers who shows the token.
//!
//! Each request is a question to the runner, which keeps sessions and renews them. The port is this process's, and so ends
//! with the step.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use windlass_plugin_api::frames::Credentials;
use windlass_plugin_api::{Context, StepError};

use crate::token::Token;

const PATH: &str = "/credentials";
/// Connections at a time. Others wait.
const CONNECTIONS: usize = 64;
/// How long a request may take to arrive; whoever has no token must not keep the others waiting.
const ARRIVES_WITHIN: Duration = Duration::from_secs(5);
/// The most of a request before its body, in bytes.
const LONGEST_REQUEST: usize = 16 * 1024;
/// How long commands rely on keys that have no end. botocore asks again a quarter of an hour before it.
const ASK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Begins to answer; the address to ask.
///
/// # Errors
/// When there is no port on loopback.
pub(crate) fn serve(context: Context, token: Token) -> io::Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let uri = format!("http://{}{PATH}", listener.local_addr()?);
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let endpoint = Arc::new(Endpoint { context, token });
    tokio::spawn(async move {
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let place = Arc::clone(&room).acquire_owned().await.expect("nobody closes it");
            match listener.accept().await {
                Ok((connection, _)) => {
                    let endpoint = Arc::clone(&endpoint);
                    tokio::spawn(async move {
                        endpoint.talk(connection).await;
                        drop(place);
                    });
                }
                // The other side is gone, or there is no descriptor at the moment.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    });
    Ok(uri)
}

struct Endpoint {
    context: Context,
    token: Token,
}

/// An answer that is no success; `code` and `message` are what SDKs show.
struct Refused {
    status: StatusCode,
    code: String,
    message: String,
}

impl Endpoint {
    /// Answers one request.
    async fn talk(&self, connection: TcpStream) {
        let answer = service_fn(|request| async move { Ok::<_, Infallible>(self.answer(&request).await) });
        let mut http = http1::Builder::new();
        http.keep_alive(false).max_buf_size(LONGEST_REQUEST).timer(TokioTimer::new());
        http.header_read_timeout(ARRIVES_WITHIN);
        // Whoever asked is told of what is wrong with the request, or is gone.
        let _ = http.serve_connection(TokioIo::new(connection), answer).await;
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        match self.permitted(request) {
            Err(refused) => refused.response(),
            Ok(()) => match self.context.credentials().await {
                Ok(credentials) => response(StatusCode::OK, &Document::of(credentials, Timestamp::now())),
                Err(error) => Refused::by_runner(error).response(),
            },
        }
    }

    /// Who has no token learns nothing of the rest.
    fn permitted(&self, request: &Request<Incoming>) -> Result<(), Refused> {
        let shown = request.headers().get(AUTHORIZATION);
        if !shown.is_some_and(|shown| self.token.is(shown.as_bytes())) {
            let message = "the header `Authorization` is not the text of the file that \
                           `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` names";
            return Err(Refused::new(StatusCode::UNAUTHORIZED, "Unauthorized", message));
        }
        if request.uri().path() != PATH {
            return Err(Refused::new(StatusCode::NOT_FOUND, "NotFound", format!("there is nothing but `{PATH}` here")));
        }
        if request.method() != Method::GET {
            return Err(Refused::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "ask with GET"));
        }
        Ok(())
    }
}

impl Refused {
    fn new(status: StatusCode, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into() }
    }

    /// Asking again would not help with an account's error: the runner has tried, and remembers it for a while.
    fn by_runner(error: StepError) -> Self {
        let status = match error.code.split_once('.') {
            Some(("account", _)) => StatusCode::FORBIDDEN,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.code, error.message)
    }

    fn response(self) -> Response<Full<Bytes>> {
        response(self.status, &serde_json::json!({"code": self.code, "message": self.message}))
    }
}

fn response(status: StatusCode, document: &impl Serialize) -> Response<Full<Bytes>> {
    let text = serde_json::to_string(document).expect("a document has text keys only, so it is valid JSON");
    let response = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    response.body(Full::new(text.into())).expect("the parts are valid")
}

/// What SDKs read. botocore wants all four.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    access_key_id: String,
    secret_access_key: String,
    /// Empty for keys without one: SDKs send none then.
    token: String,
    /// RFC 3339, in whole seconds.
    expiration: String,
}

impl Document {
    fn of(credentials: Credentials, now: Timestamp) -> Self {
        let end = credentials.expires_at_ms.and_then(|end| Timestamp::from_second(end / 1000).ok());
        Self {
            access_key_id: credentials.access_key_id,
            secret_access_key: credentials.secret_access_key,
            token: credentials.session_token.unwrap_or_default(),
            expiration: format!("{:.0}", end.unwrap_or(now + ASK_AGAIN)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(token: Option<&str>, end: Option<i64>) -> serde_json::Value {
        let [access_key_id, secret_access_key] = ["ASIA", "secret"].map(str::to_owned);
        let session_token = token.map(str::to_owned);
        let credentials = Credentials { access_key_id, secret_access_key, session_token, expires_at_ms: end };
        serde_json::to_value(Document::of(credentials, Timestamp::from_millisecond(1_767_225_600_500).unwrap()))
            .unwrap()
    }

    #[test]
    fn the_document_has_what_sdks_read() {
        let wanted = json!({"AccessKeyId": "ASIA", "SecretAccessKey": "secret", "Token": "token",
            "Expiration": "2026-01-01T00:15:00Z"});
        assert_eq!(document(Some("token"), Some(1_767_226_500_999)), wanted);
    }

    #[test]
    fn keys_without_an_end_are_asked_for_again() {
        let document = document(None, None);
        assert_eq!([&document["Token"], &document["Expiration"]], ["", "2026-01-01T01:00:00Z"]);
    }
}
