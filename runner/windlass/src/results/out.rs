use std::io::{BufWriter, ErrorKind, IsTerminal as _, Stdout, Write as _};

use crate::problem::Problem;
use crate::show;

/// Standard output for data that is written piece by piece. A terminal does not get to obey what is in it.
pub(crate) struct Out {
    to: BufWriter<Stdout>,
    terminal: bool,
}

/// Why writing ended early.
pub(crate) enum Stop {
    /// Nobody reads on, as with `| head`: what is left need not even be read from the database.
    Gone,
    /// It cannot be written, or read.
    Problem(Problem),
}

impl Out {
    const PIECE: usize = 64 * 1024;

    pub(crate) fn new() -> Self {
        let stdout = std::io::stdout();
        Self { terminal: stdout.is_terminal(), to: BufWriter::with_capacity(Self::PIECE, stdout) }
    }

    pub(crate) fn text(&mut self, text: &str) -> Result<(), Stop> {
        if self.terminal { self.bytes(show::safe_lines(text).as_bytes()) } else { self.bytes(text.as_bytes()) }
    }

    /// Bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.to.write_all(bytes).map_err(Stop::writing)
    }

    pub(crate) fn finish(mut self) -> Result<(), Stop> {
        self.to.flush().map_err(Stop::writing)
    }
}

impl Stop {
    #[expect(clippy::needless_pass_by_value, reason = "it is passed by name")]
    fn writing(error: std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Gone,
            _ => Self::Problem(Problem::internal(format!("cannot write to standard output: {error}"))),
        }
    }
}

impl<E: Into<Problem>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Problem(error.into())
    }
}
