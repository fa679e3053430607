//! Strict YAML, with the place of everything that is wrong.
//!
//! Used for the configuration and for job files. Syntax errors, unknown keys and rules that are checked after parsing
//! ([`YamlError::at`]) all look alike: path, line, column, the lines around it, and the nearest valid key.
//! Values are never part of a message, and what looks like a secret is masked in the lines that are shown.
//!
//! Deliberately absent: several documents in a file, includes, and interpolation.

mod error;
mod mask;
mod node;
mod snippet;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
pub use serde_saphyr::{Location, Spanned};

pub(crate) use error::Original;
pub use error::{ShownLines, YamlError};
pub(crate) use mask::{is_secret_name, printable};
pub(crate) use node::{Content, Node};

/// The only version of the file format.
pub const API_VERSION: &str = "windlass/v1";

/// A text larger than this is refused.
const LARGEST_FILE: usize = 4 << 20;

/// A place in a text; line and column count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The column, in characters.
    pub column: u64,
}

impl From<Location> for Position {
    fn from(location: Location) -> Self {
        Self { line: location.line().max(1), column: location.column().max(1) }
    }
}

/// Where a value is written; for an alias, where its anchor is.
impl<T> From<&Spanned<T>> for Position {
    fn from(value: &Spanned<T>) -> Self {
        value.defined.into()
    }
}

/// Reads a file that is to be parsed.
///
/// # Errors
/// What the system says, that the file is no UTF-8, or that it is larger than any file of ours.
pub fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LARGEST_FILE {
        return Err(io::Error::other(format!("the file is larger than {LARGEST_FILE} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("the file is no text in UTF-8"))
}

/// As [`read`], of a folder in which anything may lie: what is no regular file, such as a pipe that nobody writes to, is refused and
/// not waited for.
///
/// # Errors
/// Those of [`read`], and that it is no regular file.
pub fn read_regular(path: &Path) -> io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is a pipe, a socket or a device, and no regular file"));
    }
    read(path)
}

/// Reads a text of exactly this shape; `path` is only named in errors.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, YamlError> {
    check_length(path, text)?;
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| YamlError::from_parser(path, text, &error))
}

/// No file of ours is larger, and none that is read here may be.
pub(crate) fn check_length(path: &Path, text: &str) -> Result<(), YamlError> {
    if text.len() > LARGEST_FILE {
        let message = format!("the file is larger than {LARGEST_FILE} bytes");
        return Err(YamlError::at(path, "", Position { line: 1, column: 1 }, message));
    }
    Ok(())
}

/// Like [`parse`], after `apiVersion` and `kind` were found right; the shape has to have both keys.
///
/// A file of another kind is told apart first, before its keys are reported as unknown.
pub fn document<T: DeserializeOwned>(path: &Path, text: &str, kind: &str) -> Result<T, YamlError> {
    check_header(path, text, kind)?;
    parse(path, text)
}

/// What kind of file a text says it is; none when it says none, or is no YAML.
pub fn kind(path: &Path, text: &str) -> Option<String> {
    parse::<Header>(path, text).ok()?.kind.map(|kind| kind.value)
}

#[derive(Deserialize)]
struct Header {
    #[serde(rename = "apiVersion")]
    api_version: Option<Spanned<String>>,
    kind: Option<Spanned<String>>,
}

fn check_header(path: &Path, text: &str, kind: &str) -> Result<(), YamlError> {
    let header: Header = parse(path, text)?;
    let begin = format!("begin the file with `apiVersion: {API_VERSION}` and `kind: {kind}`");
    let missing = |key: &str| {
        let top = Position { line: 1, column: 1 };
        YamlError::at(path, text, top, format!("the key `{key}` is missing")).with_hint(begin.clone())
    };
    let found = header.kind.ok_or_else(|| missing("kind"))?;
    if found.value != kind {
        let message = format!("this file is a `{}`, but a `{kind}` is expected here", found.value);
        return Err(YamlError::at(path, text, &found, message));
    }
    let version = header.api_version.ok_or_else(|| missing("apiVersion"))?;
    if version.value != API_VERSION {
        let message = format!("this Windlass does not know the version `{}`", version.value);
        return Err(YamlError::at(path, text, &version, message).with_hint(begin));
    }
    Ok(())
}

/// Budgets far below the parser's own: they let thousands of accounts pass and stop an alias bomb at once.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        budget: serde_saphyr::budget! {
            max_events: 400_000,
            max_nodes: 200_000,
            max_aliases: 1_000,
            max_anchors: 1_000,
            max_recorded_anchor_events: 50_000,
            max_merge_keys: 1_000,
            max_documents: 2,
            max_depth: 32,
            flow_nesting_limit: 32,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 50_000,
            max_replay_stack_depth: 16,
            max_alias_expansions_per_anchor: 1_000,
        },
    }
}

#[cfg(test)]
mod tests;
