//! The schedules of a job follow its definition, in the transaction that changes it.

use uuid::Uuid;

use crate::db::{self, Connection, sql};

/// A schedule as a job's file has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSchedule {
    /// Its name, unique in its job.
    pub name: String,
    /// When it is due, and what it gives to the job; JSON.
    pub definition: String,
    /// When it is due first, if it is new or changed; none if never.
    pub next_at: Option<i64>,
}

/// Makes these the schedules of a job. One that is unchanged goes on where it was; one that is changed begins anew, and a due
/// time of what it was that has come already and has no record yet is recorded as missed.
pub(crate) async fn put(
    db: &mut Connection,
    job: Uuid,
    version: i64,
    schedules: &[NewSchedule],
    at: i64,
) -> db::Result<()> {
    const PUT: &str = "INSERT INTO schedule (id, job, name, version, definition, next_at) VALUES ($1, $2, $3, $4, $5, $6) \
        ON CONFLICT (job, name) DO UPDATE SET version = excluded.version, definition = excluded.definition, \
            removed_at = NULL, \
            next_at = CASE \
                WHEN schedule.paused_at IS NOT NULL THEN NULL \
                WHEN schedule.removed_at IS NULL AND schedule.definition = excluded.definition THEN schedule.next_at \
                ELSE excluded.next_at END";
    const CHANGED: &str = "INSERT INTO firing (schedule, due_at, last_at, times, outcome, code, reason, recorded_at) \
        SELECT id, next_at, next_at, 1, 'missed', 'schedule.missed', 'the schedule was changed before it fired', $4 \
        FROM schedule WHERE job = $1 AND name = $2 AND definition <> $3 AND next_at <= $4 ON CONFLICT DO NOTHING";
    for schedule in schedules {
        if version > 1 {
            let statement = sql(CHANGED).bind(job).bind(&schedule.name);
            db.execute(statement.bind(&schedule.definition).bind(at)).await?;
        }
        let statement = sql(PUT).bind(Uuid::now_v7()).bind(job).bind(&schedule.name).bind(version);
        db.execute(statement.bind(&schedule.definition).bind(schedule.next_at)).await?;
    }
    removed(db, job, version, at).await
}

/// Takes away the schedules that the job had and does not have in this version. What is due of them already is recorded.
pub(crate) async fn removed(db: &mut Connection, job: Uuid, version: i64, at: i64) -> db::Result<()> {
    const MISSED: &str = "INSERT INTO firing (schedule, due_at, last_at, times, outcome, code, reason, recorded_at) \
        SELECT id, next_at, next_at, 1, 'missed', 'schedule.missed', 'the job lost the schedule before it fired', $3 \
        FROM schedule WHERE job = $1 AND version <> $2 AND next_at <= $3 ON CONFLICT DO NOTHING";
    const REMOVE: &str = "UPDATE schedule SET removed_at = $3, next_at = NULL \
                          WHERE job = $1 AND version <> $2 AND removed_at IS NULL";
    db.execute(sql(MISSED).bind(job).bind(version).bind(at)).await?;
    db.execute(sql(REMOVE).bind(job).bind(version).bind(at)).await?;
    Ok(())
}
