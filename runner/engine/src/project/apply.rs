use windlass_store::{AppliedJob, CalendarChange, JobChange, Store};

use super::{Change, Plan, Planned, PlannedCalendar};
use crate::EngineError;
use crate::schedules::begun;

/// A job that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Its name.
    pub name: String,
    /// Its new version; none when it was removed.
    pub version: Option<i64>,
}

impl Plan {
    /// Makes the project as the folder says, all of it or nothing.
    ///
    /// # Errors
    /// `project.changed` when somebody has changed a job since the plan was made; `store.unavailable`.
    pub async fn apply(&self, store: &Store) -> Result<Vec<Applied>, EngineError> {
        let changed: Vec<&Planned> = self.jobs.iter().filter(|job| job.change != Change::Unchanged).collect();
        if self.is_empty() {
            return Ok(Vec::new());
        }
        // Somebody may have thought about the plan for a while, and what was due then is over.
        let now = store.now().await?;
        let changes = changed.iter().map(|job| change(job, now)).collect();
        let calendars = self.calendars.iter().filter_map(calendar_change).collect();
        let rows = store.apply_jobs(self.project.as_str(), changes, calendars, now).await?;
        let version = |job: &Planned, row: &AppliedJob| (job.change != Change::Removed).then_some(row.version);
        let applied = changed.iter().zip(rows);
        Ok(applied.map(|(job, row)| Applied { name: job.name.clone(), version: version(job, &row) }).collect())
    }
}

fn change(job: &Planned, now: i64) -> JobChange {
    let Planned { identity, name, group, description, text, version, schedules, .. } = job;
    match (&job.change, version) {
        (Change::Removed, Some(expected)) => JobChange::Delete { identity: identity.clone(), expected: *expected },
        _ => JobChange::Put {
            identity: identity.clone(),
            name: name.clone(),
            group: group.clone(),
            description: description.clone(),
            text: text.clone(),
            schedules: schedules.iter().map(|it| begun(it, now).expect("it was just written")).collect(),
            expected: *version,
        },
    }
}

fn calendar_change(calendar: &PlannedCalendar) -> Option<CalendarChange> {
    let PlannedCalendar { name, change, text, definition, .. } = calendar;
    let name = name.clone();
    match change {
        Change::Unchanged => None,
        Change::Removed => Some(CalendarChange::Delete { name }),
        Change::Added | Change::Changed { .. } => {
            Some(CalendarChange::Put { name, text: text.clone(), definition: definition.clone() })
        }
    }
}
