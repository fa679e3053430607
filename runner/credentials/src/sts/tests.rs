use windlass_errors::{Report as _, render};

use super::*;
use crate::SessionError;
use crate::failure::{Failed, Hop};
use crate::testing::{Reply, Scripted, account, chain, closed_port, project_name, reply, role};
use crate::{Attribution, SessionPolicy};

const READER: &str = "arn:aws:iam::111122223333:role/Reader";

fn keys() -> Credentials {
    Credentials {
        access_key_id: "AKIARUNNER".into(),
        secret_access_key: "recognisable-secret".into(),
        session_token: Some("recognisable-session".into()),
        expires_at: None,
    }
}

fn place(endpoint: &str) -> Place {
    let services = [("sts".to_owned(), endpoint.to_owned())].into();
    Place::new(&Endpoints { imds: None, services }, "eu-west-1")
}

fn assumed(account: &str) -> String {
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>\
         <Arn>arn:aws:sts::{account}:assumed-role/Reader/w</Arn><AssumedRoleId>A:w</AssumedRoleId></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIAREADER</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
         <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    )
}

fn error_document(code: &str, message: &str) -> String {
    format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>")
}

fn who(project: &windlass_settings::ProjectName) -> Attribution<'_> {
    Attribution { project, job: "x", execution: "" }
}

async fn assume(endpoint: &str) -> Result<Credentials, Failure> {
    let (http, keys) = (Http::new(), keys());
    let ask = Assume::new(&role(READER, Some("an-id")), &who(&project_name("web")), SessionPolicy::None);
    Sts::new(&http, &place(endpoint), &keys).assume(&ask).await
}

/// Assumes a role at an STS that refuses so; the code, and all that is shown of the error.
async fn refused(code: &'static str, message: &'static str) -> (String, String) {
    let sts = Scripted::start(move |_| reply("403 Forbidden", "", &error_document(code, message)));
    let account = windlass_settings::Account { role: Some(role(READER, Some("an-id"))), ..account("central") };
    let failed = Failed { why: assume(&sts.url).await.unwrap_err(), hop: Hop::Role(READER.to_owned()) };
    let error = SessionError::new(&chain(&account), failed.into());
    let shown = format!("{}{error:?}", render(&error));
    assert!(!shown.contains("recognisable"), "{shown}");
    (error.code().to_string(), shown)
}

#[tokio::test]
async fn a_session_of_the_roles_account_is_given() {
    let sts = Scripted::start(|_| reply("200 OK", "", &assumed("111122223333")));
    let session = assume(&sts.url).await.unwrap();
    assert_eq!((session.access_key_id.as_str(), session.expires_at), ("ASIAREADER", Some(4_070_908_800_000)));
    assert!(sts.requests()[0].contains("app/windlass"), "{}", sts.requests()[0]);
}

#[tokio::test]
async fn a_session_of_another_account_is_refused() {
    let sts = Scripted::start(|_| reply("200 OK", "", &assumed("999999999999")));
    let failure = assume(&sts.url).await.unwrap_err();
    assert_eq!(failure.code().as_str(), "account.mismatch");
    assert_eq!(failure.to_string(), "STS says AWS account `999999999999`, the configuration says `111122223333`");
}

#[tokio::test]
async fn a_denial_names_account_scope_source_role_and_caller() {
    let said = "User: arn:aws:sts::444455556666:assumed-role/Runner/i-0 is not authorized to perform: sts:AssumeRole";
    let (code, shown) = refused("AccessDenied", said).await;
    assert_eq!(code, "account.role-denied");
    for part in ["`central` of the system", "`ec2-instance-role`", READER, "iam::444455556666:role/Runner`"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[tokio::test]
async fn each_refusal_has_its_code() {
    for (said, expected, part) in [
        ("InvalidClientTokenId", "account.source-refused", "expired or belong"),
        ("ExpiredToken", "account.source-refused", "expired"),
        ("SignatureDoesNotMatch", "account.source-refused", "clock"),
        ("RegionDisabledException", "account.sts-failed", "activate STS"),
        ("ValidationError", "account.sts-failed", "sessionDuration"),
        ("Throttled", "account.sts-failed", "Throttled"),
    ] {
        let message = "DurationSeconds of x-amz-security-token:recognisable-session and recognisable-secret";
        let (code, shown) = refused(said, message).await;
        assert_eq!(code, expected, "{said}");
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[tokio::test]
async fn an_sts_that_is_not_there_is_named() {
    let endpoint = closed_port();
    let failure = assume(&endpoint).await.unwrap_err();
    assert_eq!(failure.code().as_str(), "account.sts-failed");
    assert_eq!(failure.to_string(), format!("STS at `{endpoint}` does not answer"));
}

#[tokio::test]
async fn the_callers_account_is_compared() {
    let body = "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111122223333</Account>\
                </GetCallerIdentityResult></GetCallerIdentityResponse>";
    let sts = Scripted::start(move |_| reply("200 OK", "", body));
    let (http, keys) = (Http::new(), keys());
    let sts = Sts::new(&http, &place(&sts.url), &keys);
    assert!(sts.check_account(&"111122223333".parse().unwrap()).await.is_ok());
    let failure = sts.check_account(&"012345678901".parse().unwrap()).await.unwrap_err();
    assert_eq!(failure.code().as_str(), "account.mismatch");
}

#[test]
fn without_an_endpoint_it_is_the_regions() {
    let address = |region: &str| Place::new(&Endpoints::default(), region).address();
    assert_eq!(address("eu-west-1"), "https://sts.eu-west-1.amazonaws.com");
    assert_eq!(address("cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn");
    assert_eq!(address("us-gov-west-1"), "https://sts.us-gov-west-1.amazonaws.com");
}

#[tokio::test]
async fn an_answer_without_end_is_not_read_to_its_end() {
    let sts = Scripted::start(|_| Reply::Endless);
    let error = assume(&sts.url).await.unwrap_err();
    assert!(
        matches!(&error, Failure::Unreachable { source, .. } if source.to_string().contains("longer than 1048576")),
        "{error:?}"
    );
}
