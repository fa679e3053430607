use uuid::Uuid;

use crate::db::{self, FromRow, Row, Statement, sql};
use crate::executions::execution_columns;
use crate::{ExecutionRow, Store, StoreError};

/// An execution that could be claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The execution's id.
    pub id: Uuid,
    /// Its project.
    pub project: String,
    /// What executions of the same job have in common.
    pub job_key: String,
    /// The job's name.
    pub job: String,
    /// Whether it goes on after what it had done before.
    pub resume: bool,
}

/// A column of the first execution of a key that may begin, in the order of the queue.
macro_rules! first {
    ($column:literal, $of:literal) => {
        concat!(
            "(SELECT q.",
            $column,
            " FROM execution q WHERE q.state = 'queued' AND q.parent IS NULL AND q.job_key = ",
            $of,
            " AND (q.not_before IS NULL OR q.not_before <= $1)/* needs */ ORDER BY q.due_at, q.id LIMIT 1)"
        )
    };
}

/// Steps from key to key and from execution to execution along the index of the queue, so that what it costs depends on
/// the number of keys and on the limit, and not on how many wait. A key's walk ends where its limit does.
///
/// The columns of a step are looked up one by one: PostgreSQL would rather read the whole table than join it.
const SQL: &str = concat!(
    "WITH RECURSIVE keys (job_key) AS (\
        SELECT (SELECT job_key FROM execution WHERE state = 'queued' AND parent IS NULL \
            ORDER BY job_key LIMIT 1) \
        UNION ALL \
        SELECT (SELECT q.job_key FROM execution q WHERE q.state = 'queued' AND q.parent IS NULL \
            AND q.job_key > keys.job_key ORDER BY q.job_key LIMIT 1) \
        FROM keys WHERE keys.job_key IS NOT NULL), ",
    "walk (job_key, running, place, due_at, id, concurrency) AS (\
        SELECT k.job_key, (SELECT count(*) FROM execution r \
            WHERE r.job_key = k.job_key AND r.state = 'running' AND r.ended_at IS NULL), 1, ",
    first!("due_at", "k.job_key"),
    ", ",
    first!("id", "k.job_key"),
    ", ",
    first!("concurrency", "k.job_key"),
    " FROM keys k WHERE k.job_key IS NOT NULL \
        UNION ALL \
        SELECT w.job_key, w.running, w.place + 1, ",
    first!("due_at", "w.job_key AND (q.due_at, q.id) > (w.due_at, w.id)"),
    ", ",
    first!("id", "w.job_key AND (q.due_at, q.id) > (w.due_at, w.id)"),
    ", ",
    first!("concurrency", "w.job_key AND (q.due_at, q.id) > (w.due_at, w.id)"),
    " FROM walk w WHERE w.id IS NOT NULL AND w.place < $2 \
            AND (w.concurrency = 0 OR w.running + w.place <= w.concurrency)), ",
    "free (id, job_key, due_at, project) AS (\
        SELECT w.id, w.job_key, w.due_at, (SELECT e.project FROM execution e WHERE e.id = w.id) FROM walk w \
        WHERE w.id IS NOT NULL AND (w.concurrency = 0 OR w.running + w.place <= w.concurrency)), ",
    "turns AS (\
        SELECT id, job_key, due_at, project, row_number() OVER (PARTITION BY project ORDER BY due_at, id) AS turn \
        FROM free ORDER BY turn, due_at, id LIMIT $2 + 0) ",
    "SELECT id, job_key, project, (SELECT e.resume FROM execution e WHERE e.id = turns.id) AS resume, \
        (SELECT e.job FROM execution e WHERE e.id = turns.id) AS job FROM turns \
        ORDER BY turn, due_at, id"
);

impl Store {
    /// At most `limit` queued executions that could be claimed `now`, without those that steps refer to: the oldest of
    /// each project, then the second of each, and so on; never more of one key than its limit leaves free. None that needs
    /// one of what `not` lists, each as [`Self::queued_needs`] says it. Another member may be faster with any of them.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn candidates(&self, limit: i64, now: i64, not: &[String]) -> Result<Vec<Candidate>, StoreError> {
        let statement = if not.is_empty() { sql(SQL) } else { Statement::assembled(without(SQL, not.len())) };
        let statement = not.iter().fold(statement.bind(now).bind(limit), Statement::bind);
        self.db().fetch_all(statement).await.map_err(self.unread("the queue"))
    }
}

/// The statement without those that need one of so many.
pub(crate) fn without(text: &str, count: usize) -> String {
    let arguments: Vec<String> = (3..count + 3).map(|number| format!("${number}")).collect();
    text.replace("/* needs */", &format!(" AND q.needs NOT IN ({})", arguments.join(", ")))
}

impl Store {
    /// What queued executions need, each once; at most so many.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn queued_needs(&self, limit: i64) -> Result<Vec<String>, StoreError> {
        const SQL: &str = "WITH RECURSIVE kinds (needs) AS (\
                SELECT (SELECT needs FROM execution WHERE state = 'queued' AND parent IS NULL ORDER BY needs LIMIT 1) \
                UNION ALL \
                SELECT (SELECT q.needs FROM execution q WHERE q.state = 'queued' AND q.parent IS NULL \
                    AND q.needs > kinds.needs ORDER BY q.needs LIMIT 1) \
                FROM kinds WHERE kinds.needs IS NOT NULL) \
            SELECT needs FROM kinds WHERE needs IS NOT NULL LIMIT $1 + 0";
        self.db().fetch_all(sql(SQL).bind(limit)).await.map_err(self.unread("the queue"))
    }
}

/// Rows that are read with one statement.
const ROWS: usize = 16;

impl Store {
    /// Those of some executions that are still queued, in no order.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn queued(&self, ids: &[Uuid]) -> Result<Vec<ExecutionRow>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            execution_columns!(),
            " FROM execution WHERE state = 'queued' \
             AND id IN ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
        );
        let mut rows = Vec::with_capacity(ids.len());
        for some in ids.chunks(ROWS) {
            let padded = some.iter().chain(std::iter::repeat(&some[0])).take(ROWS);
            let statement = padded.fold(sql(SQL), |statement, id| statement.bind(*id));
            rows.append(&mut self.db().fetch_all(statement).await.map_err(self.unread("the queue"))?);
        }
        Ok(rows)
    }

    /// Whether the end of one of these executions lets another of its job begin that had to wait for it.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn frees_place(&self, ended: &[Uuid]) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT e.concurrency > 0 AND EXISTS (SELECT 1 FROM execution q \
                WHERE q.state = 'queued' AND q.parent IS NULL AND q.job_key = e.job_key) \
            AND (SELECT count(*) FROM execution r \
                WHERE r.job_key = e.job_key AND r.state = 'running' AND r.ended_at IS NULL) + 1 >= e.concurrency \
            FROM execution e WHERE e.id = $1";
        for execution in ended {
            let frees = self.db().fetch_optional(sql(SQL).bind(*execution)).await;
            if frees.map_err(self.unread("the queue"))? == Some(true) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl FromRow for Candidate {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            project: row.get("project")?,
            job_key: row.get("job_key")?,
            job: row.get("job")?,
            resume: row.get("resume")?,
        })
    }
}

#[cfg(test)]
mod tests;
