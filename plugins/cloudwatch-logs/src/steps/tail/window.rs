use std::collections::HashMap;

/// Events may arrive this long after they happened, and are still shown.
const LATE_MS: i64 = 60_000;

/// From when on each poll asks: a little earlier than the last one, so that late events are found; what was seen already
/// is known by its identifier.
#[derive(Debug)]
pub(super) struct Window {
    begin_ms: i64,
    last_ms: Option<i64>,
    /// With their times, so that those can be forgotten that no poll finds again.
    seen: HashMap<String, i64>,
}

impl Window {
    /// Nothing before `begin_ms` is asked for.
    pub(super) fn new(begin_ms: i64) -> Self {
        Self { begin_ms, last_ms: None, seen: HashMap::new() }
    }

    /// The first millisecond of a poll that is made now.
    pub(super) fn turn(&mut self, now_ms: i64) -> i64 {
        if let Some(last) = self.last_ms {
            self.begin_ms = self.begin_ms.max(last - LATE_MS);
        }
        self.last_ms = Some(now_ms);
        let begin = self.begin_ms;
        self.seen.retain(|_, at_ms| *at_ms >= begin);
        begin
    }

    /// Whether an event is new.
    pub(super) fn is_new(&mut self, id: &str, at_ms: i64) -> bool {
        !self.seen.contains_key(id) && self.seen.insert(id.to_owned(), at_ms).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_overlap_by_a_minute_and_never_begin_before_the_first() {
        let mut window = Window::new(1_000_000);
        let turns = [1_000_000, 1_005_000, 1_070_000, 1_080_000].map(|now| window.turn(now));
        assert_eq!(turns, [1_000_000, 1_000_000, 1_000_000, 1_010_000]);
        let mut window = Window::new(0);
        assert_eq!([1_000_000, 1_001_000].map(|now| window.turn(now)), [0, 940_000]);
    }

    #[test]
    fn an_event_is_new_once_and_forgotten_when_it_cannot_come_again() {
        let mut window = Window::new(0);
        window.turn(100_000);
        assert_eq!(
            [window.is_new("a", 30_000), window.is_new("b", 50_000), window.is_new("a", 30_000)],
            [true, true, false]
        );
        window.turn(101_000);
        assert_eq!(window.seen.keys().collect::<Vec<_>>(), ["b"]);
    }
}
