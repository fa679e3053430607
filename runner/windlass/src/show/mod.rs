//! What people and programs see. Standard output is data, standard error is talk.

mod asked;
mod escape;
mod lines;
mod live;
mod log_lines;
mod plugin;
mod preview;
mod schema;
mod table;

use std::fmt::Display;
use std::io::{ErrorKind, Write};

use serde::Serialize;
use serde_json::Value;

pub(crate) use asked::asked;
pub(crate) use escape::{colours, safe_lines, safe_text};
pub(crate) use lines::Lines;
pub(crate) use live::Live;
pub(crate) use log_lines::{LogLine, LogLines};
pub(crate) use plugin::{plugin, plugin_json};
pub(crate) use schema::schema;
pub(crate) use table::{Table, listing};

use crate::arguments::Document;
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

/// Writes a warning to standard error.
pub(crate) fn warn(text: impl Display) {
    talk(format_args!("warning: {text}"));
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

/// Writes a document.
pub(crate) fn document(value: &impl Serialize, format: Document) -> Result<(), Problem> {
    match format {
        Document::Json => json(value),
        Document::Yaml => {
            let text = serde_saphyr::to_string(value);
            write(text.map_err(|error| Problem::internal(format!("no YAML: {error}")))?.as_bytes())
        }
    }
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
    jiff::Timestamp::from_millisecond(milliseconds).map(|time| format!("{time:.3}")).unwrap_or_default()
}

/// The end of an id, which is enough to name it on the command line.
pub(crate) fn short(id: uuid::Uuid) -> String {
    let id = id.simple().to_string();
    id[id.len() - 8..].to_owned()
}

/// A text as one word of a command line.
pub(crate) fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@:+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// How long something took, or takes until now.
pub(crate) fn took(from: Option<i64>, to: Option<i64>) -> String {
    let Some(from) = from else { return String::new() };
    let milliseconds = to.unwrap_or_else(|| jiff::Timestamp::now().as_millisecond()) - from;
    match milliseconds {
        ..60_000 => format!("{}.{:02} s", milliseconds / 1_000, milliseconds.rem_euclid(1_000) / 10),
        60_000..3_600_000 => format!("{} min {:02} s", milliseconds / 60_000, milliseconds / 1_000 % 60),
        _ => format!("{} h {:02} min", milliseconds / 3_600_000, milliseconds / 60_000 % 60),
    }
}

/// The beginning of a text, on one line.
pub(crate) fn brief(text: &str, most: usize) -> String {
    let line = text.lines().next().unwrap_or_default();
    if line.chars().count() <= most {
        line.to_owned()
    } else {
        line.chars().take(most - 1).chain(['\u{2026}']).collect()
    }
}

/// Every line two columns to the right.
pub(crate) fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// What was done about an execution whose runner had ended.
pub(crate) fn settled(how: windlass_engine::Settled) -> String {
    use windlass_engine::Settled;
    match how {
        Settled::Interrupted => "its runner had ended; it is recorded as interrupted".to_owned(),
        Settled::Restarted(new) => format!("its runner had ended; it is queued again as {new}"),
        Settled::Requeued => "its runner had ended; it is queued and goes on after its last finished step".to_owned(),
    }
}

/// What became of what an interrupted step had begun outside.
pub(crate) fn abandoned(abandoned: &windlass_engine::Abandoned<'_>) -> String {
    let windlass_engine::Abandoned { execution, step, said, trouble } = abandoned;
    let how = match trouble {
        None if said.is_empty() => "was ended".to_owned(),
        None => format!("was ended: {}", said.join("; ")),
        Some(trouble) => format!("could not be ended, look after it: {trouble}"),
    };
    format!("execution {execution}: what step `{step}` had begun {how}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_a_command_line_is_quoted_where_it_must_be() {
        assert_eq!(
            ["deploy.check", "by hour", "each[3]", "it's", ""].map(word),
            ["deploy.check", "'by hour'", "'each[3]'", "'it'\\''s'", "''"]
        );
    }
}
