//! Logs: of parallel steps, in part, from an offset, searched, and cut by a limit.

use crate::installation::{Installation, assert_names};
use crate::stored::{execution, installation, only, script, shown};
use serde_json::{Value, json};

/// Runs a job with these steps; the execution's id.
#[track_caller]
fn ran(installation: &Installation, steps: &Value) -> String {
    installation.job(&format!("steps: {steps}\n"));
    let ended = installation.run_job(&["--output", "json"]);
    let printed: Value = serde_json::from_str(ended.ok()).unwrap();
    printed["execution"].as_str().unwrap().to_owned()
}

#[track_caller]
fn lines(installation: &Installation, id: &str, arguments: &[&str]) -> Vec<String> {
    execution(installation, "logs", id, arguments).ok().lines().map(str::to_owned).collect()
}

#[test]
fn logs_of_parallel_steps_are_told_apart_searched_and_cut_off_at_the_front() {
    let installation = installation("");
    let count = |word: &str| format!("for n in $(seq 1 2000); do echo {word} $n; done; echo {word} error >&2");
    let steps =
        json!([{"id": "both", "parallel": {"steps": [script("red", &count("r")), script("blue", &count("b"))]}}]);
    let id = ran(&installation, &steps);
    let all = lines(&installation, &id, &[]);
    assert_eq!(all.len(), 4002);
    for (step, word) in [("both.red", "r"), ("both.blue", "b")] {
        let own: Vec<&String> = all.iter().filter(|line| line.starts_with(&format!("{step}| "))).collect();
        let mut printed: Vec<&String> = own.iter().copied().filter(|line| !line.ends_with("error")).collect();
        assert_eq!((own.len(), printed.len()), (2001, 2000));
        let expected: Vec<String> = (1..=2000).map(|n| format!("{step}| {word} {n}")).collect();
        assert_eq!(printed, expected.iter().collect::<Vec<_>>());
        assert_eq!(lines(&installation, &id, &["--step", step]).len(), 2001);
        printed.truncate(0);
        let found = lines(&installation, &id, &["--step", step, "--search", &format!("{word} 1999")]);
        assert_eq!(found.len(), 1);
        let (offset, line) = found[0].split_once(' ').unwrap();
        assert_eq!(line, format!("{step}| {word} 1999"));
        let from = lines(&installation, &id, &["--step", step, "--from", offset]);
        assert_eq!(from[0], line);
        assert_eq!(lines(&installation, &id, &["--step", step, "--tail", "3"]).len(), 3);
    }
    assert_eq!(lines(&installation, &id, &["--step", "both"]), all);
    assert_eq!(lines(&installation, &id, &["--tail", "7"]).len(), 7);
    assert_eq!(lines(&installation, &id, &["--search", "error"]).len(), 2);
    let last: Vec<String> = lines(&installation, &id, &["--search", "r 20", "--tail", "2"]);
    assert!(last[0].ends_with("both.red| r 209") || last[0].ends_with("r 2000") || last.len() == 2, "{last:?}");
    let ended = execution(&installation, "logs", &id, &["--step", "both.rde"]);
    assert_names(ended.failed(4, "execution.unknown"), &["`both.rde`", "did you mean `both.red`?"]);
}

#[test]
fn programs_get_one_object_a_line() {
    let installation = installation("");
    let steps = json!([
        {"id": "say", "uses": "misbehave/fault", "with": {"kind": "log-line", "text": "said"}},
        script("print", "printf 'a\\033[31mred\\033[0m\\033[2J\\nb'"),
    ]);
    let id = ran(&installation, &steps);
    let objects: Vec<Value> = lines(&installation, &id, &["--output", "json"])
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let facts: Vec<Value> =
        objects.iter().map(|it| json!([it["step"], it["stream"], it["level"], it["text"]])).collect();
    let coloured = "a\u{1b}[31mred\u{1b}[0m\u{1b}[2J";
    assert_eq!(
        json!(facts),
        json!([["say", "log", "info", "said"], ["print", "stdout", null, coloured], ["print", "stdout", null, "b"]])
    );
    assert_eq!(objects[0]["offset"], 0);
    assert!(objects[1]["at"].as_str().unwrap().ends_with('Z'), "{}", objects[1]);
    assert_eq!(lines(&installation, &id, &[]), ["say: said", "print| ared", "print| b"]);
    let timed = lines(&installation, &id, &["--timestamps"]);
    assert!(timed[0].starts_with("20") && timed[0].ends_with("Z say: said"), "{timed:?}");
    let command = installation.command(&["execution", "logs", &id]);
    let (_, seen) = windlass_tests::terminal::run(command, 80).unwrap();
    assert_names(&seen, &["print| a\u{1b}[31mred\u{1b}[0m\u{1b}[0m\r\n"]);
    assert!(!seen.contains("[2J"), "{seen:?}");
}

#[test]
fn a_log_that_a_limit_cut_says_so_at_its_end() {
    let installation = installation("limits: {stepLog: 1MiB}\n");
    let steps = json!([{"id": "lines", "uses": "misbehave/lines", "with": {"count": 20_000, "through": "stdout"}}]);
    let id = ran(&installation, &steps);
    let ended = execution(&installation, "logs", &id, &["--tail", "1"]);
    assert_eq!(ended.ok().lines().count(), 1);
    assert_names(&ended.stderr, &["step `lines`", "bytes more were cut off by `limits.stepLog`"]);
    let json = lines(&installation, &id, &["--tail", "1", "--output", "json"]);
    let last: Value = serde_json::from_str(json.last().unwrap()).unwrap();
    assert!(last["droppedBytes"].as_i64().unwrap() > 900_000, "{last}");
}

/// The step would never end by itself.
#[test]
fn a_step_that_logs_more_than_a_limit_fails_where_that_is_wanted() {
    let installation = installation("limits: {stepLog: 1MiB, stepLogAction: fail}\n");
    installation.job(&format!("steps: {}\n", json!([script("flood", "yes"), script("after", "echo reached")])));
    let ended = installation.run_job(&[]);
    let error = ended.failed(1, "step.log-full");
    assert_names(
        error,
        &["step `flood`", "more than 1048576 bytes", "`limits.stepLog`", "`limits.stepLogAction: truncate`"],
    );
    let id = only(&installation);
    let shown = shown(&installation, &id);
    let facts: Vec<Value> =
        shown["steps"].as_array().unwrap().iter().map(|it| json!([it["path"], it["state"], it["code"]])).collect();
    assert_eq!(json!(facts), json!([["flood", "failed", "step.log-full"], ["after", "skipped", "step.not-reached"]]));
    assert_eq!((&shown["state"], &shown["code"]), (&json!("failed"), &json!("step.log-full")));
    // `flood| y` of each line that is two bytes in the log.
    let kept = lines(&installation, &id, &[]).len() * 2;
    assert!((900_000..=1 << 20).contains(&kept), "{kept} bytes are kept");
}

crate::installation::also_on_postgres! {
    logs_of_parallel_steps_are_told_apart_searched_and_cut_off_at_the_front,
    programs_get_one_object_a_line,
    a_log_that_a_limit_cut_says_so_at_its_end,
}
