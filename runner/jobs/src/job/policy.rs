use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// When something that failed is done again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often it is done at most, the first time included.
    pub attempts: u32,
    /// How long to wait before the second attempt; twice as long before each further one, at most [`Retry::LONGEST`].
    pub backoff: Duration,
    /// The codes of failures after which it is done again, `cloudwatch-logs.*` for all of a family; all when empty.
    pub on: Vec<String>,
}

/// How many executions of a job run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrency {
    /// So many.
    pub limit: u32,
    /// What becomes of one more.
    pub when_full: WhenFull,
}

/// What becomes of an execution for which there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WhenFull {
    /// It waits.
    #[default]
    Queue,
    /// It is recorded as skipped.
    Skip,
    /// Those before it are cancelled.
    Replace,
}

/// What becomes of an execution whose runner has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum OnInterrupted {
    /// It has ended as interrupted.
    #[default]
    Fail,
    /// It is run again from its beginning, as a new execution.
    Restart,
    /// It goes on after its last finished step.
    Resume,
}

impl Retry {
    /// The longest wait between two attempts.
    pub const LONGEST: Duration = Duration::from_secs(3600);
    /// The wait before the second attempt when the job says none.
    pub const BACKOFF: Duration = Duration::from_secs(10);
    /// The most attempts that a job may ask for.
    pub const MOST: u32 = 100;

    /// How long to wait after this many attempts have failed with `code`; none when that was the last.
    pub fn after(&self, attempts: u32, code: &str) -> Option<Duration> {
        let wanted = |on: &String| on == code || on.strip_suffix('*').is_some_and(|family| code.starts_with(family));
        if attempts >= self.attempts || !(self.on.is_empty() || self.on.iter().any(wanted)) {
            return None;
        }
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        Some(self.backoff.saturating_mul(doubled).min(Self::LONGEST))
    }
}

impl Default for Concurrency {
    /// One at a time, others wait: what people expect of a job that deploys or cleans up.
    fn default() -> Self {
        Self { limit: 1, when_full: WhenFull::Queue }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_end_with_the_attempts() {
        let retry = Retry { attempts: 100, backoff: Duration::from_secs(600), on: Vec::new() };
        let waits: Vec<u64> = (1..6).map(|attempts| retry.after(attempts, "x.y").unwrap().as_secs()).collect();
        assert_eq!(waits, [600, 1200, 2400, 3600, 3600]);
        assert_eq!(retry.after(99, "x.y"), Some(Retry::LONGEST));
        assert_eq!(retry.after(100, "x.y"), None);
    }

    #[test]
    fn only_the_wanted_codes_are_tried_again() {
        let on = vec!["step.timed-out".to_owned(), "cloudwatch-logs.*".to_owned()];
        let retry = Retry { attempts: 2, backoff: Duration::ZERO, on };
        for (code, again) in [
            ("step.timed-out", true),
            ("step.timed-outs", false),
            ("cloudwatch-logs.throttled", true),
            ("cloudwatch.throttled", false),
            ("step.failed", false),
        ] {
            assert_eq!(retry.after(1, code).is_some(), again, "{code}");
        }
    }
}
