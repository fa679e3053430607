//! What it finds.

use super::{
    EXTERNAL_ID, KEY, LOOKS, QUERY, WHO, account, finding, installation, json_of, outcomes, role, source, user, verify,
};
use crate::ground::standins;
use crate::installation::assert_names;
use serde_json::json;

const QUERIES: [&str; 4] = ["logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery", "sts:GetCallerIdentity"];

#[test]
fn an_account_that_is_as_it_should_be() {
    role("VerifiedGood", Some(EXTERNAL_ID), &[&QUERIES[..], &LOOKS].concat());
    let installation = installation(&[account("prod", "VerifiedGood")], &[("query", QUERY)]);
    let ended = verify(&installation, "prod --output json");
    ended.ok();
    let found = json_of(&ended);
    let wanted = [
        ("credentials", "ok"),
        ("caller", "ok"),
        ("assume-role", "ok"),
        ("external-id", "ok"),
        ("trust-policy", "ok"),
        ("region", "ok"),
        ("actions", "ok"),
        ("long-lived-key", "warning"),
    ];
    assert_eq!(outcomes(&found), wanted);
    assert_eq!(found["valid"], true);
    assert_eq!(found["accountId"], standins().seeded.managed_account.as_str());
    assert_names(found["arn"].as_str().unwrap(), &[":assumed-role/VerifiedGood/windlass-web-verify"]);
    assert_names(finding(&found, "caller")["what"].as_str().unwrap(), &[&user().arn, "111122223333"]);
    let arn = format!("arn:aws:iam::{}:role/VerifiedGood", standins().seeded.managed_account);
    assert_names(&ended.stderr, &[&format!("asking STS for {arn} without its external ID"), "shows in CloudTrail"]);
    assert_names(verify(&installation, "").ok(), &["VerifiedGood", "assume-role", "long-lived-key", "warning"]);
}

#[test]
fn a_role_that_asks_for_no_external_id() {
    role("VerifiedOpen", None, &QUERIES);
    let installation = installation(&[account("prod", "VerifiedOpen")], &[("who", WHO)]);
    let ended = verify(&installation, "--output json");
    let error = ended.failed(5, "account.verify-failed");
    assert_names(error, &["`prod`", "`works-without-external-id`", "role/VerifiedOpen", "sts:ExternalId"]);
    let found = json_of(&ended);
    assert_eq!(finding(&found, "works-without-external-id")["code"], "account.trust-unsafe");
    let trust = finding(&found, "trust-policy");
    assert_eq!(trust["outcome"], "skipped");
    assert_names(trust["what"].as_str().unwrap(), &["`iam:GetRole`"]);
    let simulated = finding(&found, "actions");
    assert_eq!(simulated["outcome"], "skipped");
    assert_names(simulated["what"].as_str().unwrap(), &["`iam:SimulatePrincipalPolicy`"]);
    assert_names(&ended.stderr, &["asking STS for"]);

    let unasked = verify(&installation, "--no-external-id-check --output json");
    unasked.ok();
    let found = json_of(&unasked);
    assert_eq!((&found["externalIdCheck"], &found["valid"]), (&json!(false), &json!(true)));
    assert_names(finding(&found, "external-id")["what"].as_str().unwrap(), &["switched off"]);
    assert!(!unasked.stderr.contains("asking STS"), "{}", unasked.stderr);
}

#[test]
fn a_trust_policy_that_lets_in_others_is_read_where_it_may_be() {
    role("VerifiedTrusting", None, &LOOKS);
    let installation = installation(&[account("prod", "VerifiedTrusting")], &[("who", WHO)]);
    let ended = verify(&installation, "--no-external-id-check --output json");
    ended.failed(5, "account.verify-failed");
    let trust = &json_of(&ended);
    let trust = finding(trust, "trust-policy");
    assert_eq!((trust["outcome"].as_str(), trust["code"].as_str()), (Some("failed"), Some("account.trust-unsafe")));
    assert_names(trust["what"].as_str().unwrap(), &["no-external-id: statement 1"]);
}

#[test]
fn an_action_that_a_job_declares_and_the_role_may_not() {
    role("VerifiedPoor", Some(EXTERNAL_ID), &[&QUERIES[1..], &LOOKS].concat());
    let installation = installation(&[account("prod", "VerifiedPoor")], &[("query", QUERY)]);
    let ended = verify(&installation, "prod");
    let error = ended.failed(5, "account.verify-failed");
    let group = format!("arn:aws:logs:us-east-1:{}:log-group:/web/access", standins().seeded.managed_account);
    let policy = "windlass account policy prod --project web";
    assert_names(error, &["`action-denied`", "`logs:StartQuery`", &group, "account.action-denied", policy]);
    assert_names(&ended.stdout, &["action-denied", policy]);
    verify(&installation, "prod --plugin sts").ok();
    let one = installation.run(&["account", "verify", "prod", "--job", "web/query"]);
    assert_names(one.failed(5, "account.verify-failed"), &["policy prod --job web/query"]);
}

#[test]
fn another_aws_account_than_the_configuration_says() {
    let account = json!({"name": "own", "accountId": "999988887777", "source": source(), "regions": ["us-east-1"]});
    let installation = installation(&[account], &[]);
    let ended = verify(&installation, "own");
    let error = ended.failed(5, "account.verify-failed");
    assert_names(error, &["`caller`", "account.mismatch", "`111122223333`", "`999988887777`", "correct `accountId`"]);
}

#[test]
fn the_second_of_two_roles_that_is_refused() {
    role("VerifiedFirst", Some(EXTERNAL_ID), &["sts:AssumeRole"]);
    let seeded = &standins().seeded;
    let second = json!({"name": "second", "source": {"account": "first"}, "assumeRole": seeded.closed_role,
        "externalId": EXTERNAL_ID, "regions": ["us-east-1"]});
    let installation = installation(&[account("first", "VerifiedFirst"), second], &[]);
    let ended = verify(&installation, "second --output json");
    let error = ended.failed(5, "account.verify-failed");
    let caller = format!("`arn:aws:iam::{}:role/VerifiedFirst`", seeded.managed_account);
    assert_names(error, &["`assume-role`", &seeded.closed_role, "account.role-denied", &caller, "sts:ExternalId"]);
    let found = json_of(&ended);
    let failed = found["findings"].as_array().unwrap().iter().find(|it| it["outcome"] == "failed").unwrap();
    assert_eq!((&failed["hop"], &failed["account"]), (&json!(seeded.closed_role), &json!("second")));
    assert_eq!(finding(&found, "actions")["outcome"], "skipped");
}

#[test]
fn one_bad_account_does_not_stop_the_others() {
    role("VerifiedAmong", Some(EXTERNAL_ID), &QUERIES);
    let gone = json!({"name": "gone", "source": {"access-key": {"accessKeyId": "AKIAGONE", "secretAccessKey": KEY}},
        "regions": ["us-east-1"]});
    let anywhere = json!({"name": "anywhere", "source": source()});
    let accounts = [account("bad", "VerifiedNone"), gone, account("good", "VerifiedAmong"), anywhere];
    let installation =
        installation(&accounts, &[("who", "account: good\nsteps: [{id: who, uses: sts/caller-identity}]\n")]);
    let ended = verify(&installation, "--all --output json");
    assert_eq!(ended.code, Some(5), "{ended:?}");
    let found = json_of(&ended);
    let valid: Vec<(&str, bool)> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["account"]["name"].as_str().unwrap(), it["valid"].as_bool().unwrap()))
        .collect();
    assert_eq!(valid, [("bad", false), ("gone", false), ("good", true), ("anywhere", true)]);
    assert_names(&ended.stderr, &["`bad`", "account.role-denied", "`gone`", "account.source-refused"]);
    let region = finding(&found[3], "region")["what"].as_str().unwrap();
    assert_names(region, &["works in `us-east-1`"]);
    let refused = verify(&installation, "good --region eu-central-1");
    assert_names(refused.failed(5, "account.verify-failed"), &["`configuration` of `", "account.region-refused"]);
    assert_eq!(installation.run(&["account", "verify", "good", "--all"]).code, Some(2));
}
