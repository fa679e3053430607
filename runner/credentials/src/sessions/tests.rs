use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use windlass_errors::Report as _;
use windlass_settings::{Account, SessionName, Template};
use windlass_store::Store;

use super::*;
use crate::testing::{Scripted, account, account_name, account_of, chain, project_name, reply, role, settings};
use crate::{Because, Chosen, Region};

const READER: &str = "arn:aws:iam::111122223333:role/Reader";

/// A fake metadata service and a fake STS, and sessions that know no others. The folder holds a real key storage.
struct Stage {
    imds: Scripted,
    sts: Scripted,
    sessions: Sessions,
    folder: tempfile::TempDir,
}

async fn stage(sts: impl Fn(&str) -> crate::testing::Reply + Send + 'static) -> Stage {
    let imds = Scripted::start(|request| match request {
        _ if request.starts_with("put ") => reply("200 OK", "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "token"),
        _ if request.contains("security-credentials/ops") => {
            let keys = r#"{"Code":"Success","AccessKeyId":"ASIAOPS","SecretAccessKey":"s","Token":"t",
                "Expiration":"2099-01-01T00:00:00Z"}"#;
            reply("200 OK", "", keys)
        }
        _ => reply("200 OK", "", "ops"),
    });
    let sts = Scripted::start(sts);
    let services = [("sts".to_owned(), sts.url.clone())].into();
    let endpoints = Endpoints { imds: Some(imds.url.clone()), services };
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(&folder.path().join("data")).await.unwrap();
    let keys = KeyStorage::new(store, folder.path().join("master.key"), &folder.path().join("data"));
    let sessions = Sessions::new(endpoints, keys, Environment::default());
    Stage { imds, sts, sessions, folder }
}

impl Stage {
    /// Asks with a policy; the id of the key.
    async fn asked(&self, chain: Chain, policy: &SessionPolicy) -> String {
        let region = Region { name: "eu-west-1".into(), because: Because::Step };
        let resolved = Resolved { chain, chosen: Chosen::Step, region, shadowed: None };
        let who = Attribution { project: &project_name("web"), job: "nightly", execution: "x" };
        self.sessions.credentials(&resolved, &who, policy).await.unwrap().access_key_id
    }

    async fn ask(&self, account: &Account, execution: &str) -> Result<Credentials, AccountError> {
        let region = Region { name: "eu-west-1".into(), because: Because::Step };
        let resolved = Resolved { chain: chain(account), chosen: Chosen::Step, region, shadowed: None };
        let who = Attribution { project: &project_name("web"), job: "nightly", execution };
        self.sessions.credentials(&resolved, &who, &SessionPolicy::None).await
    }
}

fn assumed(number: usize) -> crate::testing::Reply {
    let body = format!(
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>\
         <Arn>arn:aws:sts::111122223333:assumed-role/Reader/w</Arn><AssumedRoleId>A:w</AssumedRoleId>\
         </AssumedRoleUser><Credentials><AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
         <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>"
    );
    reply("200 OK", "", &body)
}

fn caller(account: &str) -> crate::testing::Reply {
    let body = format!(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>{account}</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    );
    reply("200 OK", "", &body)
}

fn refuses(code: &str) -> crate::testing::Reply {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
    reply("403 Forbidden", "", &body)
}

fn reader(name: &str) -> Account {
    Account { role: Some(role(READER, None)), ..account(name) }
}

#[tokio::test]
async fn many_steps_make_one_call_of_each_service() {
    let count = AtomicUsize::new(0);
    let stage = stage(move |_| assumed(count.fetch_add(1, Ordering::SeqCst))).await;
    let (one, other) = (reader("one"), reader("other"));
    let answers = join_all((0..50).map(|n| stage.ask(if n % 2 == 0 { &one } else { &other }, "x"))).await;
    assert!(answers.iter().all(|answer| answer.as_ref().unwrap().access_key_id == "ASIA0"));
    assert_eq!((stage.imds.requests().len(), stage.sts.requests().len()), (3, 1));
}

#[tokio::test]
async fn what_differs_has_a_session_of_its_own() {
    let count = AtomicUsize::new(0);
    let stage = stage(move |_| assumed(count.fetch_add(1, Ordering::SeqCst))).await;
    let mut by_execution = reader("a");
    by_execution.role.as_mut().unwrap().session_name = SessionName::parse("w-{{execution}}").unwrap();
    let mut with_id = reader("a");
    with_id.role.as_mut().unwrap().external_id = Some("an-id".parse().unwrap());
    let asked = [(&by_execution, "1"), (&by_execution, "2"), (&with_id, "1"), (&with_id, "2")];
    let mut given = Vec::new();
    for (account, execution) in asked {
        given.push(stage.ask(account, execution).await.unwrap().access_key_id);
    }
    assert_eq!(given, ["ASIA0", "ASIA1", "ASIA2", "ASIA2"]);
}

#[tokio::test]
async fn a_shared_failure_names_the_account_that_asked() {
    let stage = stage(|_| refuses("AccessDenied")).await;
    for name in ["one", "other"] {
        let error = stage.ask(&reader(name), "x").await.unwrap_err();
        assert_eq!(error.code().as_str(), "account.role-denied");
        assert!(error.to_string().starts_with(&format!("account `{name}` of the system")), "{error}");
    }
    assert_eq!(stage.sts.requests().len(), 1);
}

#[tokio::test]
async fn the_sources_own_account_is_checked_once() {
    let stage = stage(|_| caller("111122223333")).await;
    let right = Account { account_id: Some("111122223333".parse().unwrap()), ..account("right") };
    for _ in 0..3 {
        assert_eq!(stage.ask(&right, "x").await.unwrap().access_key_id, "ASIAOPS");
    }
    assert_eq!(stage.sts.requests().len(), 1);
    let wrong = Account { account_id: Some("012345678901".parse().unwrap()), ..account("wrong") };
    assert_eq!(stage.ask(&wrong, "x").await.unwrap_err().code().as_str(), "account.mismatch");
    assert!(stage.ask(&account("unchecked"), "x").await.is_ok());
    assert_eq!((stage.sts.requests().len(), stage.imds.requests().len()), (2, 3));
}

#[tokio::test]
async fn keys_that_sts_does_not_accept_are_fetched_anew() {
    let stage = stage(|_| refuses("ExpiredToken")).await;
    assert_eq!(stage.ask(&reader("a"), "x").await.unwrap_err().code().as_str(), "account.source-refused");
    assert!(stage.ask(&account("a"), "x").await.is_ok());
    assert_eq!(stage.imds.requests().iter().filter(|request| request.starts_with("get ")).count(), 4);
}

#[tokio::test]
async fn an_access_key_comes_from_key_storage() {
    let stage = stage(|_| caller("111122223333")).await;
    let path: KeyPath = "keys/project/web/aws".parse().unwrap();
    stage
        .sessions
        .0
        .keys
        .set(&path, windlass_keys::SecretKind::Password, b"the-secret\n".to_vec().into(), false)
        .await
        .unwrap();
    let source = Source::AccessKey(AccessKey { id: "AKIAOPS".into(), secret: path, session_token: None });
    let own = Account { source: source.clone(), ..account_of("web", "own") };
    let keys = stage.ask(&own, "x").await.unwrap();
    assert_eq!((keys.access_key_id.as_str(), keys.secret_access_key.expose_secret()), ("AKIAOPS", "the-secret"));
}

#[tokio::test]
async fn a_missing_key_keeps_its_code() {
    let stage = stage(|_| caller("111122223333")).await;
    let path: KeyPath = "keys/aws/nobody".parse().unwrap();
    let source = Source::AccessKey(AccessKey { id: "AKIAOPS".into(), secret: path, session_token: None });
    let error = stage.ask(&Account { source, ..account("a") }, "x").await.unwrap_err();
    assert!(error.code().as_str().starts_with("key."), "{}", error.code());
    assert!(error.to_string().contains(account_name("a").as_str()));
    assert!(stage.folder.path().exists());
}

#[tokio::test]
async fn asking_may_be_left_to_another_thread() {
    fn sendable<T: Send>(future: T) -> T {
        future
    }
    let stage = stage(|_| assumed(7)).await;
    assert_eq!(sendable(stage.ask(&reader("a"), "x")).await.unwrap().access_key_id, "ASIA7");
}

#[tokio::test]
async fn only_the_last_role_is_narrowed_and_each_has_its_attributes() {
    let stage = stage(|request| {
        let role = if request.contains("role%2fhub") { "Hub" } else { "Reader" };
        assert!(request.contains(&format!("role%2f{}&", role.to_lowercase())));
        assumed(1)
    })
    .await;
    let mut hub = Account { role: Some(role("arn:aws:iam::111122223333:role/Hub", None)), ..account("hub") };
    hub.role.as_mut().unwrap().source_identity = Some(SessionName::parse("who-{{project}}").unwrap());
    let mut leaf = reader("leaf");
    leaf.source = Source::Account(account_name("hub"));
    let tags = &mut leaf.role.as_mut().unwrap().tags;
    tags.insert("Team".to_owned(), Template::parse("{{project}}/{{job}}!").unwrap());
    let chain = settings(vec![hub], Vec::new()).chain(&leaf).unwrap();
    stage.asked(chain, &SessionPolicy::Inline("the-policy".into())).await;
    let requests = stage.sts.requests();
    let has = |request: &str, part: &str| assert!(request.contains(part), "{part} in {request}");
    has(&requests[0], "&sourceidentity=who-web");
    assert!(!requests[0].contains("policy="), "{}", requests[0]);
    has(&requests[1], "&policy=the-policy");
    has(&requests[1], "tags.member.1.key=team&tags.member.1.value=web%2fnightly-");
    assert!(!requests[1].contains("sourceidentity"), "it goes on by itself: {}", requests[1]);
}

/// What a policy allows is a part of what a session is: one for a narrow step is never given to another.
#[tokio::test]
async fn steps_that_declare_other_things_have_other_sessions() {
    let count = AtomicUsize::new(0);
    let stage = stage(move |_| assumed(count.fetch_add(1, Ordering::SeqCst))).await;
    let inline = |text: &str| SessionPolicy::Inline(text.into());
    let mut given = Vec::new();
    for policy in [SessionPolicy::None, inline("a"), inline("b"), SessionPolicy::None] {
        given.push(stage.asked(chain(&reader("a")), &policy).await);
    }
    assert_eq!(given, ["ASIA0", "ASIA1", "ASIA2", "ASIA0"]);
}
