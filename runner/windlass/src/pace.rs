use std::time::Duration;

/// How often to look at what another process does: soon after it has done something, then less and less often.
#[derive(Debug)]
pub(crate) struct Pace {
    next: Duration,
}

impl Pace {
    const SHORTEST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(1);

    pub(crate) fn new() -> Self {
        Self { next: Self::SHORTEST }
    }

    /// How long to wait after a look that has shown something new, or nothing.
    pub(crate) fn pause(&mut self, news: bool) -> Duration {
        let pause = if news { Self::SHORTEST } else { self.next };
        self.next = (pause * 2).min(Self::LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_still_is_looked_at_less_often() {
        let mut pace = Pace::new();
        let mut pauses = |news: &[bool]| news.iter().map(|&news| pace.pause(news).as_millis()).collect::<Vec<_>>();
        assert_eq!(pauses(&[false; 6]), [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(pauses(&[true, true, false, true, false]), [100, 100, 200, 100, 200]);
    }
}
