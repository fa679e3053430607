use std::time::{Duration, Instant};

/// `GetQueryResults` may be called five times a second in an account and region
/// ([CloudWatch Logs quotas](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html)).
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(2);
/// While AWS takes no call, many may be waiting for the same place.
const FIRST_TURN: Duration = Duration::from_millis(500);
const LONGEST_TURN: Duration = Duration::from_secs(15);
/// How often a wait is mentioned.
const MENTION: Duration = Duration::from_secs(60);

/// The pauses between polls: 200 ms, each half as long again, at most 2 s, without end.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) fn new() -> Self {
        Self(FIRST)
    }

    pub(crate) fn pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 3 / 2).min(LONGEST);
        pause
    }
}

/// Waiting until AWS takes a call: each pause is random between half and all of a length that doubles from 0.5 s to 15 s, so
/// that those who wait do not come back together.
#[derive(Debug)]
pub(crate) struct Turn {
    longest: Duration,
    mentioned: Option<Instant>,
}

impl Turn {
    pub(crate) fn new() -> Self {
        Self { longest: FIRST_TURN, mentioned: None }
    }

    pub(crate) fn pause(&mut self) -> Duration {
        let longest = self.longest;
        self.longest = (longest * 2).min(LONGEST_TURN);
        longest.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// Whether the wait is to be mentioned now: when it begins, and once a minute.
    pub(crate) fn mentions(&mut self, now: Instant) -> bool {
        let mentions = self.mentioned.is_none_or(|last| now.duration_since(last) >= MENTION);
        if mentions {
            self.mentioned = Some(now);
        }
        mentions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_two_seconds() {
        let mut backoff = Backoff::new();
        let pauses: Vec<u64> = (0..9).map(|_| backoff.pause().as_micros() as u64).collect();
        assert_eq!(pauses, [200_000, 300_000, 450_000, 675_000, 1_012_500, 1_518_750, 2_000_000, 2_000_000, 2_000_000]);
    }

    #[test]
    fn turns_are_random_and_bounded() {
        let mut turn = Turn::new();
        for longest in [0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0] {
            let pause = turn.pause().as_secs_f64();
            assert!((longest / 2.0..=longest).contains(&pause), "{pause} of {longest}");
        }
        let first = |_| Turn::new().pause();
        let pauses: std::collections::BTreeSet<Duration> = (0..20).map(first).collect();
        assert!(pauses.len() > 1, "{pauses:?}");
    }

    #[test]
    fn a_wait_is_mentioned_once_a_minute() {
        let (mut turn, begin) = (Turn::new(), Instant::now());
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mentioned: Vec<u64> = (0..200).filter(|seconds| turn.mentions(at(*seconds))).collect();
        assert_eq!(mentioned, [0, 60, 120, 180]);
    }
}
