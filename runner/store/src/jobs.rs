use uuid::Uuid;

use crate::db::{self, Connection, FromRow, Row, sql};
use crate::{AppliedJob, Store, StoreError};

/// A stored job, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobRow {
    /// Its id, for as long as it keeps its identity.
    pub id: Uuid,
    /// The project that it belongs to.
    pub project: String,
    /// `id:...` when its file has a stable id, else `name:...`.
    pub identity: String,
    /// Its name, unique among the jobs of the project.
    pub name: String,
    /// The group that it is shown in.
    pub group: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The version that holds; grows by one with each change.
    pub version: i64,
}

/// A version of a stored job, without its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobVersionRow {
    /// Its number.
    pub version: i64,
    /// The job's name in it.
    pub name: String,
    /// When it was applied.
    pub created_at: i64,
}

/// The jobs of all projects, each in the version that holds. Two are the same only if no job was changed between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingJobs(Vec<AppliedJob>);

const STANDING: &str = "SELECT j.id, j.version FROM job j WHERE j.deleted_at IS NULL ORDER BY j.project, j.name";

impl StandingJobs {
    pub(crate) async fn stand(&self, db: &mut Connection) -> db::Result<bool> {
        Ok(db.fetch_all::<AppliedJob>(sql(STANDING)).await? == self.0)
    }
}

impl Store {
    /// Which jobs hold now.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn standing_jobs(&self) -> Result<StandingJobs, StoreError> {
        self.db().fetch_all(sql(STANDING)).await.map(StandingJobs).map_err(self.unread("the jobs"))
    }

    /// The jobs of a project, by name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn jobs(&self, project: &str) -> Result<Vec<JobRow>, StoreError> {
        const SQL: &str = "SELECT id, project, identity, name, job_group, description, version FROM job \
                           WHERE project = $1 AND deleted_at IS NULL ORDER BY name";
        self.db().fetch_all(sql(SQL).bind(project)).await.map_err(self.unread("the jobs of a project"))
    }

    /// A job by its name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn job(&self, project: &str, name: &str) -> Result<Option<JobRow>, StoreError> {
        const SQL: &str = "SELECT id, project, identity, name, job_group, description, version FROM job \
                           WHERE project = $1 AND name = $2 AND deleted_at IS NULL";
        self.db().fetch_optional(sql(SQL).bind(project).bind(name)).await.map_err(self.unread("a job"))
    }

    /// The versions of a job that are kept, newest first; those of a deleted job too.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn job_versions(&self, job: Uuid) -> Result<Vec<JobVersionRow>, StoreError> {
        const SQL: &str = "SELECT version, name, created_at FROM job_version WHERE job = $1 ORDER BY version DESC";
        self.db().fetch_all(sql(SQL).bind(job)).await.map_err(self.unread("the versions of a job"))
    }

    /// The text of a version of a job.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn job_text(&self, job: Uuid, version: i64) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT text FROM job_version WHERE job = $1 AND version = $2";
        self.db().fetch_optional(sql(SQL).bind(job).bind(version)).await.map_err(self.unread("the text of a job"))
    }
}

impl FromRow for JobRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            project: row.get("project")?,
            identity: row.get("identity")?,
            name: row.get("name")?,
            group: row.get("job_group")?,
            description: row.get("description")?,
            version: row.get("version")?,
        })
    }
}

impl FromRow for JobVersionRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { version: row.get("version")?, name: row.get("name")?, created_at: row.get("created_at")? })
    }
}
