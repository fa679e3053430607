//! What has to be true for something to be recorded. It is looked at in the same transaction, where nothing can come between.

use uuid::Uuid;

/// That a member runs an execution, by the [number of its claim](crate::Transition::Claimed).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The execution's id.
    pub execution: Uuid,
    /// The member's id.
    pub member: Uuid,
    /// The number of the claim.
    pub fence: i64,
}

/// What has to be true for [`Store::commit_if`](crate::Store::commit_if).
#[derive(Clone, Copy, Debug)]
pub enum Proviso {
    /// The member still runs the execution, and has not lost it since.
    Held(Hold),
    /// The lease of this member is over, and it is known still.
    Lapsed(Uuid),
}
