//! Each source, with no role after it, with one and with two, and each role refused without its own external ID.

use super::federated::{cluster_role, token};
use super::session_of;
use crate::ground::standins;
use crate::iam::{administered, allow, lets_all, role, user};
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use std::sync::OnceLock;
use windlass_tests::seeded::UserKey;
use windlass_tests::standins::CONTAINER_TOKEN;

/// Who may assume the first role: the user, and roles for a pod and for a key with an end. What instances and tasks are is
/// there already. The first role may assume the second.
struct Made {
    user: UserKey,
    pod: String,
    hand: String,
    /// Of a session of `hand`: key id, secret, token.
    keys: [String; 3],
    hub: String,
    leaf: String,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let (user, seeded) = (user("combined"), &standins().seeded);
        lets_all("combined");
        let assume = allow(&json!({ "Action": "sts:AssumeRole", "Resource": "*" }));
        let pod = cluster_role("CombinedPod");
        administered(
            "client('iam', MANAGED).put_role_policy(RoleName='CombinedPod', PolicyName='assume', PolicyDocument=json.dumps(given))",
            &assume,
        );
        let trusts = |principals: &Value| json!({ "Principal": { "AWS": principals }, "Action": "sts:AssumeRole" });
        let hand = role("MANAGING", "CombinedHand", &allow(&trusts(&json!(user.arn))), &assume);
        let asking = |principals: &Value, id: &str| {
            let mut statement = trusts(principals);
            statement["Condition"] = json!({ "StringEquals": { "sts:ExternalId": id } });
            allow(&statement)
        };
        let callers = json!([user.arn, pod, hand, seeded.instance_role, seeded.task_role]);
        let hub = role("MANAGED", "CombinedHub", &asking(&callers, "of-the-hub"), &assume);
        let leaf = role("MANAGED", "CombinedLeaf", &asking(&json!(hub), "of-the-leaf"), &assume);
        let keys = administered(
            &format!(
                "sts = boto3.session.Session().client('sts', endpoint_url='{}', region_name='us-east-1',
    aws_access_key_id='{}', aws_secret_access_key='{}')
keys = sts.assume_role(RoleArn=given, RoleSessionName='by-hand')['Credentials']
print(json.dumps([keys['AccessKeyId'], keys['SecretAccessKey'], keys['SessionToken']]))",
                standins().services_url(),
                user.access_key_id,
                user.secret_access_key
            ),
            &json!(hand),
        );
        Made { user, pod, hand, keys: serde_json::from_str(&keys).unwrap(), hub, leaf }
    })
}

/// The accounts `none`, `one` and `two` with so many roles after the source, and those that send another external ID.
fn installation(source: &str) -> Installation {
    let (made, services, imds) = (made(), standins().services_url(), standins().instance_url());
    let (hub, leaf) = (&made.hub, &made.leaf);
    let installation = Installation::new(&format!(
        "accounts:
  - {{name: none, source: {source}}}
  - {{name: one, source: {{account: none}}, assumeRole: '{hub}', externalId: of-the-hub}}
  - {{name: two, source: {{account: one}}, assumeRole: '{leaf}', externalId: of-the-leaf}}
  - {{name: one-refused, source: {{account: none}}, assumeRole: '{hub}', externalId: of-the-leaf}}
  - {{name: two-refused, source: {{account: one}}, assumeRole: '{leaf}', externalId: of-the-hub}}
projects: [{{name: web}}]
endpoints: {{imds: '{imds}', sts: '{services}'}}
"
    ));
    installation.set_key("keys/user", &made.user.secret_access_key);
    let [_, secret, token] = &made.keys;
    installation.set_key("keys/secret", secret);
    installation.set_key("keys/token", token);
    installation
}

/// Runs a step for each account. What sources find in an environment is there for all of them, so that each has to take its own.
fn run(installation: &Installation, accounts: &[&str]) -> Ended {
    let made = made();
    let step = |name: &&str| json!({"id": name.replace('-', "_"), "uses": "sts/caller-identity", "account": name});
    let steps: Vec<Value> = accounts.iter().map(step).collect();
    installation.job(&format!("region: us-east-1\nsteps: {}\n", json!(steps)));
    let pod = installation.write("pod-token", token("system:serviceaccount:ops:windlass"));
    let agent = installation.write("agent-token", CONTAINER_TOKEN);
    let profile = format!(
        "[profile ops]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        made.user.access_key_id, made.user.secret_access_key
    );
    let config = installation.write("config", profile);
    let mut command = installation.job_command(&["--output", "json"]);
    command.env("AWS_CONFIG_FILE", config).env("AWS_ROLE_ARN", &made.pod).env("AWS_WEB_IDENTITY_TOKEN_FILE", pod);
    command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", standins().container_uri());
    command.env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", agent);
    let stray = &standins().seeded.reader_user;
    command.env("AWS_ACCESS_KEY_ID", &stray.access_key_id).env("AWS_SECRET_ACCESS_KEY", &stray.secret_access_key);
    Ended::from(command.output().unwrap())
}

fn each_hop(source: &str, identity: &str) {
    let (made, installation) = (made(), installation(source));
    let ended = run(&installation, &["none", "one", "two"]);
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    let arns: Vec<&str> =
        result["steps"].as_array().unwrap().iter().map(|step| step["outputs"]["arn"].as_str().unwrap()).collect();
    let [one, two] = [&made.hub, &made.leaf].map(|role| session_of(role, "windlass-web-test"));
    assert_eq!(arns, [identity, &one, &two], "{source}");
    for (name, role) in [("one-refused", &made.hub), ("two-refused", &made.leaf)] {
        let refused = run(&installation, &[name]);
        assert_names(refused.failed(5, "account.role-denied"), &[&format!("`{name}`"), &format!("role `{role}`")]);
    }
}

#[test]
fn the_instances_role_and_two_more() {
    each_hop("ec2-instance-role", &session_of(&standins().seeded.instance_role, "i-0123456789abcdef0"));
}

#[test]
fn the_tasks_role_and_two_more() {
    each_hop("ecs-task-role", &session_of(&standins().seeded.task_role, "0123456789abcdef0123456789abcdef"));
}

#[test]
fn a_pods_role_and_two_more() {
    each_hop("eks-pod-identity", &session_of(&standins().seeded.task_role, "0123456789abcdef0123456789abcdef"));
}

#[test]
fn a_service_accounts_role_and_two_more() {
    each_hop("web-identity", &session_of(&made().pod, "windlass"));
}

#[test]
fn a_user_by_key_and_two_roles() {
    let user = &made().user;
    let source = format!("{{access-key: {{accessKeyId: {}, secretAccessKey: keys/user}}}}", user.access_key_id);
    each_hop(&source, &user.arn);
}

#[test]
fn a_key_with_an_end_and_two_roles() {
    let made = made();
    let key = format!("{{accessKeyId: {}, secretAccessKey: keys/secret, sessionToken: keys/token}}", made.keys[0]);
    each_hop(&format!("{{access-key: {key}}}"), &session_of(&made.hand, "by-hand"));
}

#[test]
fn a_profile_and_two_roles() {
    each_hop("{profile: ops}", &made().user.arn);
}
