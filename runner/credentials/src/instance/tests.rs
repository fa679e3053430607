use std::time::Instant;

use windlass_errors::{Report as _, render};

use super::*;
use crate::clients::Http;
use crate::testing::{Reply, Scripted, closed_port, reply, session_error};

const KEYS: &str = r#"{"Code":"Success","AccessKeyId":"ASIAINSTANCE","SecretAccessKey":"recognisable-secret",
    "Token":"recognisable-session","Expiration":"2099-01-01T00:00:00Z"}"#;

fn token() -> Reply {
    reply("200 OK", "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "recognisable-token")
}

async fn ask(endpoint: &str) -> Result<Credentials, Failure> {
    fetch(Http::new().client(Some(endpoint)), endpoint).await
}

/// Asks a service that answers so; the code, and all that is shown of the error.
async fn refused(script: impl Fn(&str) -> Reply + Send + 'static) -> (String, String) {
    let service = Scripted::start(script);
    let error = session_error(ask(&service.url).await.unwrap_err());
    let shown = format!("{}{error:?}", render(&error));
    assert!(!shown.contains("recognisable"), "{shown}");
    (error.code().to_string(), shown)
}

#[tokio::test]
async fn reads_the_roles_keys_with_a_token() {
    let service = Scripted::start(|request| match request {
        _ if request.starts_with("put /latest/api/token ") => token(),
        _ if !request.contains("x-aws-ec2-metadata-token: recognisable-token") => reply("401 Unauthorized", "", ""),
        _ if request.starts_with("get /latest/meta-data/iam/security-credentials/ ") => reply("200 OK", "", "ops\n"),
        _ if request.starts_with("get /latest/meta-data/iam/security-credentials/ops ") => reply("200 OK", "", KEYS),
        _ => reply("404 Not Found", "", ""),
    });
    let keys = ask(&service.url).await.unwrap();
    assert_eq!((keys.access_key_id.as_str(), keys.expires_at), ("ASIAINSTANCE", Some(4_070_908_800_000)));
    assert_eq!(service.requests().len(), 3);
    assert!(!format!("{keys:?}").contains("recognisable"), "{keys:?}");
}

#[test]
fn keys_that_ended_are_used_on_for_ten_minutes() {
    let ended = document::read(KEYS.replace("2099", "2001").as_bytes(), &Service::Instance("x".into())).unwrap();
    let left = usable_on(ended).expires_at.unwrap() - crate::sessions::now();
    assert!((590_000..=600_000).contains(&left), "{left}");
}

#[tokio::test]
async fn version_1_alone_is_not_used() {
    for status in ["404 Not Found", "405 Method Not Allowed", "401 Unauthorized"] {
        let (code, shown) = refused(move |request| match request.starts_with("put ") {
            true => reply(status, "", "recognisable"),
            false => reply("200 OK", "", KEYS),
        })
        .await;
        assert_eq!(code, "account.imds-v1-only", "{status}");
        assert!(shown.contains("--http-tokens") && shown.contains(&status[..3]), "{shown}");
    }
}

#[tokio::test]
async fn a_service_that_is_turned_off_says_so() {
    let (code, shown) = refused(|_| reply("403 Forbidden", "", "")).await;
    assert_eq!(code, "account.source-refused");
    assert!(shown.contains("--http-endpoint enabled"), "{shown}");
}

#[tokio::test]
async fn a_token_lost_on_its_way_is_a_matter_of_hops() {
    let (code, shown) = refused(|request| match request.starts_with("put ") {
        true => Reply::Hang,
        false => reply("401 Unauthorized", "", ""),
    })
    .await;
    assert_eq!(code, "account.imds-v1-only");
    assert!(shown.contains("--http-put-response-hop-limit 2"), "{shown}");
}

#[tokio::test]
async fn no_role_is_no_role() {
    for roles in [reply("404 Not Found", "", "recognisable"), reply("200 OK", "", "\n")] {
        let Reply::Send(bytes) = roles else { unreachable!() };
        let (code, shown) = refused(move |request| match request.starts_with("put ") {
            true => token(),
            false => Reply::Send(bytes.clone()),
        })
        .await;
        assert_eq!(code, "account.no-role");
        assert!(shown.contains("associate-iam-instance-profile"), "{shown}");
    }
}

#[tokio::test]
async fn a_role_that_does_not_trust_the_instance_is_refused() {
    let (code, shown) = refused(|request| match request {
        _ if request.starts_with("put ") => token(),
        _ if request.contains("security-credentials/ops") => {
            reply("200 OK", "", r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume it"}"#)
        }
        _ => reply("200 OK", "", "ops"),
    })
    .await;
    assert_eq!(code, "account.source-refused");
    assert!(shown.contains("AssumeRoleUnauthorizedAccess") && shown.contains("ec2.amazonaws.com"), "{shown}");
}

#[tokio::test]
async fn other_answers_are_refusals() {
    let (code, shown) = refused(|request| match request.starts_with("put ") {
        true => token(),
        false => reply("403 Forbidden", "", "recognisable"),
    })
    .await;
    assert_eq!(code, "account.source-refused");
    assert!(shown.contains("HTTP 403"), "{shown}");
}

#[tokio::test]
async fn silence_and_a_closed_port_end_in_bounded_time() {
    let silent = Scripted::start(|_| Reply::Hang);
    for endpoint in [silent.url.clone(), closed_port()] {
        let start = Instant::now();
        let error = session_error(ask(&endpoint).await.unwrap_err());
        assert_eq!(error.code().as_str(), "account.source-unreachable");
        assert!(render(&error).contains(&endpoint), "{}", render(&error));
        assert!(start.elapsed() < 2 * OPERATION, "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let service = Scripted::start(|request| match request.starts_with("put") {
        true => token(),
        false => Reply::Endless,
    });
    let error = ask(&service.url).await.unwrap_err();
    assert!(
        matches!(&error, Failure::Unreachable { source, .. } if source.to_string().contains("longer than 1048576")),
        "{error:?}"
    );
}
