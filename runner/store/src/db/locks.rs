//! What must not change under a transaction that looks before it writes, and what has to be true for it. SQLite has one writer,
//! which needs no locks.

use sqlx::Row as _;
use uuid::Uuid;

use super::lease::clock;
use super::{Connection, Result, sql};
use crate::Hold;

/// The locks of a transaction. They are taken in one order (keys, members, executions), so that two transactions do not
/// wait for each other.
#[derive(Default)]
pub(crate) struct Locks {
    /// Executions whose state is looked at.
    pub(crate) executions: Vec<Uuid>,
    /// Executions that are to be claimed: the keys of those with a limit are locked too. One that somebody else is about to
    /// claim is not waited for.
    pub(crate) claimed: Vec<Uuid>,
    /// Keys with a limit of executions that are made in the transaction.
    pub(crate) keys: Vec<String>,
    /// Members that claim.
    pub(crate) members: Vec<Uuid>,
    /// Members that leave.
    pub(crate) leaving: Vec<Uuid>,
    /// What has to be held.
    pub(crate) held: Vec<Hold>,
    /// A member whose lease has to be over.
    pub(crate) lapsed: Option<Uuid>,
}

/// Why a transaction must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// Something that has to be held is not.
    Lost(Uuid),
    /// Somebody else claims it at this moment.
    Taken,
    /// The lease of a member that claims is over.
    NoLease,
    /// The lease of a member is not over, or the member is not known any more.
    Leased(Uuid),
}

/// A key's lock is the hash of its text: two keys with the same hash merely wait for each other. Who claims does not keep its
/// lease from being renewed meanwhile; who settles what others ran does. The answer is found when everything is locked.
const LOCK: &str = concat!(
    "WITH keys AS MATERIALIZED (\
        SELECT pg_advisory_xact_lock(hashtextextended(job_key, 0)) FROM (\
            SELECT job_key FROM execution WHERE id = ANY($2) AND concurrency > 0 \
            UNION SELECT key FROM unnest($5) AS given (key) ORDER BY job_key) limited), \
    members AS MATERIALIZED (\
        SELECT lease_until FROM member WHERE id = ANY($3) AND (SELECT count(*) FROM keys) >= 0 ORDER BY id FOR KEY SHARE), \
    leaving AS MATERIALIZED (\
        SELECT id, lease_until FROM member WHERE id = ANY($4) AND (SELECT count(*) FROM members) >= 0 \
        ORDER BY id FOR UPDATE), \
    executions AS MATERIALIZED (\
        SELECT id, state, member, fence FROM execution WHERE id = ANY($1) AND (SELECT count(*) FROM leaving) >= 0 \
        ORDER BY id FOR UPDATE), \
    free AS MATERIALIZED (\
        SELECT id FROM execution WHERE id = ANY($2) AND (SELECT count(*) FROM executions) >= 0 \
        ORDER BY id FOR UPDATE SKIP LOCKED) \
    SELECT CASE \
        WHEN locked.number < (SELECT count(*) FROM execution WHERE id = ANY($2)) THEN 'taken' \
        WHEN EXISTS (SELECT 1 FROM unnest($6, $7, $8) AS held (execution, by, number) \
            WHERE NOT EXISTS (SELECT 1 FROM executions WHERE id = held.execution AND state = 'running' \
                AND member = held.by AND fence = held.number)) THEN 'lost' \
        WHEN EXISTS (SELECT 1 FROM members WHERE lease_until <= ",
    clock!(),
    ") THEN 'noLease' \
        WHEN $9 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM leaving WHERE id = $9 AND lease_until <= ",
    clock!(),
    ") THEN 'leased' END FROM (SELECT count(*) FROM free) locked (number)"
);

const HELD: &str =
    "SELECT EXISTS (SELECT 1 FROM execution WHERE id = $1 AND state = 'running' AND member = $2 AND fence = $3)";

impl Locks {
    /// Takes them until the end of the transaction. Says what is in its way, if anything is.
    pub(crate) async fn take(mut self, db: &mut Connection) -> Result<Option<Obstacle>> {
        let Connection::Postgres(transaction) = db else { return self.look(db).await };
        self.executions.extend(self.held.iter().map(|hold| hold.execution));
        self.leaving.extend(self.lapsed);
        if self.executions.is_empty() && self.claimed.is_empty() && self.leaving.is_empty() {
            return Ok(None);
        }
        let query = sqlx::query(LOCK).bind(self.executions).bind(self.claimed).bind(self.members).bind(self.leaving);
        let held: Vec<Uuid> = self.held.iter().map(|hold| hold.execution).collect();
        let by: Vec<Uuid> = self.held.iter().map(|hold| hold.member).collect();
        let numbers: Vec<i64> = self.held.iter().map(|hold| hold.fence).collect();
        let query = query.bind(self.keys).bind(held).bind(by).bind(numbers).bind(self.lapsed);
        let found: Option<String> = query.fetch_one(&mut **transaction).await?.try_get(0)?;
        Ok(match found.as_deref() {
            Some("lost") => self.held.first().map(|hold| Obstacle::Lost(hold.execution)),
            Some("leased") => self.lapsed.map(Obstacle::Leased),
            Some("taken") => Some(Obstacle::Taken),
            Some(_) => Some(Obstacle::NoLease),
            None => None,
        })
    }

    /// Where there are no locks there are no leases either.
    async fn look(self, db: &mut Connection) -> Result<Option<Obstacle>> {
        for Hold { execution, member, fence } in self.held {
            if !db.fetch_one::<bool>(sql(HELD).bind(execution).bind(member).bind(fence)).await? {
                return Ok(Some(Obstacle::Lost(execution)));
            }
        }
        Ok(self.lapsed.map(Obstacle::Leased))
    }
}

impl Connection {
    /// Those of the schedules that no other transaction fires, kept for this one until its end.
    pub(crate) async fn lock_schedules(&mut self, schedules: Vec<Uuid>) -> Result<Vec<Uuid>> {
        const SQL: &str = "SELECT id FROM schedule WHERE id = ANY($1) ORDER BY id FOR UPDATE SKIP LOCKED";
        let Self::Postgres(transaction) = self else { return Ok(schedules) };
        Ok(sqlx::query_scalar(SQL).bind(schedules).fetch_all(&mut **transaction).await?)
    }

    /// Takes a lock that [`Self::lock_key`] would wait for, unless somebody has it.
    pub(crate) async fn try_lock_key(&mut self, key: &str) -> Result<bool> {
        const SQL: &str = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))";
        let Self::Postgres(transaction) = self else { return Ok(true) };
        Ok(sqlx::query_scalar(SQL).bind(key.to_owned()).fetch_one(&mut **transaction).await?)
    }

    /// Keeps others from changing how many executions of a key there are, until the end of the transaction.
    pub(crate) async fn lock_key(&mut self, job_key: &str) -> Result<()> {
        const SQL: &str = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        let Self::Postgres(transaction) = self else { return Ok(()) };
        sqlx::query(SQL).bind(job_key.to_owned()).execute(&mut **transaction).await?;
        Ok(())
    }
}
