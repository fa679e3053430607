//! What must not change under a transaction that looks before it writes. SQLite has one writer and needs none of this.

use uuid::Uuid;

use super::{Connection, Result};

/// The locks of a transaction. They are taken in one order (keys, members, executions), so that two transactions do not
/// wait for each other.
#[derive(Default)]
pub(crate) struct Locks {
    /// Executions whose state is looked at.
    pub(crate) executions: Vec<Uuid>,
    /// Executions that are to be claimed: the keys of those with a limit are locked too.
    pub(crate) claimed: Vec<Uuid>,
    /// Keys with a limit of executions that are made in the transaction.
    pub(crate) keys: Vec<String>,
    /// Members that claim.
    pub(crate) members: Vec<Uuid>,
    /// Members that leave.
    pub(crate) leaving: Vec<Uuid>,
}

/// A key's lock is the hash of its text: two keys with the same hash merely wait for each other.
const LOCK: &str = "WITH keys AS MATERIALIZED (\
        SELECT pg_advisory_xact_lock(hashtextextended(job_key, 0)) FROM (\
            SELECT job_key FROM execution WHERE id = ANY($2) AND concurrency > 0 \
            UNION SELECT key FROM unnest($5) AS given (key) ORDER BY job_key) limited), \
    members AS MATERIALIZED (\
        SELECT id FROM member WHERE id = ANY($3) AND (SELECT count(*) FROM keys) >= 0 ORDER BY id FOR KEY SHARE), \
    leaving AS MATERIALIZED (\
        SELECT id FROM member WHERE id = ANY($4) AND (SELECT count(*) FROM members) >= 0 ORDER BY id FOR UPDATE) \
    SELECT id FROM execution WHERE id = ANY($1) AND (SELECT count(*) FROM leaving) >= 0 ORDER BY id FOR UPDATE";

impl Locks {
    /// Takes them until the end of the transaction.
    pub(crate) async fn take(self, db: &mut Connection) -> Result<()> {
        let Connection::Postgres(transaction) = db else { return Ok(()) };
        if self.executions.is_empty() && self.leaving.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(LOCK).bind(self.executions).bind(self.claimed).bind(self.members).bind(self.leaving);
        query.bind(self.keys).execute(&mut **transaction).await?;
        Ok(())
    }
}

impl Connection {
    /// Those of the schedules that no other transaction fires, kept for this one until its end.
    pub(crate) async fn lock_schedules(&mut self, schedules: Vec<Uuid>) -> Result<Vec<Uuid>> {
        const SQL: &str = "SELECT id FROM schedule WHERE id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED";
        let Self::Postgres(transaction) = self else { return Ok(schedules) };
        Ok(sqlx::query_scalar(SQL).bind(schedules).fetch_all(&mut **transaction).await?)
    }

    /// Keeps others from changing how many executions of a key there are, until the end of the transaction.
    pub(crate) async fn lock_key(&mut self, job_key: &str) -> Result<()> {
        const SQL: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        let Self::Postgres(transaction) = self else { return Ok(()) };
        sqlx::query(SQL).bind(job_key.to_owned()).execute(&mut **transaction).await?;
        Ok(())
    }
}
