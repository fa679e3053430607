//! Sessions that may do less than their role.

use crate::ground::standins;
use crate::iam::{administered, allow};
use crate::installation::{Ended, Installation, assert_names};
use serde_json::json;
use windlass_tests::Recording;

const KEY: &str = "keys/project/web/operator";
const QUERY: &str = "steps: [{id: lines, uses: cloudwatch-logs/query, \
                     with: {logGroups: [/demo/nginx/access], query: fields @message, limit: 1}}]\n";

/// The reader's role may query; `narrowing` is written beside it.
fn query(narrowing: &str) -> Ended {
    run(narrowing, &standins().services_url(), QUERY)
}

fn run(narrowing: &str, sts: &str, job: &str) -> Ended {
    let (services, seeded) = (standins().services_url(), &standins().seeded);
    let (key, role, id) = (&seeded.operator_user, &seeded.reader_role, &seeded.external_id);
    let source = format!("{{access-key: {{accessKeyId: {}, secretAccessKey: {KEY}}}}}", key.access_key_id);
    let account = format!("name: prod, source: {source}, assumeRole: '{role}', externalId: {id}, regions: [us-east-1]");
    let installation = Installation::new(&format!(
        "projects: [{{name: web, defaultAccount: prod, accounts: [{{{account}{narrowing}}}]}}]
endpoints: {{logs: '{services}', sts: '{sts}'}}
"
    ));
    installation.set_key(KEY, &key.secret_access_key);
    installation.job(job);
    installation.run_job(&[])
}

/// The stand-in enforces the policy of a session, and asks for `logs:StartQuery` on `*` where AWS asks for it on the log
/// group. So what the step declares, the log group that it names, is not enough here: that shows that it is all it gets.
#[test]
fn a_step_may_do_what_it_declares_and_no_more() {
    let narrowed = query("");
    assert_names(narrowed.failed(1, "cloudwatch-logs.access-denied"), &["WindlassReader", "on resource: *"]);
    query(", sessionPolicy: none").ok();
}

/// Managed policies stand in only for what is too long; this is not.
#[test]
fn managed_policies_do_not_widen_what_fits() {
    let denied = query(", sessionPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess']");
    denied.failed(1, "cloudwatch-logs.access-denied");
}

/// Log groups with nothing in common, and more of them than a session's policy holds. What the step does needs no permission.
#[test]
fn what_is_too_long_takes_managed_policies_or_is_an_error() {
    let groups: Vec<String> = ('a'..='z').map(|first| format!("{first}{}", "x".repeat(100))).collect();
    let job = format!("steps: [{{id: who, uses: places/callers, with: {{groups: {}}}}}]\n", json!(groups));
    let sts = Recording::of(&standins().services_url()).unwrap();
    let refused = run("", &sts.url(), &job);
    assert_names(
        refused.failed(5, "account.policy-too-long"),
        &["`prod` of project `web`", "2048", "`sessionPolicyArns`"],
    );
    assert!(!sts.asked().contains("AssumeRole"), "no wider session was asked for: {}", sts.asked());

    let made = administered(
        "iam = client('iam', MANAGED)
print(json.dumps([iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(given))['Policy']['Arn']
    for name in ['NarrowedOne', 'NarrowedOther']]))",
        &allow(&json!({ "Action": "logs:DescribeLogStreams", "Resource": "*" })),
    );
    let arns: [String; 2] = serde_json::from_str(&made).unwrap();
    run(&format!(", sessionPolicyArns: {}", json!(arns)), &sts.url(), &job).ok();
    let asked = sts.asked().replace("%3A", ":").replace("%2F", "/");
    for (number, arn) in (1..).zip(&arns) {
        assert_names(&asked, &[&format!("PolicyArns.member.{number}.arn={arn}")]);
    }
    assert!(!asked.contains("&Policy="), "{asked}");
}

#[test]
fn explain_says_whether_a_step_is_narrowed() {
    for (narrowing, words) in [
        ("", "what the step declares and the role allows"),
        (", sessionPolicy: none", "steps may do whatever the role may, not only what they declare"),
    ] {
        let account =
            format!("name: prod, source: ecs-task-role, assumeRole: 'arn:aws:iam::444455556666:role/x'{narrowing}");
        let installation = Installation::new(&format!("projects: [{{name: web, accounts: [{{{account}}}]}}]\n"));
        let explained = installation.run(&["account", "explain", "prod", "--project", "web"]);
        assert_names(explained.ok(), &[words]);
    }
}
