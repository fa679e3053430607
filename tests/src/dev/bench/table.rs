//! The table, as Markdown that also reads well in a terminal of 120 columns.

use super::Measured;
use super::measure::NOISY;
use super::row::{Amount, Row, Side};
use std::time::Duration;

const HEADER: [&str; 7] = ["what", "ours", "limit", "present way", "ratio", "goal", "met"];
const LEGEND: &str = "\
Medians; ± is the distance of the quartiles. Ratio and goal: 1/N is of the present way, Nx and +N ms are of the limit.";

pub(super) fn render(measured: &Measured) -> String {
    let rows = &measured.rows;
    let mut lines = vec![HEADER.map(str::to_owned), HEADER.map(|_| "---".to_owned())];
    lines.extend(rows.iter().map(cells));
    let mut text = aligned(&lines);
    text += &format!("\n{LEGEND}\n");
    for detail in &measured.details {
        text += &format!("  {detail}\n");
    }
    let noisy = rows.iter().filter(|row| row.is_noisy()).count();
    if noisy > 0 {
        text += &format!(
            "The machine was too noisy: in {noisy} of {} rows a figure spreads by more than {:.0} %. Measure again.\n",
            rows.len(),
            NOISY * 100.0
        );
    }
    text
}

fn cells(row: &Row) -> [String; 7] {
    let figure = |side: &Side| format!("{} ±{:.0}%", value(side, row.amount), side.time.spread * 100.0);
    let named = |side: &Side| format!("{} {}", side.name, figure(side));
    let met = match row.is_met() {
        Some(true) => "yes",
        Some(false) => "NO",
        None => "-",
    };
    let (ratio, goal) = row.goal_words();
    let present = row.present.as_ref().map_or("-".to_owned(), named);
    [row.what.clone(), figure(&row.ours), named(&row.limit), present, ratio, goal, met.into()]
}

/// The time, or with an amount the rate.
fn value(side: &Side, amount: Option<Amount>) -> String {
    let per_second = |amount: u64| amount as f64 / side.time.median.as_secs_f64();
    match amount {
        None => time(side.time.median),
        Some(Amount::Bytes(bytes)) => format!("{:.0} MiB/s", per_second(bytes) / f64::from(1 << 20)),
        Some(Amount::Lines(lines)) => format!("{:.0}k/s", per_second(lines) / 1000.0),
    }
}

fn time(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1000.0;
    let digits = match milliseconds {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{milliseconds:.digits$} ms")
}

fn aligned(lines: &[[String; 7]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..HEADER.len()).map(width).collect();
    let padded = |line: &[String; 7]| {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    lines.iter().map(padded).collect()
}

#[cfg(test)]
mod tests {
    use super::super::measure::Middle;
    use super::super::row::Goal;
    use super::*;

    fn side(name: &'static str, milliseconds: f64) -> Side {
        Side { name, time: Middle::of(vec![Duration::from_secs_f64(milliseconds / 1000.0); 3]) }
    }

    fn row(what: &str, goal: Option<Goal>) -> Row {
        let (ours, limit) = (side("windlass", 30.0), side("bare SDK", 20.0));
        Row { what: what.into(), ours, limit, present: Some(side("aws script", 600.0)), amount: None, goal }
    }

    fn rendered(rows: Vec<Row>) -> String {
        render(&Measured { rows, details: vec!["query, windlass: peak 2 MiB".into()] })
    }

    #[test]
    fn shows_ratio_goal_and_whether_it_is_met() {
        let text = rendered(vec![
            row("part", Some(Goal::PartOfPresent(0.2))),
            row("times", Some(Goal::TimesLimit(1.2))),
            row("above", Some(Goal::AboveLimit(Duration::from_millis(15)))),
        ]);
        assert!(text.contains("| 1/20.0   | 1/5    | yes |"), "{text}");
        assert!(text.contains("| 1.50x    | 1.2x   | NO  |"), "{text}");
        assert!(text.contains("| +10.0 ms | +15 ms | yes |"), "{text}");
        assert!(text.contains("  query, windlass: peak 2 MiB\n"), "{text}");
        assert!(!text.contains("too noisy"), "{text}");
    }

    #[test]
    fn what_is_not_there_is_a_dash() {
        let present = None;
        let text = rendered(vec![Row { present, ..row("log", None) }]);
        assert!(
            text.contains("| log  | 30.0 ms ±0% | bare SDK 20.0 ms ±0% | -           | 1.50x | -    | -   |"),
            "{text}"
        );
    }

    #[test]
    fn an_amount_is_shown_as_a_rate() {
        let lines = Some(Amount::Lines(3_000));
        let bytes = Some(Amount::Bytes(6 << 20));
        let text = rendered(vec![Row { amount: lines, ..row("", None) }, Row { amount: bytes, ..row("", None) }]);
        assert!(text.contains("100k/s ±0%") && text.contains("bare SDK 150k/s ±0%"), "{text}");
        assert!(text.contains("200 MiB/s ±0%") && text.contains("bare SDK 300 MiB/s ±0%"), "{text}");
    }

    #[test]
    fn a_slow_and_noisy_machine_still_fits_120_columns() {
        let noisy = |name, milliseconds| {
            let mut side = side(name, milliseconds);
            side.time.spread = 0.19;
            side
        };
        let slow = Row {
            ours: noisy("windlass", 1234.0),
            limit: noisy("bare SDK", 1234.0),
            present: Some(noisy("aws script", 12345.0)),
            ..row("query 10000 rows, wall", Some(Goal::AboveLimit(Duration::from_millis(15))))
        };
        let bytes = Some(Amount::Bytes(200 << 20));
        let bytes = Row { limit: noisy("copy", 200.0), present: None, amount: bytes, goal: None, ..slow.clone() };
        let ours = Row { ours: noisy("windlass", 1167.0), ..slow.clone() };
        let text = rendered(vec![slow, bytes, ours]);
        assert!(text.contains("in 3 of 3 rows a figure spreads by more than 15 %"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    }
}
