//! The table, as Markdown that also reads well in a terminal.

use super::measure::{Figures, Middle, NOISY};
use super::row::{Figure, Row};

const HEADER: [&str; 8] = ["what", "figure", "ours", "limit", "present way", "ratio", "goal", "met"];

pub(super) fn render(rows: &[Row]) -> String {
    let mut lines = vec![HEADER.map(str::to_owned), HEADER.map(|_| "---".to_owned())];
    lines.extend(rows.iter().map(cells));
    let mut text = aligned(&lines);
    text += "\nMedians; (±) is the distance of the quartiles. Instructions are user-mode, of the whole process tree:\n";
    for figures in distinct(rows) {
        text += &format!("  {}\n", detail(figures));
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

fn cells(row: &Row) -> [String; 8] {
    let figure = match row.figure {
        Figure::Wall => "wall",
        Figure::Cpu => "CPU",
    };
    let named = |figures: &Figures| format!("{} {}", time(row.of(figures)), figures.name);
    let (ratio, goal) = row.goal_words();
    let met = if row.is_met() { "yes" } else { "NO" };
    let ours = time(row.of(&row.ours));
    [row.what.clone(), figure.into(), ours, named(&row.limit), named(&row.present), ratio, goal, met.into()]
}

fn time(middle: Middle) -> String {
    format!("{:.1} ms (±{:.0} %)", middle.median.as_secs_f64() * 1000.0, middle.spread * 100.0)
}

fn distinct(rows: &[Row]) -> Vec<(&str, &Figures)> {
    let mut seen: Vec<(&str, &Figures)> = Vec::new();
    for row in rows {
        for figures in [&row.ours, &row.limit, &row.present] {
            if !seen.iter().any(|(what, other)| *what == row.what && other.name == figures.name) {
                seen.push((&row.what, figures));
            }
        }
    }
    seen
}

fn detail((what, figures): (&str, &Figures)) -> String {
    let instructions = figures.instructions.map_or_else(|| "n/a".to_owned(), |count| (count / 1_000_000).to_string());
    let mib = figures.peak_kib / 1024;
    format!("{what}, {}: {instructions} million instructions, peak {mib} MiB", figures.name)
}

fn aligned(lines: &[[String; 8]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..HEADER.len()).map(width).collect();
    let padded = |line: &[String; 8]| {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    lines.iter().map(padded).collect()
}

#[cfg(test)]
mod tests {
    use super::super::row::Goal;
    use super::*;
    use std::time::Duration;

    fn figures(name: &'static str, wall: u64, cpu: u64) -> Figures {
        let middle = |milliseconds| Middle::of(vec![Duration::from_millis(milliseconds); 3]);
        Figures { name, wall: middle(wall), cpu: middle(cpu), peak_kib: 2048, instructions: None }
    }

    fn row(figure: Figure, goal: Goal) -> Row {
        let (ours, limit) = (figures("windlass", 30, 10), figures("bare SDK", 20, 8));
        Row { what: "query, 100 rows".into(), figure, ours, limit, present: figures("aws script", 600, 460), goal }
    }

    #[test]
    fn shows_ratio_goal_and_whether_it_is_met() {
        let text = render(&[
            row(Figure::Wall, Goal::PartOfPresent(0.2)),
            row(Figure::Cpu, Goal::TimesLimit(1.2)),
            row(Figure::Wall, Goal::AboveLimit(Duration::from_millis(15))),
        ]);
        assert!(text.contains("| 1/20.0 of aws script | 1/5    | yes |"), "{text}");
        assert!(text.contains("| 1.25x bare SDK       | 1.2x   | NO  |"), "{text}");
        assert!(text.contains("| +10.0 ms to bare SDK | +15 ms | yes |"), "{text}");
        assert_eq!(text.matches("n/a million instructions, peak 2 MiB").count(), 3, "{text}");
        assert!(!text.contains("too noisy"), "{text}");
    }

    #[test]
    fn says_when_the_machine_was_too_noisy() {
        let mut noisy = row(Figure::Wall, Goal::TimesLimit(2.0));
        noisy.limit.wall.spread = 0.5;
        assert!(render(&[noisy]).contains("in 1 of 1 rows a figure spreads by more than 15 %"));
    }
}
