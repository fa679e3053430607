//! Passwords, private keys and public keys: what is taken for one, what a step gets of it, and what is shown.

use super::{feed, set};
use crate::installation::{Installation, assert_names};
use crate::stored::{apply, comes_to, serve_once, start};
use serde_json::{Value, json};

/// Nothing unlocks with it.
pub(super) const PRIVATE: &str = "-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACBub3RoaW5nIHVubG9ja3Mgd2l0aCB0aGlzIGtleSBvZiB0ZXN0cwAAAEBu
b3RoaW5nIHVubG9ja3Mgd2l0aCB0aGlzIGtleSBvZiB0ZXN0cw==
-----END OPENSSH PRIVATE KEY-----
";
pub(super) const PUBLIC: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ops@example.com\n";

fn shown(installation: &Installation, path: &str) -> Value {
    serde_json::from_str(installation.run(&["key", "show", path, "--output", "json"]).ok()).unwrap()
}

#[test]
fn a_public_key_is_shown_and_a_private_one_never() {
    let installation = crate::stored::installation("");
    let file = installation.write("id_ed25519", PRIVATE);
    set(&installation, &["keys/deploy", "--kind", "private-key", "--file", file.to_str().unwrap()], "").ok();
    set(&installation, &["keys/deploy.pub", "--kind", "public-key"], PUBLIC).ok();
    set(&installation, &["keys/password"], PUBLIC).ok();

    let (deploy, deploy_pub) = (shown(&installation, "keys/deploy"), shown(&installation, "keys/deploy.pub"));
    assert_eq!((&deploy["kind"], &deploy["atMostBytes"]), (&json!("privateKey"), &json!(1024)));
    assert_eq!((&deploy_pub["kind"], deploy_pub["contents"].as_str()), (&json!("publicKey"), Some(PUBLIC)));
    assert_eq!(shown(&installation, "keys/password").get("contents"), None);
    assert!(deploy["created"].is_string() && deploy.get("contents").is_none(), "{deploy}");
    assert_names(installation.run(&["key", "show", "keys/deploy.pub"]).ok(), &["public key", PUBLIC.trim()]);
    let body = PRIVATE.lines().nth(2).unwrap();
    for arguments in [
        &["key", "show", "keys/deploy"][..],
        &["key", "show", "keys/deploy", "--output", "json"],
        &["key", "list"],
        &["key", "list", "--output", "json"],
    ] {
        let ended = installation.run(arguments);
        assert!(!ended.ok().contains(body) && !ended.stderr.contains(body), "{ended:?}");
    }
    installation.run(&["key", "show", "keys/deploi"]).failed(6, "key.not-found");
}

/// A password does not become what may be shown by a change in the database.
#[test]
fn the_kind_is_part_of_what_is_sealed() {
    let installation = crate::stored::installation("");
    set(&installation, &["keys/ops"], "hunter2-hunter2").ok();
    installation.database("UPDATE secret SET kind = 'publicKey'");
    let ended = installation.run(&["key", "show", "keys/ops"]);
    assert!(!ended.failed(6, "key.damaged").contains("hunter2") && ended.stdout.is_empty(), "{ended:?}");
}

#[test]
fn what_is_of_another_kind_is_refused_by_name() {
    let installation = crate::stored::installation("");
    let refused = |kind: &str, value: &str, found: &str| {
        let ended = set(&installation, &["keys/new", "--kind", kind], value);
        let error = ended.failed(6, "key.not-of-kind");
        assert_names(error, &["`keys/new`", found]);
        assert!(!error.contains("hunter2"), "{error}");
    };
    refused("private-key", PUBLIC, "an OpenSSH public key");
    refused("public-key", PRIVATE, "a `OPENSSH PRIVATE KEY`");
    refused("private-key", &PRIVATE[..150], "a `OPENSSH PRIVATE KEY` without its end");
    refused("private-key", "hunter2", "a line of text that is no key");
    refused("public-key", "hunter2", "a line of text that is no key");
    let wrong = set(&installation, &["keys/new", "--kind", "secret"], "hunter2");
    assert_eq!(wrong.code, Some(2));
    assert_names(&wrong.stderr, &["password", "private-key", "public-key"]);
}

/// OpenSSH refuses a private key whose last line has no end: it goes through byte for byte, also from standard input.
#[test]
fn a_step_gets_a_key_byte_for_byte() {
    let installation = crate::stored::installation("");
    set(&installation, &["keys/project/web/deploy", "--kind", "private-key"], PRIVATE).ok();
    set(&installation, &["keys/project/web/deploy.pub", "--kind", "public-key"], PUBLIC).ok();
    let sizes = "wc -c < \"$DEPLOY_FILE\"; wc -c < \"$PUB_FILE\"";
    let secrets = json!({ "DEPLOY": "keys/project/web/deploy", "PUB": "keys/project/web/deploy.pub" });
    let with = json!({ "script": sizes, "output": "text", "secrets": secrets });
    apply(&installation, &[("sizes", &format!("steps: {}\n", json!([{ "uses": "shell/script", "with": with }])))]);
    let id = start(&installation, "sizes", &[]);
    serve_once(&installation);
    let text = format!("{}\n{}", PRIVATE.len(), PUBLIC.len());
    assert_eq!(comes_to(&installation, &id, "succeeded")["steps"][0]["outputs"]["text"], text);
}

#[test]
fn a_replaced_secret_keeps_its_kind_unless_told() {
    let installation = crate::stored::installation("");
    let replace = |more: &[&str], value: &str| {
        let command = installation.command(&[&["key", "set", "keys/deploy", "--overwrite"], more].concat());
        feed(command, value)
    };
    replace(&["--kind", "private-key"], PRIVATE).ok();
    replace(&[], "hunter2").failed(6, "key.not-of-kind");
    replace(&[], PRIVATE).ok();
    assert_eq!(shown(&installation, "keys/deploy")["kind"], "privateKey");
    replace(&["--kind", "public-key"], PUBLIC).ok();
    let now = shown(&installation, "keys/deploy");
    assert_eq!((&now["kind"], &now["version"]), (&json!("publicKey"), &json!(3)));
}

crate::installation::also_on_postgres! {
    a_public_key_is_shown_and_a_private_one_never,
    a_replaced_secret_keeps_its_kind_unless_told,
}
