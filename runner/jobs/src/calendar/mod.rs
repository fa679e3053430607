//! Calendars of a project, which the schedules of its jobs name.

mod editors;
mod read;
mod shape;

use std::io::Read as _;
use std::path::{Component, Path};

use windlass_schedules::Calendar;
use windlass_settings::yaml::Position;

pub use editors::calendar_schema;

use crate::{JobError, JobErrors, JobText};

/// The largest iCalendar file in bytes, and one more.
const LARGEST: u64 = (1 << 20) + 1;

/// A calendar as a file of a project's folder.
#[derive(Clone, Debug)]
pub struct ProjectCalendar {
    /// What it says, iCalendar files included.
    pub calendar: Calendar,
    /// The file that it was read from, for errors that are found later.
    pub file: JobText,
}

impl ProjectCalendar {
    /// Reads the text of a calendar file. iCalendar files are looked for beside `path`.
    ///
    /// # Errors
    /// `calendar.invalid` for each broken rule with its place; a fault of syntax or shape comes alone.
    pub fn parse(path: &Path, text: String) -> Result<Self, JobErrors> {
        let file = JobText::new(path, text);
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self { calendar: read::parse(&file, |name| beside(folder, name))?, file })
    }

    /// An error at a place of the file.
    pub fn error(&self, place: impl Into<Position>, message: impl Into<String>) -> JobError {
        JobError::at("calendar.invalid", self.file.at(place, message))
    }
}

/// The text of a file in a folder or below; the error is the reason.
fn beside(folder: &Path, name: &str) -> Result<String, String> {
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if !inside || name.is_empty() {
        return Err("an iCalendar file stands beside this file or below it".to_owned());
    }
    let path = folder.join(name);
    let unreadable = |error: std::io::Error| format!("cannot read the file `{name}`: {error}");
    let known = std::fs::metadata(&path).map_err(unreadable)?;
    if !known.is_file() {
        return Err(format!("cannot read `{name}`: it is no regular file"));
    }
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST).read_to_end(&mut bytes));
    read.map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| format!("the file `{name}` is no text in UTF-8"))
}

#[cfg(test)]
mod tests;
