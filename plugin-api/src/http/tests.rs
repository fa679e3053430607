use std::net::TcpListener;

use super::*;
use crate::broker::RefusalKind;
use crate::transport::ground::{DENIED, Server, context};

const HELLO: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-kind: greeting\r\n\r\nhello";

fn get(uri: impl AsRef<str>) -> Request<Vec<u8>> {
    Request::get(uri.as_ref()).body(Vec::new()).unwrap()
}

async fn fails(client: &HttpClient, uri: impl AsRef<str>) -> HttpError {
    client.send(get(uri)).await.expect_err("the request succeeded")
}

#[tokio::test]
async fn an_answer_has_status_headers_and_body() {
    let server = Server::plain(HELLO);
    let uri = format!("http://127.0.0.1:{}/a?b=c", server.port);
    let client = context(None).http();
    for _ in 0..3 {
        let answer = client.send(get(&uri)).await.unwrap();
        assert_eq!((answer.status(), answer.headers()["x-kind"].as_bytes()), (StatusCode::OK, &b"greeting"[..]));
        assert_eq!(answer.body(), b"hello");
    }
    assert_eq!(server.accepted(), 1, "connections are kept");
}

#[tokio::test]
async fn an_authority_of_the_configuration_is_trusted_and_no_other() {
    let (server, authority) = Server::tls(HELLO);
    let uri = format!("https://localhost:{}/", server.port);
    let answer = context(Some(authority.clone())).http().send(get(&uri)).await.unwrap();
    assert_eq!(answer.body(), b"hello");

    let error = fails(&context(None).http(), &uri).await;
    assert!(
        matches!(&error, HttpError::Untrusted { host, why } if host == "localhost" && why.contains("UnknownIssuer"))
    );
    assert!(error.to_string().contains("network.certificateAuthorities"), "{error}");

    let other_name = format!("https://127.0.0.1:{}/", server.port);
    let error = fails(&context(Some(authority)).http(), other_name).await;
    assert!(matches!(&error, HttpError::Untrusted { why, .. } if why.contains("not valid for name")), "{error}");
}

#[tokio::test]
async fn a_broken_authority_is_said() {
    let (server, _) = Server::tls(HELLO);
    let broken = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n".to_owned();
    let error = fails(&context(Some(broken)).http(), format!("https://localhost:{}/", server.port)).await;
    assert!(matches!(error, HttpError::Broken { .. }), "{error:?}");
    assert!(error.to_string().contains("authority of the runner's configuration"), "{error}");
}

#[tokio::test]
async fn the_runner_s_refusal_arrives_whole() {
    let error = fails(&context(None).http(), format!("https://{DENIED}/")).await;
    let HttpError::Connect(refused) = &error else { panic!("{error:?}") };
    assert_eq!(refused.kind, RefusalKind::Denied);
    assert_eq!(error.to_string(), "cannot connect to `denied.example:443`: not declared");
}

#[tokio::test]
async fn nobody_there_is_said() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = fails(&context(None).http(), format!("http://{free}/")).await;
    assert!(matches!(&error, HttpError::Connect(refused) if refused.kind == RefusalKind::Unreachable), "{error:?}");
}

#[tokio::test]
async fn a_long_body_is_refused_with_or_without_its_length() {
    let told = Server::plain(HELLO);
    let chunked =
        Server::plain("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
    for server in [told, chunked] {
        let uri = format!("http://127.0.0.1:{}/", server.port);
        let error = fails(&context(None).http().with_body_limit(4), &uri).await;
        assert!(matches!(&error, HttpError::TooLong { host, limit: 4 } if host == "127.0.0.1"), "{error:?}");
        assert_eq!(context(None).http().with_body_limit(5).send(get(&uri)).await.unwrap().body(), b"hello");
    }
}

#[tokio::test]
async fn a_silent_server_is_not_waited_for_for_ever() {
    let server = Server::silent();
    let client = context(None).http().with_timeout(Duration::from_millis(20));
    for scheme in ["http", "https"] {
        let error = fails(&client, format!("{scheme}://127.0.0.1:{}/", server.port)).await;
        assert!(matches!(&error, HttpError::TimedOut { host, .. } if host == "127.0.0.1"), "{error:?}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_said() {
    let server = Server::plain("220 smtp.example ESMTP\r\n");
    let error = fails(&context(None).http(), format!("http://127.0.0.1:{}/", server.port)).await;
    assert!(
        matches!(&error, HttpError::Broken { host, why } if host == "127.0.0.1" && why.contains("HTTP")),
        "{error}"
    );
    let error = fails(&context(None).http(), format!("https://127.0.0.1:{}/", server.port)).await;
    assert!(matches!(error, HttpError::Broken { .. }), "{error:?}");
}

#[tokio::test]
async fn redirects_are_answers() {
    let server = Server::plain("HTTP/1.1 302 Found\r\nlocation: http://denied.example/\r\ncontent-length: 0\r\n\r\n");
    let answer = context(None).http().send(get(format!("http://127.0.0.1:{}/", server.port))).await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(answer.headers()[header::LOCATION], "http://denied.example/");
}

#[tokio::test]
async fn an_address_without_scheme_or_host_is_unusable() {
    for uri in ["/path", "ftp://localhost/", "localhost:80"] {
        let error = fails(&context(None).http(), uri).await;
        assert!(matches!(error, HttpError::Unusable { .. }), "{uri}: {error:?}");
    }
}
