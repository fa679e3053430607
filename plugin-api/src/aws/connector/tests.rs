use std::net::TcpListener;

use super::*;
use crate::transport::ground::{DENIED, Server, context};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

fn request(uri: &str) -> HttpRequest {
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_uri(uri).unwrap();
    request
}

/// Sends a request and reads its answer to the end, as the SDK does before the next one.
async fn call(connector: &SharedHttpConnector, request: HttpRequest) -> Result<u16, ConnectorError> {
    let answer = connector.call(request).await?;
    let status = answer.status().as_u16();
    http_body_util::BodyExt::collect(answer.into_body()).await.unwrap();
    Ok(status)
}

async fn fails(connector: &SharedHttpConnector, uri: &str) -> ConnectorError {
    call(connector, request(uri)).await.expect_err("the request succeeded")
}

#[tokio::test]
async fn connections_are_kept_by_connectors_with_the_same_time_outs() {
    let server = Server::plain(OK);
    let uri = format!("http://127.0.0.1:{}/", server.port);
    let client = Brokered::new(&context(None));
    for _ in 0..3 {
        assert_eq!(call(&client.connector(None, None), request(&uri)).await.unwrap(), 200);
    }
    assert_eq!(server.accepted(), 1);
    call(&client.connector(Some(Duration::from_secs(60)), None), request(&uri)).await.unwrap();
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_poisoned_connection_is_not_used_again() {
    let server = Server::plain(OK);
    let uri = format!("http://127.0.0.1:{}/", server.port);
    let connector = Brokered::new(&context(None)).connector(None, None);
    let capture = CaptureSmithyConnection::new();
    let mut captured = request(&uri);
    captured.add_extension(capture.clone());
    call(&connector, captured).await.unwrap();
    let metadata = capture.get().unwrap();
    assert_eq!(metadata.remote_addr().unwrap().port(), server.port);

    call(&connector, request(&uri)).await.unwrap();
    assert_eq!(server.accepted(), 1, "not poisoned yet");
    metadata.poison();
    call(&connector, request(&uri)).await.unwrap();
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn a_refusal_and_a_wrong_certificate_are_final() {
    let (server, authority) = Server::tls(OK);
    let uri = format!("https://localhost:{}/", server.port);
    let trusting = Brokered::new(&context(Some(authority))).connector(None, None);
    assert_eq!(call(&trusting, request(&uri)).await.unwrap(), 200);

    let connector = Brokered::new(&context(None)).connector(None, None);
    for uri in [uri.as_str(), &format!("https://{DENIED}/")] {
        let error = fails(&connector, uri).await;
        assert!(error.is_user(), "{uri}: {error:?}");
    }
}

#[tokio::test]
async fn what_may_pass_is_told_apart() {
    let connector = Brokered::new(&context(None)).connector(None, None);
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = fails(&connector, &format!("http://{free}/")).await;
    assert!(error.is_io(), "{error:?}");

    let cut = Server::plain("HTTP/1.1 200 OK\r\ncontent-le");
    let limit = Some(Duration::from_millis(20));
    let connector = Brokered::new(&context(None)).connector(None, limit);
    let error = fails(&connector, &format!("http://127.0.0.1:{}/", cut.port)).await;
    assert!(error.is_timeout(), "reading: {error:?}");
    let silent = Server::silent();
    let connector = Brokered::new(&context(None)).connector(limit, None);
    let error = fails(&connector, &format!("https://127.0.0.1:{}/", silent.port)).await;
    assert!(error.is_timeout(), "connecting: {error:?}");

    let closes = Server::closing();
    let connector = Brokered::new(&context(None)).connector(None, None);
    let error = fails(&connector, &format!("http://127.0.0.1:{}/", closes.port)).await;
    assert!(error.is_io() || error.as_other() == Some(ErrorKind::TransientError), "{error:?}");
}
