//! When stored jobs run by themselves, and what became of each due time.

mod calendars;
mod fire;
mod firings;
mod pause;
mod put;

pub use calendars::{CalendarChange, CalendarRow};
pub use fire::{Fire, Fired, Firing, Outcome};
pub use firings::FiringRow;
pub use put::NewSchedule;

pub(crate) use calendars::apply as apply_calendars;
pub(crate) use put::{put, removed};

use uuid::Uuid;

use crate::db::{self, FromRow, Row, sql};
use crate::{Store, StoreError};

/// A schedule of a stored job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRow {
    /// Its id, for as long as it keeps its name in its job.
    pub id: Uuid,
    /// The job.
    pub job: Uuid,
    /// The job's project.
    pub project: String,
    /// The job's name.
    pub job_name: String,
    /// Its name, unique in its job.
    pub name: String,
    /// The version of the job that it is of.
    pub version: i64,
    /// When it is due, and what it gives to the job; JSON.
    pub definition: String,
    /// The first due time without a record.
    pub next_at: Option<i64>,
    /// Since when somebody has paused it.
    pub paused_at: Option<i64>,
}

/// What is due.
#[derive(Clone, Debug, Default)]
pub struct DueSchedules {
    /// The time, by the database's clock if it has one: all members agree about it.
    pub now: i64,
    /// The schedules with a due time that has come, the earliest first.
    pub schedules: Vec<ScheduleRow>,
    /// When there is something due again, if none is now.
    pub next_at: Option<i64>,
}

/// A job that is due at some time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// The job.
    pub job: Uuid,
    /// Its version.
    pub version: i64,
    /// Its project.
    pub project: String,
    /// Its name.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// What a list of schedules is read with.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.job, j.project, j.name AS job_name, s.name, s.version, s.definition, s.next_at, s.paused_at \
             FROM schedule s JOIN job j ON j.id = s.job ",
            $rest
        )
    };
}

impl Store {
    /// At most `limit` schedules that are due by now.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn due_schedules(&self, limit: i64) -> Result<DueSchedules, StoreError> {
        const NEXT: &str = "SELECT next_at FROM schedule WHERE next_at IS NOT NULL ORDER BY next_at, id LIMIT 1";
        const DUE: &str = select!("WHERE s.next_at <= $1 ORDER BY s.next_at, s.id LIMIT $2 + 0");
        let read = async {
            let now = self.db().now().await?;
            let next: Option<i64> = self.db().fetch_optional(sql(NEXT)).await?;
            let due = next.is_some_and(|next| next <= now);
            let schedules = if due { self.db().fetch_all(sql(DUE).bind(now).bind(limit)).await? } else { Vec::new() };
            Ok(DueSchedules { now, schedules, next_at: next.filter(|_| !due) })
        };
        read.await.map_err(self.unread("what is due"))
    }

    /// The jobs of at most `limit` schedules that are due by then, each once.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn upcoming(&self, at: i64, limit: i64) -> Result<Vec<Upcoming>, StoreError> {
        const SQL: &str = "SELECT v.job, v.version, j.project, j.name, v.text FROM (SELECT DISTINCT job, version FROM \
            (SELECT job, version FROM schedule WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2 + 0) upcoming) upcoming \
            JOIN job_version v ON v.job = upcoming.job AND v.version = upcoming.version JOIN job j ON j.id = v.job";
        self.db().fetch_all(sql(SQL).bind(at).bind(limit)).await.map_err(self.unread("what is due soon"))
    }

    /// The schedules of a project's jobs, or of all, by project, job and name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn schedules(&self, project: Option<&str>) -> Result<Vec<ScheduleRow>, StoreError> {
        const OF: &str =
            select!("WHERE j.project = $1 AND j.deleted_at IS NULL AND s.removed_at IS NULL ORDER BY j.name, s.name");
        const ALL: &str =
            select!("WHERE j.deleted_at IS NULL AND s.removed_at IS NULL ORDER BY j.project, j.name, s.name");
        let statement = project.map_or_else(|| sql(ALL), |project| sql(OF).bind(project));
        self.db().fetch_all(statement).await.map_err(self.unread("the schedules"))
    }

    /// The schedules of a job, by name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn schedules_of(&self, job: Uuid) -> Result<Vec<ScheduleRow>, StoreError> {
        const SQL: &str = select!("WHERE s.job = $1 AND s.removed_at IS NULL ORDER BY s.name");
        self.db().fetch_all(sql(SQL).bind(job)).await.map_err(self.unread("the schedules of a job"))
    }
}

impl FromRow for ScheduleRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            job: row.get("job")?,
            project: row.get("project")?,
            job_name: row.get("job_name")?,
            name: row.get("name")?,
            version: row.get("version")?,
            definition: row.get("definition")?,
            next_at: row.get("next_at")?,
            paused_at: row.get("paused_at")?,
        })
    }
}

impl FromRow for Upcoming {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            job: row.get("job")?,
            version: row.get("version")?,
            project: row.get("project")?,
            name: row.get("name")?,
            text: row.get("text")?,
        })
    }
}

#[cfg(test)]
mod tests;
