//! What a step has found so far, shown while it runs.

use crate::installation::{Installation, assert_names};
use serde_json::json;
use windlass_tests::terminal;

const COLUMNS: u16 = 60;

fn installation(previews: u32) -> Installation {
    let long = "\u{65e5}".repeat(500);
    let rows: Vec<_> = (0..30).map(|row| json!([format!("found {row}"), long, "\u{1b}[2J"])).collect();
    let with = json!({"table": "found", "columns": ["what", "text", "hostile"], "rows": rows, "previews": previews});
    let installation = Installation::new("projects: [{name: web}]\n");
    installation.job(&format!("steps: {}\n", json!([{"id": "say", "uses": "misbehave/tell", "with": with}])));
    installation
}

/// Plays what a terminal got: the lines that are left on it. A line that is too long for it would go on in the next one.
fn left(seen: &str) -> Vec<String> {
    let (mut lines, mut row) = (vec![String::new()], 0);
    let mut rest = seen;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("\x1b[2K") {
            lines[row].clear();
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("\x1b[1A") {
            row = row.checked_sub(1).expect("it does not go above what it has drawn");
            rest = after;
            continue;
        }
        match c {
            '\n' => row += 1,
            '\r' => {}
            '\x1b' => panic!("another control sequence: {:?}", &rest[..8]),
            c => lines[row].push(c),
        }
        lines.resize(lines.len().max(row + 1), String::new());
        rest = &rest[c.len_utf8()..];
    }
    lines
}

#[test]
fn rows_are_shown_in_place_and_go_with_the_step() {
    let installation = installation(3);
    let (status, seen) = terminal::run(installation.job_command(&["--output", "ndjson"]), COLUMNS).unwrap();
    assert_eq!(status.code(), Some(0), "{seen}");
    let shown = seen.split("say: succeeded").next().unwrap();
    assert_names(shown, &["what", "found 0", "found 4"]);
    assert!(!shown.contains("found 5"), "{seen}");
    let lines = left(shown);
    assert!(lines[0].starts_with("say: misbehave/tell"), "{lines:?}");
    assert!(lines[1..].iter().all(String::is_empty), "nothing of it is left: {lines:?}");
}

#[test]
fn nothing_is_shown_where_there_is_no_terminal() {
    let ended = installation(3).run_job(&["--output", "csv"]);
    ended.ok();
    assert!(!ended.stderr.contains("found"), "{}", ended.stderr);
}
