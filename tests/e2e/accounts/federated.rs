//! Sources that are given to pods, and keys that end.

use super::{container_uri, installation, run, session_of, who};
use crate::ground::{namespace, standins};
use crate::iam::{administered, allow, role};
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use windlass_tests::standins::CONTAINER_TOKEN;

const ISSUER: &str = "oidc.eks.us-east-1.amazonaws.com/id/WINDLASS";

/// A role that trusts the service account `ops:windlass` of a cluster.
pub(super) fn cluster_role(name: &str) -> String {
    administered(
        "iam = client('iam', MANAGED)
try:
    iam.create_open_id_connect_provider(Url='https://' + given, ClientIDList=['sts.amazonaws.com'], ThumbprintList=['0'*40])
except iam.exceptions.EntityAlreadyExistsException:
    pass",
        &json!(ISSUER),
    );
    let managed = &standins().seeded.managed_account;
    let trust = allow(&json!({
        "Principal": { "Federated": format!("arn:aws:iam::{managed}:oidc-provider/{ISSUER}") },
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": { "StringEquals": {
            format!("{ISSUER}:aud"): "sts.amazonaws.com",
            format!("{ISSUER}:sub"): "system:serviceaccount:ops:windlass",
        } },
    }));
    role("MANAGED", name, &trust, &allow(&json!({ "Action": "logs:*", "Resource": "*" })))
}

/// A token of that cluster for a service account. The stand-in reads what it says and does not check its signature.
pub(super) fn token(subject: &str) -> String {
    use base64::Engine as _;
    let part = |value: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "iss": format!("https://{ISSUER}"), "aud": "sts.amazonaws.com", "sub": subject,
        "iat": 1_700_000_000, "exp": 4_000_000_000_u64 });
    format!("{}.{}.recognisable-signature", part(json!({ "alg": "RS256", "kid": "1" })), part(claims))
}

fn with_source(source: &str) -> Installation {
    let services = standins().services_url();
    let installation = Installation::new(&format!(
        "projects: [{{name: web, defaultAccount: pod, accounts: [{{name: pod, source: {source}, regions: [us-east-1]}}]}}]
endpoints: {{sts: '{services}'}}\n"
    ));
    installation.job(super::WHO);
    installation
}

fn run_here(installation: &Installation, variables: &[(&str, &str)]) -> Ended {
    Ended::from(installation.job_command(&["--output", "json"]).envs(variables.iter().copied()).output().unwrap())
}

#[test]
fn the_role_of_a_service_account_by_its_token() {
    let role = cluster_role("FederatedPod");
    let installation = with_source("web-identity");
    let file = installation.write("token", format!("{}\n", token("system:serviceaccount:ops:windlass")));
    let variables = [("AWS_ROLE_ARN", role.as_str()), ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap())];
    assert_eq!(who(&run_here(&installation, &variables)), session_of(&role, "windlass"));

    let named = with_source(&format!("{{web-identity: {{role: '{role}', tokenFile: '{}'}}}}", file.display()));
    assert_eq!(who(&run_here(&named, &[])), session_of(&role, "windlass"), "what is written needs no environment");
}

/// The pod's own role, and from it one of the other account.
#[test]
fn a_role_from_the_role_of_a_service_account() {
    let pod = cluster_role("FederatedSource");
    let trust = allow(&json!({ "Principal": { "AWS": pod }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": "of-the-target" } } }));
    let all = allow(&json!({ "Action": "*", "Resource": "*" }));
    administered(
        "client('iam', MANAGED).put_role_policy(RoleName='FederatedSource', PolicyName='assume', PolicyDocument=json.dumps(given))",
        &allow(&json!({ "Action": "sts:AssumeRole", "Resource": "*" })),
    );
    let target = role("MANAGED", "FederatedTarget", &trust, &all);
    let installation = with_source(&format!("web-identity, assumeRole: '{target}', externalId: of-the-target"));
    let file = installation.write("token", token("system:serviceaccount:ops:windlass"));
    let variables = [("AWS_ROLE_ARN", pod.as_str()), ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap())];
    assert_eq!(who(&run_here(&installation, &variables)), session_of(&target, "windlass-web-test"));
}

#[test]
fn a_token_of_another_service_account_is_refused_and_never_shown() {
    let role = cluster_role("FederatedOther");
    let installation = with_source("web-identity");
    let file = installation.write("token", token("system:serviceaccount:ops:somebody-else"));
    let variables = [("AWS_ROLE_ARN", role.as_str()), ("AWS_WEB_IDENTITY_TOKEN_FILE", file.to_str().unwrap())];
    let ended = run_here(&installation, &variables);
    let error = ended.failed(5, "account.role-denied");
    assert_names(error, &["source `web-identity`", "`Federated` principal", "sts:AssumeRoleWithWebIdentity"]);
    assert!(!format!("{ended:?}").contains("recognisable"), "{ended:?}");
}

#[test]
fn a_pod_without_a_role_says_what_is_missing() {
    let error = run_here(&with_source("web-identity"), &[]);
    assert_names(error.failed(5, "account.no-role"), &["`AWS_ROLE_ARN`", "eks.amazonaws.com/role-arn"]);
    let installation = with_source("web-identity");
    let gone = installation.folder().join("no-such-token");
    let variables =
        [("AWS_ROLE_ARN", "arn:aws:iam::444455556666:role/X"), ("AWS_WEB_IDENTITY_TOKEN_FILE", gone.to_str().unwrap())];
    let error = run_here(&installation, &variables);
    assert_names(error.failed(5, "account.source-refused"), &[gone.to_str().unwrap(), "must be able to read it"]);
    let error = run_here(&with_source("eks-pod-identity"), &[]);
    assert_names(error.failed(5, "account.no-role"), &["EKS pod identity agent", "create-pod-identity-association"]);
}

#[test]
fn the_role_of_a_pod_by_its_agent() {
    let task_role = &namespace().seeded.task_role;
    let managing = &namespace().seeded.managing_account;
    let installation = installation(&format!("accountId: {managing}, source: eks-pod-identity"));
    let file = installation.write("token", CONTAINER_TOKEN);
    let uri = container_uri();
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap()),
    ];
    assert_eq!(who(&run(&installation, &variables)), session_of(task_role, "0123456789abcdef0123456789abcdef"));
}

#[test]
fn a_role_from_the_role_of_a_pod() {
    let seeded = &namespace().seeded;
    let (role, id) = (&seeded.reader_role, &seeded.external_id);
    let installation = installation(&format!("source: eks-pod-identity, assumeRole: '{role}', externalId: {id}"));
    let file = installation.write("token", CONTAINER_TOKEN);
    let uri = container_uri();
    let variables = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.to_str().unwrap()),
    ];
    assert_eq!(who(&run(&installation, &variables)), session_of(role, "windlass-web-test"));
}

/// Key id, secret and token of a session of the reader's role, as somebody gets them by hand.
pub(super) fn session_keys() -> [String; 3] {
    let (standins, seeded) = (standins(), &standins().seeded);
    let made = administered(
        &format!(
            "sts = boto3.session.Session().client('sts', endpoint_url='{}', region_name='us-east-1',
    aws_access_key_id='{}', aws_secret_access_key='{}')
keys = sts.assume_role(RoleArn='{}', RoleSessionName='by-hand', ExternalId='{}')['Credentials']
print(json.dumps([keys['AccessKeyId'], keys['SecretAccessKey'], keys['SessionToken']]))",
            standins.services_url(),
            seeded.operator_user.access_key_id,
            seeded.operator_user.secret_access_key,
            seeded.reader_role,
            seeded.external_id
        ),
        &json!(null),
    );
    serde_json::from_str(&made).unwrap()
}

#[test]
fn a_temporary_key_with_its_token_in_key_storage() {
    let seeded = &standins().seeded;
    let [id, secret, token] = session_keys();
    let key = |name: &str| format!("keys/project/web/{name}");
    let installation = with_source(&format!(
        "{{access-key: {{accessKeyId: {id}, secretAccessKey: {}, sessionToken: {}}}}}",
        key("secret"),
        key("token")
    ));
    installation.set_key(&key("secret"), &secret);
    installation.set_key(&key("token"), &token);
    assert_eq!(who(&run_here(&installation, &[])), session_of(&seeded.reader_role, "by-hand"));
}
