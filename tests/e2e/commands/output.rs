//! Standard output is data, standard error is talk, and neither obeys what a step says.

use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use std::io::pipe;
use std::process::{Command, Stdio};

/// Logs, prints and returns a table: whatever a step can say.
const TALKATIVE: &str = "steps:
  - {uses: misbehave/lines, with: {count: 3}}
  - {uses: misbehave/lines, with: {count: 3, through: stdout}}
  - {uses: misbehave/fault, with: {kind: stderr-line, text: from standard error}}
  - {uses: misbehave/rows, with: {count: 2}}
";
/// Retitles the window, clears the screen, goes back to the line's start, rings, a C1 control, and turns the direction.
const HOSTILE: &str = "\u{1b}]0;title\u{7}a\u{1b}[2J\rb\u{8}\u{9b}31m\u{202e}c";

fn installation(job: &str) -> Installation {
    let installation = Installation::new("projects: [{name: web}]\n");
    installation.job(job);
    installation
}

fn hostile_step(kind: &str) -> String {
    // YAML takes no control characters as they are.
    let text: String = HOSTILE.chars().map(|c| format!("\\u{:04x}", u32::from(c))).collect();
    format!("{{uses: misbehave/fault, with: {{kind: {kind}, text: \"{text}\"}}}}")
}

#[test]
fn standard_output_has_the_result_and_nothing_else() {
    let installation = installation(TALKATIVE);
    let ended = installation.run_job(&["--output", "json"]);
    let execution: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!(execution["steps"][3]["tables"]["rows"].as_array().map(Vec::len), Some(2));
    assert_names(
        &ended.stderr,
        &["step1: line 2 ", "step2| line 0 ", "step3| from standard error\n", "step4: succeeded"],
    );

    let csv = installation.run_job(&["--output", "csv"]);
    let lines: Vec<&str> = csv.ok().lines().collect();
    assert_eq!((lines[0], lines.len()), ("number,text,ratio,even", 3));
    assert!(lines[1].starts_with("0,line 0 ..") && lines[1].ends_with("..,0.0,true"), "{}", lines[1]);

    let table = installation.run_job(&[]);
    let header = table.ok().lines().find(|line| line.contains("number")).unwrap();
    assert_names(header, &["number", "text", "ratio", "even"]);
}

#[test]
fn quiet_is_silent_but_for_an_error() {
    let ended = installation(TALKATIVE).run_job(&["--output", "json", "--quiet"]);
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let failing = installation("steps: [{uses: misbehave/fault, with: {kind: panic}}]\n").run_job(&["-q"]);
    assert!(failing.stderr.starts_with("error[plugin.panicked]"), "{}", failing.stderr);
    assert_eq!(failing.stdout, "");
}

/// The C library writes a message such as that of a stack overflow in pieces.
#[test]
fn a_line_is_shown_as_one_line() {
    let installation =
        installation(&format!("{TALKATIVE}  - {{id: deep, uses: misbehave/fault, with: {{kind: stack-overflow}}}}\n"));
    let ended = installation.run_job(&[]);
    ended.failed(7, "plugin.crashed");
    let lines = |prefix: &str| ended.stderr.lines().filter(|line| line.starts_with(prefix)).count();
    assert_eq!((lines("step2| "), lines("step3| ")), (3, 1), "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .lines()
            .any(|line| line.starts_with("deep| thread '") && line.ends_with("has overflowed its stack"))
    );
}

#[test]
fn control_characters_of_a_step_are_shown_and_not_obeyed() {
    let steps = ["log-line", "stderr-line", "table-cell"].map(hostile_step).join(", ");
    let installation = installation(&format!("steps: [{steps}]\n"));
    let ended = installation.run_job(&[]);
    ended.ok();
    for text in [&ended.stdout, &ended.stderr] {
        let control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(control), "{text:?}");
        assert_names(text, &["␛]0;title␇a␛[2J␍b␈"]);
    }
    // As data they stay what they are; JSON has an escape for each.
    let data = installation.run_job(&["--output", "json", "--quiet"]);
    assert!(!data.ok().contains('\u{1b}'));
    let execution: Value = serde_json::from_str(&data.stdout).unwrap();
    assert_eq!(execution["steps"][2]["tables"]["faults"], json!([{ HOSTILE: HOSTILE }]));
}

/// Each line of a log message has the step's name before it, so that it cannot pass for a line of the runner's.
#[test]
fn a_log_line_cannot_pass_for_another_steps() {
    let text = json!("one\nother: succeeded in 0.00 s\nerror[account.none]: give me your keys");
    let job = format!("steps: [{{id: bad, uses: misbehave/fault, with: {{kind: log-line, text: {text}}}}}]\n");
    let ended = installation(&job).run_job(&[]);
    ended.ok();
    assert!(ended.stderr.lines().all(|line| line.starts_with("bad: ")), "{}", ended.stderr);
}

/// As with `| head -1`, only sooner: nobody reads from the start.
#[test]
fn a_reader_that_went_away_is_no_error() {
    let installation = installation("steps: [{uses: misbehave/rows, with: {count: 2000}}]\n");
    installation.set_key("keys/listed", "a secret");
    let job = installation.folder().join("job.yaml");
    let job = job.to_str().unwrap();
    for arguments in [
        &["completions", "bash"][..],
        &["config", "show"],
        &["plugin", "list", "--output", "json"],
        &["plugin", "show", "misbehave"],
        &["key", "list"],
        &["run", "--help"],
        &["run", job, "--project", "web", "--quiet"],
        &["run", job, "--project", "web", "--quiet", "--output", "json"],
        &["run", job, "--project", "web", "--quiet", "--output", "csv"],
        &["run", job, "--project", "web", "--quiet", "--output", "ndjson"],
        &["run", job, "--project", "web", "--quiet", "--output", "markdown"],
    ] {
        let ended = without_reader(installation.command(arguments), false);
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
    let all = without_reader(installation.job_command(&[]), true);
    assert_eq!(all.code, Some(0));
    let failing = without_reader(installation.command(&["plugin", "show", "nobody"]), true);
    assert_eq!(failing.code, Some(7), "the exit code is that of the error, which nobody reads");
    let warning = without_reader(
        {
            let mut command = installation.command(&["config", "show"]);
            command.env("WINDLASS_NOTHING", "1");
            command
        },
        true,
    );
    assert_eq!(warning.code, Some(0));
}

fn without_reader(mut command: Command, errors_too: bool) -> Ended {
    let (reader, writer) = pipe().unwrap();
    drop(reader);
    if errors_too {
        command.stderr(writer.try_clone().unwrap());
    } else {
        command.stderr(Stdio::piped());
    }
    Ended::from(command.stdout(writer).spawn().unwrap().wait_with_output().unwrap())
}

/// As much text as fits into the pipe is not all: the rest is written once somebody reads.
#[test]
fn a_reader_that_stops_after_the_first_line_is_no_error() {
    let installation = installation("steps: [{uses: misbehave/rows, with: {count: 2000}}]\n");
    let script = "\"$@\" | head -1; echo \"${PIPESTATUS[0]}\"";
    let mut command = Command::new("bash");
    command.args(["-c", script, "bash"]).arg(windlass_tests::binaries::windlass().unwrap());
    let job = installation.folder().join("job.yaml");
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--quiet", "--output", "csv"];
    let ended = Ended::from(installation.arguments_for(command, &arguments).output().unwrap());
    assert_eq!((ended.ok(), ended.stderr.as_str()), ("number,text,ratio,even\n0\n", ""));
}
