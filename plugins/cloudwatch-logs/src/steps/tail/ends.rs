use schemars::JsonSchema;
use serde::Serialize;

/// Why following ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub(super) enum Ended {
    Time,
    Count,
    Match,
}

/// The events so far, and what would end them.
#[derive(Debug)]
pub(super) struct Seen<'a> {
    count: u32,
    most: u32,
    until: Option<&'a str>,
}

impl Ended {
    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Time => "the time is over",
            Self::Count => "that is `maxEvents`, there may be more",
            Self::Match => "the last one contains the text",
        }
    }
}

impl<'a> Seen<'a> {
    pub(super) fn new(most: u32, until: Option<&'a str>) -> Self {
        Self { count: 0, most, until }
    }

    pub(super) fn count(&self) -> u64 {
        self.count.into()
    }

    /// How many more may come.
    pub(super) fn left(&self) -> usize {
        usize::try_from(self.most - self.count).unwrap_or(usize::MAX)
    }

    /// Counts an event; says when it is the last.
    pub(super) fn add(&mut self, message: &str) -> Option<Ended> {
        self.count += 1;
        if self.until.is_some_and(|text| message.contains(text)) {
            return Some(Ended::Match);
        }
        (self.count == self.most).then_some(Ended::Count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_counts_and_a_match_is_more_than_a_count() {
        let mut seen = Seen::new(2, Some("live"));
        assert_eq!((seen.add("starting"), seen.left()), (None, 1));
        assert_eq!(seen.add("version 7 is live"), Some(Ended::Match));
        let mut seen = Seen::new(1, Some("live"));
        assert_eq!((seen.add("starting"), seen.count()), (Some(Ended::Count), 1));
    }
}
