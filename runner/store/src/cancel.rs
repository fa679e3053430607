use uuid::Uuid;

use crate::db::{self, Connection, FromRow, Locks, Row, sql};
use crate::{State, Store, StoreError, changes};

/// What became of the wish to stop an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelRequest {
    /// It was queued, and has ended as `cancelled`.
    Ended,
    /// It runs; its member will find the wish.
    Requested {
        /// The member that runs it.
        member: Option<Uuid>,
    },
    /// There is nothing to stop.
    AlreadyEnded(State),
    /// There is no such execution.
    Unknown,
}

struct Found {
    state: State,
    member: Option<Uuid>,
}

impl Store {
    /// Asks an execution to stop; asking again changes nothing. One that is queued ends at once.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn request_cancel(&self, id: Uuid, at: i64) -> Result<CancelRequest, StoreError> {
        let done = self.db().change(move |db| Box::pin(request(db, id, at))).await;
        done.map_err(self.unwritten("the wish to stop an execution"))
    }

    /// Executions of a member that were asked to stop and run still.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn cancel_requests(&self, member: Uuid) -> Result<Vec<Uuid>, StoreError> {
        const SQL: &str = "SELECT id FROM execution WHERE state = 'running' AND ended_at IS NULL AND member = $1 \
                           AND cancel_at IS NOT NULL ORDER BY id";
        self.db().fetch_all(sql(SQL).bind(member)).await.map_err(self.unread("the executions that are to stop"))
    }
}

async fn request(db: &mut Connection, id: Uuid, at: i64) -> db::Result<CancelRequest> {
    const LOOK: &str = "SELECT state, member FROM execution WHERE id = $1";
    Locks { executions: vec![id], ..Locks::default() }.take(db).await?;
    let Some(Found { state, member }) = db.fetch_optional(sql(LOOK).bind(id)).await? else {
        return Ok(CancelRequest::Unknown);
    };
    Ok(match state {
        State::Queued => {
            changes::cancelled(db, id, "execution.cancelled", "it was cancelled before it began", at).await?;
            CancelRequest::Ended
        }
        State::Running => {
            ask(db, id, at).await?;
            CancelRequest::Requested { member }
        }
        ended => CancelRequest::AlreadyEnded(ended),
    })
}

/// Asks a running execution to stop.
pub(crate) async fn ask(db: &mut Connection, id: Uuid, at: i64) -> db::Result<u64> {
    const SQL: &str = "UPDATE execution SET cancel_at = $2 WHERE id = $1 AND state = 'running' AND cancel_at IS NULL";
    db.execute(sql(SQL).bind(id).bind(at)).await
}

impl FromRow for Found {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { state: row.word("state")?, member: row.get("member")? })
    }
}
