//! What the steps came to: a line as each ends, a table and the counting line at the end.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;
use windlass_tests::{Outcome, Problem};

pub(super) enum Result {
    Passed { took: Duration, note: String },
    Failed { took: Duration, problem: Problem },
    Skipped,
}

impl Result {
    pub(super) fn of(outcome: Outcome<String>, took: Duration, log: &Path) -> Self {
        match outcome {
            Ok(note) => Self::Passed { took, note },
            Err(problem) => Self::Failed { took, problem: problem.log(log) },
        }
    }

    fn words(&self) -> (&'static str, String, &str) {
        match self {
            Self::Passed { took, note } => ("passed", seconds(*took), note),
            Self::Failed { took, .. } => ("FAILED", seconds(*took), ""),
            Self::Skipped => ("skipped", String::new(), "--without"),
        }
    }
}

#[derive(Default)]
pub(super) struct Report {
    results: Vec<(&'static str, Result)>,
}

impl Report {
    /// Says what runs now; on a terminal the result replaces the line.
    pub(super) fn announce(&self, name: &str, what: &str) {
        if std::io::stdout().is_terminal() {
            print!("{name:<7} running  {what}\r");
            let _shown = std::io::stdout().flush();
        }
    }

    pub(super) fn add(&mut self, name: &'static str, result: Result) {
        let rest_of_announcement = if std::io::stdout().is_terminal() { "\x1b[K" } else { "" };
        println!("{}{rest_of_announcement}", line(name, &result).trim_end());
        if let Result::Failed { problem, .. } = &result {
            println!("{problem}");
        }
        self.results.push((name, result));
    }

    pub(super) fn failed(&self) -> usize {
        self.count(|result| matches!(result, Result::Failed { .. }))
    }

    fn count(&self, which: impl Fn(&Result) -> bool) -> usize {
        self.results.iter().filter(|(_, result)| which(result)).count()
    }

    pub(super) fn print_summary(&self) {
        println!("\nstep    result      time  note");
        for (name, result) in &self.results {
            println!("{}", line(name, result).trim_end());
        }
        println!("{}", self.counts());
    }

    /// The last line, alone on a line.
    fn counts(&self) -> String {
        let passed = self.count(|result| matches!(result, Result::Passed { .. }));
        let skipped = self.count(|result| matches!(result, Result::Skipped));
        let skips = if skipped == 0 { String::new() } else { format!(", {skipped} skipped") };
        format!("{passed} passed, {} failed{skips}", self.failed())
    }
}

fn line(name: &str, result: &Result) -> String {
    let (word, took, note) = result.words();
    format!("{name:<7} {word:<7} {took:>8}  {note}")
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed() -> Result {
        Result::Passed { took: Duration::from_millis(1250), note: "3 tests".into() }
    }

    #[test]
    fn counts_are_one_plain_line() {
        let mut report = Report::default();
        report.results.push(("fmt", passed()));
        assert_eq!(report.counts(), "1 passed, 0 failed");
        report.results.push(("test", Result::Failed { took: Duration::ZERO, problem: Problem::new("no") }));
        report.results.push(("docs", Result::Skipped));
        assert_eq!(report.counts(), "1 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_line_shows_time_and_note() {
        assert_eq!(line("fmt", &passed()), "fmt     passed     1.2 s  3 tests");
    }
}
