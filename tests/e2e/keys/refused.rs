//! What key storage refuses, without repeating what may be a secret.

use super::{feed, installation, listed, secret, set};
use crate::installation::{Ended, assert_names};
use std::thread;

/// Refused before anything was made.
#[track_caller]
fn assert_refused(arguments: &[&str], exit: i32, said: &[&str]) {
    let installation = installation();
    let ended = set(&installation, arguments, "from standard input");
    assert_eq!(ended.code, Some(exit), "{}", ended.stderr);
    assert_names(&ended.stderr, said);
    assert!(!format!("{}{}", ended.stdout, ended.stderr).contains("hunter2"), "{}", ended.stderr);
    assert!(!installation.folder().join("master.key").exists());
}

#[test]
fn a_secret_is_no_argument_and_is_not_repeated() {
    for arguments in [
        &["keys/ops", "hunter2"][..],
        &["keys/ops", "more", "hunter2"],
        &["keys/ops", "--overwrite", "hunter2"],
        &["keys/ops", "--", "--hunter2"],
    ] {
        assert_refused(arguments, 2, &["takes a path and nothing more", "standard input"]);
    }
    assert_refused(&["keys/ops", "--secret=hunter2"], 2, &["unexpected argument '--secret'"]);
    assert_refused(&["keys/ops", "-phunter2"], 2, &["unexpected argument '-p'"]);
    assert_refused(&[], 2, &["<PATH>"]);
}

#[test]
fn a_path_follows_its_rules_and_is_not_repeated() {
    for (path, rule) in [
        ("hunter2", "begins with `keys/`"),
        ("key/hunter2", "begins with `keys/`"),
        ("/keys/hunter2", "begins with `keys/`"),
        ("keys/../hunter2", "may not be empty, `.` or `..`"),
        ("keys//hunter2", "may not be empty"),
        ("keys/hunter2/", "may not be empty"),
        ("keys/hunter2 x", "letters, digits"),
        ("keys/hunter2\u{1b}[31m", "letters, digits"),
        ("keys/project/hunter2", "`keys/project/NAME/...`"),
    ] {
        assert_refused(&[path], 6, &["error[key.invalid-path]", rule]);
    }
    let long = format!("keys/hunter2{}", "x".repeat(501));
    assert_refused(&[&long], 6, &["error[key.invalid-path]", "at most 512"]);
    let installation = installation();
    set(&installation, &[&long[..512]], "x").ok();
    installation.run(&["key", "delete", "hunter2"]).failed(6, "key.invalid-path");
}

/// An empty one is the sign of a command before the pipe that failed; AWS takes none either (Secrets Manager API
/// reference, `SecretString`: minimum length of 1).
#[test]
fn a_secret_has_one_byte_to_64_kibibytes() {
    let installation = installation();
    for nothing in ["", "\n"] {
        let ended = set(&installation, &["keys/ops"], nothing);
        assert_names(ended.failed(6, "key.unreadable-input"), &["the secret for `keys/ops` is empty"]);
    }
    for length in [65_537, 1 << 20] {
        let ended = set(&installation, &["keys/ops"], vec![b'x'; length]);
        assert_names(ended.failed(6, "key.unreadable-input"), &["`keys/ops`", "more than 65536 bytes"]);
    }
    let ended = set(&installation, &["keys/ops", "--file", "/dev/zero"], "");
    assert_names(ended.failed(6, "key.unreadable-input"), &["more than 65536 bytes"]);
    assert_eq!(listed(&installation, &[]), []);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let installation = installation();
    let folder = installation.folder().to_str().unwrap();
    for (file, why) in [("/nowhere/secret", "No such file"), (folder, "directory")] {
        let ended = set(&installation, &["keys/ops", "--file", file], "not this");
        assert_names(ended.failed(6, "key.unreadable-input"), &[&format!("`{file}`"), why]);
    }
    assert_eq!(listed(&installation, &[]), []);
}

#[test]
fn what_is_not_there_comes_with_the_nearest() {
    let installation = installation();
    set(&installation, &["keys/web/aws-secret"], "x").ok();
    set(&installation, &["keys/web/other"], "x").ok();
    let slip = installation.run(&["key", "delete", "keys/web/aws-secrte"]);
    assert_names(slip.failed(6, "key.not-found"), &["`keys/web/aws-secrte`", "did you mean `keys/web/aws-secret`?"]);
    let stranger = installation.run(&["key", "delete", "keys/web/db"]);
    assert!(!stranger.failed(6, "key.not-found").contains("did you mean"), "{}", stranger.stderr);
    assert_eq!(listed(&installation, &[]).len(), 2);
}

/// A secret belongs to its path: a row that somebody copied to another path, or back from an old copy, opens no more.
#[test]
fn a_row_that_was_moved_is_damaged() {
    let installation = installation();
    set(&installation, &["keys/ops"], "of the system").ok();
    set(&installation, &["keys/project/shop/aws"], "of another project").ok();
    installation.database("DELETE FROM secret WHERE path = 'keys/ops'");
    installation.database("UPDATE secret SET path = 'keys/ops' WHERE path = 'keys/project/shop/aws'");
    let ended = installation.run_job(&[]);
    assert_names(ended.failed(6, "key.damaged"), &["`keys/ops`", "`windlass key set --overwrite keys/ops`"]);
    assert!(!ended.stderr.contains("tcejorp") && !ended.stdout.contains("tcejorp"), "{}", ended.stderr);

    set(&installation, &["keys/ops", "--overwrite"], "new").ok();
    assert_eq!(secret(&installation), "new", "what the error says to do does it");
    installation.database("UPDATE secret SET version = version + 1");
    installation.run_job(&[]).failed(6, "key.damaged");
    set(&installation, &["keys/ops", "--overwrite"], "new").ok();
    installation.database("UPDATE secret SET ciphertext = zeroblob(length(ciphertext))");
    installation.run_job(&[]).failed(6, "key.damaged");
}

#[test]
fn two_first_secrets_at_once_are_both_kept() {
    let installation = installation();
    let commands = ["keys/ops", "keys/other"].map(|path| installation.command(&["key", "set", path]));
    let running = commands.map(|command| thread::spawn(|| feed(command, "secret")));
    for ended in running.map(|thread| thread.join().unwrap()) {
        ended.ok();
    }
    assert_eq!(listed(&installation, &[]).len(), 2);
    assert_eq!(secret(&installation), "secret");
    assert_eq!(installation.database("SELECT count(DISTINCT master_key) FROM secret"), [[1]]);
}

/// Of several that set one path at once, one does, and the others are told.
#[test]
fn one_path_set_at_once_is_set_once() {
    let installation = installation();
    let running = [1, 2, 3].map(|number| {
        let command = installation.command(&["key", "set", "keys/ops"]);
        thread::spawn(move || feed(command, format!("secret {number}")))
    });
    let ended: Vec<Ended> = running.map(|thread| thread.join().unwrap()).into();
    let won: Vec<usize> = (0..3).filter(|index| ended[*index].code == Some(0)).collect();
    assert_eq!(won.len(), 1, "{ended:?}");
    for lost in (0..3).filter(|index| *index != won[0]) {
        ended[lost].failed(6, "key.exists");
    }
    assert_eq!(secret(&installation), format!("secret {}", won[0] + 1));
}
