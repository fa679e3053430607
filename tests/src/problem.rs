//! One error type for a development tool: what happened, and what to type to mend it. Nothing here is matched on by
//! code, so it has no variants; the runner's own errors do.

use std::fmt;
use std::path::Path;

/// The result of anything in this crate.
pub type Outcome<T> = Result<T, Problem>;

/// What went wrong, and what a person can do about it.
pub struct Problem {
    what: String,
    log: Option<String>,
    remedy: Option<String>,
}

impl Problem {
    /// A problem without a remedy yet; `what` is one line that reads alone.
    pub fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), log: None, remedy: None }
    }

    /// Adds the command or change that mends it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the last lines of a log file and its path, unless something closer to the cause was added before.
    #[must_use]
    pub fn log(mut self, path: &Path) -> Self {
        self.log.get_or_insert_with(|| format!("{}\nthe whole log: {}", last_lines(path, 20), path.display()));
        self
    }

    /// Adds a text that is shown whole.
    #[must_use]
    pub fn detail(mut self, text: String) -> Self {
        self.log = Some(text);
        self
    }

    /// Adds the last lines of a text that was captured.
    #[must_use]
    pub fn output(mut self, output: &[u8]) -> Self {
        self.log = Some(tail(&String::from_utf8_lossy(output), 20));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)?;
        if let Some(log) = &self.log {
            for line in log.lines() {
                write!(out, "\n  | {line}")?;
            }
        }
        self.remedy.as_ref().map_or(Ok(()), |remedy| write!(out, "\n  try: {remedy}"))
    }
}

/// As `Display`, so that `unwrap` in a test shows the log and the remedy readably.
impl fmt::Debug for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl std::error::Error for Problem {}

/// Says what was being done when an error came.
pub trait Context<T> {
    /// Turns the error into a [`Problem`] that starts with `doing`.
    ///
    /// # Errors
    /// The problem, when there was an error.
    fn context(self, doing: impl FnOnce() -> String) -> Outcome<T>;
}

impl<T, E: fmt::Display> Context<T> for Result<T, E> {
    fn context(self, doing: impl FnOnce() -> String) -> Outcome<T> {
        self.map_err(|error| Problem::new(format!("{}: {error}", doing())))
    }
}

/// The last `count` lines of a file; empty when it cannot be read.
#[must_use]
pub fn last_lines(path: &Path, count: usize) -> String {
    tail(&String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()), count)
}

fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_the_log_and_the_remedy_on_their_own_lines() {
        let problem = Problem::new("pip failed").output(b"a\nb").remedy("apt-get install python3-venv");
        assert_eq!(problem.to_string(), "pip failed\n  | a\n  | b\n  try: apt-get install python3-venv");
    }

    #[test]
    fn keeps_only_the_last_lines() {
        assert_eq!(tail("1\n2\n3\n", 2), "2\n3");
        assert_eq!(tail("1", 2), "1");
    }
}
