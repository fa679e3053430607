//! A row of the table: one figure of ours, the limit and the present way beside it, and the goal.

use super::measure::{Middle, NOISY};
use std::time::Duration;

/// Which figure is compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Figure {
    /// Time from start to end.
    Wall,
    /// CPU time of the process tree.
    Cpu,
}

/// What ours is held against, and how close or far it has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// At most this part of the present way.
    PartOfPresent(f64),
    /// At most this multiple of the limit.
    TimesLimit(f64),
    /// At most this much more than the limit.
    AboveLimit(Duration),
}

/// How much work the time was for; a rate is shown then.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Amount {
    Bytes(u64),
    Lines(u64),
}

/// One of those that are compared.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side {
    pub(super) name: &'static str,
    pub(super) time: Middle,
}

/// One comparison.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) ours: Side,
    pub(super) limit: Side,
    /// What people do today, where there is such a thing.
    pub(super) present: Option<Side>,
    pub(super) amount: Option<Amount>,
    /// Nothing where a figure is only to be seen.
    pub(super) goal: Option<Goal>,
}

impl Side {
    fn seconds(&self) -> f64 {
        self.time.median.as_secs_f64()
    }
}

impl Row {
    /// What was reached, in the terms of the goal; without one, as a multiple of the limit.
    ///
    /// # Panics
    /// When the goal is a part of a present way that there is not.
    pub(super) fn reached(&self) -> f64 {
        let (ours, limit) = (self.ours.seconds(), self.limit.seconds());
        match self.goal {
            Some(Goal::PartOfPresent(_)) => {
                ours / self.present.expect("a goal beside the present way is set where there is one").seconds()
            }
            Some(Goal::TimesLimit(_)) | None => ours / limit,
            Some(Goal::AboveLimit(_)) => ours - limit,
        }
    }

    /// Whether the goal, if there is one, is met.
    pub(super) fn is_met(&self) -> Option<bool> {
        let most = match self.goal? {
            Goal::PartOfPresent(most) | Goal::TimesLimit(most) => most,
            Goal::AboveLimit(most) => most.as_secs_f64(),
        };
        Some(self.reached() <= most)
    }

    pub(super) fn is_noisy(&self) -> bool {
        [Some(self.ours), Some(self.limit), self.present].iter().flatten().any(|side| side.time.spread > NOISY)
    }

    /// What was reached, and the goal, as they stand in the table.
    pub(super) fn goal_words(&self) -> (String, String) {
        let reached = self.reached();
        match self.goal {
            Some(Goal::PartOfPresent(most)) => (format!("1/{:.1}", 1.0 / reached), format!("1/{:.0}", 1.0 / most)),
            Some(Goal::TimesLimit(most)) => (format!("{reached:.2}x"), format!("{}x", (most * 100.0).round() / 100.0)),
            Some(Goal::AboveLimit(most)) => {
                (format!("{:+.1} ms", reached * 1000.0), format!("+{} ms", most.as_millis()))
            }
            None => (format!("{reached:.2}x"), "-".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(name: &'static str, milliseconds: u64) -> Side {
        Side { name, time: Middle::of(vec![Duration::from_millis(milliseconds)]) }
    }

    fn row(goal: Option<Goal>) -> Row {
        let (ours, limit) = (side("windlass", 30), side("limit", 20));
        Row { what: String::new(), ours, limit, present: Some(side("present", 120)), amount: None, goal }
    }

    #[test]
    fn a_goal_is_met_up_to_its_edge() {
        let met = |goal| row(Some(goal)).is_met();
        assert_eq!(met(Goal::PartOfPresent(0.25)), Some(true));
        assert_eq!(met(Goal::PartOfPresent(0.2)), Some(false));
        assert_eq!(met(Goal::TimesLimit(1.5)), Some(true));
        assert_eq!(met(Goal::TimesLimit(1.4)), Some(false));
        assert_eq!(met(Goal::AboveLimit(Duration::from_millis(10))), Some(true));
        assert_eq!(met(Goal::AboveLimit(Duration::from_millis(9))), Some(false));
    }

    #[test]
    fn without_a_goal_the_multiple_of_the_limit_is_shown() {
        assert_eq!(row(None).is_met(), None);
        assert_eq!(row(None).goal_words(), ("1.50x".to_owned(), "-".to_owned()));
    }

    #[test]
    fn one_side_that_spreads_makes_a_row_noisy() {
        let mut row = row(None);
        assert!(!row.is_noisy());
        row.present.as_mut().unwrap().time.spread = 0.5;
        assert!(row.is_noisy());
        row.present = None;
        assert!(!row.is_noisy());
    }
}
