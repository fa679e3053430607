use uuid::Uuid;

use crate::{Cause, Telling};

/// What is known of an execution before it runs.
#[derive(Clone, Debug)]
pub struct NewExecution {
    /// A UUID of version 7, so that ids sort by time.
    pub id: Uuid,
    /// The project that the job belongs to.
    pub project: String,
    /// The job's name.
    pub job: String,
    /// Where the job's definition is.
    pub text: JobText,
    /// What executions of the same job have in common; see [`job_key`].
    pub job_key: String,
    /// How many executions of the key may run at once; 0 for any number.
    pub concurrency: i64,
    /// The values of the job's options, a JSON object without secrets.
    pub options: String,
    /// Why there is one.
    pub cause: Cause,
    /// When it was asked for.
    pub queued_at: i64,
    /// It may not begin before.
    pub not_before: Option<i64>,
    /// The step that refers to the job. Such an execution is claimed by the member that runs the step, and is no
    /// [candidate](crate::Store::candidates).
    pub parent: Option<StepRef>,
    /// The due time that it stands for; its repetitions stand for the same.
    pub scheduled: Option<Scheduled>,
    /// What it tells of another execution.
    pub telling: Option<Telling>,
    /// The execution that this one repeats.
    pub retry_of: Option<Uuid>,
    /// 1 for the first.
    pub attempt: i64,
    /// How many of the attempts before it were interrupted.
    pub restarts: i64,
    /// What a member must have to take it: a JSON list of texts, sorted, which mean nothing here.
    pub needs: String,
}

impl NewExecution {
    /// The first attempt at a job of a project, with an id of its own: without options, and without bounds on when, where and
    /// beside how many it runs. It belongs to nothing else.
    pub fn of_job(project: &str, job: &str, identity: &str, text: JobText, cause: Cause, queued_at: i64) -> Self {
        Self {
            id: Uuid::now_v7(),
            project: project.to_owned(),
            job: job.to_owned(),
            text,
            job_key: job_key(project, identity),
            concurrency: 0,
            options: "{}".to_owned(),
            cause,
            queued_at,
            not_before: None,
            parent: None,
            scheduled: None,
            telling: None,
            retry_of: None,
            attempt: 1,
            restarts: 0,
            needs: "[]".to_owned(),
        }
    }
}

/// Where the definition of an execution's job is.
#[derive(Clone, Debug)]
pub enum JobText {
    /// Here: the job file as it was read.
    Inline(String),
    /// Among the versions of a stored job.
    Stored {
        /// The job's id.
        job: Uuid,
        /// Its version.
        version: i64,
    },
}

/// A due time of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled {
    /// The schedule's id.
    pub schedule: Uuid,
    /// When it was due.
    pub at: i64,
}

/// A step of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepRef {
    /// The execution's id.
    pub execution: Uuid,
    /// Which step.
    pub position: i32,
}

/// What the executions of a job have in common, by the project and the job's identity (`id:...` or `name:...`).
pub fn job_key(project: &str, identity: &str) -> String {
    format!("{project}/{identity}")
}
