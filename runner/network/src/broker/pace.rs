use std::time::{Duration, Instant};

/// Requests a second that are taken; more wait.
pub(super) const MOST_A_SECOND: u32 = 200;
const SECOND: Duration = Duration::from_secs(1);

/// Keeps an asker from keeping the runner busy: so many requests in each second, counted from the first one of it.
pub(super) struct Pace {
    began: Instant,
    taken: u32,
}

impl Pace {
    pub(super) fn new(now: Instant) -> Self {
        Self { began: now, taken: 0 }
    }

    /// When the next request may be taken, if that is not at once.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        Some(self.began + SECOND).filter(|&due| self.taken >= MOST_A_SECOND && due > now)
    }

    /// One was taken.
    pub(super) fn take(&mut self, now: Instant) {
        if now >= self.began + SECOND {
            *self = Self::new(now);
        }
        self.taken += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_turns() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        for _ in 0..MOST_A_SECOND {
            assert_eq!(pace.due(start), None);
            pace.take(start);
        }
        assert_eq!(pace.due(start), Some(start + SECOND));
        assert_eq!(pace.due(start + SECOND), None);
        pace.take(start + SECOND);
        assert_eq!(pace.taken, 1);
    }

    #[test]
    fn a_pause_saves_up_no_turns() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let later = start + 100 * SECOND;
        (0..MOST_A_SECOND).for_each(|_| pace.take(later));
        assert_eq!(pace.due(later), Some(later + SECOND));
    }
}
