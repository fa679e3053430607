use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_errors::Report as _;
use windlass_keys::KeyStorage;
use windlass_settings::{Endpoints, Narrowing};
use windlass_store::Store;

use super::*;
use crate::testing::{Reply, Scripted, account, account_name, chain, closed_port, project_name, reply, role, settings};
use crate::{Because, Chosen, Environment, Permissions, Region, Sessions};

const READER: &str = "arn:aws:iam::444455556666:role/ops/Reader";

/// What the fake STS and IAM say to each question.
#[derive(Clone, Copy)]
struct Script {
    /// To `AssumeRole` with the external ID, and without.
    assume: [fn() -> Reply; 2],
    get_role: fn() -> Reply,
    simulate: fn() -> Reply,
}

const GOOD: Script =
    Script { assume: [assumed, || refused("AccessDenied")], get_role: || refused("AccessDenied"), simulate: decided };

fn assumed() -> Reply {
    reply(
        "200 OK",
        "",
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser>\
         <Arn>arn:aws:sts::444455556666:assumed-role/Reader/w</Arn><AssumedRoleId>A:w</AssumedRoleId></AssumedRoleUser>\
         <Credentials><AccessKeyId>ASIAREADER</AccessKeyId><SecretAccessKey>recognisable</SecretAccessKey>\
         <SessionToken>recognisable-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>",
    )
}

fn refused(code: &str) -> Reply {
    let body = format!("<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>");
    reply(if code == "AccessDenied" { "403 Forbidden" } else { "400 Bad Request" }, "", &body)
}

fn decided() -> Reply {
    let member = |action: &str, decision: &str| {
        format!(
            "<member><EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName>\
             <EvalDecision>{decision}</EvalDecision></member>"
        )
    };
    let members = member("logs:GetQueryResults", "allowed") + &member("logs:StopQuery", "implicitDeny");
    let results = format!("<EvaluationResults>{members}</EvaluationResults><IsTruncated>false</IsTruncated>");
    let result = format!("<SimulatePrincipalPolicyResult>{results}</SimulatePrincipalPolicyResult>");
    reply("200 OK", "", &format!("<SimulatePrincipalPolicyResponse>{result}</SimulatePrincipalPolicyResponse>"))
}

/// The role, with the trust policy percent-encoded as IAM has it.
fn role_of(arn: &str, condition: &str) -> Reply {
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::111122223333:role/W"}},"Action":"sts:AssumeRole"{condition}}}]}}"#
    );
    let encoded = percent_encoding::utf8_percent_encode(&policy, percent_encoding::NON_ALPHANUMERIC);
    let role = format!("<Arn>{arn}</Arn><AssumeRolePolicyDocument>{encoded}</AssumeRolePolicyDocument>");
    let result = format!("<GetRoleResult><Role>{role}</Role></GetRoleResult>");
    reply("200 OK", "", &format!("<GetRoleResponse>{result}</GetRoleResponse>"))
}

/// The source is somebody of the managing account; whoever has a session is its role.
fn caller(request: &str) -> Reply {
    let (account, arn) = match request.contains("asiareader/") {
        true => ("444455556666", "arn:aws:sts::444455556666:assumed-role/Reader/w"),
        false => ("111122223333", "arn:aws:sts::111122223333:assumed-role/W/i-0"),
    };
    let parts = format!("<Account>{account}</Account><Arn>{arn}</Arn>");
    let result = format!("<GetCallerIdentityResult>{parts}</GetCallerIdentityResult>");
    reply("200 OK", "", &format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"))
}

fn service(script: Script) -> Scripted {
    Scripted::start(move |request| match request {
        _ if request.contains("action=getcalleridentity") => caller(request),
        _ if request.contains("action=assumerole") && request.contains("externalid=") => script.assume[0](),
        _ if request.contains("action=assumerole") => script.assume[1](),
        _ if request.contains("action=getrole") => (script.get_role)(),
        _ => (script.simulate)(),
    })
}

/// An account with the instance's role, and this one on top.
fn reader(external_id: Option<&str>) -> Account {
    Account { role: Some(role(READER, external_id)), ..account("prod") }
}

struct Proof {
    found: Verification,
    announced: Vec<String>,
}

async fn proof(account: &Account, service: &str, without_external_id: bool) -> Proof {
    let instance = Scripted::start(|request| match request {
        _ if request.starts_with("put ") => reply("200 OK", "x-aws-ec2-metadata-token-ttl-seconds: 21600\r\n", "token"),
        _ if request.contains("security-credentials/w") => {
            let keys = r#"{"Code":"Success","AccessKeyId":"ASIAW","SecretAccessKey":"recognisable","Token":"t",
                "Expiration":"2099-01-01T00:00:00Z"}"#;
            reply("200 OK", "", keys)
        }
        _ => reply("200 OK", "", "w"),
    });
    let services = ["sts", "iam"].map(|name| (name.to_owned(), service.to_owned())).into();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open_folder(&folder.path().join("data")).await.unwrap();
    let keys = KeyStorage::new(store, folder.path().join("master.key"), &folder.path().join("data"));
    let endpoints = Endpoints { imds: Some(instance.url.clone()), services };
    let sessions = Sessions::new(endpoints, keys, Environment::default());
    let region = Region { name: "eu-west-1".into(), because: Because::Argument };
    let chain = match &account.source {
        Source::Account(_) => settings(vec![reader(Some("an-id"))], Vec::new()).chain(account).unwrap(),
        _ => chain(account),
    };
    let resolved = Resolved { chain, chosen: Chosen::Argument, region, shadowed: None };
    let (announced, mut declared) = (Mutex::new(Vec::new()), Permissions::default());
    declared.add_everywhere("logs:GetQueryResults");
    declared.add_everywhere("logs:StopQuery");
    let announce = |line: &str| announced.lock().unwrap().push(line.to_owned());
    let policy_command = "windlass account policy --project web";
    let checks = Checks { without_external_id, declared: Ok(declared), policy_command, announce: &announce };
    let who = Attribution { project: &project_name("web"), job: "verify", execution: "" };
    let found = sessions.verify(&resolved, &who, &checks).await;
    let shown = format!("{found:?}{found}{}", serde_json::to_string(&found).unwrap());
    assert!(!shown.contains("recognisable"), "{shown}");
    Proof { found, announced: announced.into_inner().unwrap() }
}

impl Proof {
    /// How that check ended, and what it says.
    #[track_caller]
    fn of(&self, kind: CheckKind) -> (Outcome, &str) {
        let found = self.found.findings.iter().find(|it| it.kind == kind);
        let found = found.unwrap_or_else(|| panic!("no {kind:?} in {:#?}", self.found));
        (found.outcome, &found.what)
    }

    fn kinds(&self) -> Vec<(&str, Outcome)> {
        self.found.findings.iter().map(|it| (it.kind.name(), it.outcome)).collect()
    }
}

#[tokio::test]
async fn a_good_account_holds_but_for_what_it_may_not() {
    let service = service(GOOD);
    let proof = proof(&reader(Some("an-id")), &service.url, true).await;
    let wanted = [
        ("credentials", Outcome::Ok),
        ("caller", Outcome::Ok),
        ("assume-role", Outcome::Ok),
        ("external-id", Outcome::Ok),
        ("trust-policy", Outcome::Skipped),
        ("region", Outcome::Ok),
        ("action-denied", Outcome::Failed),
    ];
    assert_eq!(proof.kinds(), wanted);
    assert_eq!(proof.announced.len(), 1, "{:?}", proof.announced);
    assert!(proof.announced[0].starts_with(&format!("asking STS for {READER} without its external ID")));
    assert!(proof.of(CheckKind::TrustPolicy).1.contains("`iam:GetRole`"));
    assert_eq!(proof.of(CheckKind::ActionDenied).1, "`logs:StopQuery` on `*` is not allowed (implicitDeny)");
    let found = &proof.found;
    assert_eq!(found.arn.as_deref(), Some("arn:aws:sts::444455556666:assumed-role/Reader/w"));
    assert_eq!((found.account_id.as_deref(), found.holds()), (Some("444455556666"), false));
    assert_eq!(found.code().as_str(), "account.verify-failed");
    assert!(found.to_string().contains("`action-denied`") && found.to_string().contains("(account.action-denied)"));
    assert!(found.help().unwrap().contains("windlass account policy --project web"));
    let simulated = service.requests().into_iter().find(|it| it.contains("simulateprincipalpolicy")).unwrap();
    assert!(simulated.contains("policysourcearn=arn%3aaws%3aiam%3a%3a444455556666%3arole%2fops%2freader"));
}

#[tokio::test]
async fn a_role_that_asks_for_no_external_id_fails() {
    let service = service(Script { assume: [assumed, assumed], ..GOOD });
    let proof = proof(&reader(Some("an-id")), &service.url, true).await;
    assert_eq!(proof.of(CheckKind::WorksWithoutExternalId).0, Outcome::Failed);
    assert!(proof.found.to_string().contains("`works-without-external-id`"));
}

/// Only a refusal proves that it is refused.
#[tokio::test]
async fn a_throttle_and_an_outage_prove_nothing_of_the_external_id() {
    for (answer, part) in [
        ((|| refused("Throttling")) as fn() -> Reply, "Throttling"),
        (|| reply("503 Service Unavailable", "", ""), "503"),
        (|| refused("ExpiredToken"), "ExpiredToken"),
        (|| Reply::Send(String::new()), "does not answer"),
    ] {
        let service = service(Script { assume: [assumed, answer], ..GOOD });
        let proof = proof(&reader(Some("an-id")), &service.url, true).await;
        let (outcome, what) = proof.of(CheckKind::ExternalId);
        assert_eq!(outcome, Outcome::Skipped, "{what}");
        assert!(what.starts_with("nobody knows whether it is refused") && what.contains(part), "{part} in {what}");
    }
}

#[tokio::test]
async fn switched_off_it_is_neither_asked_nor_a_pass() {
    let service = service(Script { assume: [assumed, assumed], ..GOOD });
    let proof = proof(&reader(Some("an-id")), &service.url, false).await;
    let (outcome, what) = proof.of(CheckKind::ExternalId);
    assert_eq!((outcome, what), (Outcome::Skipped, "switched off: it was not asked for without its external ID"));
    assert!(proof.announced.is_empty() && !proof.found.external_id_check);
    let asked = service.requests().iter().filter(|it| it.contains("action=assumerole&")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_role_elsewhere_without_an_external_id_is_a_warning() {
    let service = service(Script { assume: [assumed, assumed], ..GOOD });
    let proof = proof(&reader(None), &service.url, true).await;
    let (outcome, what) = proof.of(CheckKind::NoExternalId);
    assert_eq!(
        (outcome, what),
        (Outcome::Warning, "it is assumed from AWS account 111122223333 without an external ID")
    );
}

#[tokio::test]
async fn the_trust_policy_is_read_where_it_may_be() {
    for (get_role, outcome, part) in [
        (
            (|| role_of(READER, r#","Condition":{"StringEquals":{"sts:ExternalId":"an-id"}}"#)) as fn() -> Reply,
            Outcome::Ok,
            "nobody but",
        ),
        (|| role_of(READER, ""), Outcome::Failed, "no-external-id: statement 1"),
        (|| role_of("arn:aws:iam::444455556666:role/Reader", ""), Outcome::Skipped, "another role"),
        (|| refused("NoSuchEntity"), Outcome::Skipped, "NoSuchEntity"),
        (|| reply("200 OK", "", "<GetRoleResponse/>"), Outcome::Skipped, "no trust policy"),
    ] {
        let service = service(Script { get_role, ..GOOD });
        let proof = proof(&reader(Some("an-id")), &service.url, true).await;
        let (found, what) = proof.of(CheckKind::TrustPolicy);
        assert_eq!(found, outcome, "{what}");
        assert!(what.contains(part), "{part} in {what}");
        // The source is of another AWS account, where a role of that name is another role.
        assert!(service.requests().iter().filter(|it| it.contains("getrole")).all(|it| it.contains("asiareader/")));
    }
}

#[tokio::test]
async fn a_simulation_that_is_refused_or_odd_is_skipped() {
    for (simulate, part) in [
        ((|| refused("AccessDenied")) as fn() -> Reply, "`iam:SimulatePrincipalPolicy`"),
        (|| refused("ValidationError"), "ValidationError"),
        (|| reply("200 OK", "", "<SimulatePrincipalPolicyResponse/>"), "does not decide"),
    ] {
        let service = service(Script { simulate, ..GOOD });
        let proof = proof(&reader(Some("an-id")), &service.url, true).await;
        let (outcome, what) = proof.of(CheckKind::Actions);
        assert_eq!(outcome, Outcome::Skipped);
        assert!(what.contains(part) && proof.found.holds(), "{part} in {what}");
    }
}

#[tokio::test]
async fn a_hop_that_fails_ends_the_way_and_is_named() {
    const SECOND: &str = "arn:aws:iam::444455556666:role/Second";
    let count = AtomicUsize::new(0);
    let service = Scripted::start(move |request| match request {
        _ if request.contains("action=getcalleridentity") => caller(request),
        _ if request.contains("role%2fsecond") => {
            count.fetch_add(1, Ordering::SeqCst);
            refused("AccessDenied")
        }
        _ if request.contains("externalid=") => assumed(),
        _ => refused("AccessDenied"),
    });
    let source = Source::Account(account_name("prod"));
    let second = Account { source, role: Some(role(SECOND, Some("an-id"))), ..account("second") };
    let proof = proof(&second, &service.url, true).await;
    let failed = proof.found.findings.iter().find(|it| it.outcome == Outcome::Failed).unwrap();
    assert_eq!((failed.hop.as_str(), failed.account.as_str(), failed.kind.name()), (SECOND, "second", "assume-role"));
    assert!(failed.remedy.as_deref().unwrap().contains(&format!("allow `sts:AssumeRole` on `{SECOND}`")));
    assert_eq!(proof.kinds().last(), Some(&("actions", Outcome::Skipped)));
    assert_eq!(proof.found.arn, None);
}

#[tokio::test]
async fn a_source_that_gives_nothing_leaves_the_rest_untried() {
    let account = Account { source: Source::EcsTaskRole, ..reader(Some("an-id")) };
    let proof = proof(&account, &closed_port(), true).await;
    let wanted = [("credentials", Outcome::Failed), ("assume-role", Outcome::Skipped), ("actions", Outcome::Skipped)];
    assert_eq!(proof.kinds(), wanted);
    let code = proof.found.findings[0].code.as_ref().unwrap();
    assert_eq!(code.as_str(), "account.no-role");
}

#[tokio::test]
async fn another_aws_account_than_configured_fails() {
    let service = service(GOOD);
    let own = Account { account_id: Some("999999999999".parse().unwrap()), ..account("prod") };
    let proof = proof(&own, &service.url, true).await;
    let (outcome, what) = proof.of(CheckKind::Caller);
    assert_eq!(outcome, Outcome::Failed);
    assert_eq!(what, "STS says AWS account `111122223333`, the configuration says `999999999999`");
}

#[tokio::test]
async fn what_is_risky_is_a_warning() {
    let service = service(GOOD);
    let proof_of_own = proof(&account("prod"), &service.url, true).await;
    assert_eq!(proof_of_own.of(CheckKind::ManagingIdentity).0, Outcome::Warning);
    assert_eq!(proof_of_own.of(CheckKind::AccountUnchecked).0, Outcome::Warning);
    let open = Role { narrowing: Narrowing::Off, ..role(READER, Some("an-id")) };
    let proof = proof(&Account { role: Some(open), ..account("prod") }, &service.url, true).await;
    assert_eq!(proof.of(CheckKind::NotNarrowed).0, Outcome::Warning);
}
