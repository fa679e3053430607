//! What is seen on standard error while a job runs.

use std::io::{IsTerminal, Write};

use windlass_engine::Notice;
use windlass_plugin_api::frames::Level;
use windlass_store::State;

use super::lines::Lines;
use super::{preview, safe_text, table};

/// Prints what happens. On a terminal the last lines show what the step does now and what it has found so far; they are written
/// over.
pub(crate) struct Live {
    quiet: bool,
    /// Whether it is what the command prints, and no talk.
    data: bool,
    terminal: bool,
    status: String,
    preview: Option<Preview>,
    /// How many lines of these two are on the terminal.
    drawn: usize,
    lines: Lines,
}

/// What a step has found so far.
struct Preview {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Live {
    pub(crate) fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { quiet, data: false, terminal, status: String::new(), preview: None, drawn: 0, lines: Lines::default() }
    }

    /// For a command that prints nothing else.
    pub(crate) fn on_stdout() -> Self {
        Self { data: true, ..Self::new(false) }
    }

    pub(crate) fn notice(&mut self, notice: &Notice<'_>) {
        if self.quiet {
            return;
        }
        match notice {
            Notice::Started { .. } => {}
            Notice::Waits { reason } => self.print(&format!("waiting {reason}")),
            Notice::StepStarted { step, uses, attempt: 1 } => self.print(&format!("{step}: {uses}")),
            Notice::StepStarted { step, uses, attempt } => self.print(&format!("{step}: {uses}, attempt {attempt}")),
            Notice::StepRetries { step, failure, wait } => {
                let message = safe_text(failure.message.lines().next().unwrap_or_default());
                self.print(&format!("{step}: failed ({}): {message}; again in {wait:?}", failure.code));
            }
            Notice::Log { step, level, text } => {
                let mark = match level {
                    Level::Debug => return,
                    Level::Info => "",
                    Level::Warn => "warning: ",
                    Level::Error => "error: ",
                };
                for line in text.lines() {
                    self.print(&format!("{step}: {mark}{}", safe_text(line)));
                }
            }
            Notice::Output { step, stream, bytes } => {
                let lines = self.lines.push(step, *stream, bytes);
                self.output(step, &lines);
            }
            Notice::Progress { step, text, fraction } => {
                let percent = fraction.map(|part| format!("{:.0} % ", part * 100.0)).unwrap_or_default();
                self.status = format!("{step}: {percent}{}", safe_text(text));
                self.draw();
            }
            Notice::Preview { columns, rows, .. } => {
                self.preview = Some(Preview { columns: columns.to_vec(), rows: rows.to_vec() });
                self.draw();
            }
            Notice::StepEnded(end) => {
                let rest = self.lines.finish(&end.step);
                self.output(&end.step, &rest);
                let took = end.took.as_secs_f64();
                match end.state {
                    State::Succeeded => self.print(&format!("{}: succeeded in {took:.2} s", end.step)),
                    State::Skipped => {}
                    _ => self.forget(),
                }
            }
        }
    }

    /// Whether it shows nothing.
    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// A line that stays.
    pub(crate) fn print(&mut self, text: &str) {
        if !self.quiet {
            self.forget();
            let _ =
                if self.data { writeln!(std::io::stdout(), "{text}") } else { writeln!(std::io::stderr(), "{text}") };
        }
    }

    fn output(&mut self, step: &str, lines: &[String]) {
        for line in lines {
            self.print(&format!("{step}| {}", safe_text(line)));
        }
    }

    /// Shows the status and the preview in the place of those before.
    fn draw(&mut self) {
        if !self.terminal {
            return;
        }
        // The last column stays free: what is written there makes some terminals begin a line.
        let width = table::talk_width().saturating_sub(1);
        let mut lines = vec![preview::fitting(&self.status, width)];
        if let Some(Preview { columns, rows }) = &self.preview {
            lines.extend(preview::lines(columns, rows, width));
        }
        let drawn = lines.len();
        let erase = self.erase();
        let _ = write!(std::io::stderr(), "{erase}{}", lines.join("\n"));
        let _ = std::io::stderr().flush();
        self.drawn = drawn;
    }

    /// What removes the lines that are written over, from the last one on.
    fn erase(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            drawn => format!("\r\x1b[2K{}", "\x1b[1A\x1b[2K".repeat(drawn - 1)),
        }
    }

    /// Removes the status and the preview.
    fn forget(&mut self) {
        self.status.clear();
        self.preview = None;
        let erase = self.erase();
        let _ = write!(std::io::stderr(), "{erase}");
    }
}
