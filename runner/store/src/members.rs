use uuid::Uuid;

use crate::db::{self, Connection, FromRow, Row, sql};
use crate::executions::execution_columns;
use crate::{ExecutionRow, Role, Store, StoreError};

/// A process on the data directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its id, another for each process.
    pub id: Uuid,
    /// The machine's name.
    pub host: String,
    /// The number of the process on its machine.
    pub pid: i64,
    /// The version of Windlass.
    pub version: String,
    /// What it is there for.
    pub role: Role,
    /// The data directory's id: the processes that share one can see each other's locks.
    pub data_dir_id: String,
    /// When it joined.
    pub started_at: i64,
}

impl Store {
    /// The members that have joined and not left, oldest first.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        const SQL: &str = "SELECT * FROM member ORDER BY started_at, id";
        self.db().fetch_all(sql(SQL)).await.map_err(self.unread("the members"))
    }

    /// What a member runs, or for `None` what was begun by a Windlass that knew no members; oldest first.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn running_of(&self, member: Option<Uuid>) -> Result<Vec<ExecutionRow>, StoreError> {
        const OF: &str = concat!(
            "SELECT ",
            execution_columns!(),
            " FROM execution WHERE state = 'running' AND ended_at IS NULL AND member = $1 ORDER BY id"
        );
        const OF_NONE: &str = concat!(
            "SELECT ",
            execution_columns!(),
            " FROM execution WHERE state = 'running' AND ended_at IS NULL AND member IS NULL ORDER BY id"
        );
        let statement = member.map_or_else(|| sql(OF_NONE), |member| sql(OF).bind(member));
        self.db().fetch_all(statement).await.map_err(self.unread("the executions of a member"))
    }
}

pub(crate) async fn joined(db: &mut Connection, member: &Member) -> db::Result<u64> {
    const SQL: &str = "INSERT INTO member (id, host, pid, version, role, data_dir_id, started_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let statement = sql(SQL).bind(member.id).bind(&member.host).bind(member.pid).bind(&member.version);
    let statement = statement.bind(member.role.as_str()).bind(&member.data_dir_id).bind(member.started_at);
    db.execute(statement).await
}

/// A member that still runs something must not be forgotten: nobody would look after its executions.
pub(crate) async fn left(db: &mut Connection, member: Uuid) -> db::Result<u64> {
    const SQL: &str = "DELETE FROM member WHERE id = $1 \
        AND NOT EXISTS (SELECT 1 FROM execution WHERE state = 'running' AND ended_at IS NULL AND member = $1)";
    db.execute(sql(SQL).bind(member)).await
}

impl FromRow for Member {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            id: row.get("id")?,
            host: row.get("host")?,
            pid: row.get("pid")?,
            version: row.get("version")?,
            role: row.word("role")?,
            data_dir_id: row.get("data_dir_id")?,
            started_at: row.get("started_at")?,
        })
    }
}
