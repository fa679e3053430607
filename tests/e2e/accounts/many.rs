//! Many steps of many accounts, each in a host of its own: what STS hears of them.

use crate::ground::standins;
use crate::iam::{administered, allow};
use crate::installation::Installation;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_tests::Recording;

const ACCOUNTS: usize = 20;
const STEPS_EACH: usize = 10;
const ASKS_EACH: usize = 50;
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

/// Ten thousand questions for credentials, of two hundred plugin hosts, forty hosts and ten questions of each at once; each
/// host asks AWS twice who it is.
#[test]
fn ten_thousand_resolutions_of_twenty_accounts_make_twenty_calls() {
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
        json!({ "id": format!("of{n}"), "uses": "places/callers", "account": format!("a{n}"), "with": { "asks": ASKS_EACH },
            "forEach": { "items": items, "limit": 2 } })
    };
    let steps: Vec<Value> = (0..ACCOUNTS).map(step).collect();
    installation.job(&format!("steps: {}\n", json!([{ "id": "all", "parallel": { "steps": steps } }])));
    let ended = installation.run_job(&["--output", "json"]);
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!(result["state"], "succeeded");
    let mut given = Vec::new();
    keys(&result, &mut given);
    assert_eq!(given.len(), ACCOUNTS * STEPS_EACH * ASKS_EACH);
    assert_eq!(given.into_iter().collect::<BTreeSet<_>>().len(), ACCOUNTS, "each account has one session");
    let said = sts.said();
    assert_eq!(said.matches("<AssumeRoleResponse").count(), ACCOUNTS);
    assert_eq!(said.matches("<GetCallerIdentityResponse").count(), ACCOUNTS * STEPS_EACH * 2, "each step asked itself");
    let asked = sts.asked();
    assert_eq!(asked.matches("RoleSessionName=windlass-web-test&").count(), ACCOUNTS, "by the default name");
    assert_eq!(asked.matches("&Policy=").count(), ACCOUNTS, "narrowed, as is the default");
}

/// The ids of the keys that steps got, wherever in the result they stand.
fn keys<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(map) => {
            let own = map.get("outputs").and_then(|outputs| outputs["keys"].as_array());
            found.extend(own.into_iter().flatten().filter_map(Value::as_str));
            map.iter().filter(|(key, _)| *key != "outputs").for_each(|(_, value)| keys(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}
