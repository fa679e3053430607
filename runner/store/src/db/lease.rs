//! Leases of members, where there are any. Only here the clock of a database is asked.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Row as _};
use uuid::Uuid;

use super::database::Backend;
use super::{Database, Result};
use crate::Member;

/// Milliseconds since 1970 by the clock of the database, now and not at the beginning of the transaction.
macro_rules! clock {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    };
}
pub(super) use clock;

/// A connection for the lease of a member.
pub(crate) struct Keeping {
    options: PgConnectOptions,
    connection: Option<PgConnection>,
    /// What was last known, for the case that somebody has forgotten the member meanwhile.
    draining: bool,
}

impl Database {
    /// A connection for the lease of a member; nothing where there are no leases.
    pub(crate) fn keeping(&self) -> Option<Keeping> {
        match &self.backend {
            Backend::Sqlite { .. } => None,
            Backend::Postgres(pool) => {
                Some(Keeping { options: (*pool.connect_options()).clone(), connection: None, draining: false })
            }
        }
    }

    /// The members whose lease is over.
    pub(crate) async fn lapsed(&self) -> Result<Vec<Uuid>> {
        const SQL: &str = concat!("SELECT id FROM member WHERE lease_until <= ", clock!(), " ORDER BY id");
        let Backend::Postgres(pool) = &self.backend else { return Ok(Vec::new()) };
        let rows = sqlx::query(SQL).fetch_all(pool).await?;
        Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }
}

impl Keeping {
    /// Gives a member a lease of so many milliseconds from now, and records the member if it is not there.
    pub(crate) async fn renew(&mut self, member: &Member, lease_ms: i64) -> Result<()> {
        const SQL: &str = concat!(
            "INSERT INTO member (id, host, pid, version, role, data_dir_id, started_at, max_executions, master_key, \
             labels, plugins, draining, seen_at, lease_until) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $9, $10, $11, $12, $13, clock.now, clock.now + $8 FROM (SELECT ",
            clock!(),
            " AS now) clock ON CONFLICT (id) DO UPDATE \
             SET lease_until = excluded.lease_until, seen_at = excluded.seen_at RETURNING draining"
        );
        // It is put back when the answer is there: one that was left in the middle of something is of no use.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        let query = sqlx::query(SQL).bind(member.id).bind(&member.host).bind(member.pid).bind(&member.version);
        let query = query.bind(member.role.as_str()).bind(&member.data_dir_id).bind(member.started_at);
        let query = query.bind(lease_ms).bind(member.max_executions).bind(&member.master_key).bind(&member.labels);
        let row = query.bind(&member.plugins).bind(self.draining).fetch_one(&mut connection).await?;
        self.draining = row.try_get(0)?;
        self.connection = Some(connection);
        Ok(())
    }
}
