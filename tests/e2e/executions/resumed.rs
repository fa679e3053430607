//! Executions that go on after their last finished step.

use crate::installation::{Installation, assert_names};
use crate::stored::{
    apply, comes_to, execution, gate, installation, logs, open, script, serve, serve_once, shared, shown, start, steps,
};
use serde_json::json;

/// A script that counts in a file how often it ran, and fails until [`mend`].
fn counted(installation: &Installation, name: &str, fails: bool) -> String {
    let file = |what: &str| shared(installation, &format!("{what}-{name}")).display().to_string();
    let fail = if fails { format!("; [ -e '{}' ]", file("mended")) } else { String::new() };
    format!("echo run >> '{}'; echo {name} ran{fail}", file("count"))
}

fn mend(installation: &Installation, name: &str) {
    std::fs::write(shared(installation, &format!("mended-{name}")), "").unwrap();
}

/// How often it ran.
#[track_caller]
fn runs(installation: &Installation, name: &str) -> usize {
    let file = shared(installation, &format!("count-{name}"));
    std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

fn job(installation: &Installation) -> String {
    let one = |name: &str, fails| script(name, &counted(installation, name, fails));
    let mut retried = one("bad", true);
    retried["retry"] = json!({"attempts": 2, "backoff": "1ms"});
    retried["onError"] = json!([one("tidy", false)]);
    let steps = json!([
        one("first", false),
        {"id": "both", "parallel": {"steps": [one("left", false), {"id": "group", "steps": [one("right", false), retried]}]}},
        one("last", false),
    ]);
    format!("steps: {steps}\n")
}

#[test]
fn finished_steps_are_not_done_again_and_failed_ones_are() {
    let installation = installation("");
    apply(&installation, &[("long", &job(&installation))]);
    let id = start(&installation, "long", &[]);
    serve_once(&installation);
    let failed = comes_to(&installation, &id, "failed");
    assert_eq!(failed["code"], "shell.exit-code");
    assert_eq!((runs(&installation, "bad"), runs(&installation, "tidy"), runs(&installation, "last")), (2, 1, 0));

    // It is still broken: it fails again, with as many attempts as the job says and with its handler.
    assert_eq!(execution(&installation, "resume", &id, &[]).ok().trim(), id);
    assert_eq!(shown(&installation, &id)["state"], "queued");
    serve_once(&installation);
    comes_to(&installation, &id, "failed");
    assert_eq!((runs(&installation, "bad"), runs(&installation, "tidy"), runs(&installation, "last")), (4, 2, 0));

    mend(&installation, "bad");
    let ended = execution(&installation, "resume", &id, &["--here"]);
    ended.ok();
    assert_names(&ended.stderr, &["both.group.bad| bad ran", "last| last ran"]);
    let done = comes_to(&installation, &id, "succeeded");
    assert_eq!((&done["code"], &done["reason"], &done["resumed"]), (&json!(null), &json!(null), &true.into()));
    for (name, times) in [("first", 1), ("left", 1), ("right", 1), ("bad", 5), ("tidy", 2), ("last", 1)] {
        assert_eq!(runs(&installation, name), times, "{name}: {:?}", steps(&installation, &id));
    }
    let log = execution(&installation, "logs", &id, &[]);
    assert_eq!(log.ok().matches("bad ran").count(), 5, "the log goes on where it had ended");
}

#[test]
fn a_job_that_a_step_runs_goes_on_with_it() {
    let installation = installation("");
    let outer = format!(
        "steps: {}\n",
        json!([{"id": "call", "job": {"name": "inner"}}, script("after", &counted(&installation, "after", false))])
    );
    apply(&installation, &[("inner", &job(&installation)), ("outer", &outer)]);
    let id = start(&installation, "outer", &[]);
    serve_once(&installation);
    let failed = comes_to(&installation, &id, "failed");
    let child = failed["steps"][0]["execution"].as_str().unwrap().to_owned();
    let ended = execution(&installation, "resume", &child, &[]);
    assert_names(ended.failed(4, "execution.not-ended"), &[&id, "let that one go on"]);
    // It has changed meanwhile; what goes on stays with the version that it began with.
    apply(&installation, &[("inner", "steps: [{uses: misbehave/noop}]\n"), ("outer", &outer)]);
    mend(&installation, "bad");
    execution(&installation, "resume", &id, &[]).ok();
    serve_once(&installation);
    let done = comes_to(&installation, &id, "succeeded");
    let calls = done["steps"].as_array().unwrap().iter().filter(|step| step["path"] == "call");
    assert!(calls.clone().all(|step| step["execution"] == child) && calls.count() == 2, "{done}");
    for (name, times) in [("first", 1), ("left", 1), ("right", 1), ("bad", 3), ("last", 1), ("after", 1)] {
        assert_eq!(runs(&installation, name), times, "{name}");
    }
}

#[test]
fn one_that_was_cancelled_goes_on_and_keeps_its_options() {
    let installation = installation("");
    let job = format!("options: [{{name: word, default: x}}]\n{}", job(&installation));
    apply(&installation, &[("long", &job)]);
    let id = start(&installation, "long", &["-o", "word=mine"]);
    execution(&installation, "cancel", &id, &[]).ok();
    mend(&installation, "bad");
    let ended = execution(&installation, "resume", &id, &["-o", "word=other"]);
    assert_names(ended.failed(4, "job.invalid-option"), &["keeps its options", "`word`"]);
    execution(&installation, "resume", &id, &[]).ok();
    serve_once(&installation);
    assert_eq!(comes_to(&installation, &id, "succeeded")["options"]["word"], "mine");
}

/// Its failure was accepted, however it came about; what did not succeed after it is done again.
#[test]
fn a_failure_that_the_job_went_on_after_is_passed_over() {
    let installation = installation("");
    let accepted = |mut step: serde_json::Value| {
        step["continueOnError"] = true.into();
        step
    };
    let mut handled = accepted(script("handled", &counted(&installation, "handled", true)));
    handled["onError"] = json!([script("tidy", &counted(&installation, "tidy", false))]);
    let mut late = accepted(script("late", "exec sleep 60"));
    late["timeout"] = "1s".into();
    let inner = script("inner", &counted(&installation, "inner", true));
    let all = json!([
        handled,
        late,
        accepted(json!({"id": "group", "steps": [inner]})),
        accepted(json!({"id": "each", "forEach": {"items": ["a"]}, "uses": "shell/command", "with": {"command": ["false"]}})),
        script("bad", &counted(&installation, "bad", true)),
        {
            "id": "look",
            "if": "${{ steps.handled.state == 'failed' and steps.handled.code == 'shell.exit-code' }}",
            "uses": "shell/command",
            "with": {"command": ["echo", "${{ steps.late.state }} ${{ steps.group.state }}"], "output": "text"},
        },
    ]);
    apply(&installation, &[("long", &format!("steps: {all}\n"))]);
    let id = start(&installation, "long", &[]);
    serve_once(&installation);
    comes_to(&installation, &id, "failed");
    let before = steps(&installation, &id).len();
    for name in ["handled", "inner", "bad"] {
        mend(&installation, name);
    }
    execution(&installation, "resume", &id, &[]).ok();
    serve_once(&installation);
    let done = comes_to(&installation, &id, "succeeded");
    for (name, times) in [("handled", 1), ("tidy", 1), ("inner", 1), ("bad", 2)] {
        assert_eq!(runs(&installation, name), times, "{name}: {:?}", steps(&installation, &id));
    }
    assert_eq!(steps(&installation, &id)[before..], ["bad 2 succeeded", "look 1 succeeded"]);
    let last = done["steps"].as_array().unwrap().last().unwrap();
    assert_eq!(last["outputs"]["text"], "timedOut failed");
}

/// What was stopped from outside was accepted by nobody.
#[test]
fn a_step_that_was_cancelled_is_done_again_although_its_job_goes_on_after_failures() {
    let installation = installation("");
    let mut wait =
        script("wait", &format!("{}; {}", counted(&installation, "wait", false), gate(&installation, "one")));
    wait["continueOnError"] = true.into();
    apply(&installation, &[("long", &format!("steps: {}\n", json!([wait])))]);
    let server = serve(&installation, "server-");
    let id = start(&installation, "long", &[]);
    logs(&installation, &id, "waiting one");
    execution(&installation, "cancel", &id, &["--wait"]).ok();
    comes_to(&installation, &id, "cancelled");
    open(&installation, "one");
    execution(&installation, "resume", &id, &[]).ok();
    comes_to(&installation, &id, "succeeded");
    drop(server);
    assert_eq!(runs(&installation, "wait"), 2);
}

crate::installation::also_on_postgres! {
    finished_steps_are_not_done_again_and_failed_ones_are,
    a_job_that_a_step_runs_goes_on_with_it,
    one_that_was_cancelled_goes_on_and_keeps_its_options,
    a_failure_that_the_job_went_on_after_is_passed_over,
    a_step_that_was_cancelled_is_done_again_although_its_job_goes_on_after_failures,
}
