//! Waiting for a condition. Nothing in the tests sleeps for a guessed time.

use crate::{Outcome, Problem, interrupt};
use std::time::{Duration, Instant};

/// How long a test waits for what is to come soon. It bounds a test that would hang and says nothing about speed: machines
/// that check may be ten times slower than the one that the test was written on.
pub const PATIENCE: Duration = Duration::from_secs(120);

const SHORTEST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(50);

/// Asks `ready` again and again until it has an answer.
///
/// # Errors
/// What `ready` returns as an error, an interrupt, or that `limit` passed.
pub fn until<T>(what: &str, limit: Duration, mut ready: impl FnMut() -> Outcome<Option<T>>) -> Outcome<T> {
    let start = Instant::now();
    let mut pause = SHORTEST;
    loop {
        if let Some(answer) = ready()? {
            return Ok(answer);
        }
        interrupt::check()?;
        if start.elapsed() > limit {
            return Err(Problem::new(format!("{what} did not come within {limit:?}")));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(LONGEST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_until_there_is_an_answer() {
        let mut left = 3;
        let answer = until("three", Duration::from_secs(5), || {
            left -= 1;
            Ok((left == 0).then_some("here"))
        });
        assert_eq!(answer.unwrap(), "here");
    }

    #[test]
    fn says_what_did_not_come() {
        let error = until::<()>("the moon", Duration::ZERO, || Ok(None)).unwrap_err();
        assert_eq!(error.to_string(), "the moon did not come within 0ns");
    }
}
