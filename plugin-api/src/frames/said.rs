//! What a step says while it runs: log, progress, tables, charts, files.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The longest frame of a [`Preview`] in bytes, line break included.
pub const MAX_PREVIEW: usize = 64 * 1024;
/// The most rows of a preview.
pub const MAX_PREVIEW_ROWS: usize = 20;

/// A log line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Log {
    /// How bad.
    pub level: Level,
    /// The text; may have several lines.
    pub text: String,
}

/// How bad a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// What happens.
    Info,
    /// It goes on, but somebody should look.
    Warn,
    /// It does not go on.
    Error,
}

/// What a step is doing now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Progress {
    /// A short line.
    pub text: String,
    /// Between 0 and 1, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fraction: Option<f64>,
}

/// Rows that show what a step has found so far. They are shown and not kept; a frame of more than [`MAX_PREVIEW`] bytes or
/// [`MAX_PREVIEW_ROWS`] rows breaks the protocol.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preview {
    /// Column names, in order.
    pub columns: Vec<String>,
    /// Cells as text. One that was cut ends in `\u{2026}`: what may be the beginning of a secret there is left out.
    pub rows: Vec<Vec<String>>,
}

/// The start of a table. Sent again for the same table with more columns behind the others, the rows before have nothing in
/// those.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TableStart {
    /// The table's name within the step.
    pub table: String,
    /// Column names, in order; every row has as many cells.
    pub columns: Vec<String>,
}

/// Some rows.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rows<'a> {
    /// The table's name.
    pub table: String,
    /// A JSON array of arrays of cells: text, number, boolean or null.
    #[serde(borrow)]
    pub rows: &'a RawValue,
}

/// A chart of a table's columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Chart {
    /// The chart's name within the step.
    pub chart: String,
    /// For people.
    pub title: String,
    /// How it is drawn.
    pub kind: ChartKind,
    /// The table that has the values.
    pub table: String,
    /// The column of the horizontal axis.
    pub x: String,
    /// The columns that are drawn.
    pub y: Vec<String>,
    /// A column whose values each have a line or a bar of their own. Since api 1.1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
}

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChartKind {
    /// Lines over time or another ordered column.
    Line,
    /// A bar for each row.
    Bar,
}

/// The start of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArtifactStart {
    /// Its name within the step: a file name without a folder.
    pub artifact: String,
    /// Its media type (RFC 6838).
    pub content_type: String,
}

/// Some bytes of a file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Bytes {
    /// The file's name.
    pub artifact: String,
    /// Base64 with padding (RFC 4648, section 4).
    pub data: String,
}
