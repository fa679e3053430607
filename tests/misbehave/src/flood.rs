//! More output than anybody wants.

use std::io::{self, Write};

use windlass_plugin_api::Context;

/// A line of 128 bytes, many times over.
pub(crate) fn stdout(bytes: u64) -> io::Result<()> {
    let line = format!("{}\n", "flood ".repeat(22).split_at(127).0);
    let chunk = line.repeat(512);
    write(bytes, chunk.as_bytes())
}

pub(crate) fn long_line(bytes: u64) -> io::Result<()> {
    write(bytes, "x".repeat(64 * 1024).as_bytes())?;
    writeln!(io::stdout())
}

pub(crate) fn log(context: &Context, count: u64) {
    let text = "flood ".repeat(167).split_at(1000).0.to_owned();
    for _ in 0..count {
        context.info(text.as_str());
    }
}

fn write(bytes: u64, chunk: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let mut left = bytes;
    while left > 0 {
        let now = chunk.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        out.write_all(&chunk[..now])?;
        left -= now as u64;
    }
    out.flush()
}
