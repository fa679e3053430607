//! Every end that is no success.

use serde_json::json;
use tempfile::TempDir;

use crate::driver::{command, file, path, run};

#[test]
fn an_exit_code() {
    command(&["sh", "-c", "exit 3"]).failed("shell.exit-code", &["`sh` ended with exit code 3", "`successCodes`"]);
    let config = json!({"command": ["sh", "-c", "exit 3"], "successCodes": [0, 3]});
    assert_eq!(run("command", &config).ok(), &json!({"exitCode": 3}));
    let config = json!({"command": ["true"], "successCodes": [1]});
    run("command", &config).failed("shell.exit-code", &["`true` ended with exit code 0"]);
}

#[test]
fn a_command_that_a_shell_does_not_find() {
    command(&["sh", "-c", "no-such-command"]).failed("shell.exit-code", &["127", &path()]);
}

#[test]
fn a_signal() {
    command(&["sh", "-c", "kill -KILL $$"]).failed("shell.killed", &["`sh` was ended by `SIGKILL`", "memory"]);
    command(&["sh", "-c", "sh -c 'kill -SEGV $$'; exit $?"]).failed("shell.exit-code", &["139", "`SIGSEGV`"]);
}

/// A plugin ignores SIGPIPE; what it starts must not, or `yes | head` would not end as it does in a terminal.
#[test]
fn a_closed_pipe_ends_its_writer() {
    let ended = run("script", &json!({"script": "set -o pipefail; yes | head -n 1", "interpreter": ["bash"]}));
    ended.failed("shell.exit-code", &["141", "`SIGPIPE`"]);
    assert_eq!(ended.stdout, "y\n");
}

#[test]
fn a_program_that_is_not_there() {
    command(&["pritnf"]).failed("shell.not-found", &["`pritnf`", "did you mean `printf`?", &path()]);
    command(&["ls -l"]).failed("shell.not-found", &["`ls -l`", "an item of its own"]);
    command(&["/no/such/program"]).failed("shell.not-found", &["there is no program `/no/such/program`"]);
    let config = json!({"command": ["ls"], "env": {"PATH": ""}});
    run("command", &config).failed("shell.not-found", &["`shell.path`"]);
}

#[test]
fn a_program_that_cannot_be_started() {
    let folder = TempDir::new().unwrap();
    let plain = file(&folder, "plain", "echo\n");
    let name = plain.to_str().unwrap();
    command(&[name]).failed("shell.not-started", &["may not be executed", "`shell/script`"]);
    let executable = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt as _;
        let path = file(&folder, name, text);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    command(&[&executable("bad", "#!/bin/bsah\n")]).failed("shell.not-started", &["/bad`", "`/bin/bsah`", "not there"]);
    command(&[&executable("none", "echo\n")]).failed("shell.not-started", &["no program of this machine", "`#!`"]);
}

#[test]
fn words_that_are_too_long_for_the_system() {
    let long = "x".repeat(200_000);
    command(&["echo", &long]).failed("shell.not-started", &["too long", "`stdin`"]);
    let config = json!({"command": ["true"], "env": {"LONG": long}});
    run("command", &config).failed("shell.not-started", &["too long"]);
}

#[test]
fn a_working_folder_that_is_none() {
    let config = |folder: &str| json!({"command": ["true"], "workingFolder": folder});
    run("command", &config("/no/such")).failed("shell.not-started", &["no working folder `/no/such`"]);
    run("command", &config("/etc/passwd")).failed("shell.not-started", &["`/etc/passwd` is a file"]);
    run("command", &config("srv")).failed("step.invalid-config", &["no absolute path"]);
}

#[test]
fn a_denial_points_at_the_sandbox() {
    let script = "echo 'cat: /srv/x: Permission denied' >&2; exit 1";
    let ended = run("script", &json!({ "script": script }));
    ended.failed("shell.exit-code", &["`sandbox`", "`shell.allowUnconfined`"]);
    let ended = run("script", &json!({"script": script, "sandbox": "none"}));
    assert!(!format!("{:?}", ended.result).contains("sandbox"), "there is none");
    run("script", &json!({"script": "echo 'Permission denied' >&2"})).ok();
}

#[test]
fn a_configuration_that_no_schema_can_refuse() {
    let zero = json!({"command": ["echo", "a\0b"]});
    run("command", &zero).failed("step.invalid-config", &["zero byte"]);
    let twice = json!({"command": ["true"], "env": {"A_FILE": "x"}, "secrets": {"A": "y"}});
    run("command", &twice).failed("step.invalid-config", &["`A_FILE`"]);
    run("command", &json!({})).failed("step.invalid-config", &["`command`"]);
}
