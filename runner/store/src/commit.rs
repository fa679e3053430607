use sqlx::error::ErrorKind;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, Row};

use crate::packed::Packed;
use crate::{Store, StoreError, Transition, changes};

const WHAT: &str = "what happened to an execution";

impl Store {
    /// Records transitions in order, all or none; they are durable when this returns. If the future is dropped they
    /// are recorded all or not at all.
    ///
    /// # Errors
    /// `store.unavailable`; [`StoreError::StaleTransition`] when one does not follow from what is recorded.
    pub async fn commit(&self, transitions: Vec<Transition>) -> Result<(), StoreError> {
        let unwritten = self.unwritten(WHAT);
        let work: Vec<_> = transitions.iter().map(|transition| (transition, packed(transition))).collect();
        let mut writer = self.writer().await.map_err(&unwritten)?;
        let mut transaction = writer.begin_with("BEGIN IMMEDIATE").await.map_err(&unwritten)?;
        let refusal = apply_all(&mut transaction, work).await.map_err(&unwritten)?;
        let ended = if refusal.is_none() { transaction.commit().await } else { transaction.rollback().await };
        ended.map_err(&unwritten)?;
        writer.done();
        refusal.map_or(Ok(()), Err)
    }
}

async fn apply_all(db: &mut SqliteConnection, work: Vec<(&Transition, Packed)>) -> sqlx::Result<Option<StoreError>> {
    for (transition, packed) in work {
        let found = match apply(db, transition, packed).await {
            Ok(0) => found(db, transition).await?,
            Ok(_) => continue,
            Err(error) => violated(&error).ok_or(error)?.to_owned(),
        };
        let (what, subject) = transition.described();
        return Ok(Some(StoreError::StaleTransition { what, subject, found }));
    }
    Ok(None)
}

fn packed(transition: &Transition) -> Packed {
    match transition {
        Transition::Log { chunk, .. } => Packed::new(&chunk.data),
        Transition::Rows { data, .. } | Transition::Bytes { data, .. } => Packed::new(data),
        _ => Packed::default(),
    }
}

/// The number of records that changed; 0 when the transition does not follow from what is recorded.
async fn apply(db: &mut SqliteConnection, transition: &Transition, packed: Packed) -> sqlx::Result<u64> {
    match transition {
        Transition::Created { execution, steps } => changes::created(db, execution, steps).await,
        Transition::Started { execution, at } => changes::started(db, *execution, *at).await,
        Transition::StepStarted { execution, position, at, plugin_sha256 } => {
            changes::step_started(db, *execution, *position, *at, plugin_sha256).await
        }
        Transition::StepEnded { execution, position, ending, outputs } => {
            changes::step_ended(db, *execution, *position, ending, outputs.as_deref()).await
        }
        Transition::Contained { execution, position, containment } => {
            changes::contained(db, *execution, *position, containment).await
        }
        Transition::Checkpoint { execution, position, token } => {
            changes::checkpoint(db, *execution, *position, token).await
        }
        Transition::Chart { execution, position, chart, definition } => {
            changes::chart(db, *execution, *position, chart, definition).await
        }
        Transition::Bytes { execution, position, artifact, content_type, seq, data: _ } => {
            changes::file(db, *execution, *position, artifact, content_type, packed.bytes).await?;
            changes::rows(db, *execution, *position, artifact, *seq, 0, packed).await
        }
        Transition::Log { execution, position, chunk } => changes::log(db, *execution, *position, chunk, packed).await,
        Transition::Rows { execution, position, table, columns, seq, rows, data: _ } => {
            changes::table(db, *execution, *position, table, columns, *rows, packed.bytes).await?;
            changes::rows(db, *execution, *position, table, *seq, *rows, packed).await
        }
        Transition::Ended { execution, ending } => changes::ended(db, *execution, ending).await,
    }
}

/// What a broken constraint means for a transition that only adds.
fn violated(error: &sqlx::Error) -> Option<&'static str> {
    match error.as_database_error()?.kind() {
        ErrorKind::UniqueViolation => Some("it is recorded already"),
        ErrorKind::ForeignKeyViolation => Some("there is no such step"),
        _ => None,
    }
}

/// What the database holds where a transition expected something else.
async fn found(db: &mut SqliteConnection, transition: &Transition) -> sqlx::Result<String> {
    const SQL: &str = "SELECT e.state AS state, s.state AS step, \
        (SELECT count(*) FROM step_execution u WHERE u.execution = e.id AND u.state IN ('queued', 'running')) AS unended \
        FROM execution e LEFT JOIN step_execution s ON s.execution = e.id AND s.position = $2 WHERE e.id = $1";
    let query = sqlx::query(SQL).bind(transition.execution()).bind(transition.position());
    let Some(row) = query.fetch_optional(db).await? else { return Ok("there is no such execution".to_owned()) };
    let state: String = row.try_get("state")?;
    let unended: i64 = row.try_get("unended")?;
    Ok(match (transition.position(), row.try_get::<Option<String>, _>("step")?) {
        (None, _) => format!("it is `{state}`, and {unended} of its steps have not ended"),
        (Some(_), None) => "there is no such step".to_owned(),
        (Some(_), Some(step)) => format!("the step is `{step}` and the execution `{state}`"),
    })
}

#[cfg(test)]
mod tests;
