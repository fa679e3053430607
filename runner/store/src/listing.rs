use uuid::Uuid;

use crate::db::{self, FromRow, Row, Statement, sql};
use crate::executions::execution_columns;
use crate::{ExecutionRow, State, Store, StoreError};

/// Which executions to list; all of them by default.
#[derive(Clone, Debug, Default)]
pub struct ExecutionFilter {
    /// Those of this project.
    pub project: Option<String>,
    /// Those of this job; see [`job_key`](crate::job_key).
    pub job_key: Option<String>,
    /// Those that stand there.
    pub state: Option<State>,
    /// Those that are older than this one: the last of the page before.
    pub before: Option<Uuid>,
    /// Whether those that tell something of others are among them.
    pub with_notifications: bool,
}

/// How many executions of a project run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningCount {
    /// The project.
    pub project: String,
    /// How many.
    pub running: i64,
}

impl Store {
    /// Executions, newest first. The next page is the one `before` the last of this.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn executions(&self, filter: &ExecutionFilter, limit: i64) -> Result<Vec<ExecutionRow>, StoreError> {
        self.db().fetch_all(filter.statement(limit)).await.map_err(self.unread("the list of executions"))
    }

    /// How many executions run, by project; projects without any are not listed.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn running_counts(&self) -> Result<Vec<RunningCount>, StoreError> {
        const SQL: &str = "SELECT project, count(*) AS running FROM execution WHERE state = 'running' AND ended_at IS NULL \
                           GROUP BY project ORDER BY project";
        self.db().fetch_all(sql(SQL)).await.map_err(self.unread("how many executions run"))
    }
}

impl ExecutionFilter {
    /// A condition that is always there would keep the databases from using an index for those that are not.
    fn statement(&self, limit: i64) -> Statement {
        let state = self.state.map(|state| format!("state = '{state}'{}", implied(state)));
        let mut conditions = Vec::new();
        let mut next = 1;
        let mut argument = |condition: &str, given: bool| {
            if given {
                conditions.push(format!("{condition} ${next}"));
                next += 1;
            }
        };
        argument("project =", self.project.is_some());
        argument("job_key =", self.job_key.is_some());
        argument("id <", self.before.is_some());
        conditions.extend(state);
        conditions.extend((!self.with_notifications).then(|| "notifies IS NULL".to_owned()));
        let clause = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let columns = execution_columns!();
        let text = format!("SELECT {columns} FROM execution {clause} ORDER BY id DESC LIMIT ${next} + 0");
        let statement = Statement::assembled(text);
        let texts = [&self.project, &self.job_key].into_iter().flatten();
        let statement = texts.fold(statement, Statement::bind);
        self.before.into_iter().fold(statement, Statement::bind).bind(limit)
    }
}

/// What an index is for, in its own words: SQLite compares the texts.
fn implied(state: State) -> &'static str {
    match state {
        State::Queued | State::Running => " AND ended_at IS NULL",
        State::Succeeded => "",
        _ => " AND state IN ('failed', 'cancelled', 'timedOut', 'interrupted', 'skipped')",
    }
}

impl FromRow for RunningCount {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { project: row.get("project")?, running: row.get("running")? })
    }
}
