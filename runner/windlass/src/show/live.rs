//! What is seen on standard error while a job runs.

use std::io::{IsTerminal, Write};

use windlass_engine::Notice;
use windlass_plugin_api::frames::Level;
use windlass_store::State;

use super::lines::Lines;
use super::{safe_text, table};

/// Prints what happens. On a terminal the last line shows what the step does now and is written over.
pub(crate) struct Live {
    quiet: bool,
    /// Whether it is what the command prints, and no talk.
    data: bool,
    terminal: bool,
    status: bool,
    lines: Lines,
}

impl Live {
    pub(crate) fn new(quiet: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { quiet, data: false, terminal, status: false, lines: Lines::default() }
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
                self.status(&format!("{step}: {percent}{}", safe_text(text)));
            }
            Notice::StepEnded(end) => {
                let rest = self.lines.finish(&end.step);
                self.output(&end.step, &rest);
                let took = end.took.as_secs_f64();
                match end.state {
                    State::Succeeded => self.print(&format!("{}: succeeded in {took:.2} s", end.step)),
                    State::Skipped => {}
                    _ => self.clear(),
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
            self.clear();
            let _ =
                if self.data { writeln!(std::io::stdout(), "{text}") } else { writeln!(std::io::stderr(), "{text}") };
        }
    }

    fn output(&mut self, step: &str, lines: &[String]) {
        for line in lines {
            self.print(&format!("{step}| {}", safe_text(line)));
        }
    }

    fn status(&mut self, text: &str) {
        if self.terminal {
            let width = usize::from(table::terminal_width().unwrap_or(80)).saturating_sub(1);
            let short: String = text.chars().take(width).collect();
            let _ = write!(std::io::stderr(), "\r\x1b[2K{short}");
            let _ = std::io::stderr().flush();
            self.status = true;
        }
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.status) {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
