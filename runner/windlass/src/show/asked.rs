use std::fmt::Display;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// What somebody at the terminal answers, where anything but yes is no; nothing when there is no terminal.
pub(crate) fn asked(question: impl Display) -> Option<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return None;
    }
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    Some(read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes"))
}
