//! Following an execution of another process.

use crate::installation::assert_names;
use crate::started::Started;
use crate::stored::{apply, comes_to, gate, installation, open, script, serve, shared, start};
use rustix::process::Signal;
use serde_json::json;

#[test]
fn one_that_goes_on_is_seen_from_another_process_until_it_ends() {
    let installation = installation("");
    let steps = json!([
        script("before", "echo early"),
        {"id": "both", "parallel": {"steps": [script("wait", &gate(&installation, "one")), script("quick", "echo quick")]}},
        {"id": "bad", "uses": "misbehave/fault", "with": {"kind": "panic"}},
    ]);
    apply(&installation, &[("slow", &format!("steps: {steps}\n"))]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "slow", &[]);
    let follower = Started::start(&installation, installation.command(&["execution", "follow", &id[24..]]));
    follower.prints("both.wait| waiting one");
    follower.prints("both.quick: succeeded");
    let leaver = Started::start_as("leaver-", &installation, installation.command(&["execution", "follow", &id]));
    leaver.prints("both.wait| waiting one");
    leaver.signal(Signal::INT);
    let left = leaver.ended();
    assert_eq!(left.code, Some(130));
    assert_names(&left.stderr, &["it goes on", "execution cancel"]);
    open(&installation, "one");
    let ended = follower.ended();
    assert_names(ended.failed(7, "plugin.panicked"), &["step `bad`"]);
    let order = [
        "before: shell/script",
        "before| early",
        "before: succeeded",
        "both: parallel",
        "both.wait| waiting one",
        "both.wait| went through one",
        "both.wait: succeeded",
        "both: succeeded",
        "bad: misbehave/fault",
        "bad| panicked on request",
    ];
    let places: Vec<usize> = order.iter().map(|words| ended.stdout.find(words).unwrap()).collect();
    assert!(places.is_sorted(), "{}", ended.stdout);
    comes_to(&installation, &id, "failed");
    // One that has ended is shown whole, at once.
    let late = crate::stored::execution(&installation, "follow", &id, &[]);
    assert_names(&late.stdout, &order);
    late.failed(7, "plugin.panicked");
}

#[test]
fn steps_that_run_jobs_are_followed_into_those() {
    let installation = installation("");
    let inner = format!(
        "steps: {}\noutputs: {{word: '${{{{ steps.say.outputs.text }}}}'}}\n",
        json!([
            {"id": "say", "uses": "shell/command", "with": {"command": ["echo", "from inside"], "output": "text"}},
        ])
    );
    let outer = format!("steps: {}\n", json!([{"id": "call", "job": {"name": "inner"}}]));
    apply(&installation, &[("inner", &inner), ("outer", &outer)]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "outer", &[]);
    let ended = crate::stored::execution(&installation, "follow", &id, &[]);
    assert_names(
        ended.ok(),
        &[
            "call: job inner",
            "call/say: shell/command",
            "call/say| from inside",
            "call/say: succeeded",
            "call: succeeded",
        ],
    );
    let shown = crate::stored::shown(&installation, &id);
    assert_eq!(shown["steps"][0]["outputs"]["word"], "from inside");
    let child = shown["steps"][0]["execution"].as_str().unwrap();
    assert_eq!(crate::stored::shown(&installation, child)["parent"]["execution"], id);
    let logs = crate::stored::execution(&installation, "logs", &id, &[]);
    logs.ok();
    assert_names(&logs.stderr, &[child]);
}

/// A job that is tried again as a whole is waited for until the last attempt.
#[test]
fn the_next_attempt_of_a_job_is_followed_too() {
    let installation = installation("");
    let once = shared(&installation, "once");
    let text = format!("[ -e '{0}' ] && exit 0; touch '{0}'; exit 3", once.display());
    let job = format!("retry: {{attempts: 2, backoff: 1ms}}\nsteps: {}\n", json!([script("once", &text)]));
    apply(&installation, &[("again", &job)]);
    let _server = serve(&installation, "server-");
    let ended = installation.run(&["job", "start", "again", "--project", "web", "--follow"]);
    ended.ok();
    assert_names(&ended.stderr, &["ended as failed; execution", "tries it again", "once: succeeded"]);
}
