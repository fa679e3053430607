//! From what clocks show to instants.
//!
//! An expression that names hours asks for *fixed times*: each is due once a day on each of its days, so one that clocks skip moves
//! to the first instant after, and one that they show twice is due the first time. One that leaves the hours open is an
//! *interval*: it is due whenever clocks show its times, so that it keeps its pace in real time; what clocks skip is absent.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset};
use jiff::{SignedDuration, Timestamp};

use crate::cron::LAST_YEAR;
use crate::{Due, Expression, Note, Zone};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

impl Zone {
    /// The first time that an expression is due, strictly after an instant.
    pub(crate) fn cron_after(&self, expression: &Expression, after: Timestamp) -> Option<Due> {
        let after = Timestamp::from_second(after.as_nanosecond().div_euclid(1_000_000_000).try_into().ok()?).ok()?;
        match expression.is_interval() {
            true => self.interval_after(expression, after),
            false => self.fixed_after(expression, after),
        }
    }

    fn fixed_after(&self, expression: &Expression, after: Timestamp) -> Option<Due> {
        let mut from = self.time_zone().to_datetime(after);
        loop {
            let civil = expression.at_or_after(from)?;
            let due = self.fixed(civil)?;
            if due.at > after {
                return Some(due);
            }
            from = civil.checked_add(SECOND).ok()?;
        }
    }

    /// When a fixed time is due. Later times are never due earlier.
    fn fixed(&self, civil: DateTime) -> Option<Due> {
        let due = |local, offset: Offset, note| Some(Due { at: offset.to_timestamp(local).ok()?, local, offset, note });
        match self.time_zone().to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => due(civil, offset, None),
            AmbiguousOffset::Fold { before, .. } => due(civil, before, Some(Note::OnceOfTwo)),
            AmbiguousOffset::Gap { after, .. } => {
                // By the offset after the gap, a time in it is an instant shortly before.
                let shortly_before = after.to_timestamp(civil).ok()?;
                let jump = self.time_zone().following(shortly_before).next()?.timestamp();
                due(after.to_datetime(jump), after, Some(Note::MovedOutOfGap { from: civil }))
            }
        }
    }

    /// Between two jumps, clocks and time go alike: looks there, and then behind the next jump.
    fn interval_after(&self, expression: &Expression, after: Timestamp) -> Option<Due> {
        let zone = self.time_zone();
        let mut from = after.checked_add(SECOND).ok()?;
        loop {
            let offset = zone.to_offset(from);
            let jump = zone.following(from).next().map(|jump| jump.timestamp());
            let civil = expression.at_or_after(offset.to_datetime(from));
            let at = civil.and_then(|civil| offset.to_timestamp(civil).ok());
            match (civil, at, jump) {
                (Some(local), Some(at), jump) if jump.is_none_or(|jump| at < jump) => {
                    return Some(Due { at, local, offset, note: self.which_of_two(local, offset) });
                }
                (_, _, Some(jump)) if offset.to_datetime(jump).year() <= LAST_YEAR => from = jump,
                _ => return None,
            }
        }
    }

    fn which_of_two(&self, local: DateTime, offset: Offset) -> Option<Note> {
        match self.time_zone().to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Fold { before, .. } if before == offset => Some(Note::FirstOfTwo),
            AmbiguousOffset::Fold { .. } => Some(Note::SecondOfTwo),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
