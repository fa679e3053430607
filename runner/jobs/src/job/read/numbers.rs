//! Numbers and times, within sensible bounds.

use std::time::Duration;

use windlass_settings::yaml::Spanned;
use windlass_settings::{format_duration, parse_duration};

use super::Rules;
use crate::job::Concurrency;
use crate::job::shape::ConcurrencyFile;

/// The most of anything that runs at a time.
const MOST_AT_A_TIME: i64 = 1000;
/// The longest time-out; a step that takes longer is none.
const LONGEST: Duration = Duration::from_secs(366 * 86_400);

impl Rules<'_> {
    /// A number between two others.
    pub(super) fn number(&mut self, number: &Spanned<i64>, least: i64, most: i64, what: &str) -> i64 {
        if !(least..=most).contains(&number.value) {
            self.wrong(number, format!("{what} is a number from {least} to {most}"));
        }
        number.value.clamp(least, most)
    }

    /// How many of something run at a time.
    pub(super) fn limit(&mut self, limit: Option<&Spanned<i64>>) -> Option<usize> {
        let limit = self.number(limit?, 1, MOST_AT_A_TIME, "a limit");
        usize::try_from(limit).ok()
    }

    pub(super) fn concurrency(&mut self, read: &ConcurrencyFile) -> Concurrency {
        let limit = self.limit(read.limit.as_ref()).and_then(|limit| u32::try_from(limit).ok());
        let limit = limit.unwrap_or(Concurrency::default().limit);
        Concurrency { limit, when_full: read.when_full }
    }

    pub(super) fn timeout(&mut self, text: &Spanned<String>) -> Option<Duration> {
        match parse_duration(&text.value) {
            Ok(Duration::ZERO) => self.wrong(text, "a timeout is longer than nothing"),
            Ok(duration) if duration > LONGEST => {
                self.wrong(text, format!("a timeout is at most {}", format_duration(LONGEST)));
            }
            Ok(duration) => return Some(duration),
            Err(why) => self.wrong(text, why),
        }
        None
    }
}
