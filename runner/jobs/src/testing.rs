//! What the tests of several modules need.

use std::path::Path;

use windlass_errors::Report as _;

use crate::{Job, JobError};

/// A job file of these lines below its header, of which there are three.
pub(crate) fn file(lines: &str) -> String {
    format!("apiVersion: windlass/v1\nkind: Job\nname: test\n{lines}")
}

/// The job of these lines.
#[track_caller]
pub(crate) fn job(lines: &str) -> Job {
    match Job::parse(Path::new("job.yaml"), file(lines)) {
        Ok(job) => job,
        Err(errors) => panic!("{}", shown(errors.iter())),
    }
}

/// All that is wrong with these lines.
#[track_caller]
pub(crate) fn refused(lines: &str) -> Vec<JobError> {
    Job::parse(Path::new("job.yaml"), file(lines)).expect_err("it is refused").into_vec()
}

/// Errors as texts, one a line: code, line and column below the header, message, hint.
pub(crate) fn shown<'a>(errors: impl IntoIterator<Item = &'a JobError>) -> String {
    let line = |error: &JobError| {
        let help = error.help().map(|help| format!(" ({help})")).unwrap_or_default();
        match error {
            JobError::At { code, error } => {
                format!("{code} {}:{} {}{help}\n", error.line.saturating_sub(3), error.column, error.message)
            }
            other => format!("{} {other}{help}\n", other.code()),
        }
    };
    errors.into_iter().map(line).collect()
}
