//! A row of the table: one figure of ours, the limit and the present way beside it, and the goal.

use super::measure::{Figures, Middle};
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

/// One comparison.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) figure: Figure,
    pub(super) ours: Figures,
    pub(super) limit: Figures,
    pub(super) present: Figures,
    pub(super) goal: Goal,
}

impl Row {
    pub(super) fn of(&self, figures: &Figures) -> Middle {
        match self.figure {
            Figure::Wall => figures.wall,
            Figure::Cpu => figures.cpu,
        }
    }

    fn seconds(&self, figures: &Figures) -> f64 {
        self.of(figures).median.as_secs_f64()
    }

    /// What was reached, in the terms of the goal.
    pub(super) fn reached(&self) -> f64 {
        let ours = self.seconds(&self.ours);
        match self.goal {
            Goal::PartOfPresent(_) => ours / self.seconds(&self.present),
            Goal::TimesLimit(_) => ours / self.seconds(&self.limit),
            Goal::AboveLimit(_) => ours - self.seconds(&self.limit),
        }
    }

    pub(super) fn is_met(&self) -> bool {
        self.reached()
            <= match self.goal {
                Goal::PartOfPresent(most) | Goal::TimesLimit(most) => most,
                Goal::AboveLimit(most) => most.as_secs_f64(),
            }
    }

    pub(super) fn is_noisy(&self) -> bool {
        [&self.ours, &self.limit, &self.present].into_iter().any(Figures::is_noisy)
    }

    /// Goal and ratio as they stand in the table.
    pub(super) fn goal_words(&self) -> (String, String) {
        let reached = self.reached();
        match self.goal {
            Goal::PartOfPresent(most) => {
                (format!("1/{:.1} of {}", 1.0 / reached, self.present.name), format!("1/{:.0}", 1.0 / most))
            }
            Goal::TimesLimit(most) => (format!("{reached:.2}x {}", self.limit.name), format!("{most}x")),
            Goal::AboveLimit(most) => {
                (format!("{:+.1} ms to {}", reached * 1000.0, self.limit.name), format!("+{} ms", most.as_millis()))
            }
        }
    }
}
