use crate::changes::{self, First, Loss, NewStep};
use crate::db::{self, Connection};
use crate::packed::Packed;
use crate::{Transition, abandon, members};

/// The number of records that changed; 0 when the transition does not follow from what is recorded.
pub(super) async fn apply(db: &mut Connection, transition: &Transition, packed: Packed) -> db::Result<u64> {
    match transition {
        Transition::Joined { member } => members::joined(db, member).await,
        Transition::Left { member } => members::left(db, *member).await,
        Transition::Queued { execution, secrets } => changes::queued(db, execution, secrets).await,
        Transition::Claimed { execution, member, fence, at } => {
            changes::claimed(db, *execution, *member, *fence, *at).await
        }
        Transition::Ended { execution, ending, outputs } => {
            changes::ended(db, *execution, ending, outputs.as_deref()).await
        }
        Transition::Reopened { execution, at, secrets } => changes::reopened(db, *execution, *at, secrets).await,
        Transition::Interrupted { execution, member, at, code, reason } => {
            changes::interrupted(db, *execution, &Loss { member: *member, at: *at, code, reason }).await
        }
        Transition::Requeued { execution, member, at, code, reason } => {
            changes::requeued(db, *execution, &Loss { member: *member, at: *at, code, reason }).await
        }
        _ => apply_to_step(db, transition, packed).await,
    }
}

async fn apply_to_step(db: &mut Connection, transition: &Transition, packed: Packed) -> db::Result<u64> {
    match transition {
        Transition::StepStarted {
            execution,
            position,
            parent,
            path,
            step,
            uses,
            attempt,
            at,
            plugin_sha256,
            account,
            called_with,
        } => {
            let (plugin_sha256, account) = (plugin_sha256.as_deref(), account.as_deref());
            let first = First::Started { at: *at, plugin_sha256, account, called_with: called_with.as_deref() };
            let (execution, position, parent, attempt) = (*execution, *position, *parent, *attempt);
            changes::new_step(db, NewStep { execution, position, parent, path, step, uses, attempt, first }).await
        }
        Transition::StepSkipped { execution, position, parent, path, step, uses, code, reason, at } => {
            let first = First::Skipped { at: *at, code: code.as_deref(), reason: reason.as_deref() };
            let (execution, position, parent) = (*execution, *position, *parent);
            changes::new_step(db, NewStep { execution, position, parent, path, step, uses, attempt: 1, first }).await
        }
        Transition::StepEnded { execution, position, ending, outputs } => {
            changes::step_ended(db, *execution, *position, ending, outputs.as_deref()).await
        }
        Transition::Accepted { execution, position } => changes::accepted(db, *execution, *position).await,
        Transition::Child { execution, position, child } => changes::child(db, *execution, *position, *child).await,
        Transition::LogDropped { execution, position, bytes } => {
            changes::log_dropped(db, *execution, *position, *bytes).await
        }
        Transition::Contained { execution, position, containment } => {
            changes::contained(db, *execution, *position, containment).await
        }
        Transition::Checkpoint { execution, position, token } => {
            changes::checkpoint(db, *execution, *position, token).await
        }
        Transition::TakenOver { execution, position } => changes::taken_over(db, *execution, *position).await,
        Transition::Abandoning { execution, position, before, member } => {
            abandon::begun(db, *execution, *position, *before, *member).await
        }
        Transition::Abandoned { execution, position, trouble } => {
            abandon::ended(db, *execution, *position, trouble.as_deref()).await
        }
        _ => add_to_step(db, transition, packed).await,
    }
}

/// Data is added to whatever step there is; a step that has ended may have some that comes late.
async fn add_to_step(db: &mut Connection, transition: &Transition, packed: Packed) -> db::Result<u64> {
    match transition {
        Transition::Chart { execution, position, chart, definition } => {
            changes::chart(db, *execution, *position, chart, definition).await
        }
        Transition::Log { execution, position, chunk } => changes::log(db, *execution, *position, chunk, packed).await,
        Transition::Bytes { execution, position, artifact, content_type, seq, data: _ } => {
            changes::file(db, *execution, *position, artifact, content_type, packed.bytes).await?;
            changes::rows(db, *execution, *position, artifact, *seq, 0, packed).await
        }
        Transition::Rows { execution, position, table, columns, seq, rows, data: _ } => {
            changes::table(db, *execution, *position, table, columns, *rows, packed.bytes).await?;
            changes::rows(db, *execution, *position, table, *seq, *rows, packed).await
        }
        _ => Ok(0),
    }
}
