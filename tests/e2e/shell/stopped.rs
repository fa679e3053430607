//! Steps that are ended: nothing that they started goes on, wherever it went.

use super::{installation, log, set_steps, step};
use crate::installation::{Installation, assert_names};
use crate::started::{Started, all_end};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use windlass_tests::processes::Process;
use windlass_tests::wait::{self, PATIENCE};

/// Starts a child, one in a session of its own with a child, and an orphan in a session of its own; says their numbers and
/// does not end.
const TREE: &str = "sleep 1000 & echo pid $!
setsid sh -c 'echo pid $$; (sleep 1000 & echo pid $!; touch one; wait) & wait' &
(setsid nohup sleep 1000 >/dev/null 2>&1 & echo pid $!; touch two)
until [ -e one ] && [ -e two ]; do sleep 0.02; done
echo \"ready $PWD\"; until [ -e over ]; do sleep 0.02; done";

struct Run {
    installation: Installation,
    started: Started,
    tree: Vec<Process>,
}

fn start(script: &str, grace: &str, timeout: &str) -> Run {
    let installation = installation(&format!("}}\nlimits: {{cancelGrace: {grace}}}"));
    let mut step = step("shell/script", &json!({ "script": script }));
    step["timeout"] = json!(timeout);
    set_steps(&installation, &Value::Array(vec![step]));
    let started = Started::start(&installation, installation.job_command(&["--output", "json"]));
    started.says("it| ready");
    let numbers = said(&installation, "it| pid ").into_iter().map(|number| number.parse().unwrap());
    let tree: Vec<Process> = numbers.filter_map(Process::of).collect();
    assert_eq!(tree.len(), 4, "all of them run");
    Run { installation, started, tree }
}

/// What stands in the log behind these words.
fn said(installation: &Installation, words: &str) -> Vec<String> {
    let shown = std::fs::read_to_string(installation.folder().join("stderr")).unwrap();
    shown.lines().filter_map(|line| Some(line.split_once(words)?.1.to_owned())).collect()
}

/// Nothing of it is left: no process, no file.
fn assert_gone(installation: &Installation, tree: &[Process]) {
    all_end(tree);
    let entries = std::fs::read_dir(installation.folder().join("data/scratch")).unwrap().map(Result::unwrap);
    let folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    assert_eq!(folders, Vec::<PathBuf>::new());
}

#[test]
fn an_interrupt_ends_the_whole_tree() {
    let Run { installation, started, tree } = start(TREE, "20s", "1h");
    started.signal(Signal::INT);
    let ended = started.ended();
    ended.failed(130, "step.cancelled");
    assert_gone(&installation, &tree);
}

#[test]
fn a_time_out_ends_the_whole_tree() {
    let Run { installation, started, tree } = start(TREE, "20s", "10s");
    let ended = started.ended();
    assert_names(ended.failed(124, "step.timed-out"), &["step `it`"]);
    assert_gone(&installation, &tree);
}

#[test]
fn what_ignores_the_request_is_killed() {
    let script = format!("trap '' TERM\n{TREE}");
    let Run { installation, started, tree } = start(&script, "300ms", "1h");
    started.signal(Signal::INT);
    let ended = started.ended();
    assert_names(ended.failed(130, "step.cancelled"), &["did not stop"]);
    assert_gone(&installation, &tree);
}

/// What is left when the command ends ends with the step, which succeeds.
#[test]
fn what_is_left_in_the_background_ends_with_the_step() {
    let Run { installation, started, tree } = start(TREE, "20s", "1h");
    let folder = said(&installation, "it| ready ").remove(0);
    std::fs::write(Path::new(&folder).join("over"), "").unwrap();
    let ended = started.ended();
    ended.ok();
    assert_names(&ended.stderr, &["it: warning: the script left processes in the background"]);
    assert_gone(&installation, &tree);
}

/// A step that tidies up is given the time that the configuration has for it.
#[test]
fn a_step_may_tidy_up() {
    let script = "trap 'sleep 0.2; echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    let installation = installation("}\nlimits: {cancelGrace: 60s}");
    set_steps(&installation, &json!([step("shell/script", &json!({"script": script}))]));
    let started = Started::start(&installation, installation.job_command(&[]));
    started.says("it| ready");
    started.signal(Signal::TERM);
    let ended = started.ended();
    let error = ended.failed(130, "step.cancelled");
    assert!(!error.contains("did not stop"), "{error}");
    assert_eq!(log(&ended).last(), Some(&"tidied"));
}

/// When the runner is killed, so are its steps, and what was in their folder, such as secrets, goes.
#[test]
fn a_killed_runner_leaves_nothing() {
    let Run { installation, started, tree } = start(TREE, "20s", "1h");
    let folder = said(&installation, "it| ready ").remove(0);
    started.signal(Signal::KILL);
    all_end(&tree);
    let emptied = || Ok((std::fs::read_dir(&folder).map_or(0, Iterator::count) == 0).then_some(()));
    wait::until("the end of the step's files", PATIENCE, emptied).unwrap();
}
