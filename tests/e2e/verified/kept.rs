//! Accounts that are tried before they are kept.

use super::{EXTERNAL_ID, KEY, WHO, account, installation, role, user};
use crate::ground::standins;
use crate::installation::{Installation, assert_names};

fn add(installation: &Installation, name: &str, role: &str, more: &[&str]) -> crate::installation::Ended {
    let managed = &standins().seeded.managed_account;
    let role = format!("role/{role}");
    let head =
        ["account", "add", name, "--project", "web", "--account-id", managed, "--assume-role", &role, "--verify"];
    let source = ["--access-key-id", &user().access_key_id, "--secret-access-key", KEY, "--region", "us-east-1"];
    installation.run(&[&head[..], &source, more].concat())
}

#[test]
fn an_account_that_fails_is_not_kept() {
    role("VerifiedKept", Some(EXTERNAL_ID), &["sts:GetCallerIdentity"]);
    role("VerifiedNotKept", None, &["sts:GetCallerIdentity"]);
    let installation = installation(&[account("prod", "VerifiedKept")], &[("who", WHO)]);
    let id = ["--external-id", EXTERNAL_ID];
    let refused = add(&installation, "new", "VerifiedNotKept", &id);
    assert_names(refused.failed(5, "account.verify-failed"), &["`new`", "`works-without-external-id`"]);
    assert_names(&refused.stderr, &["assume-role", "skipped"]);
    assert!(refused.stdout.is_empty(), "{refused:?}");
    installation.run(&["account", "get", "new", "--project", "web"]).failed(5, "account.unknown");

    let made = add(&installation, "new", "VerifiedKept", &[]);
    assert_eq!(made.code, Some(2), "no role can ask for an external ID that is made now: {made:?}");
    add(&installation, "new", "VerifiedKept", &id).ok();
    let edit =
        |more: &[&str]| installation.run(&[&["account", "edit", "new", "--project", "web", "--verify"], more].concat());
    edit(&["--external-id", "windlass-verified-2"]).failed(5, "account.verify-failed");
    edit(&["--session-duration", "30m"]).ok();
    let kept = installation.run(&["account", "get", "new", "--project", "web"]);
    assert_names(kept.ok(), &[EXTERNAL_ID, "30m"]);
}
