use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// A time at which a schedule is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The instant.
    pub at: Timestamp,
    /// What clocks in the schedule's time zone show then.
    pub local: DateTime,
    /// How far they are from UTC then.
    pub offset: Offset,
    /// What the time has to do with a jump of these clocks.
    pub note: Option<Note>,
}

/// What a due time has to do with a jump of the clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A fixed time that clocks skipped: it is due at the first instant after. Others that were skipped with it are due then too.
    MovedOutOfGap {
        /// The time that no clock showed, the first of those that the schedule asks for.
        from: DateTime,
    },
    /// A fixed time that clocks show twice: it is due the first time only.
    OnceOfTwo,
    /// A time of an interval that clocks show twice, the first time.
    FirstOfTwo,
    /// The same time again, after clocks were put back.
    SecondOfTwo,
}

/// For people, in a few words.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MovedOutOfGap { from } => {
                write!(f, "there is no {} on {}, clocks are put forward", from.time(), from.date())
            }
            Self::OnceOfTwo => f.write_str("the first of two, clocks are put back; not due again"),
            Self::FirstOfTwo => f.write_str("the first of two, clocks are put back"),
            Self::SecondOfTwo => f.write_str("the second of two, clocks were put back"),
        }
    }
}
