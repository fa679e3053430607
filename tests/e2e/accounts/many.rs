//! Many steps of many accounts, each in a host of its own: what STS hears of them.

use crate::ground::standins;
use crate::iam::{administered, allow};
use crate::installation::Installation;
use serde_json::{Value, json};
use windlass_tests::Recording;

const ACCOUNTS: usize = 20;
const STEPS_EACH: usize = 10;
const KEY: &str = "keys/aws";

/// Twenty roles that trust the operator.
fn roles() -> Vec<String> {
    let trust =
        allow(&json!({ "Principal": { "AWS": standins().seeded.operator_user.arn }, "Action": "sts:AssumeRole" }));
    let made = administered(
        "iam = client('iam', MANAGED)
print(json.dumps([iam.create_role(RoleName='Many%02d' % n, AssumeRolePolicyDocument=json.dumps(given['trust']))
    ['Role']['Arn'] for n in range(given['count'])]))",
        &json!({ "trust": trust, "count": ACCOUNTS }),
    );
    serde_json::from_str(&made).unwrap()
}

#[test]
fn steps_of_twenty_accounts_make_twenty_calls() {
    let (roles, operator) = (roles(), &standins().seeded.operator_user);
    let sts = Recording::of(&standins().services_url()).unwrap();
    let account = |(n, role): (usize, &String)| {
        format!("{{name: a{n}, source: {{account: central}}, assumeRole: '{role}', regions: [us-east-1]}}")
    };
    let accounts: Vec<String> = roles.iter().enumerate().map(account).collect();
    let installation = Installation::new(&format!(
        "accounts: [{{name: central, source: {{access-key: {{accessKeyId: {}, secretAccessKey: {KEY}}}}}}}, {}]
projects: [{{name: web}}]
endpoints: {{sts: '{}'}}
",
        operator.access_key_id,
        accounts.join(", "),
        sts.url()
    ));
    installation.set_key(KEY, &operator.secret_access_key);
    let items: Vec<usize> = (0..STEPS_EACH).collect();
    let step = |n: usize| {
        json!({ "id": format!("of{n}"), "uses": "sts/caller-identity", "account": format!("a{n}"),
            "forEach": { "items": items, "limit": 2 } })
    };
    let steps: Vec<Value> = (0..ACCOUNTS).map(step).collect();
    installation.job(&format!("steps: {}\n", json!([{ "id": "all", "parallel": { "steps": steps } }])));
    let ended = installation.run_job(&["--output", "json"]);
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!(result["state"], "succeeded");
    let said = sts.said();
    assert_eq!(said.matches("<AssumeRoleResponse").count(), ACCOUNTS);
    assert_eq!(said.matches("<GetCallerIdentityResponse").count(), ACCOUNTS * STEPS_EACH, "each step asked for itself");
}
