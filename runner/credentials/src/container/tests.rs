use std::time::Instant;

use windlass_errors::{Report as _, render};

use super::*;
use crate::SessionError;
use crate::testing::{Reply, Scripted, closed_port, environment, reply, session_error};

const KEYS: &str = r#"{"AccessKeyId":"ASIATASK","SecretAccessKey":"recognisable-secret","Token":"recognisable-session",
    "Expiration":"2099-01-01T00:00:00Z"}"#;

async fn refused(pairs: &[(&str, &str)]) -> SessionError {
    let error = session_error(task_role(&environment(pairs)).await.unwrap_err());
    let shown = format!("{}{error:?}", render(&error));
    assert!(!shown.contains("recognisable"), "{shown}");
    error
}

#[tokio::test]
async fn sends_the_token_file_before_the_token_and_reads_it_anew() {
    let service = Scripted::start(|_| reply("200 OK", "", KEYS));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    let url = format!("{}/v1/credentials", service.url);
    let variables = environment(&[(FULL_URI, &url), (TOKEN, "other"), (TOKEN_FILE, file.to_str().unwrap())]);
    for token in ["first", "second"] {
        std::fs::write(&file, token).unwrap();
        assert_eq!(task_role(&variables).await.unwrap().access_key_id, "ASIATASK");
    }
    let requests = service.requests();
    assert!(requests[0].starts_with("get /v1/credentials ") && requests[0].contains("authorization: first\r\n"));
    assert!(requests[1].contains("authorization: second\r\n"), "{}", requests[1]);
}

#[test]
fn the_relative_uri_wins_and_is_the_ecs_agents() {
    let both = environment(&[(RELATIVE_URI, "/v2/credentials/x?y=z"), (FULL_URI, "http://localhost/other")]);
    assert_eq!(address(&both).unwrap().to_string(), "http://169.254.170.2/v2/credentials/x?y=z");
}

#[test]
fn plain_http_goes_nowhere_else() {
    let accepted = |uri: &str| address(&environment(&[(FULL_URI, uri)])).is_ok();
    for good in [
        "http://127.0.0.1:8080/x",
        "http://[::1]/x",
        "http://localhost/x",
        "http://169.254.170.23/v1",
        "http://[fd00:ec2::23]/v1",
        "https://credentials.example/x",
    ] {
        assert!(accepted(good), "{good}");
    }
    for bad in [
        "http://169.254.169.254/latest",
        "http://10.0.0.1/x",
        "http://127.0.0.1@evil.example/x",
        "http://localhost.evil.example/x",
        "ftp://localhost/x",
        "/x",
    ] {
        assert!(!accepted(bad), "{bad}");
    }
    assert!(address(&environment(&[(RELATIVE_URI, "@evil.example/")])).is_err());
}

#[tokio::test]
async fn outside_a_task_there_is_no_role() {
    let error = refused(&[("AWS_ACCESS_KEY_ID", "AKIASTRAY"), ("AWS_SECRET_ACCESS_KEY", "recognisable")]).await;
    assert_eq!(error.code().as_str(), "account.no-role");
    assert!(error.help().unwrap().contains("taskRoleArn"));
}

#[tokio::test]
async fn a_refusal_shows_its_status_and_never_the_token() {
    let service =
        Scripted::start(|_| reply("403 Forbidden", "", r#"{"code":"Bad","message":"token recognisable is unknown"}"#));
    let error = refused(&[(FULL_URI, &service.url), (TOKEN, "recognisable")]).await;
    assert_eq!(error.code().as_str(), "account.source-refused");
    assert!(error.to_string().contains("HTTP 403: Bad: token *** is unknown"), "{error}");
    assert!(error.help().unwrap().contains("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"));
}

#[tokio::test]
async fn an_overloaded_agent_is_asked_again() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let service = Scripted::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        0 => reply("429 Too Many Requests", "", ""),
        _ => reply("200 OK", "", KEYS),
    });
    assert!(task_role(&environment(&[(FULL_URI, &service.url)])).await.is_ok());
    assert_eq!(service.requests().len(), 2);
}

#[tokio::test]
async fn an_unusable_token_file_is_named() {
    let error = refused(&[(FULL_URI, "http://localhost:1"), (TOKEN_FILE, "/nowhere/token")]).await;
    assert_eq!(error.code().as_str(), "account.source-refused");
    assert!(render(&error).contains("cannot read `/nowhere/token`"), "{}", render(&error));
}

#[tokio::test]
async fn silence_a_closed_port_and_a_flood_end_in_bounded_time() {
    let silent = Scripted::start(|_| Reply::Hang);
    let flood = Scripted::start(|_| reply("200 OK", "", &"recognisable".repeat(10_000)));
    for endpoint in [silent.url.clone(), closed_port(), flood.url.clone()] {
        let start = Instant::now();
        let error = refused(&[(FULL_URI, &endpoint), (TOKEN, "recognisable")]).await;
        assert_eq!(error.code().as_str(), "account.source-unreachable");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}
