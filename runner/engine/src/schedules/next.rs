//! The times that are still to come, explained.

use jiff::Timestamp;
use uuid::Uuid;
use windlass_jobs::Job;
use windlass_schedules::{Calendar, Due, Schedule};
use windlass_settings::ProjectName;
use windlass_store::{NewSchedule, ScheduleRow, Store};

use super::calendars::{Calendars, KnownCalendars};
use super::definition::Definition;
use crate::EngineError;

/// A schedule and its next times.
#[derive(Clone, Debug)]
pub struct ScheduleNow {
    /// Its name.
    pub name: String,
    /// The job's name.
    pub job: String,
    /// The job's project.
    pub project: String,
    /// When it is due.
    pub schedule: Schedule,
    /// Whether its file switches it off.
    pub enabled: bool,
    /// Since when somebody has paused it.
    pub paused_at: Option<i64>,
    /// The next times it would be due.
    pub times: Vec<NextTime>,
}

/// A time at which a schedule is due.
#[derive(Clone, Debug)]
pub struct NextTime {
    /// When.
    pub due: Due,
    /// Why a calendar forbids it.
    pub excluded: Option<String>,
}

/// The next times of stored schedules after a time, at most `count` of each.
///
/// # Errors
/// `schedule.unreadable` when a later version of Windlass has written one; `store.unavailable`
pub async fn next_times(
    store: &Store,
    rows: &[ScheduleRow],
    after: Timestamp,
    count: usize,
) -> Result<Vec<ScheduleNow>, EngineError> {
    let calendars = Calendars::of(store, rows, &KnownCalendars::default()).await?;
    times(rows, &calendars, after, count)
}

fn times(
    rows: &[ScheduleRow],
    calendars: &Calendars,
    after: Timestamp,
    count: usize,
) -> Result<Vec<ScheduleNow>, EngineError> {
    rows.iter().map(|row| Ok(now(row, &definition(row)?, calendars, after, count))).collect()
}

/// The next times of the schedules of a job file, at most `count` of each, with the calendars that stand `beside` it and those
/// that the project has.
///
/// # Errors
/// `store.unavailable`
pub async fn next_times_of(
    store: &Store,
    project: &ProjectName,
    job: &Job,
    beside: Vec<Calendar>,
    after: Timestamp,
    count: usize,
) -> Result<Vec<ScheduleNow>, EngineError> {
    let row = |new: NewSchedule| ScheduleRow {
        id: Uuid::nil(),
        job: Uuid::nil(),
        project: project.to_string(),
        job_name: job.name.clone(),
        name: new.name,
        version: 0,
        definition: new.definition,
        next_at: new.next_at,
        paused_at: None,
    };
    let rows: Vec<ScheduleRow> = super::of_job(job, after.as_millisecond()).into_iter().map(row).collect();
    let calendars = Calendars::of(store, &rows, &KnownCalendars::default()).await?;
    times(&rows, &calendars.with_files(project.as_str(), beside), after, count)
}

/// Lets a paused schedule go on, due first after now by the database's clock. Returns whether it was paused, and is as it was read.
///
/// # Errors
/// As [`next_times`].
pub async fn resume(store: &Store, row: &ScheduleRow) -> Result<bool, EngineError> {
    let next = definition(row)?.after(store.now().await?);
    Ok(store.resume_schedule(row.id, row.version, next).await?)
}

fn definition(row: &ScheduleRow) -> Result<Definition, EngineError> {
    let unreadable = |why| EngineError::Schedule { job: row.job_name.clone(), name: row.name.clone(), why };
    Definition::from_json(&row.definition).map_err(unreadable)
}

fn now(
    row: &ScheduleRow,
    definition: &Definition,
    calendars: &Calendars,
    after: Timestamp,
    count: usize,
) -> ScheduleNow {
    let Definition { schedule, calendars: named, enabled, .. } = definition;
    let explained = |due: Due| NextTime { excluded: calendars.forbids(&row.project, named, due.at), due };
    ScheduleNow {
        name: row.name.clone(),
        job: row.job_name.clone(),
        project: row.project.clone(),
        schedule: schedule.clone(),
        enabled: *enabled,
        paused_at: row.paused_at,
        times: schedule.times(after).take(count).map(explained).collect(),
    }
}
