use uuid::Uuid;

use super::described::Subject;
use crate::db::{self, Broken, Connection, DatabaseError, FromRow, Obstacle, Row, sql};
use crate::{NotClaimed, State, StoreError, Transition};

/// Why a transition changed nothing.
pub(super) async fn why(db: &mut Connection, transition: &Transition) -> db::Result<StoreError> {
    if let Transition::Claimed { execution, member, fence, at } = transition {
        let because = not_claimed(db, *execution, *member, *fence, *at).await?;
        return Ok(StoreError::NotClaimed { execution: *execution, because });
    }
    let found = match transition.subject() {
        Subject::Member(_) if matches!(transition, Transition::Joined { .. }) => RECORDED.to_owned(),
        Subject::Member(id) => member(db, id).await?,
        Subject::Execution(id) => execution(db, id).await?,
        Subject::Step(id, position) => step(db, id, position).await?,
    };
    Ok(stale(transition, found))
}

/// Why a transaction did not even begin. `claimed` is what it would have claimed.
pub(super) fn stopped(obstacle: Obstacle, claimed: Option<Uuid>) -> StoreError {
    let not = |because| StoreError::NotClaimed { execution: claimed.unwrap_or_default(), because };
    match obstacle {
        Obstacle::Lost(execution) => StoreError::Lost { execution },
        Obstacle::Taken => not(NotClaimed::Taken),
        Obstacle::NoLease => not(NotClaimed::NoLease),
        Obstacle::Leased(member) => StoreError::StaleTransition {
            what: "the loss".to_owned(),
            subject: Subject::Member(member).named(),
            found: "its lease is not over, or somebody has settled it already".to_owned(),
        },
    }
}

const RECORDED: &str = "it is recorded already";

/// What a broken constraint means for a transition that only adds.
pub(super) fn violated(transition: &Transition, error: &DatabaseError) -> Option<StoreError> {
    let found = match error.broken()? {
        Broken::Unique => RECORDED,
        Broken::ForeignKey => "there is no such step",
    };
    Some(stale(transition, found.to_owned()))
}

fn stale(transition: &Transition, found: String) -> StoreError {
    StoreError::StaleTransition { what: transition.described(), subject: transition.subject().named(), found }
}

async fn member(db: &mut Connection, id: Uuid) -> db::Result<String> {
    const SQL: &str = "SELECT count(*) FROM execution WHERE state = 'running' AND ended_at IS NULL AND member = $1";
    Ok(match db.fetch_one::<i64>(sql(SQL).bind(id)).await? {
        0 => "there is no such member".to_owned(),
        running => format!("{running} of its executions run"),
    })
}

struct Found {
    state: State,
    held_by: Option<Uuid>,
    running: i64,
}

async fn execution(db: &mut Connection, id: Uuid) -> db::Result<String> {
    const SQL: &str = "SELECT e.state AS state, e.member AS member, \
        (SELECT count(*) FROM step_execution s WHERE s.execution = e.id AND s.state = 'running') AS running \
        FROM execution e WHERE e.id = $1";
    let Some(Found { state, held_by, running }) = db.fetch_optional(sql(SQL).bind(id)).await? else {
        return Ok("there is no such execution".to_owned());
    };
    let holder = held_by.map_or_else(String::new, |member| format!(", held by member `{member}`"));
    Ok(format!("it is `{state}`{holder}, and {running} of its steps run"))
}

async fn step(db: &mut Connection, execution: Uuid, position: i32) -> db::Result<String> {
    const EXECUTION: &str = "SELECT state FROM execution WHERE id = $1";
    const STEP: &str = "SELECT state FROM step_execution WHERE execution = $1 AND position = $2";
    let Some(state) = db.fetch_optional::<String>(sql(EXECUTION).bind(execution)).await? else {
        return Ok("there is no such execution".to_owned());
    };
    let step = db.fetch_optional::<String>(sql(STEP).bind(execution).bind(position)).await?;
    Ok(match step {
        Some(step) => format!("the step is `{step}` and the execution `{state}`"),
        None => format!("the execution is `{state}`, and there is no such step"),
    })
}

async fn not_claimed(
    db: &mut Connection,
    execution: Uuid,
    member: Uuid,
    fence: i64,
    at: i64,
) -> db::Result<NotClaimed> {
    const SQL: &str = "SELECT CASE WHEN state <> 'queued' OR fence <> $4 - 1 THEN 'taken' WHEN cancel_at IS NOT NULL THEN 'cancelled' \
        WHEN not_before > $3 THEN 'notYet' \
        WHEN NOT EXISTS (SELECT 1 FROM member WHERE member.id = $2) THEN 'noMember' ELSE 'limit' END \
        FROM execution WHERE id = $1";
    let word: Option<String> = db.fetch_optional(sql(SQL).bind(execution).bind(member).bind(at).bind(fence)).await?;
    Ok(match word.as_deref() {
        Some("cancelled") => NotClaimed::Cancelled,
        Some("notYet") => NotClaimed::NotYet,
        Some("noMember") => NotClaimed::NoMember,
        Some("limit") => NotClaimed::Limit,
        _ => NotClaimed::Taken,
    })
}

impl FromRow for Found {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self { state: row.word("state")?, held_by: row.get("member")?, running: row.get("running")? })
    }
}
