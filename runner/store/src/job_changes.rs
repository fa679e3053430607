use uuid::Uuid;

use crate::db::{self, Broken, Connection, FromRow, Row, sql};
use crate::{CalendarChange, NewSchedule, Store, StoreError, schedules};

/// A change of a stored job.
#[derive(Clone, Debug)]
pub enum JobChange {
    /// A job is made, changed, or comes back after it was deleted.
    Put {
        /// `id:...` when its file has a stable id, else `name:...`.
        identity: String,
        /// Its name.
        name: String,
        /// The group that it is shown in.
        group: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// The job file.
        text: String,
        /// When it runs by itself.
        schedules: Vec<NewSchedule>,
        /// The version that is to be replaced; `None` if there is to be no such job.
        expected: Option<i64>,
    },
    /// A job is deleted; its versions and executions stay.
    Delete {
        /// Which one.
        identity: String,
        /// The version that is to be the last.
        expected: i64,
    },
}

/// What became of a [`JobChange`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedJob {
    /// The job's id.
    pub id: Uuid,
    /// The version that holds now, or of a deleted job the last.
    pub version: i64,
}

impl Store {
    /// Changes jobs and calendars of a project, all or none, and returns what became of each job. Jobs may exchange their names.
    ///
    /// # Errors
    /// `store.unavailable`; [`StoreError::JobChanged`] when an expected version is no longer the one that holds;
    /// [`StoreError::JobNameTaken`]
    pub async fn apply_jobs(
        &self,
        project: &str,
        changes: Vec<JobChange>,
        calendars: Vec<CalendarChange>,
        at: i64,
    ) -> Result<Vec<AppliedJob>, StoreError> {
        let project = project.to_owned();
        let applied = self.db().write(move |db| {
            Box::pin(async move {
                schedules::apply_calendars(db, &project, &calendars, at).await?;
                apply(db, &project, &changes, at).await
            })
        });
        let applied = applied.await;
        applied.map_err(self.unwritten("jobs"))?
    }
}

async fn apply(
    db: &mut Connection,
    project: &str,
    changes: &[JobChange],
    at: i64,
) -> db::Result<Result<Vec<AppliedJob>, StoreError>> {
    db.lock_key(project).await?;
    let mut present = Vec::with_capacity(changes.len());
    for change in changes {
        match take_out(db, project, change, at).await? {
            Ok(job) => present.push(job),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    let mut applied = Vec::with_capacity(changes.len());
    for (change, present) in changes.iter().zip(present) {
        match put(db, project, change, present, at).await? {
            Ok(job) => applied.push(job),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok(applied))
}

/// Takes a job out of those that have names, if it is what the change expects: so names can be exchanged.
async fn take_out(
    db: &mut Connection,
    project: &str,
    change: &JobChange,
    at: i64,
) -> db::Result<Result<Option<AppliedJob>, StoreError>> {
    const SQL: &str = "UPDATE job SET deleted_at = $4 \
        WHERE project = $1 AND identity = $2 AND version = $3 AND deleted_at IS NULL RETURNING id, version";
    let (identity, expected) = match change {
        JobChange::Put { expected: None, .. } => return Ok(Ok(None)),
        JobChange::Put { identity, expected: Some(expected), .. } => (identity, *expected),
        JobChange::Delete { identity, expected } => (identity, *expected),
    };
    let statement = sql(SQL).bind(project).bind(identity).bind(expected).bind(at);
    Ok(match db.fetch_optional(statement).await? {
        Some(job) => Ok(Some(job)),
        None => Err(changed(db, project, identity).await?),
    })
}

async fn put(
    db: &mut Connection,
    project: &str,
    change: &JobChange,
    present: Option<AppliedJob>,
    at: i64,
) -> db::Result<Result<AppliedJob, StoreError>> {
    const PUT: &str = "INSERT INTO job (id, project, identity, name, job_group, description, version) \
        VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT (project, identity) DO UPDATE \
        SET name = excluded.name, job_group = excluded.job_group, description = excluded.description, \
            version = job.version + 1, deleted_at = NULL WHERE job.deleted_at IS NOT NULL RETURNING id, version";
    const TEXT: &str = "INSERT INTO job_version (job, version, name, text, created_at) VALUES ($1, $2, $3, $4, $5)";
    let (identity, name, group, description, text, schedules) = match (change, present) {
        (JobChange::Put { identity, name, group, description, text, schedules, .. }, _) => {
            (identity, name, group, description, text, schedules)
        }
        (JobChange::Delete { .. }, Some(job)) => {
            schedules::removed(db, job.id, job.version + 1, at).await?;
            return Ok(Ok(job));
        }
        (JobChange::Delete { identity, .. }, None) => return Ok(Err(changed(db, project, identity).await?)),
    };
    let statement = sql(PUT).bind(Uuid::now_v7()).bind(project).bind(identity).bind(name);
    let job: AppliedJob = match db.fetch_optional(statement.bind(group).bind(description)).await {
        Ok(Some(job)) => job,
        Ok(None) => return Ok(Err(changed(db, project, identity).await?)),
        Err(error) if error.broken() == Some(Broken::Unique) => {
            return Ok(Err(StoreError::JobNameTaken { project: project.to_owned(), name: name.clone() }));
        }
        Err(error) => return Err(error),
    };
    db.execute(sql(TEXT).bind(job.id).bind(job.version).bind(name).bind(text).bind(at)).await?;
    schedules::put(db, job.id, job.version, schedules, at).await?;
    Ok(Ok(job))
}

async fn changed(db: &mut Connection, project: &str, identity: &str) -> db::Result<StoreError> {
    const SQL: &str = "SELECT version FROM job WHERE project = $1 AND identity = $2 AND deleted_at IS NULL";
    let version: Option<i64> = db.fetch_optional(sql(SQL).bind(project).bind(identity)).await?;
    let found = version.map_or("it is not there".to_owned(), |version| format!("it has version {version}"));
    Ok(StoreError::JobChanged { project: project.to_owned(), identity: identity.to_owned(), found })
}

impl FromRow for AppliedJob {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { id: row.get("id")?, version: row.get("version")? })
    }
}

#[cfg(test)]
mod tests;
