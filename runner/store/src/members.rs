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
    /// How many executions it takes at a time, when it is a server.
    pub max_executions: i64,
    /// The id of the master key that wraps what it writes, if there is one.
    pub master_key: Option<String>,
    /// What its machine has, for jobs that ask for it: a JSON list of names, sorted.
    pub labels: String,
    /// The plugins that it finds, JSON: `[{"name":..,"version":..,"sha256":..}]`, sorted by name; the hash comes later.
    pub plugins: String,
}

/// A member, and what it does at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberRow {
    /// The member.
    pub member: Member,
    /// How many executions it runs, those that steps refer to included.
    pub running: i64,
    /// Whether it takes nothing new.
    pub draining: bool,
    /// When it last renewed its lease, by the clock of the database; `None` where there are no leases.
    pub seen_at: Option<i64>,
}

/// The columns of a [`Member`]. A statement that asks for all would fail once a newer Windlass has added one.
macro_rules! member_columns {
    () => {
        "id, host, pid, version, role, data_dir_id, started_at, max_executions, master_key, labels, plugins"
    };
}

impl Store {
    /// The members that have joined and not left, oldest first.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn members(&self) -> Result<Vec<Member>, StoreError> {
        const SQL: &str = concat!("SELECT ", member_columns!(), " FROM member ORDER BY started_at, id");
        self.db().fetch_all(sql(SQL)).await.map_err(self.unread("the members"))
    }

    /// The members with what they do at the moment, oldest first.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn member_rows(&self) -> Result<Vec<MemberRow>, StoreError> {
        const SQL: &str = concat!(
            "SELECT ",
            member_columns!(),
            ", seen_at, draining, (SELECT count(*) FROM execution e WHERE e.state = 'running' AND e.ended_at IS NULL \
             AND e.member = member.id) AS running FROM member ORDER BY started_at, id"
        );
        self.db().fetch_all(sql(SQL)).await.map_err(self.unread("the members"))
    }

    /// Lets a member take nothing new, or take it again; whether there is such a member.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn drain_member(&self, member: Uuid, draining: bool) -> Result<bool, StoreError> {
        const SQL: &str = "UPDATE member SET draining = $2 WHERE id = $1";
        let done = self.db().change(move |db| Box::pin(db.execute(sql(SQL).bind(member).bind(draining)))).await;
        done.map(|changed| changed > 0).map_err(self.unwritten("that a member is to take nothing new"))
    }

    /// Records the plugins that a member finds.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn set_member_plugins(&self, member: Uuid, plugins: String) -> Result<(), StoreError> {
        const SQL: &str = "UPDATE member SET plugins = $2 WHERE id = $1";
        let done = self.db().change(move |db| Box::pin(db.execute(sql(SQL).bind(member).bind(plugins)))).await;
        done.map(drop).map_err(self.unwritten("the plugins of a member"))
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
    const SQL: &str = "INSERT INTO member (id, host, pid, version, role, data_dir_id, started_at, max_executions, \
                       master_key, labels, plugins) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let statement = sql(SQL).bind(member.id).bind(&member.host).bind(member.pid).bind(&member.version);
    let statement = statement.bind(member.role.as_str()).bind(&member.data_dir_id).bind(member.started_at);
    let statement = statement.bind(member.max_executions).bind(&member.master_key).bind(&member.labels);
    let statement = statement.bind(&member.plugins);
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
            max_executions: row.get("max_executions")?,
            master_key: row.get("master_key")?,
            labels: row.get("labels")?,
            plugins: row.get("plugins")?,
        })
    }
}

impl FromRow for MemberRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            member: Member::from_row(row)?,
            running: row.get("running")?,
            draining: row.get("draining")?,
            seen_at: row.get("seen_at")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{on_both, running};

    on_both! {
        async fn a_member_is_shown_with_what_it_runs_and_drained(store) {
            let execution = running(store).await;
            let member = store.execution(execution).await.unwrap().unwrap().member.unwrap();
            let row = store.member_rows().await.unwrap().remove(0);
            assert_eq!((row.member.id, row.running, row.draining), (member, 1, false));
            assert_eq!(row.member, store.members().await.unwrap().remove(0));
            assert!(store.drain_member(member, true).await.unwrap());
            assert_eq!(store.news(member, 0).await.unwrap().draining, Some(true));
            assert!(!store.drain_member(execution, true).await.unwrap());
            assert_eq!(store.news(execution, 0).await.unwrap().draining, None);
            store.set_member_plugins(member, "[1]".to_owned()).await.unwrap();
            let row = store.member_rows().await.unwrap().remove(0);
            assert_eq!((row.member.plugins.as_str(), row.draining), ("[1]", true));
        }
    }
}
