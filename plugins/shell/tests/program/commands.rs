//! What a command is given: its arguments, environment, folder and standard input, and nothing else.

use std::collections::BTreeMap;

use serde_json::json;
use tempfile::TempDir;

use crate::driver::{OUTER, Running, command, path, run, with};

/// What a shell would trip over, in one argument or value each.
pub(crate) const HELL: [&str; 9] = [
    "",
    " ",
    "a b",
    "'\"\\",
    "$(id) `id` $HOME ${HOME}",
    "line\nbreak\r\n\n",
    "${{ options.x }} {{x}}",
    "*;|&<>#!~",
    "ü😀\u{1}\u{7f}",
];

#[test]
fn arguments_arrive_as_they_are() {
    let mut words = vec!["printf", "%s\\0"];
    words.extend(HELL);
    let ended = command(&words);
    assert_eq!(ended.ok(), &json!({"exitCode": 0}));
    let arrived: Vec<&str> = ended.stdout.split_terminator('\0').collect();
    assert_eq!(arrived, HELL);
}

#[test]
fn numbers_and_booleans_are_words_too() {
    let ended = run("command", &json!({"command": ["echo", 5, -1.5, true, "007"]}));
    ended.ok();
    assert_eq!(ended.stdout, "5 -1.5 true 007\n");
}

#[test]
fn the_environment_has_nothing_of_the_runners() {
    let values: BTreeMap<String, &str> =
        HELL.iter().enumerate().map(|(number, value)| (format!("V{number}"), *value)).collect();
    let config = with(json!({"command": ["env", "-0"]}), "env", json!(values));
    let running = Running::start("command", &config);
    let scratch = running.scratch().to_str().unwrap().to_owned();
    let ended = running.ended();
    let environment: BTreeMap<&str, &str> =
        ended.stdout.split_terminator('\0').map(|line| line.split_once('=').unwrap()).collect();
    let path = path();
    let mut wanted: BTreeMap<&str, &str> = OUTER[..3].iter().copied().collect();
    wanted.extend([("PATH", path.as_str()), ("TMPDIR", &scratch), ("WINDLASS_PROJECT", "web")]);
    wanted.extend([("WINDLASS_JOB", "nightly dump"), ("WINDLASS_EXECUTION", "0199"), ("WINDLASS_STEP", "dump")]);
    wanted.extend(values.iter().map(|(name, value)| (name.as_str(), *value)));
    assert_eq!(environment, wanted);
}

#[test]
fn a_job_may_set_the_search_path() {
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink("/bin/echo", folder.path().join("say")).unwrap();
    let config = json!({"command": ["say", "found"], "env": {"PATH": folder.path()}});
    assert_eq!(run("command", &config).stdout, "found\n");
}

#[test]
fn it_runs_in_its_own_folder_unless_told_otherwise() {
    let running = Running::start("command", &json!({"command": ["sh", "-c", "pwd; echo *"]}));
    let scratch = running.scratch().canonicalize().unwrap();
    assert_eq!(running.ended().stdout, format!("{}\n*\n", scratch.display()), "nothing to see there");
    let ended = run("command", &json!({"command": ["pwd"], "workingFolder": "/usr/bin"}));
    assert_eq!(ended.stdout, "/usr/bin\n");
}

#[test]
fn standard_input_is_what_the_job_says_or_empty() {
    let text = "line\n".repeat(100_000);
    let ended = run("command", &json!({"command": ["cat"], "stdin": text}));
    assert!(ended.stdout == text, "{} bytes", ended.stdout.len());
    let ended = run("command", &json!({"command": ["true"], "stdin": text}));
    ended.ok();
    assert_eq!(command(&["cat"]).stdout, "");
}

/// The sockets of the frames and the broker stay with the plugin; outputs are pipes, the log's own where nobody listens.
#[test]
fn it_has_no_socket_and_a_group_of_its_own() {
    let ended = command(&["sh", "-c", "for number in 0 1 2; do readlink /proc/$$/fd/$number; done"]);
    let kinds: Vec<&str> = ended.stdout.lines().map(|line| line.split('[').next().unwrap()).collect();
    assert_eq!(kinds, ["/dev/null", "pipe:", "pipe:"]);
    assert!(!command(&["sh", "-c", "ls -l /proc/$$/fd"]).stdout.contains("socket:"));
    let ended = command(&["sh", "-c", "echo $$; cut -d' ' -f5 /proc/$$/stat"]);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], lines[1], "its group has its number");
}
