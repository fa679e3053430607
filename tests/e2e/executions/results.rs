//! What executions came to, printed later, in each form.

use crate::ground::{printed, python};
use crate::installation::{Installation, also_on_postgres, assert_names};
use crate::started::Started;
use crate::stored::{apply, execution, gate, installation, logs, only, open, script, serve, shared, start, stored};
use serde_json::{Value, json};
use std::process::Command;
use windlass_tests::usage;

fn results(installation: &Installation, id: &str, more: &[&str]) -> String {
    execution(installation, "results", id, more).ok().to_owned()
}

/// The rows of CSV text as Python reads it.
fn read_csv(installation: &Installation, text: &str) -> Vec<Vec<String>> {
    let file = installation.write("rows.csv", text);
    let script =
        format!("import csv, json; print(json.dumps(list(csv.reader(open('{}', newline='')))))", file.display());
    serde_json::from_str(&printed(&python(|python| Command::new(python), &script))).unwrap()
}

#[test]
fn tables_are_printed_later_in_each_form() {
    let job = "steps:
  - {id: say, uses: shell/command, with: {command: [echo, 'a|b'], output: text}}
  - {id: many, uses: misbehave/rows, with: {count: 1005}}
";
    let installation = installation("");
    installation.job(job);
    let at_once = installation.run_job(&["--output", "json"]);
    let id = only(&installation);
    let mut first: Value = serde_json::from_str(at_once.ok()).unwrap();
    let mut later: Value = serde_json::from_str(&results(&installation, &id, &["--output", "json"])).unwrap();
    for document in [&mut first, &mut later] {
        // Recorded in milliseconds.
        document["steps"].as_array_mut().unwrap().iter_mut().for_each(|step| step["seconds"] = json!(0));
    }
    assert_eq!(first, later);
    assert_eq!(later["steps"][1]["tables"]["rows"].as_array().map(Vec::len), Some(1005));

    let lines = results(&installation, &id[20..], &["--output", "ndjson"]);
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(json!(rows), later["steps"][1]["tables"]["rows"]);

    let csv = results(&installation, &id, &["--step", "many", "--table", "rows", "--output", "csv"]);
    let rows = read_csv(&installation, &csv);
    assert_eq!((rows.len(), rows[0].join(" ")), (1006, "number text ratio even".to_owned()));
    assert_eq!(rows[1005][0], "1004");

    let markdown = results(&installation, &id, &["--output", "markdown"]);
    let beginning = "**say: outputs**\n\n| output | value |\n| --- | --- |\n";
    assert!(markdown.starts_with(beginning), "{}", &markdown[..200]);
    assert_names(&markdown, &["| text | a\\|b |\n", "\n\n**many: rows**\n\n| number | text | ratio | even |\n| --- |"]);
    assert_eq!(markdown.lines().filter(|line| line.contains("| line ")).count(), 1005);

    let shown = results(&installation, &id, &[]);
    let more = format!("5 more rows: windlass execution results {} --step many --table rows --output csv", &id[24..]);
    assert_names(&shown, &["a|b", " 999 ", &more]);
    assert!(!shown.contains(" 1000 "), "it shows no more than 1000 rows");
}

/// Nothing is shown of an attempt that was not the last, in a group neither.
#[test]
fn the_last_attempts_count() {
    let installation = installation("");
    let once = shared(&installation, "once");
    let job = json!([{"id": "both", "retry": {"attempts": 2, "backoff": "1ms"}, "steps": [
        {"id": "rows", "uses": "misbehave/rows", "with": {"count": 2}},
        script("fails", &format!("[ -e '{0}' ] && exit 0; touch '{0}'; exit 3", once.display())),
    ]}]);
    installation.job(&format!("steps: {job}\n"));
    let ended = installation.run_job(&[]);
    let shown = ended.ok();
    let id = only(&installation);
    for shown in [shown, &results(&installation, &id, &[])] {
        assert_eq!((shown.matches("line 0 ").count(), shown.matches("exitCode").count()), (1, 1), "{shown}");
    }
    let document: Value = serde_json::from_str(&results(&installation, &id, &["--output", "json"])).unwrap();
    let with_tables = document["steps"].as_array().unwrap().iter().filter(|step| step["tables"] != json!({}));
    let paths: Vec<&str> = with_tables.map(|step| step["id"].as_str().unwrap()).collect();
    assert_eq!(paths, ["both#2.rows"]);
}

#[test]
fn a_choice_is_asked_for_where_one_table_is_wanted() {
    let installation = installation("");
    installation.job("steps: [{id: one, uses: misbehave/rows, with: {count: 1}}, {id: other, uses: misbehave/rows, with: {count: 2}}]\n");
    // `run` prints the last.
    assert_eq!(installation.run_job(&["--output", "csv"]).ok().lines().count(), 3);
    assert_eq!(installation.run_job(&["--output", "ndjson"]).ok().lines().count(), 2);
    installation.run(&["execution", "prune", "--keep", "1"]).ok();
    let id = only(&installation);
    let refused = execution(&installation, "results", &id, &["--output", "csv"]);
    let error = refused.failed(4, "execution.ambiguous-result");
    assert_names(error, &["2 tables", "--step one --table rows  (1 rows)", "--step other --table rows  (2 rows)"]);
    assert_eq!(results(&installation, &id, &["--step", "one", "--output", "csv"]).lines().count(), 2);
    let unknown = execution(&installation, "results", &id, &["--table", "row"]);
    assert_names(unknown.failed(4, "execution.unknown-result"), &["`row`", "`rows`"]);
    let unknown = execution(&installation, "results", &id, &["--step", "on"]);
    assert_names(unknown.failed(4, "execution.unknown"), &["no step `on`", "`one`"]);
}

#[test]
fn what_is_there_of_one_that_goes_on() {
    let installation = installation("");
    let steps = json!([
        {"id": "rows", "uses": "misbehave/rows", "with": {"count": 3}},
        script("wait", &gate(&installation, "one")),
    ]);
    apply(&installation, &[("slow", &format!("steps: {steps}\n"))]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "slow", &[]);
    let follower = Started::start(&installation, installation.command(&["execution", "follow", &id]));
    logs(&installation, &id, "waiting one");
    assert_eq!(results(&installation, &id, &["--output", "ndjson"]).lines().count(), 3);
    let document: Value = serde_json::from_str(&results(&installation, &id, &["--output", "json"])).unwrap();
    assert_eq!((&document["state"], &document["steps"][1]["state"]), (&json!("running"), &json!("running")));
    open(&installation, "one");
    let ended = follower.ended();
    let end = ended.ok().rfind("wait: succeeded").unwrap();
    assert!(ended.stdout[end..].contains("line 2 "), "the table comes last:\n{}", ended.stdout);
    let told = installation.run(&["job", "start", "slow", "--project", "web", "--follow"]);
    assert_names(&told.stderr, &["windlass execution results "]);
    assert_eq!(told.ok().lines().count(), 1, "standard output has the id alone");
}

/// A step that runs a job has that job's tables.
#[test]
fn tables_of_a_job_in_a_job() {
    let inner = "steps: [{id: rows, uses: misbehave/rows, with: {count: 2}}]\n";
    let outer = "steps: [{id: call, job: {name: inner}}]\n";
    let installation = stored(&[("inner", inner), ("outer", outer)]);
    let job = installation.folder().join("jobs/outer.yaml");
    let run = |output: &str| installation.run(&["run", job.to_str().unwrap(), "--project", "web", "--output", output]);
    assert_eq!(run("csv").ok().lines().count(), 3);
    let listed = installation.run(&["execution", "list", "--output", "json"]);
    let rows: Vec<Value> = serde_json::from_str(listed.ok()).unwrap();
    let id = rows.iter().find(|row| row["job"] == "outer").unwrap()["id"].as_str().unwrap();
    assert_names(&results(&installation, id, &["--output", "markdown"]), &["**call/rows: rows**"]);
    assert_eq!(results(&installation, id, &["--step", "call", "--output", "ndjson"]).lines().count(), 2);
}

/// What others wrote stays what it is for programs, and is told of where a spreadsheet would calculate it.
#[test]
fn hostile_cells() {
    let cells = ["=cmd|' /C calc'!A0", "a \"quoted\"\r\nline, and another", "| <script>alert(1)</script>\n[x](y)"];
    let with = json!({"table": "hostile", "columns": ["text", "@n"], "rows": cells.map(|cell| json!([cell, -1]))});
    let installation = installation("");
    installation.job(&format!("steps: {}\n", json!([{"uses": "misbehave/tell", "with": with}])));
    let csv = installation.run_job(&["--output", "csv"]);
    let rows = read_csv(&installation, csv.ok());
    assert_eq!(rows[1..].iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), cells);
    assert_names(&csv.stderr, &["1 cells of table `hostile`", "formulas"]);
    let markdown = installation.run_job(&["--output", "markdown"]);
    assert_eq!(markdown.ok().lines().count(), 4 + 3, "a row is a line:\n{}", markdown.stdout);
    assert_names(&markdown.stdout, &["\\| \\<script\\>alert(1)\\</script\\><br>\\[x\\](y)"]);
}

also_on_postgres! {
    tables_are_printed_later_in_each_form,
    the_last_attempts_count,
    a_choice_is_asked_for_where_one_table_is_wanted,
    what_is_there_of_one_that_goes_on,
    tables_of_a_job_in_a_job,
}

/// However many rows there are, the runner has a page of them at a time.
#[test]
fn memory_stays_flat() {
    let installation = installation("");
    let peak = |rows: u32, output: &str| {
        installation.job(&format!("steps: [{{uses: misbehave/rows, with: {{count: {rows}}}}}]\n"));
        let mut command = installation.job_command(&["--quiet", "--output", output]);
        let printed = installation.folder().join("printed");
        let file = std::fs::File::create(&printed).unwrap();
        let mut child = command.stdout(file).spawn().unwrap();
        let (status, usage) = usage::wait(&mut child).unwrap();
        assert!(status.success());
        (usage.peak_kib, std::fs::metadata(&printed).unwrap().len())
    };
    peak(10, "json"); // What the first run sets up.
    for (output, prints_all) in [("json", true), ("csv", true), ("table", false)] {
        let ((few, short), (many, long)) = (peak(10_000, output), peak(200_000, output));
        assert_eq!(long > 20_000_000 && long > 15 * short, prints_all, "{output}: {short} and {long} bytes");
        assert!(many - few < BUFFERS_KIB, "{output}: {few} KiB with 10,000 rows, {many} KiB with 200,000");
    }
}

/// What is collected until it is worth a transaction, with its copies on the way, is full with many rows only.
const BUFFERS_KIB: i64 = 32 * 1024;
