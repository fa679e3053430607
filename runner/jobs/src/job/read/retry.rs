//! When something is done again.

use std::time::Duration;

use windlass_errors::{ALL, nearest_hint};
use windlass_settings::yaml::Spanned;
use windlass_settings::{format_duration, parse_duration};

use super::Rules;
use crate::job::Retry;
use crate::job::shape::RetryFile;

const MOST_CODES: usize = 100;
const LONGEST_CODE: usize = 100;

impl Rules<'_> {
    pub(super) fn retry(&mut self, read: &RetryFile) -> Option<Retry> {
        let attempts = self.number(&read.attempts, 1, i64::from(Retry::MOST), "attempts, the first included,");
        let backoff = read.backoff.as_ref().map_or(Some(Retry::BACKOFF), |text| self.backoff(text));
        if read.on.len() > MOST_CODES {
            self.wrong(&read.on[MOST_CODES], format!("a retry has at most {MOST_CODES} codes"));
        }
        for code in read.on.iter().take(MOST_CODES) {
            self.code(code);
        }
        let on = read.on.iter().map(|code| code.value.clone()).collect();
        Some(Retry { attempts: u32::try_from(attempts).ok()?, backoff: backoff?, on })
    }

    fn backoff(&mut self, text: &Spanned<String>) -> Option<Duration> {
        match parse_duration(&text.value) {
            Ok(duration) if duration > Retry::LONGEST => {
                self.wrong(text, format!("a wait between two attempts is at most {}", format_duration(Retry::LONGEST)));
                None
            }
            Ok(duration) => Some(duration),
            Err(why) => {
                self.wrong(text, why);
                None
            }
        }
    }

    /// A code or a family of codes. Those of the runner are known; those of a plugin are its own matter.
    fn code(&mut self, code: &Spanned<String>) {
        let text = code.value.as_str();
        let word = |text: &str| {
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        let Some((area, what)) = text.split_once('.').filter(|(area, what)| word(area) && (*what == "*" || word(what)))
        else {
            let rule = "a code is written `area.what-happened`, or `area.*` for all of an area";
            return self.wrong(code, rule);
        };
        if text.len() > LONGEST_CODE {
            return self.wrong(code, format!("a code has at most {LONGEST_CODE} characters"));
        }
        let known = || ALL.iter().map(|entry| entry.id);
        let of_area: Vec<&str> = known().filter(|id| id.split('.').next() == Some(area)).collect();
        // A plugin may give codes of its own that begin with `step.`.
        if !of_area.is_empty() && area != "step" && what != "*" && !of_area.contains(&text) {
            self.wrong_with(code, format!("there is no code `{text}`"), nearest_hint(text, of_area));
        }
    }
}
