use serde_json::{Value, json};
use windlass_plugin_api::frames::{Chart, ChartKind};

use super::*;

fn chart(kind: ChartKind, x: &str, y: &[&str], series: Option<&str>) -> Chart {
    Chart {
        chart: "by hour".to_owned(),
        title: "Requests & <errors>".to_owned(),
        kind,
        table: "results".to_owned(),
        x: x.to_owned(),
        y: y.iter().map(|column| (*column).to_owned()).collect(),
        series: series.map(str::to_owned),
    }
}

/// Draws a table; its first row is the columns. Leaves the SVG in the folder that `KEEP_CHARTS` names, to be looked at.
fn drawn(name: &str, chart: &Chart, rows: &Value) -> Result<String, ChartError> {
    let rows: Vec<Vec<Value>> = serde_json::from_value(rows.clone()).unwrap();
    let columns: Vec<String> = rows[0].iter().map(|cell| cell.as_str().unwrap().to_owned()).collect();
    let mut drawing = Drawing::new(chart, &columns)?;
    rows[1..].iter().try_for_each(|row| drawing.row(row))?;
    let svg = drawing.svg()?;
    if let Some(folder) = std::env::var_os("KEEP_CHARTS") {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.svg")), &svg).unwrap();
    }
    Ok(svg)
}

fn count(svg: &str, what: &str) -> usize {
    svg.matches(what).count()
}

#[test]
fn a_line_over_time_with_a_gap() {
    let mut rows = vec![json!(["bin(5m)", "requests"])];
    // Insights sends text, and the newest first.
    let minutes = (0..120).rev().map(|step| step * 5).filter(|minute| !(200..260).contains(minute));
    rows.extend(minutes.map(|minute| {
        let requests = 400.0 + 300.0 * (f64::from(minute) / 90.0).sin() + f64::from(minute % 35);
        json!([format!("2026-01-02 {:02}:{:02}:00.000", 3 + minute / 60, minute % 60), format!("{requests:.0}")])
    }));
    let svg = drawn("line", &chart(ChartKind::Line, "bin(5m)", &["requests"], None), &json!(rows)).unwrap();
    let lines: Vec<&str> = svg.lines().filter(|line| line.contains("stroke=\"#0072B2\"")).collect();
    assert_eq!(lines.len(), 2, "one before and one after the gap");
    assert!(svg.starts_with("<svg role=\"img\" aria-labelledby=\"title description\" width=\"960\""), "{svg}");
    assert!(svg.contains("<title id=\"title\">Requests &amp; &lt;errors&gt;</title>"));
    assert!(svg.contains("from 2026-01-02 03:00:00 to 2026-01-02 12:55:00 UTC. 108 values between "), "{svg}");
    assert!(["06:00", "08:00", "2026-01-02 UTC"].iter().all(|text| svg.contains(text)));
}

#[test]
fn several_columns_and_series_have_a_colour_and_a_name_each() {
    let mut rows = vec![json!(["time", "region", "errors", "requests"])];
    for hour in 0..48 {
        for (index, region) in ["us-east-1", "eu-central-1"].iter().enumerate() {
            let time = format!("2026-01-{:02}T{:02}:00:00Z", 2 + hour / 24, hour % 24);
            rows.push(json!([time, region, hour % (5 + index), 10 + hour * (index + 1)]));
        }
    }
    let of = chart(ChartKind::Line, "time", &["errors", "requests"], Some("region"));
    let svg = drawn("series", &of, &json!(rows)).unwrap();
    for name in ["us-east-1: errors", "us-east-1: requests", "eu-central-1: errors", "eu-central-1: requests"] {
        assert!(svg.contains(name), "{name}");
    }
    let of = chart(ChartKind::Bar, "time", &["requests"], Some("region"));
    let svg = drawn("bars-over-time", &of, &json!(rows)).unwrap();
    assert!(count(&svg, "fill=\"#0072B2\"") >= 48 && count(&svg, "fill=\"#D55E00\"") >= 48);
}

#[test]
fn bars_of_categories_with_long_names() {
    let long = format!("/checkout/{}", "x".repeat(100));
    let rows = json!([["path", "count"], ["/", "1234"], [long, 910], ["404", "12.5"], [null, 3], ["/<b>&\"", -40]]);
    let svg = drawn("bars", &chart(ChartKind::Bar, "path", &["count"], None), &rows).unwrap();
    assert!(svg.contains("/checkout/xxxxxxxxxxxxxxxxx\u{2026}") && svg.contains("(empty)"), "{svg}");
    assert!(svg.contains("/&lt;b&gt;&amp;&quot;") && !svg.contains("<b>"));

    let mut rows = vec![json!(["client", "region", "n"])];
    for client in 0..60 {
        rows.push(json!([format!("10.0.0.{client}"), "a", 100 - client]));
        rows.push(json!([format!("10.0.0.{client}"), "b", client]));
    }
    let svg = drawn("many-bars", &chart(ChartKind::Bar, "client", &["n"], Some("region")), &json!(rows)).unwrap();
    assert!(svg.contains("10.0.0.39") && !svg.contains("10.0.0.40"), "no more than 40");
    assert!(count(&svg, "40 of 120 rows are not shown") == 2, "it is said, to those who hear it as well");
}

#[test]
fn lines_over_numbers_and_categories() {
    let rows = json!([["ms", "share"], [10, 0.5], [1, 0.1], [100, 0.95], [1000, 1]]);
    let svg = drawn("numbers", &chart(ChartKind::Line, "ms", &["share"], None), &rows).unwrap();
    assert!(svg.contains("1,000") && svg.contains("0.2"));
    let rows = json!([["day", "n"], ["Mon", 1], ["Tue", 4], ["Wed", 2]]);
    let svg = drawn("categories", &chart(ChartKind::Line, "day", &["n"], None), &rows).unwrap();
    assert!(["Mon", "Tue", "Wed"].iter().all(|day| svg.contains(day)));
}

#[test]
fn more_series_than_colours_are_said() {
    let mut rows = vec![json!(["x", "s", "n"])];
    rows.extend((0..30).map(|index| json!([index / 10, format!("s{}", index % 10), index])));
    let svg = drawn("many-series", &chart(ChartKind::Line, "x", &["n"], Some("s")), &json!(rows)).unwrap();
    assert!(svg.contains("2 of 10 series are not shown") && !svg.contains("s8"));
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    let of = |x: &str, y: &[&str], rows: Value| {
        drawn("none", &chart(ChartKind::Line, x, y, None), &rows).unwrap_err().to_string()
    };
    assert_eq!(
        of("x", &["y"], json!([["x"]])),
        "chart `by hour` is of column `y`, which table `results` does not have"
    );
    assert!(of("x", &["y"], json!([["x", "y"]])).contains("no row has a number in column `y`"));
    assert!(of("x", &["y"], json!([["x", "y"], [1, null], [2, ""]])).contains("nothing to draw"));
    assert!(of("x", &[], json!([["x", "y"], [1, 2]])).contains("nothing to draw"));
    let message = of("x", &["y"], json!([["x", "y"], [1, 2], [2, "GET /\u{1b}[2J"]]));
    assert!(message.contains("row 2 has `GET /\u{fffd}[2J` in column `y`"), "{message}");
    assert!(of("x", &["y"], json!([["x", "y"], [1, "1e300"]])).contains("no number to draw"));
}

/// Whatever the numbers and texts are, there is a chart or an error, and the chart is well-formed.
#[test]
fn hostile_values() {
    let texts = [
        "",
        "\u{0}\u{1b}]0;x\u{7}",
        "]]>",
        "&amp;<script>",
        "\u{ffff}\u{202e}",
        "9999-12-31T23:59:59Z",
        "-009999-01-01T00:00:00Z",
        "1e30",
    ];
    let numbers = [json!(0), json!(-1e30), json!("1e30"), json!(1e-300), json!(5), json!(null)];
    for kind in [ChartKind::Line, ChartKind::Bar] {
        for series in [None, Some("s")] {
            for (index, x) in texts.iter().enumerate() {
                let mut rows = vec![json!(["x", "s", "n"])];
                rows.extend(numbers.iter().zip(texts.iter().skip(index)).map(|(n, s)| json!([x, s, n])));
                rows.extend(texts.iter().skip(index).map(|x| json!([x, x, 1])));
                let svg = drawn("hostile", &chart(kind, "x", &["n"], series), &json!(rows)).unwrap();
                assert_eq!((count(&svg, "<script"), count(&svg, "<svg")), (0, 1));
                assert!(!svg.contains(|c: char| c.is_control() && c != '\n') && svg.len() < 100_000);
            }
        }
    }
}

#[test]
fn many_rows_are_bounded() {
    let of = chart(ChartKind::Line, "x", &["n"], None);
    let mut drawing = Drawing::new(&of, &["x".to_owned(), "n".to_owned()]).unwrap();
    (0..100_000).for_each(|row| drawing.row(&[json!(row), json!(row % 7)]).unwrap());
    assert!(drawing.svg().unwrap().contains("80000 of 100000 rows are not shown"));
}
