//! Accounts that start from other accounts: each hop asks IAM.

use crate::ground::standins;
use crate::iam::{allow, lets_all, role, user};
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};

const KEY: &str = "keys/aws";

/// A user, the role `hub` of its account that trusts it, and the role `leaf` of the other account that trusts the hub with
/// an external ID. Names begin with `prefix`, for the stand-ins are shared.
struct Hops {
    hub: String,
    leaf: String,
    installation: Installation,
}

fn hops(prefix: &str) -> Hops {
    let user = user(&format!("{prefix}-user"));
    lets_all(&format!("{prefix}-user"));
    let (services, seeded) = (standins().services_url(), &standins().seeded);
    let hub_name = format!("{prefix}-hub");
    let trust_user = allow(&json!({ "Principal": { "AWS": user.arn }, "Action": "sts:AssumeRole" }));
    let assume = allow(&json!({ "Action": "sts:AssumeRole", "Resource": "*" }));
    let hub = role("MANAGING", &hub_name, &trust_user, &assume);
    let trust_hub = allow(&json!({ "Principal": { "AWS": hub }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": "of-the-leaf" } } }));
    let query = allow(&json!({ "Action": "logs:*", "Resource": "*" }));
    let leaf = role("MANAGED", &format!("{prefix}-leaf"), &trust_hub, &query);
    let (managed, key_id) = (&seeded.managed_account, &user.access_key_id);
    let installation = Installation::new(&format!(
        "accounts:
  - {{name: ops, source: {{access-key: {{accessKeyId: {key_id}, secretAccessKey: {KEY}}}}}, regions: [us-east-1]}}
  - {{name: hub, source: {{account: ops}}, assumeRole: '{hub}'}}
  - {{name: again, source: {{account: leaf}}}}
  - {{name: leaf, source: {{account: hub}}, accountId: {managed}, assumeRole: '{leaf}', externalId: of-the-leaf, regions: [us-east-1]}}
  - {{name: direct, source: {{account: ops}}, assumeRole: '{leaf}', externalId: of-the-leaf}}
projects:
  - name: web
    accounts: [{{name: own, source: {{account: hub}}, assumeRole: '{leaf}', externalId: wrong-one}}]
endpoints: {{sts: '{services}', logs: '{services}'}}
"
    ));
    installation.set_key(KEY, &user.secret_access_key);
    Hops { hub, leaf, installation }
}

fn who(installation: &Installation, account: &str) -> Ended {
    installation
        .job(&format!("account: {account}\nregion: us-east-1\nsteps: [{{id: who, uses: sts/caller-identity}}]\n"));
    installation.run_job(&["--output", "json"])
}

#[track_caller]
fn session(ended: &Ended) -> String {
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    result["steps"][0]["outputs"]["arn"].as_str().unwrap().to_owned()
}

#[test]
fn two_roles_after_one_another() {
    let Hops { installation, leaf, .. } = hops("chained-two");
    let wanted = super::session_of(&leaf, "windlass-web-test");
    assert_eq!(session(&who(&installation, "leaf")), wanted);
    assert_eq!(session(&who(&installation, "again")), wanted, "another name for the same account");
}

#[test]
fn the_hop_that_is_refused_is_named_with_its_remedy() {
    let Hops { installation, leaf, hub } = hops("chained-refused");
    let direct = who(&installation, "direct");
    assert_names(direct.failed(5, "account.role-denied"), &["`direct`", &leaf, "trust policy of the role must name"]);
    let own = who(&installation, "own");
    let hub_as_principal = format!("must name `{hub}`");
    assert_names(
        own.failed(5, "account.role-denied"),
        &[
            "`own` of project `web`",
            &format!("roles `{hub}` then `{leaf}`"),
            &format!("role `{leaf}`: STS refused"),
            &hub_as_principal,
        ],
    );
}

#[test]
fn explain_shows_each_hop() {
    let Hops { installation, leaf, hub } = hops("chained-explained");
    let text = installation.run(&["account", "explain", "again", "--project", "web"]);
    assert_names(
        text.ok(),
        &[
            "access-key: key id",
            &hub,
            "`hub` of the system",
            &leaf,
            "`leaf` of the system",
            "as account    `again`",
            "us-east-1",
        ],
    );
    let json = installation.run(&["account", "explain", "again", "--project", "web", "--output", "json"]);
    let json: Value = serde_json::from_str(json.ok()).unwrap();
    let kinds: Vec<&str> = json["hops"].as_array().unwrap().iter().map(|hop| hop["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["source", "account", "assumeRole", "assumeRole", "account"]);
}

#[test]
fn a_loop_is_refused_with_the_configuration() {
    let accounts = "accounts: [{name: a, source: {account: b}}, {name: b, source: {account: a}}]\n";
    let error = Installation::new(accounts).run(&["config", "show"]);
    assert_names(error.failed(3, "config.invalid"), &["starts from itself", "needs a source that is no account"]);
}
