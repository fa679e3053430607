use uuid::Uuid;

use crate::db::{self, Connection, Statement, sql};
use crate::{State, Store, StoreError};

const WHAT: &str = "the removal of executions";
/// Chunks, and executions, that one transaction removes; whoever writes waits no longer than that takes.
const CHUNKS: u64 = 256;
const EXECUTIONS: usize = 32;

/// Which executions are no longer wanted. Only those that have ended are removed, none whose children or parent have
/// not, and none of which something outside is still to be ended.
#[derive(Clone, Debug, Default)]
pub struct Prune {
    /// Those of this project.
    pub project: Option<String>,
    /// Those of this job; see [`job_key`](crate::job_key).
    pub job_key: Option<String>,
    /// Those that ended like this; in any way if empty.
    pub states: Vec<State>,
    /// Those that ended before, in milliseconds since 1970 UTC.
    pub ended_before: Option<i64>,
    /// Not the newest so many of each job, however they ended.
    pub keep_newest: Option<i64>,
    /// None while another process removes some: they would be the same.
    pub unless_others_do: bool,
}

/// What was removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The executions that are gone, oldest first.
    pub executions: Vec<Uuid>,
    /// How many pieces of logs and artifacts went with them.
    pub chunks: u64,
}

impl Store {
    /// Removes at most so many executions with all that belongs to them, the oldest first and in small pieces. The space is
    /// used again; a file of SQLite does not shrink. If the future is dropped, an execution may be left with a part of its
    /// log, which the next call removes.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn prune(&self, prune: &Prune, most: i64) -> Result<Pruned, StoreError> {
        let mut left: Vec<Uuid> = self.db().fetch_all(prune.statement(most)).await.map_err(self.unread(WHAT))?;
        left.reverse();
        let mut pruned = Pruned::default();
        while !left.is_empty() {
            let (todo, waits) = (std::mem::take(&mut left), !prune.unless_others_do);
            let removed = self.db().change(move |db| Box::pin(remove(db, todo, waits))).await;
            let removed = removed.map_err(self.unwritten(WHAT))?;
            left = removed.left;
            pruned.executions.extend(removed.executions);
            pruned.chunks += removed.chunks;
        }
        Ok(pruned)
    }
}

impl Store {
    /// How many executions [`Self::prune`] would remove if it were called until there are none.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn prunable(&self, prune: &Prune) -> Result<i64, StoreError> {
        let ids: Vec<Uuid> = self.db().fetch_all(prune.statement(i64::MAX)).await.map_err(self.unread(WHAT))?;
        Ok(i64::try_from(ids.len()).unwrap_or(i64::MAX))
    }
}

/// What one transaction has done, and what is left to do, last first.
struct Removed {
    executions: Vec<Uuid>,
    chunks: u64,
    left: Vec<Uuid>,
}

async fn remove(db: &mut Connection, mut left: Vec<Uuid>, waits: bool) -> db::Result<Removed> {
    let (mut executions, mut chunks) = (Vec::new(), 0);
    if waits {
        db.lock_key(WHAT).await?;
    } else if !db.try_lock_key(WHAT).await? {
        left.clear();
    }
    while let Some(execution) = left.last() {
        for sql_text in [LOG, ARTIFACTS] {
            let some = i64::try_from(CHUNKS - chunks).unwrap_or(0);
            chunks += db.execute(sql(sql_text).bind(*execution).bind(some)).await?;
        }
        if chunks >= CHUNKS || executions.len() >= EXECUTIONS {
            break;
        }
        if db.execute(sql(EXECUTION).bind(*execution)).await? > 0 {
            executions.push(*execution);
        }
        left.pop();
    }
    Ok(Removed { executions, chunks, left })
}

const LOG: &str = "DELETE FROM log_chunk WHERE execution = $1 AND (position, seq) IN (\
    SELECT position, seq FROM log_chunk WHERE execution = $1 ORDER BY position, seq LIMIT $2 + 0)";
const ARTIFACTS: &str = "DELETE FROM artifact_chunk WHERE execution = $1 AND (position, name, seq) IN (\
    SELECT position, name, seq FROM artifact_chunk WHERE execution = $1 ORDER BY position, name, seq LIMIT $2 + 0)";
const EXECUTION: &str = "DELETE FROM execution WHERE id = $1 AND ended_at IS NOT NULL \
    AND NOT EXISTS (SELECT 1 FROM execution c WHERE c.parent = $1 AND c.ended_at IS NULL) \
    AND NOT EXISTS (SELECT 1 FROM step_execution s WHERE s.execution = $1 AND s.abandon IS NOT NULL)";

impl Prune {
    fn statement(&self, most: i64) -> Statement {
        let statement = self.keep_newest.into_iter().fold(Statement::assembled(self.text()), Statement::bind);
        let texts = [&self.project, &self.job_key].into_iter().flatten();
        self.ended_before.into_iter().fold(texts.fold(statement, Statement::bind), Statement::bind).bind(most)
    }

    fn text(&self) -> String {
        let (from, page, mut next) = match self.keep_newest {
            Some(_) => (SURPLUS, ") SELECT id FROM found ORDER BY id LIMIT ? + 0", 2),
            None => ("SELECT e.id FROM execution e", " ORDER BY e.id LIMIT ? + 0", 1),
        };
        let mut text = from.to_owned();
        text += " WHERE e.ended_at IS NOT NULL \
            AND NOT EXISTS (SELECT 1 FROM execution c WHERE c.parent = e.id AND c.ended_at IS NULL) \
            AND NOT EXISTS (SELECT 1 FROM execution p WHERE p.id = e.parent AND p.ended_at IS NULL) \
            AND NOT EXISTS (SELECT 1 FROM step_execution s WHERE s.execution = e.id AND s.abandon IS NOT NULL)";
        if !self.states.is_empty() {
            let states: Vec<_> = self.states.iter().map(|state| format!("'{state}'")).collect();
            text += &format!(" AND e.state IN ({})", states.join(", "));
        }
        let mut argument = |condition: &str, given: bool| {
            if given {
                text += &condition.replace('?', &format!("${next}"));
                next += 1;
            }
        };
        argument(" AND e.project = ?", self.project.is_some());
        argument(" AND e.job_key = ?", self.job_key.is_some());
        argument(" AND e.ended_at < ?", self.ended_before.is_some());
        argument(page, true);
        text
    }
}

/// Of each job those that come after the newest so many. Their end is found once for each job; as a condition on each execution
/// it would be a walk for each.
const SURPLUS: &str = "WITH RECURSIVE keys (job_key) AS (\
        SELECT min(job_key) FROM execution \
        UNION ALL \
        SELECT (SELECT min(n.job_key) FROM execution n WHERE n.job_key > keys.job_key) FROM keys \
        WHERE keys.job_key IS NOT NULL), \
    surplus (job_key, newest) AS MATERIALIZED (\
        SELECT job_key, (SELECT n.id FROM execution n WHERE n.job_key = keys.job_key ORDER BY n.id DESC LIMIT 1 OFFSET $1 + 0) \
        FROM keys WHERE job_key IS NOT NULL), \
    found (id) AS MATERIALIZED (\
        SELECT e.id FROM surplus JOIN execution e ON e.job_key = surplus.job_key AND e.id <= surplus.newest";

#[cfg(test)]
mod tests;
