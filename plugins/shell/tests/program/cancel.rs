//! A step that is to stop, and what a command leaves behind.

use std::process::Command;

use serde_json::json;

use crate::driver::{Running, run, runs, until};

#[test]
fn the_whole_group_is_asked_to_end() {
    let script = "sleep 1000 & echo $! >child; (sleep 1000 & echo $! >grandchild; wait) & wait";
    let mut running = Running::start("script", &json!({ "script": script }));
    let pids = [running.waits_for("child"), running.waits_for("grandchild")];
    running.cancel();
    running.ended().failed("step.cancelled", &[]);
    until("the end of the group", || pids.iter().all(|pid| !runs(pid)).then_some(()));
}

/// A shell that waits for a program ends at once; the program may take its time to tidy up, which must not be cut off.
#[test]
fn what_tidies_up_is_waited_for() {
    let tidy = "trap 'sleep 0.3; echo tidied >done; exit' TERM; echo ready >ready; while :; do sleep 0.05; done";
    let config = json!({"script": "bash -c \"$TIDY\"; echo no", "env": {"TIDY": tidy}, "output": "text"});
    let mut running = Running::start("script", &config);
    running.waits_for("ready");
    running.cancel();
    let ended = running.ended();
    ended.failed("step.cancelled", &[]);
    assert_eq!((ended.left("done").as_str(), ended.stdout.as_str()), ("tidied\n", ""));
}

#[test]
fn a_success_before_the_end_is_still_no_success() {
    let script = "trap 'exit 0' TERM; echo ready >ready; while :; do sleep 0.05; done";
    let mut running = Running::start("script", &json!({ "script": script }));
    running.waits_for("ready");
    running.cancel();
    running.ended().failed("step.cancelled", &[]);
}

/// The step is over with its command, and does not wait for who holds its outputs open.
#[test]
fn what_is_left_in_the_background_is_told() {
    let script = "sleep 1000 & echo $! >child; echo said";
    let running = Running::start("script", &json!({"script": script, "output": "text"}));
    let child = running.waits_for("child");
    let result = running.result();
    assert!(runs(&child), "ending it is the supervisor's");
    assert!(Command::new("kill").arg(child.trim()).status().unwrap().success());
    let ended = result.ended();
    assert_eq!(ended.ok(), &json!({"exitCode": 0, "text": "said"}));
    assert!(ended.log[0].contains("the script left processes in the background"), "{:?}", ended.log);
}

/// `tee` ends after the shell that it writes for, and what it writes belongs to the step.
#[test]
fn what_ends_soon_is_waited_for() {
    let script = "#!/bin/bash\nexec > >(sleep 0.1; tee copy)\necho said\n";
    for output in ["text", "none"] {
        let ended = run("script", &json!({"script": script, "output": output}));
        ended.ok();
        assert_eq!((ended.left("copy").as_str(), ended.stdout.as_str(), ended.log.len()), ("said\n", "said\n", 0));
    }
}
