//! What people and programs see. Standard output is data, standard error is talk.

mod escape;
mod lines;
mod live;
mod plugin;
mod results;
mod schema;
mod table;

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use serde::Serialize;
use serde_json::Value;

pub(crate) use escape::{safe_lines, safe_text};
pub(crate) use live::Live;
pub(crate) use plugin::{plugin, plugin_json};
pub(crate) use results::{Results, ResultsFormat};
pub(crate) use schema::schema;
pub(crate) use table::{Table, listing};

use crate::problem::Problem;

/// Writes to standard output. A reader that has gone away (`| head`) is no error.
pub(crate) fn write(text: &[u8]) -> Result<(), Problem> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Problem::internal(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error; that nobody reads it is no error.
pub(crate) fn talk(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Writes text and a line break.
pub(crate) fn line(text: impl Display) -> Result<(), Problem> {
    write(format!("{text}\n").as_bytes())
}

/// Writes a value as indented JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Problem> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Problem::internal(format!("no JSON: {error}")))?;
    line(text)
}

/// A value as one cell of a table: text without quotes.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Milliseconds since 1970 UTC as RFC 3339.
pub(crate) fn time(milliseconds: i64) -> String {
    jiff::Timestamp::from_millisecond(milliseconds).map(|time| time.to_string()).unwrap_or_default()
}

/// Every line two columns to the right.
pub(crate) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
