//! What is stored, how it is listed, and that it comes out as it went in.

use super::{installation, listed, secret, set, terminal_of};
use crate::installation::{Installation, assert_names};
use base64::Engine as _;
use serde_json::Value;
use std::fs;
use std::path::Path;
use windlass_tests::terminal;

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
    let table = installation.run(&["key", "list", "--recursive"]);
    assert_names(table.ok(), &["keys/ops", "keys/project/web/aws", "keys/web/a", "keys/web/b/c", "keys/webshop"]);
    let json = installation.run(&["key", "list", "--recursive", "--output", "json"]);
    for shown in [&table.stdout, &table.stderr, &json.stdout, &json.stderr] {
        assert!(!shown.contains(SECRET) && !shown.contains(&SECRET[..12]), "{shown}");
    }
    let first: &Value = &serde_json::from_str::<Vec<Value>>(&json.stdout).unwrap()[0];
    assert!(first["updated"].as_str().is_some_and(|time| time.starts_with("20") && time.ends_with('Z')), "{first}");

    let paths = |folder| listed(&installation, &[folder]).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(paths("keys/web"), ["keys/web/a", "keys/web/b/c"], "a folder, and not what begins like it");
    assert_eq!(paths("keys/project/web/"), ["keys/project/web/aws"]);
    assert_eq!(paths("keys/nothing"), Vec::<String>::new());
}

#[test]
fn a_deleted_secret_is_gone() {
    let installation = installation();
    set(&installation, &["keys/ops"], "first").ok();
    assert_names(&installation.run(&["key", "delete", "keys/ops", "--yes"]).stderr, &["deleted `keys/ops`"]);
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

/// It lists one folder: the folders in it with how much is below them, and the secrets in it.
#[test]
fn a_folder_is_listed_by_itself() {
    let installation = installation();
    for path in ["keys/ops", "keys/web/a", "keys/web/b/c", "keys/web/b/d/e", "keys/project/web/aws"] {
        set(&installation, &[path], SECRET).ok();
    }
    let shown = |arguments: &[&str]| {
        let ended = installation.run(&[&["key", "list", "--output", "json"], arguments].concat());
        let entries: Vec<Value> = serde_json::from_str(ended.ok()).unwrap();
        entries.iter().map(|it| format!("{} {}", it["path"].as_str().unwrap(), it["keys"])).collect::<Vec<_>>()
    };
    assert_eq!(shown(&[]), ["keys/project/ 1", "keys/web/ 3", "keys/ops null"]);
    for folder in ["keys/web", "keys/web/"] {
        assert_eq!(shown(&[folder]), ["keys/web/b/ 2", "keys/web/a null"]);
    }
    assert_eq!(shown(&["keys/web", "--recursive"]), ["keys/web/a null", "keys/web/b/c null", "keys/web/b/d/e null"]);
    let table = installation.run(&["key", "list"]);
    assert_names(table.ok(), &["keys/web/", "folder", "3 keys", "1 key ", "keys/ops", "password", "up to 64 bytes"]);
    assert_names(&installation.run(&["key", "list", "keys/nothing"]).stderr, &["no secrets below `keys/nothing`"]);
}

/// The length of a password helps whoever guesses it.
#[test]
fn a_size_tells_nothing_of_a_password() {
    let installation = installation();
    let size = |secret: &str| {
        set(&installation, &["keys/ops", "--overwrite"], secret).ok();
        let shown = installation.run(&["key", "show", "keys/ops", "--output", "json"]);
        serde_json::from_str::<Value>(shown.ok()).unwrap()["atMostBytes"].as_u64().unwrap()
    };
    assert_eq!(["x", "hunter2", &"x".repeat(64), &"x".repeat(65)].map(size), [64, 64, 64, 256]);
}

#[test]
fn a_value_that_is_masked_badly_is_warned_of() {
    let installation = installation();
    let short = set(&installation, &["keys/ops"], "hunter2");
    short.ok();
    assert_names(&short.stderr, &["warning: the value of `keys/ops` has fewer than 8 bytes"]);
    assert!(!short.stderr.contains("hunter2"), "{}", short.stderr);
    let long = set(&installation, &["keys/ops", "--overwrite"], "hunter22");
    long.ok();
    assert!(!long.stderr.contains("warning"), "{}", long.stderr);
}

#[test]
fn deleting_asks_or_is_told() {
    let installation = installation();
    set(&installation, &["keys/ops"], SECRET).ok();
    let refused = installation.run(&["key", "delete", "keys/ops"]);
    assert_eq!(refused.code, Some(2));
    assert_names(&refused.stderr, &["`--yes`"]);
    let answer = |said: &'static str| {
        let command = installation.command(&["key", "delete", "keys/ops"]);
        terminal::answer(command, "delete `keys/ops`", || said.to_owned()).unwrap()
    };
    let (status, seen) = answer("no\n");
    assert_eq!(status.code(), Some(2), "{seen}");
    assert_names(&seen, &["`keys/ops` was not deleted"]);
    assert_eq!(listed(&installation, &[]).len(), 1);
    let (status, seen) = answer("y\n");
    assert_eq!(status.code(), Some(0), "{seen}");
    assert_eq!(listed(&installation, &[]), []);
}

/// Nobody types a secret only to be told that there is one, and what is typed is not shown.
#[test]
fn a_terminal_asks_for_a_password_without_showing_it() {
    let installation = installation();
    let on_terminal = |arguments: &[&str]| terminal_of(&installation, &[&["key", "set"], arguments].concat());
    let typed = terminal::answer_unseen(on_terminal(&["keys/ops"]), "secret for `keys/ops`", || format!("{SECRET}\n"));
    let (status, seen) = typed.unwrap();
    assert_eq!(status.code(), Some(0), "{seen}");
    assert!(!seen.contains(&SECRET[..12]), "{seen}");
    assert_eq!(secret(&installation), SECRET);
    let never = || unreachable!("it asked");
    let (status, seen) = terminal::answer(on_terminal(&["keys/ops"]), "secret for", never).unwrap();
    assert_eq!(status.code(), Some(6), "{seen}");
    let private = on_terminal(&["keys/new", "--kind", "private-key"]);
    let (status, seen) = terminal::answer(private, "secret for", never).unwrap();
    assert_eq!(status.code(), Some(2), "{seen}");
    assert_names(&seen, &["a private key has several lines", "`--file FILE`"]);
}

crate::installation::also_on_postgres! {
    a_secret_comes_out_as_it_went_in,
    a_secret_is_replaced_on_request_only,
    a_list_shows_paths_and_never_contents,
    a_folder_is_listed_by_itself,
    a_size_tells_nothing_of_a_password,
    deleting_asks_or_is_told,
}
