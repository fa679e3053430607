use uuid::Uuid;

use crate::db::{self, Connection, Statement, sql};
use crate::{State, Store, StoreError};

const WHAT: &str = "the removal of executions";
/// Chunks that one transaction removes; whoever writes waits no longer than that takes.
const CHUNKS: u64 = 256;

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
    /// Removes at most `batch` executions with all that belongs to them, the oldest first. The space is used again; a file
    /// of SQLite does not shrink. If the future is dropped, an execution may be left with a part of its log, which the
    /// next call removes.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn prune(&self, prune: &Prune, batch: i64) -> Result<Pruned, StoreError> {
        let mut left: Vec<Uuid> = self.db().fetch_all(prune.statement(batch)).await.map_err(self.unread(WHAT))?;
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
        if chunks >= CHUNKS {
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
    fn statement(&self, batch: i64) -> Statement {
        let mut text = "SELECT e.id FROM execution e WHERE e.ended_at IS NOT NULL \
            AND NOT EXISTS (SELECT 1 FROM execution c WHERE c.parent = e.id AND c.ended_at IS NULL) \
            AND NOT EXISTS (SELECT 1 FROM execution p WHERE p.id = e.parent AND p.ended_at IS NULL) \
            AND NOT EXISTS (SELECT 1 FROM step_execution s WHERE s.execution = e.id AND s.abandon IS NOT NULL)"
            .to_owned();
        if !self.states.is_empty() {
            let states: Vec<_> = self.states.iter().map(|state| format!("'{state}'")).collect();
            text += &format!(" AND e.state IN ({})", states.join(", "));
        }
        let mut next = 1;
        let mut argument = |condition: &str, given: bool| {
            if given {
                text += &condition.replace('?', &format!("${next}"));
                next += 1;
            }
        };
        argument(" AND e.project = ?", self.project.is_some());
        argument(" AND e.job_key = ?", self.job_key.is_some());
        argument(" AND e.ended_at < ?", self.ended_before.is_some());
        argument(NEWER, self.keep_newest.is_some());
        argument(" ORDER BY e.id LIMIT ? + 0", true);
        let texts = [&self.project, &self.job_key].into_iter().flatten();
        let statement = texts.fold(Statement::assembled(text), Statement::bind);
        let numbers = [self.ended_before, self.keep_newest].into_iter().flatten();
        numbers.fold(statement, Statement::bind).bind(batch)
    }
}

/// Looks at no more of the newer ones than are kept.
const NEWER: &str = " AND EXISTS (SELECT 1 FROM (SELECT 1 AS one FROM execution n \
    WHERE n.job_key = e.job_key AND n.id >= e.id ORDER BY n.id LIMIT 1 OFFSET ? + 0) newer)";

#[cfg(test)]
mod tests;
