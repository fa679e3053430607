use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use windlass_settings::{Endpoints, Partition};

use super::*;
use crate::Credentials;
use crate::testing::{Reply, Scripted, closed_port, reply};

fn keys() -> Credentials {
    Credentials {
        access_key_id: "AKIARUNNER".into(),
        secret_access_key: "recognisable-secret".into(),
        session_token: Some("recognisable-session".into()),
        expires_at: None,
    }
}

fn at(prefix: &'static str, url: &str) -> AwsService {
    let services = [(prefix.to_owned(), url.to_owned())].into();
    AwsService::regional(&Endpoints { imds: None, services }, prefix, "eu-west-1")
}

async fn read(url: &str) -> Result<String, CallError> {
    let input = json!({ "SecretId": "a" });
    let answer =
        Calls::new().json(&at("secretsmanager", url), "secretsmanager.GetSecretValue", &input, &keys()).await?;
    Ok(String::from_utf8(answer.to_vec()).unwrap())
}

/// Answers these, one after another; the last one to all that follow.
fn answers(replies: Vec<(&'static str, String)>) -> (Scripted, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let server = Scripted::start(move |_| {
        let (status, body) = &replies[counted.fetch_add(1, Ordering::SeqCst).min(replies.len() - 1)];
        reply(status, "", body)
    });
    (server, count)
}

#[tokio::test]
async fn a_call_is_signed_for_its_service_and_region() {
    let (server, _) = answers(vec![("200 OK", "{}".to_owned())]);
    assert_eq!(read(&server.url).await.unwrap(), "{}");
    let head = &server.requests()[0];
    for part in [
        "post / http/1.1",
        "x-amz-target: secretsmanager.getsecretvalue",
        "content-type: application/x-amz-json-1.1",
        "/eu-west-1/secretsmanager/aws4_request",
        "signedheaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
        "x-amz-security-token: recognisable-session",
    ] {
        assert!(head.contains(part), "{part} in {head}");
    }
    assert!(!head.contains("recognisable-secret"));
}

#[tokio::test]
async fn a_query_has_its_action_and_gives_its_xml() {
    let (server, _) = answers(vec![("200 OK", "<GetRoleResponse/>".to_owned())]);
    let role = [("RoleName", "a b")];
    let answer = Calls::new().query(&at("iam", &server.url), "GetRole", "2010-05-08", &role, &keys()).await;
    assert_eq!(answer.unwrap().as_str(), "<GetRoleResponse/>");
    assert!(server.requests()[0].contains("content-length: 46"), "{:?}", server.requests());
}

#[tokio::test]
async fn what_passes_is_tried_three_times() {
    let throttled = || ("400 Bad Request", r#"{"__type":"ThrottlingException","message":"slow"}"#.to_owned());
    let (server, count) =
        answers(vec![throttled(), ("503 Service Unavailable", String::new()), ("200 OK", "1".into())]);
    assert_eq!(read(&server.url).await.unwrap(), "1");
    assert_eq!(count.load(Ordering::SeqCst), 3);
    let (server, count) = answers(vec![throttled()]);
    let error = read(&server.url).await.unwrap_err();
    assert_eq!(error.to_string(), "AWS answered `GetSecretValue` with ThrottlingException: slow");
    assert_eq!(count.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_refusal_is_final_and_shows_no_key() {
    let said = "{\"__type\":\"com.amazonaws.x#AccessDeniedException:http://x\",\
                \"Message\":\"recognisable-session of recognisable-secret\\n may not\"}";
    let (server, count) = answers(vec![("400 Bad Request", said.to_owned())]);
    let error = read(&server.url).await.unwrap_err();
    let expected = "AWS answered `GetSecretValue` with AccessDeniedException: *** of *** may not";
    assert_eq!((error.to_string().as_str(), count.load(Ordering::SeqCst)), (expected, 1));
    let quoting = r#"{"__type":"InvalidSignatureException","message":"the request was x-amz-security-token:..."}"#;
    let (server, _) = answers(vec![("400 Bad Request", quoting.to_owned())]);
    let error = read(&server.url).await.unwrap_err();
    assert_eq!(error.to_string(), "AWS answered `GetSecretValue` with InvalidSignatureException");
}

/// The services of JSON say one thing, those of Query the other.
#[test]
fn a_common_error_is_the_same_in_both_spellings() {
    for (codes, expected) in [
        (["AccessDenied", "AccessDeniedException"], CommonError::NotAllowed),
        (["SignatureDoesNotMatch", "InvalidSignatureException"], CommonError::Signature),
        (["RequestExpired", "RequestTimeTooSkewed"], CommonError::Clock),
        (["InvalidClientTokenId", "UnrecognizedClientException"], CommonError::Keys),
        (["ExpiredToken", "ExpiredTokenException"], CommonError::Keys),
    ] {
        assert_eq!(codes.map(CommonError::of), [Some(expected); 2], "{codes:?}");
    }
    assert_eq!(CommonError::of("ResourceNotFoundException"), None);
}

#[tokio::test]
async fn a_refusal_in_xml_has_its_code() {
    let body = "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
                <Code>NoSuchEntity</Code><Message>no &amp; role</Message></Error><RequestId>1</RequestId></ErrorResponse>";
    let (server, _) = answers(vec![("404 Not Found", body.to_owned())]);
    let error = Calls::new().query(&at("iam", &server.url), "GetRole", "2010-05-08", &[], &keys()).await.unwrap_err();
    assert_eq!(error.to_string(), "AWS answered `GetRole` with NoSuchEntity: no & role");
}

#[tokio::test]
async fn what_is_no_refusal_of_aws_is_not_repeated() {
    for body in ["recognisable <html>", "{\"secret\": \"recognisable\"}", "<a><recognisable/></a>"] {
        let (server, _) = answers(vec![("404 Not Found", body.to_owned())]);
        let error = read(&server.url).await.unwrap_err();
        assert_eq!(error.to_string(), "AWS answered `GetSecretValue` with HTTP 404");
        assert!(!format!("{error:?}").contains("recognisable"));
    }
}

#[tokio::test]
async fn nobody_there() {
    let url = closed_port();
    assert_eq!(read(&url).await.unwrap_err().to_string(), format!("`{url}` does not answer"));
}

#[tokio::test(start_paused = true)]
async fn silence_has_an_end() {
    let server = Scripted::start(|_| Reply::Hang);
    let error = read(&server.url).await.unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "no answer within 10 s");
}

#[tokio::test]
async fn an_answer_has_a_longest() {
    let (server, _) = answers(vec![("200 OK", "x".repeat((4 << 20) + 1))]);
    let error = read(&server.url).await.unwrap_err();
    assert!(error.to_string().ends_with("cannot be read: it is longer than 4194304 bytes"), "{error}");
}

#[test]
fn each_partition_has_its_addresses() {
    let address = |region| AwsService::regional(&Endpoints::default(), "ssm", region).address;
    assert_eq!(address("eu-west-1"), "https://ssm.eu-west-1.amazonaws.com");
    assert_eq!(address("cn-north-1"), "https://ssm.cn-north-1.amazonaws.com.cn");
    assert_eq!(address("us-gov-west-1"), "https://ssm.us-gov-west-1.amazonaws.com");
    let iam = |partition| AwsService::iam(&Endpoints::default(), partition);
    assert_eq!(
        (iam(Partition::Aws).address(), iam(Partition::Aws).region.as_str()),
        ("https://iam.amazonaws.com", "us-east-1")
    );
    assert_eq!(iam(Partition::AwsCn).address(), "https://iam.cn-north-1.amazonaws.com.cn");
    assert_eq!(iam(Partition::AwsUsGov).region, "us-gov-west-1");
    assert_eq!(at("iam", "http://127.0.0.1:1").address(), "http://127.0.0.1:1");
}
