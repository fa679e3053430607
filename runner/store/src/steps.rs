use uuid::Uuid;

use crate::db::{self, FromRow, Row, sql};
use crate::{State, Store, StoreError};

/// A step execution as it is recorded. The steps of an execution form a tree: a group, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// Its number in the execution, in the order of the starts.
    pub position: i32,
    /// The position of the group that it is in.
    pub parent: Option<i32>,
    /// Where it is in the job, for people.
    pub path: String,
    /// Its id in the job.
    pub step: String,
    /// Its step type, or what kind of group it is.
    pub uses: String,
    /// 1 for the first.
    pub attempt: i32,
    /// Where it stands.
    pub state: State,
    /// The error code, when it ended with an error.
    pub code: Option<String>,
    /// The reason for people.
    pub reason: Option<String>,
    /// The hash of the plugin's bytes, in hex.
    pub plugin_sha256: Option<String>,
    /// The name of the account.
    pub account: Option<String>,
    /// Its outputs, a JSON object.
    pub outputs: Option<String>,
    /// How well it is contained: `full`, `partial` or `open`.
    pub containment: Option<String>,
    /// What its plugin can go on from.
    pub checkpoint: Option<String>,
    /// The execution of the job that it refers to.
    pub child: Option<Uuid>,
    /// Whether it failed and its job went on all the same.
    pub accepted: bool,
    /// How many bytes of its log a limit has cut off.
    pub log_dropped: Option<i64>,
    /// When it began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
}

impl Store {
    /// The steps of an execution, in the order of their starts.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn steps(&self, execution: Uuid) -> Result<Vec<StepRow>, StoreError> {
        const SQL: &str = "SELECT position, parent, path, step, uses, attempt, state, code, reason, plugin_sha256, account, \
            outputs, containment, checkpoint, child, accepted, log_dropped, started_at, ended_at FROM step_execution \
            WHERE execution = $1 ORDER BY position";
        let statement = sql(SQL).bind(execution);
        self.db().fetch_all(statement).await.map_err(self.unread("the steps of an execution"))
    }
}

impl FromRow for StepRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            position: row.get("position")?,
            parent: row.get("parent")?,
            path: row.get("path")?,
            step: row.get("step")?,
            uses: row.get("uses")?,
            attempt: row.get("attempt")?,
            state: row.word("state")?,
            code: row.get("code")?,
            reason: row.get("reason")?,
            plugin_sha256: row.get("plugin_sha256")?,
            account: row.get("account")?,
            outputs: row.get("outputs")?,
            containment: row.get("containment")?,
            checkpoint: row.get("checkpoint")?,
            child: row.get("child")?,
            accepted: row.get("accepted")?,
            log_dropped: row.get("log_dropped")?,
            started_at: row.get("started_at")?,
            ended_at: row.get("ended_at")?,
        })
    }
}
