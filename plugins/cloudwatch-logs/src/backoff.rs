use std::time::Duration;

/// `GetQueryResults` may be called five times a second in an account and region
/// ([CloudWatch Logs quotas](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html)).
const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(2);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_two_seconds() {
        let mut backoff = Backoff::new();
        let pauses: Vec<u64> = (0..9).map(|_| backoff.pause().as_micros() as u64).collect();
        assert_eq!(pauses, [200_000, 300_000, 450_000, 675_000, 1_012_500, 1_518_750, 2_000_000, 2_000_000, 2_000_000]);
    }
}
