//! Charts of steps' tables.

use crate::installation::{Installation, also_on_postgres, assert_names};
use crate::stored::{execution, installation, only};
use serde_json::{Value, json};

fn chart(name: &str, kind: &str, x: &str, y: &[&str]) -> Value {
    json!({"chart": name, "title": format!("<{name}>"), "kind": kind, "table": "hours", "x": x, "y": y, "series": "region"})
}

/// One step that sends these charts of a table, run.
fn with_charts(charts: &[Value]) -> (Installation, String, String) {
    let rows = json!([
        ["2026-01-02 03:00:00.000", "us-east-1", "12", "ok"],
        ["2026-01-02 04:00:00.000", "us-east-1", "17", "ok"],
        ["2026-01-02 03:00:00.000", "<script>", "3", "ok"],
    ]);
    let columns = ["bin(1h)", "region", "count", "state"];
    let with = json!({"table": "hours", "columns": columns, "rows": rows, "charts": charts});
    let installation = installation("");
    installation.job(&format!("steps: {}\n", json!([{"id": "say", "uses": "misbehave/tell", "with": with}])));
    let ended = installation.run_job(&[]);
    ended.ok();
    let id = only(&installation);
    (installation, id, ended.stderr)
}

#[test]
fn a_chart_is_drawn_and_read() {
    let (installation, id, said) = with_charts(&[chart("by hour", "line", "bin(1h)", &["count"])]);
    assert_names(&said, &[&format!("chart `by hour`: windlass execution chart {} > by-hour.svg\n", &id[24..])]);
    let svg = execution(&installation, "chart", &id, &[]).ok().to_owned();
    assert!(svg.starts_with("<svg role=\"img\""), "{svg}");
    assert_names(&svg, &["&lt;by hour&gt;", "us-east-1", "&lt;script&gt;", "2026-01-02 UTC", "</svg>"]);
    assert!(!svg.contains("<script"), "{svg}");
    let table = execution(&installation, "chart", &id, &["by hour", "--output", "table"]).ok().to_owned();
    let lines: Vec<&str> = table.lines().collect();
    assert_names(lines[1], &["bin(1h)", "region", "count"]);
    assert!(lines.len() == 3 + 4 && !table.contains("state"), "{table}");
}

#[test]
fn one_of_several_charts_is_named() {
    let charts = [chart("by hour", "line", "bin(1h)", &["count"]), chart("bars", "bar", "region", &["count"])];
    let (installation, id, said) = with_charts(&charts);
    assert_names(&said, &["'by hour' > by-hour.svg\n", " bars > bars.svg\n"]);
    let refused = execution(&installation, "chart", &id, &[]);
    assert_names(
        refused.failed(4, "execution.ambiguous-result"),
        &["2 charts", "'by hour' --step say", "bars --step say"],
    );
    assert_names(
        execution(&installation, "chart", &id, &["bars", "--step", "say"]).ok(),
        &["Bar chart of count by region"],
    );
    let unknown = execution(&installation, "chart", &id, &["by-hour"]);
    assert_names(unknown.failed(4, "execution.unknown-result"), &["`by-hour`", "`by hour`"]);
}

#[test]
fn what_cannot_be_drawn() {
    let other = json!({"chart": "other", "title": "", "kind": "bar", "table": "none", "x": "a", "y": ["b"]});
    let charts = [chart("words", "line", "bin(1h)", &["state"]), chart("missing", "bar", "nothing", &["count"]), other];
    let (installation, id, _) = with_charts(&charts);
    for (name, words) in [("words", "row 1 has `ok`"), ("missing", "column `nothing`"), ("other", "table `none`")] {
        let refused = execution(&installation, "chart", &id, &[name]);
        assert_names(refused.failed(4, "execution.undrawable-chart"), &[words]);
        assert_eq!(refused.stdout, "");
    }
    let (installation, id, said) = with_charts(&[]);
    assert!(!said.contains("chart"), "{said}");
    execution(&installation, "chart", &id, &[]).failed(4, "execution.unknown-result");
}

also_on_postgres! {
    a_chart_is_drawn_and_read,
    one_of_several_charts_is_named,
}
