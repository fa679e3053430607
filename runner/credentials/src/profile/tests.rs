use windlass_errors::{Report as _, render};
use windlass_settings::Endpoints;

use super::*;
use crate::testing::{Reply, Scripted, closed_port, environment, reply, session_error};

async fn ask(credentials: Option<&str>, name: &str) -> Result<Credentials, Failure> {
    ask_at(&closed_port(), &[], credentials, name).await
}

/// With STS at this address, and with these variables.
async fn ask_at(
    sts: &str,
    variables: &[(&str, &str)],
    credentials: Option<&str>,
    name: &str,
) -> Result<Credentials, Failure> {
    let home = tempfile::tempdir().unwrap();
    if let Some(text) = credentials {
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), text).unwrap();
    }
    let always = [("HOME", home.path().to_str().unwrap()), ("AWS_ACCESS_KEY_ID", "AKIASTRAY")];
    let variables = environment(&[&always, variables].concat());
    let endpoints = Endpoints { services: [("sts".to_owned(), sts.to_owned())].into(), ..Endpoints::default() };
    let (http, sts) = (Http::new(), Place::new(&endpoints, "eu-west-1"));
    fetch(&Surroundings { http: &http, sts: &sts, imds: &closed_port(), environment: &variables }, name).await
}

#[tokio::test]
async fn a_profile_is_read_from_the_given_home() {
    let text = "[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = recognisable\n";
    let keys = ask(Some(text), "dev").await.unwrap();
    assert_eq!((keys.access_key_id.as_str(), keys.expires_at), ("AKIADEV", None));
    assert!(!format!("{keys:?}").contains("recognisable"));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let cases = [
        (None, ".aws/config"),
        (Some("[other]\naws_access_key_id = A\naws_secret_access_key = recognisable\n"), "`dev` was not defined"),
        (Some("[dev]\nregion = eu-west-1\n"), "profile `dev` lacks `aws_access_key_id`"),
        (Some("[dev]\naws_secret_access_key = recognisable\n"), "profile `dev` lacks `aws_access_key_id`"),
    ];
    for (text, expected) in cases {
        let error = session_error(ask(text, "dev").await.unwrap_err());
        let shown = format!("{}{error:?}", render(&error));
        assert_eq!(error.code().as_str(), "account.profile-unusable");
        assert!(shown.contains(expected) && shown.contains("--profile dev"), "{shown}");
        assert!(!shown.contains("recognisable"), "{shown}");
    }
}

#[tokio::test]
async fn a_helpers_output_is_not_shown() {
    let text = "[dev]\ncredential_process = sh -c 'echo recognisable >&2; exit 3'\n";
    let error = session_error(ask(Some(text), "dev").await.unwrap_err());
    let shown = render(&error);
    assert!(
        shown.contains("`credential_process` ended with exit status: 3") && !shown.contains("recognisable"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_helper_says_the_keys_and_how_long_they_last() {
    let said = r#"{"Version": 1, "AccessKeyId": "ASIAHELPER", "SecretAccessKey": "recognisable", "SessionToken": "t",
        "Expiration": "2099-01-01T00:00:00Z"}"#;
    let text = format!("[dev]\ncredential_process = printf %s '{}'\n", said.replace('\n', ""));
    let keys = ask(Some(&text), "dev").await.unwrap();
    assert_eq!((keys.access_key_id.as_str(), keys.expires_at), ("ASIAHELPER", Some(4_070_908_800_000)));
    assert!(keys.session_token.is_some() && !format!("{keys:?}").contains("recognisable"));
}

/// The clock goes on by itself while there is nothing but to wait. The helper ends with its input, which the test holds.
#[tokio::test(start_paused = true)]
async fn a_helper_that_never_ends_keeps_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    // Open for both, so that neither side waits for the other.
    let held = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let text = format!("[dev]\ncredential_process = cat {}\n", pipe.display());
    let error = session_error(ask(Some(&text), "dev").await.unwrap_err());
    let shown = render(&error);
    assert!(
        shown.contains("nothing came of its `credential_process` within 60 seconds") && shown.contains("--profile dev"),
        "{shown}"
    );
    drop(held);
}

/// Not even what the helper has started itself.
#[tokio::test]
async fn a_helper_that_nobody_waits_for_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (written, pid) = (folder.path().join("written"), folder.path().join("pid"));
    let text = format!(
        "[dev]\ncredential_process = sleep 1000 & echo $! >{} && mv {0} {}; wait\n",
        written.display(),
        pid.display()
    );
    let runs = |pid: &str| {
        let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    };
    let appears = async {
        loop {
            match std::fs::read_to_string(&pid) {
                Ok(pid) => break pid,
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let started = tokio::select! {
        given = ask(Some(&text), "dev") => panic!("it ended by itself: {given:?}"),
        pid = appears => pid,
    };
    let ended = async {
        while runs(&started) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONGEST, ended).await.expect("the helper's own child still runs");
}

#[tokio::test]
async fn what_is_no_answer_of_a_helper_is_told_without_it() {
    for (said, expected) in [
        (r#"{"Version": 2, "AccessKeyId": "A", "SecretAccessKey": "recognisable"}"#, "version 2, not 1"),
        (r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": ["recognisable"]}"#, "holds no keys (line 1"),
        (
            r#"{"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "recognisable", "Expiration": "recognisable"}"#,
            "no RFC 3339 time",
        ),
    ] {
        let text = format!("[dev]\ncredential_process = printf %s '{said}'\n");
        let shown = render(&session_error(ask(Some(&text), "dev").await.unwrap_err()));
        assert!(shown.contains(expected) && !shown.contains("recognisable"), "{shown}");
    }
    let shown =
        render(&session_error(ask(Some("[dev]\ncredential_process = cat /dev/zero\n"), "dev").await.unwrap_err()));
    assert!(shown.contains("prints more than 65536 bytes"), "{shown}");
}

const ROLES: &str = "[dev]
role_arn = arn:aws:iam::111122223333:role/outer
source_profile = hub
external_id = outer-id
[hub]
role_arn = arn:aws:iam::444455556666:role/inner
source_profile = keys
role_session_name = ann
duration_seconds = 900
[keys]
aws_access_key_id = AKIAKEYS
aws_secret_access_key = recognisable
";

/// Answers as STS does to whoever may assume all roles; the key's ID says which.
fn assumed(request: &str) -> Reply {
    let (account, id) =
        if request.contains("outer") { ("111122223333", "ASIAOUTER") } else { ("444455556666", "ASIAINNER") };
    reply(
        "200 OK",
        "content-type: text/xml\r\n",
        &format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser>\
             <AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/x/x</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>{id}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
    )
}

/// And not where a variable says.
#[tokio::test]
async fn roles_are_assumed_where_the_configuration_says() {
    let sts = Scripted::start(assumed);
    let elsewhere = closed_port();
    let variables = [("AWS_ENDPOINT_URL", elsewhere.as_str()), ("AWS_ENDPOINT_URL_STS", &elsewhere)];
    let keys = ask_at(&sts.url, &variables, Some(ROLES), "dev").await.unwrap();
    assert_eq!((keys.access_key_id.as_str(), keys.expires_at), ("ASIAOUTER", Some(4_070_908_800_000)));
    let requests = sts.requests();
    let wanted = [
        ["credential=akiakeys", "role%2finner", "rolesessionname=ann", "durationseconds=900"],
        ["credential=asiainner", "role%2fouter", "externalid=outer-id", "durationseconds=3600"],
    ];
    assert_eq!(requests.len(), wanted.len(), "{requests:?}");
    for (request, parts) in requests.iter().zip(wanted) {
        assert!(parts.iter().all(|part| request.contains(part)), "{parts:?} in {request}");
    }
}

#[tokio::test]
async fn a_helper_or_the_profile_itself_may_be_what_a_role_starts_from() {
    let sts = Scripted::start(assumed);
    let role = "role_arn = arn:aws:iam::111122223333:role/outer\n";
    let helper =
        r#"credential_process = printf %s '{"Version": 1, "AccessKeyId": "AKIAHELPER", "SecretAccessKey": "s"}'"#;
    for (text, first) in [
        (format!("[dev]\n{role}source_profile = help\n[help]\n{helper}\n"), "akiahelper"),
        (format!("[dev]\n{role}source_profile = dev\n{helper}\n"), "akiahelper"),
        (
            format!("[dev]\n{role}source_profile = dev\naws_access_key_id = AKIAOWN\naws_secret_access_key = s\n"),
            "akiaown",
        ),
    ] {
        let keys = ask_at(&sts.url, &[], Some(&text), "dev").await.unwrap();
        assert_eq!(keys.access_key_id, "ASIAOUTER");
        assert!(sts.requests().last().unwrap().contains(first), "{first}");
    }
}

#[tokio::test]
async fn a_role_that_cannot_be_had_says_why_and_where() {
    let nobody = closed_port();
    let error = session_error(ask_at(&nobody, &[], Some(ROLES), "dev").await.unwrap_err());
    let shown = render(&error);
    assert!(error.code().as_str() == "account.sts-failed" && shown.contains(&nobody), "{shown}");
    let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: u is not authorized</Message></Error></ErrorResponse>";
    let sts = Scripted::start(move |_| reply("403 Forbidden", "content-type: text/xml\r\n", body));
    let error = session_error(ask_at(&sts.url, &[], Some(ROLES), "dev").await.unwrap_err());
    let shown = render(&error);
    assert_eq!(error.code().as_str(), "account.profile-unusable", "{shown}");
    for part in ["role/inner` of profile `hub`", "User: u is not authorized"] {
        assert!(shown.contains(part) && !shown.contains("recognisable"), "{part} in {shown}");
    }
}

#[tokio::test]
async fn a_way_that_leads_nowhere_is_told() {
    let role = "role_arn = arn:aws:iam::111122223333:role/r\n";
    let variable = [("AWS_ENDPOINT_URL", "http://127.0.0.1:1")];
    let sso = "sso_start_url = https://x\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n";
    for (text, expected) in [
        (
            format!("[dev]\n{role}source_profile = dev\nmfa_serial = arn:aws:iam::1:mfa/ann\n"),
            "`mfa_serial` of profile `dev`",
        ),
        (format!("[dev]\n{role}"), "either `source_profile` or `credential_source`"),
        (format!("[dev]\n{role}source_profile = other\n"), "profile `other` was not defined"),
        (format!("[dev]\n{role}source_profile = b\n[b]\n{role}source_profile = dev\n"), "lead back to profile `dev`"),
        (format!("[dev]\n{role}source_profile = dev\n"), "names itself as `source_profile`"),
        (format!("[dev]\n{role}credential_source = Magic\n"), "knows no `Magic`"),
        (format!("[dev]\n{sso}"), "`AWS_ENDPOINT_URL` of the runner's environment"),
    ] {
        let error = session_error(ask_at(&closed_port(), &variable, Some(&text), "dev").await.unwrap_err());
        let shown = render(&error);
        assert_eq!(error.code().as_str(), "account.profile-unusable", "{shown}");
        assert!(shown.contains(expected), "{expected} in {shown}");
    }
}
