use uuid::Uuid;

use crate::db::{self, FromRow, Row, sql};
use crate::{Cause, Scheduled, State, StepRef, Store, StoreError, Telling};

/// An execution as it is recorded, without the definition of its job
/// (see [`execution_text`](Store::execution_text)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionRow {
    /// A UUID of version 7, so that ids sort by time.
    pub id: Uuid,
    /// The project that the job belongs to.
    pub project: String,
    /// The job's name.
    pub job: String,
    /// The stored job, if it is one.
    pub job_id: Option<Uuid>,
    /// The version of the stored job.
    pub job_version: Option<i64>,
    /// What executions of the same job have in common.
    pub job_key: String,
    /// How many executions of the key may run at once; 0 for any number.
    pub concurrency: i64,
    /// The values of the job's options, a JSON object without secrets.
    pub options: String,
    /// Why there is one.
    pub cause: Cause,
    /// Where it stands.
    pub state: State,
    /// The error code, when it ended with an error.
    pub code: Option<String>,
    /// The reason for people.
    pub reason: Option<String>,
    /// The member that runs it or ran it.
    pub member: Option<Uuid>,
    /// The number of its last claim; 0 for none.
    pub fence: i64,
    /// The step that refers to its job.
    pub parent: Option<StepRef>,
    /// The due time that it stands for.
    pub scheduled: Option<Scheduled>,
    /// What it tells of another execution.
    pub telling: Option<Telling>,
    /// The execution that this one repeats.
    pub retry_of: Option<Uuid>,
    /// 1 for the first.
    pub attempt: i64,
    /// How many of the attempts before it were interrupted.
    pub restarts: i64,
    /// Whether it goes on, or is to go on, after what it had done before: a member was lost while it ran, or it had ended
    /// and was reopened.
    pub resume: bool,
    /// When it was reopened: steps at positions before this one that had not succeeded then are done again.
    pub redo_before: Option<i32>,
    /// When it was asked to stop.
    pub cancel_at: Option<i64>,
    /// Its outputs, a JSON object.
    pub outputs: Option<String>,
    /// When it was asked for.
    pub queued_at: i64,
    /// It may not begin before.
    pub not_before: Option<i64>,
    /// What a member must have to take it: a JSON list, sorted.
    pub needs: String,
    /// When it first began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// The columns of an [`ExecutionRow`], for a statement that is put together from constants.
macro_rules! execution_columns {
    () => {
        "id, project, job, job_id, job_version, job_key, concurrency, options, cause, state, code, reason, member, fence, \
         parent, parent_position, retry_of, attempt, restarts, resume, redo_before, cancel_at, outputs, queued_at, not_before, needs, \
         started_at, ended_at, schedule, scheduled_at, notifies, notification, event"
    };
}
pub(crate) use execution_columns;

/// What a suffix of an id stands for.
#[derive(Clone, Debug)]
pub enum BySuffix {
    /// No execution.
    None,
    /// One execution.
    One(Box<ExecutionRow>),
    /// Several; the ids of the newest [`BySuffix::SHOWN`].
    Many(Vec<Uuid>),
}

impl BySuffix {
    /// How many ids of several are told.
    pub const SHOWN: usize = 5;
}

impl Store {
    /// An execution.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn execution(&self, id: Uuid) -> Result<Option<ExecutionRow>, StoreError> {
        let statement = sql(concat!("SELECT ", execution_columns!(), " FROM execution WHERE id = $1")).bind(id);
        self.db().fetch_optional(statement).await.map_err(self.unread("an execution"))
    }

    /// The definition of the job as it was when the execution was made, wherever it is kept. Nothing when there is no
    /// such execution, or when retention has removed that version of the job.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn execution_text(&self, id: Uuid) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT CASE WHEN e.job_id IS NULL THEN e.job_text ELSE v.text END AS text FROM execution e \
            LEFT JOIN job_version v ON v.job = e.job_id AND v.version = e.job_version WHERE e.id = $1";
        let read = self.db().fetch_optional::<Option<String>>(sql(SQL).bind(id)).await;
        Ok(read.map_err(self.unread("the job of an execution"))?.flatten())
    }

    /// The execution whose id ends with `suffix`: hex digits, with or without dashes. The whole id will do as well.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn execution_by_suffix(&self, suffix: &str) -> Result<BySuffix, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            execution_columns!(),
            " FROM execution WHERE reversed_id >= $1 AND reversed_id < $2 ORDER BY queued_at DESC, id DESC LIMIT $3 + 0"
        );
        let from = reversed(suffix);
        if from.is_empty() || !from.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(BySuffix::None);
        }
        let to = format!("{from}g");
        let statement = sql(SQL).bind(from).bind(to).bind(BySuffix::SHOWN as i64);
        let mut found: Vec<ExecutionRow> = self.db().fetch_all(statement).await.map_err(self.unread("an execution"))?;
        Ok(match (found.len(), found.pop()) {
            (1, Some(row)) => BySuffix::One(Box::new(row)),
            (_, None) => BySuffix::None,
            (_, Some(last)) => BySuffix::Many(found.iter().map(|row| row.id).chain([last.id]).collect()),
        })
    }

    /// The executions to which the steps of an execution refer, oldest first.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn children(&self, execution: Uuid) -> Result<Vec<ExecutionRow>, StoreError> {
        const SQL: &str = concat!("SELECT ", execution_columns!(), " FROM execution WHERE parent = $1 ORDER BY id");
        let statement = sql(SQL).bind(execution);
        self.db().fetch_all(statement).await.map_err(self.unread("the children of an execution"))
    }
}

/// The hex digits of an id, or of the end of one, backwards.
pub(crate) fn reversed(id: &str) -> String {
    id.chars().rev().filter(|digit| *digit != '-').map(|digit| digit.to_ascii_lowercase()).collect()
}

impl FromRow for ExecutionRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        let (parent, position) = (row.get::<Option<Uuid>>("parent")?, row.get::<Option<i32>>("parent_position")?);
        let (schedule, at) = (row.get::<Option<Uuid>>("schedule")?, row.get::<Option<i64>>("scheduled_at")?);
        Ok(Self {
            id: row.get("id")?,
            project: row.get("project")?,
            job: row.get("job")?,
            job_id: row.get("job_id")?,
            job_version: row.get("job_version")?,
            job_key: row.get("job_key")?,
            concurrency: row.get("concurrency")?,
            options: row.get("options")?,
            cause: row.word("cause")?,
            state: row.word("state")?,
            code: row.get("code")?,
            reason: row.get("reason")?,
            member: row.get("member")?,
            fence: row.get("fence")?,
            parent: parent.zip(position).map(|(execution, position)| StepRef { execution, position }),
            scheduled: schedule.zip(at).map(|(schedule, at)| Scheduled { schedule, at }),
            telling: telling(row)?,
            retry_of: row.get("retry_of")?,
            attempt: row.get("attempt")?,
            restarts: row.get("restarts")?,
            resume: row.get("resume")?,
            redo_before: row.get("redo_before")?,
            cancel_at: row.get("cancel_at")?,
            outputs: row.get("outputs")?,
            queued_at: row.get("queued_at")?,
            not_before: row.get("not_before")?,
            needs: row.get("needs")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
        })
    }
}

fn telling(row: &Row) -> db::Result<Option<Telling>> {
    let (execution, number) = (row.get::<Option<Uuid>>("notifies")?, row.get::<Option<i32>>("notification")?);
    let event = row.get::<Option<String>>("event")?.unwrap_or_default();
    Ok(execution.zip(number).map(|(execution, notification)| Telling { execution, notification, event }))
}

#[cfg(test)]
mod tests;
