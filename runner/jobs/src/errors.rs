use std::fmt;

use windlass_errors::{Code, Report};

use crate::JobError;

/// Everything that is wrong with a job, at least one thing, in the order of the file.
///
/// As a [`Report`] it is its first error, the others told below the lines of the file; [`JobErrors::iter`] gives each.
#[derive(Debug)]
pub struct JobErrors {
    first: Box<JobError>,
    others: Vec<JobError>,
}

impl JobErrors {
    /// More than so many errors are not told: the rest is most likely more of the same.
    pub const MOST: usize = 50;

    /// All of them, when there are any.
    pub fn new(errors: Vec<JobError>) -> Option<Self> {
        let mut errors = errors.into_iter().take(Self::MOST);
        Some(Self { first: Box::new(errors.next()?), others: errors.collect() })
    }

    /// `Ok` when there are none.
    ///
    /// # Errors
    /// All of them.
    pub fn none(errors: Vec<JobError>) -> Result<(), Self> {
        Self::new(errors).map_or(Ok(()), Err)
    }

    /// The first.
    pub fn first(&self) -> &JobError {
        &self.first
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &JobError> {
        std::iter::once(&*self.first).chain(&self.others)
    }

    /// All of them as a list.
    pub fn into_vec(self) -> Vec<JobError> {
        std::iter::once(*self.first).chain(self.others).collect()
    }
}

impl From<JobError> for JobErrors {
    fn from(error: JobError) -> Self {
        Self { first: Box::new(error), others: Vec::new() }
    }
}

impl fmt::Display for JobErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        match self.others.len() {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more problem)"),
            more => write!(f, " (and {more} more problems)"),
        }
    }
}

impl std::error::Error for JobErrors {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&*self.first)
    }
}

impl Report for JobErrors {
    fn code(&self) -> Code {
        self.first.code()
    }

    fn help(&self) -> Option<String> {
        self.first.help()
    }

    /// The first one's lines, then each other with its code, message, lines and help.
    fn snippet(&self) -> Option<String> {
        let mut text = self.first.snippet().unwrap_or_default();
        for error in &self.others {
            text += &format!("also[{}]: {error}\n{}", error.code(), error.snippet().unwrap_or_default());
            text.extend(error.help().map(|help| format!("      {help}\n")));
        }
        (!text.is_empty()).then_some(text)
    }
}
