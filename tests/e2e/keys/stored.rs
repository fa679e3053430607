//! What is stored, how it is listed, and that it comes out as it went in.

use super::{installation, listed, secret, set};
use crate::installation::{Installation, assert_names};
use base64::Engine as _;
use serde_json::Value;
use std::fs;
use std::path::Path;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzzzzzzzzz";

#[test]
fn a_secret_comes_out_as_it_went_in() {
    let installation = installation();
    assert_names(&set(&installation, &["keys/ops"], SECRET).stderr, &["stored `keys/ops`, version 1"]);
    assert_eq!(secret(&installation), SECRET);

    // `echo` adds one line break, which is not part of the secret; another one is.
    set(&installation, &["keys/ops", "--overwrite"], format!("{SECRET}x\n")).ok();
    assert_eq!((secret(&installation), length(&installation)), (format!("{SECRET}x"), 41));
    set(&installation, &["keys/ops", "--overwrite"], "two\n\n").ok();
    assert_eq!(length(&installation), 4);

    let file = installation.write("secret.txt", "from a file\n");
    set(&installation, &["keys/ops", "--overwrite", "--file", file.to_str().unwrap()], "not this").ok();
    assert_eq!((secret(&installation).as_str(), length(&installation)), ("from a file", 12), "byte for byte");
    assert_eq!(listed(&installation, &[]), [("keys/ops".to_owned(), 4)]);
}

#[test]
fn a_secret_is_replaced_on_request_only() {
    let installation = installation();
    set(&installation, &["keys/ops"], "first").ok();
    let again = set(&installation, &["keys/ops"], "second");
    assert_names(again.failed(6, "key.exists"), &["`keys/ops`", "`windlass key set --overwrite keys/ops`"]);
    assert_eq!((secret(&installation), listed(&installation, &[])[0].1), ("first".to_owned(), 1));
    assert_names(&set(&installation, &["--overwrite", "keys/ops"], "second").stderr, &["version 2"]);
    assert_eq!(secret(&installation), "second");
}

#[test]
fn a_list_shows_paths_and_never_contents() {
    let installation = installation();
    for path in ["keys/ops", "keys/web/a", "keys/web/b/c", "keys/webshop", "keys/project/web/aws"] {
        set(&installation, &[path], SECRET).ok();
    }
    let table = installation.run(&["key", "list"]);
    assert_names(table.ok(), &["keys/ops", "keys/project/web/aws", "keys/web/a", "keys/web/b/c", "keys/webshop"]);
    let json = installation.run(&["key", "list", "--output", "json"]);
    for shown in [&table.stdout, &table.stderr, &json.stdout, &json.stderr] {
        assert!(!shown.contains(SECRET) && !shown.contains(&SECRET[..12]), "{shown}");
    }
    let first: &Value = &serde_json::from_str::<Vec<Value>>(&json.stdout).unwrap()[0];
    assert!(first["changed"].as_str().is_some_and(|time| time.starts_with("20") && time.ends_with('Z')), "{first}");

    let paths = |folder| listed(&installation, &[folder]).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(paths("keys/web"), ["keys/web/a", "keys/web/b/c"], "a folder, and not what begins like it");
    assert_eq!(paths("keys/project/web/"), ["keys/project/web/aws"]);
    assert_eq!(paths("keys/nothing"), Vec::<String>::new());
}

#[test]
fn a_deleted_secret_is_gone() {
    let installation = installation();
    set(&installation, &["keys/ops"], "first").ok();
    assert_names(&installation.run(&["key", "delete", "keys/ops"]).stderr, &["deleted `keys/ops`"]);
    assert_eq!(listed(&installation, &[]), []);
    let ended = installation.run_job(&[]);
    assert_names(ended.failed(6, "key.not-found"), &["`keys/ops`", "`windlass key set keys/ops`", "account `ops`"]);
    set(&installation, &["keys/ops"], "second").ok();
    assert_eq!(secret(&installation), "second");
}

#[test]
fn secrets_of_every_size_and_kind_are_kept() {
    let installation = installation();
    let longest = "0123456789abcdef".repeat(4096);
    set(&installation, &["keys/ops"], format!("{longest}\n")).ok();
    assert!(secret(&installation) == longest, "it was changed");
    let bytes: Vec<u8> = (0..=255).collect();
    let file = installation.write("binary", &bytes);
    for (arguments, input) in [(&["--file", file.to_str().unwrap()][..], &[][..]), (&[], &bytes)] {
        set(&installation, &[&["keys/ops", "--overwrite"], arguments].concat(), input).ok();
        assert_eq!(length(&installation), 256);
    }
    // AWS knows no such key; that it is no text is told before it is sent anywhere.
    let ended = installation.run_job(&[]);
    assert_names(&ended.stderr, &["account `ops`", "`keys/ops`"]);
    assert_ne!(ended.code, Some(0));
}

#[test]
fn no_file_has_a_secret_in_it() {
    let installation = installation();
    set(&installation, &["keys/ops"], SECRET).ok();
    set(&installation, &["keys/ops", "--overwrite"], format!("{SECRET}2")).ok();
    let master = fs::read_to_string(installation.folder().join("master.key")).unwrap();
    let encoded = base64::engine::general_purpose::STANDARD.encode(SECRET);
    let master_key = master.trim().rsplit(':').next().unwrap();
    let data = everything_in(&installation.folder().join("data"));
    for secret in [SECRET, &encoded[..50], master_key] {
        assert!(!data.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
    assert!(data.windows(8).any(|bytes| bytes == b"keys/ops"), "the search would find it");
}

/// How many bytes are stored at `keys/ops`: XChaCha20-Poly1305 adds a nonce of 24 and a tag of 16.
fn length(installation: &Installation) -> i64 {
    let rows = installation.database("SELECT length(ciphertext) - 40 FROM secret WHERE path = 'keys/ops'");
    rows[0][0].as_i64().unwrap()
}

fn everything_in(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.flat_map(|file| fs::read(file).unwrap()).collect()
}

crate::installation::also_on_postgres! {
    a_secret_comes_out_as_it_went_in,
    a_secret_is_replaced_on_request_only,
    a_list_shows_paths_and_never_contents,
}
