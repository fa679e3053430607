//! Schedules: which times are due, and that each of them has one record, whoever fires it.

mod calendars;
mod decide;
mod definition;
mod fire;
mod next;

pub use calendars::KnownCalendars;
pub use fire::DueTime;
pub(crate) use fire::{Looked, Next};
pub use next::{NextTime, ScheduleNow, next_times, next_times_of, resume};

use jiff::Timestamp;
use windlass_jobs::Job;
use windlass_store::NewSchedule;

use definition::Definition;

/// A job's schedules as they are stored, those that are new due first after this time.
pub(crate) fn of_job(job: &Job, now: i64) -> Vec<NewSchedule> {
    let stored = |schedule| {
        let definition = Definition::of(schedule);
        NewSchedule { name: schedule.name.clone(), next_at: definition.after(now), definition: definition.to_json() }
    };
    job.schedules.iter().map(stored).collect()
}

/// The same schedule, if it is new due first after this time.
///
/// # Errors
/// Why it cannot be read.
pub(crate) fn begun(schedule: &NewSchedule, now: i64) -> Result<NewSchedule, String> {
    let next_at = Definition::from_json(&schedule.definition)?.after(now);
    Ok(NewSchedule { next_at, ..schedule.clone() })
}

impl Definition {
    /// The first time it is due after this one, in milliseconds since 1970 UTC; none when it is switched off, or never again.
    fn after(&self, at: i64) -> Option<i64> {
        let next = self.schedule.after(time(at)).filter(|_| self.enabled);
        next.map(|due| due.at.as_millisecond())
    }
}

/// Milliseconds since 1970 UTC as a time.
pub(crate) fn time(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or(Timestamp::MAX)
}
