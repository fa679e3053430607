use uuid::Uuid;

use crate::Transition;

/// Whose transition it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject {
    Member(Uuid),
    Execution(Uuid),
    Step(Uuid, i32),
}

impl Transition {
    pub(super) fn subject(&self) -> Subject {
        match self {
            Self::Joined { member } => Subject::Member(member.id),
            Self::Left { member } => Subject::Member(*member),
            Self::Queued { execution, .. } => Subject::Execution(execution.id),
            Self::Claimed { execution, .. }
            | Self::Ended { execution, .. }
            | Self::Reopened { execution, .. }
            | Self::Interrupted { execution, .. }
            | Self::Requeued { execution, .. } => Subject::Execution(*execution),
            Self::StepStarted { execution, position, .. }
            | Self::StepSkipped { execution, position, .. }
            | Self::StepEnded { execution, position, .. }
            | Self::Accepted { execution, position }
            | Self::Child { execution, position, .. }
            | Self::LogDropped { execution, position, .. }
            | Self::Contained { execution, position, .. }
            | Self::Checkpoint { execution, position, .. }
            | Self::TakenOver { execution, position }
            | Self::Abandoning { execution, position, .. }
            | Self::Abandoned { execution, position, .. }
            | Self::Chart { execution, position, .. }
            | Self::Bytes { execution, position, .. }
            | Self::Log { execution, position, .. }
            | Self::Rows { execution, position, .. } => Subject::Step(*execution, *position),
        }
    }

    /// The transition in words.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Joined { .. } => "the coming".into(),
            Self::Left { .. } => "the going".into(),
            Self::Queued { .. } => "the creation".into(),
            Self::Claimed { .. } | Self::StepStarted { .. } => "the start".into(),
            Self::StepSkipped { .. } => "the skipping".into(),
            Self::Reopened { .. } => "the reopening".into(),
            Self::StepEnded { ending, .. } | Self::Ended { ending, .. } => format!("the end (`{}`)", ending.state),
            Self::Accepted { .. } => "the acceptance".into(),
            Self::Child { child, .. } => format!("execution `{child}` as the child"),
            Self::LogDropped { .. } => "the cutting of the log".into(),
            Self::Contained { .. } => "the containment".into(),
            Self::Checkpoint { .. } => "a checkpoint".into(),
            Self::TakenOver { .. } => "the taking over".into(),
            Self::Abandoning { .. } => "the abandoning".into(),
            Self::Abandoned { .. } => "the abandonment".into(),
            Self::Chart { chart, .. } => format!("chart `{chart}`"),
            Self::Bytes { artifact, seq, .. } => format!("piece {seq} of file `{artifact}`"),
            Self::Log { chunk, .. } => format!("log piece {}", chunk.seq),
            Self::Rows { table, seq, .. } => format!("piece {seq} of table `{table}`"),
            Self::Interrupted { .. } => "the interruption".into(),
            Self::Requeued { .. } => "the return to the queue".into(),
        }
    }
}

impl Subject {
    pub(super) fn named(self) -> String {
        match self {
            Self::Member(id) => format!("member `{id}`"),
            Self::Execution(id) => format!("execution `{id}`"),
            Self::Step(id, position) => format!("step {position} of execution `{id}`"),
        }
    }
}
