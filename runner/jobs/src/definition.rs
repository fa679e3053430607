use std::path::Path;

use windlass_settings::yaml::{kind, read_regular};

use crate::{Job, JobError, JobErrors, ProjectCalendar};

/// What a file of a project's folder defines.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "most are jobs")]
pub enum Definition {
    /// `kind: Job`
    Job(Job),
    /// `kind: Calendar`
    Calendar(ProjectCalendar),
}

impl Definition {
    /// Reads a regular file; one that says no kind is read as a job, whose errors say what is missing.
    ///
    /// # Errors
    /// `job.unreadable`; `job.invalid` or `calendar.invalid` for each broken rule with its place.
    pub fn read(path: &Path) -> Result<Self, JobErrors> {
        let text = read_regular(path).map_err(|source| JobError::Unreadable { path: path.to_owned(), source })?;
        match kind(path, &text).as_deref() {
            Some("Calendar") => ProjectCalendar::parse(path, text).map(Self::Calendar),
            _ => Job::parse(path, text).map(Self::Job),
        }
    }
}
