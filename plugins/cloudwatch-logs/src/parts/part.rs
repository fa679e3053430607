use crate::range::Seconds;
use crate::text::Direction;

/// More parts than this are not made at once; each can be split again.
const MOST: i64 = 50;
/// How full a part is meant to become: events do not come evenly.
const FILL: f64 = 0.7;

/// A part of what a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The range of the step, by the text as it stands.
    Whole(Seconds),
    /// The milliseconds from the first, up to the second without it.
    Time { from: i64, to: i64 },
    /// One millisecond of one log stream, by the names that AWS has for group (`@log`) and stream.
    Stream { at: i64, log: String, stream: String },
}

/// What can be done about a part that has more events than a query returns.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Split {
    /// These together are it, in the order of time that was asked for.
    Parts(Vec<Part>),
    /// It is a single millisecond: its log streams have to be asked for.
    Streams(i64),
    /// It cannot be made smaller.
    Never { at: i64, stream: String },
}

impl Part {
    /// The first part, which is all of a range, and the seconds that no part may go beyond.
    ///
    /// A range that is exact to the second gets commands that keep what belongs to it, where the language has such.
    pub(crate) fn first(range: Seconds, exact: bool) -> (Self, Seconds) {
        let Seconds { start, end } = range;
        match exact {
            true => (Self::Time { from: start * 1000, to: (end + 1) * 1000 }, Seconds { start, end: end + 1 }),
            false => (Self::Whole(range), range),
        }
    }

    /// Parts for so many events, of which a query returns `most`.
    pub(crate) fn split(&self, events: u64, most: u32, direction: Direction) -> Split {
        let (from, to) = match self {
            Self::Whole(range) => (range.start * 1000, (range.end + 1) * 1000),
            Self::Time { from, to } => (*from, *to),
            Self::Stream { at, stream, .. } => return Split::Never { at: *at, stream: stream.clone() },
        };
        if to - from <= 1 {
            return Split::Streams(from);
        }
        let unit = if to - from > 1000 { 1000 } else { 1 };
        let units = (to - from) / unit;
        let wanted = (events as f64 / (f64::from(most) * FILL)).ceil() as i64;
        let count = wanted.clamp(2, MOST.min(units));
        let border = |number: i64| if number == count { to } else { from + units * number / count * unit };
        let mut parts: Vec<Self> =
            (0..count).map(|number| Self::Time { from: border(number), to: border(number + 1) }).collect();
        if direction == Direction::Descending {
            parts.reverse();
        }
        Split::Parts(parts)
    }

    /// The whole seconds to ask for, within those of the whole range.
    ///
    /// AWS says that both are included, and not whether an event half a second after the last one is. So a part asks for
    /// the second after its end too, and its text says to the millisecond what belongs to it.
    pub(crate) fn seconds(&self, whole: Seconds) -> Seconds {
        let (from, to) = match self {
            Self::Whole(range) => return *range,
            Self::Time { from, to } => (*from, *to),
            Self::Stream { at, .. } => (*at, *at + 1),
        };
        let end = to.div_euclid(1000) + i64::from(to.rem_euclid(1000) != 0);
        Seconds { start: from.div_euclid(1000), end: end.min(whole.end) }
    }

    /// The query's text for this part alone.
    pub(crate) fn text(&self, query: &str) -> String {
        match self {
            Self::Whole(_) => query.to_owned(),
            _ => format!("{}| {}", self.filter(), without_heading(query)),
        }
    }

    /// Which log streams have events in this part, and how many.
    pub(crate) fn streams(&self) -> String {
        format!("{}| stats count(*) as events by @log, @logStream", self.filter())
    }

    /// Commands that keep what belongs to this part, a line each.
    fn filter(&self) -> String {
        match self {
            Self::Whole(_) => String::new(),
            Self::Time { from, to } => {
                format!("filter toMillis(@timestamp) >= {from}\n| filter toMillis(@timestamp) < {to}\n")
            }
            Self::Stream { at, log, stream } => {
                let (log, stream) = (quoted(log), quoted(stream));
                format!("filter toMillis(@timestamp) = {at}\n| filter @log = {log}\n| filter @logStream = {stream}\n")
            }
        }
    }
}

/// The query without comments at its beginning, so that it can follow a pipe.
fn without_heading(query: &str) -> &str {
    let mut query = query.trim_start();
    while query.starts_with('#') {
        query = query.split_once('\n').map_or("", |(_, rest)| rest.trim_start());
    }
    query
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Seconds = Seconds { start: 86_400, end: 172_799 };

    fn parts(part: &Part, events: u64, direction: Direction) -> Vec<(i64, i64)> {
        let Split::Parts(parts) = part.split(events, 10_000, direction) else { panic!("{part:?}") };
        let times = parts.into_iter().map(|part| match part {
            Part::Time { from, to } => (from, to),
            other => panic!("{other:?}"),
        });
        times.collect()
    }

    #[test]
    fn parts_are_the_whole_and_do_not_overlap() {
        for (part, events) in [
            (Part::Whole(DAY), 25_000),
            (Part::Whole(DAY), 900_000_000),
            (Part::Whole(Seconds { start: 7, end: 8 }), 10_001),
            (Part::Whole(Seconds { start: 7, end: 7 }), 25_000),
            (Part::Time { from: 7_000, to: 10_000 }, 10_001),
            (Part::Time { from: 7_003, to: 7_005 }, 1_000_000),
        ] {
            let up = parts(&part, events, Direction::Ascending);
            let whole = match part {
                Part::Whole(range) => (range.start * 1000, (range.end + 1) * 1000),
                Part::Time { from, to } => (from, to),
                Part::Stream { .. } => unreachable!(),
            };
            assert_eq!((up.first().unwrap().0, up.last().unwrap().1), whole, "{part:?}");
            assert!(up.windows(2).all(|pair| pair[0].1 == pair[1].0), "{up:?}");
            assert!(up.iter().all(|(from, to)| from < to) && (2..=50).contains(&up.len()), "{up:?}");
            let down: Vec<_> = parts(&part, events, Direction::Descending).into_iter().rev().collect();
            assert_eq!(up, down);
        }
    }

    #[test]
    fn whole_seconds_come_before_milliseconds() {
        let seconds = parts(&Part::Time { from: 7_000, to: 9_000 }, 10_001, Direction::Ascending);
        assert_eq!(seconds, [(7_000, 8_000), (8_000, 9_000)]);
        let inside = parts(&Part::Whole(Seconds { start: 7, end: 7 }), 25_000, Direction::Descending);
        assert_eq!(inside, [(7_750, 8_000), (7_500, 7_750), (7_250, 7_500), (7_000, 7_250)]);
    }

    #[test]
    fn a_millisecond_is_split_by_its_streams_and_no_further() {
        let millisecond = Part::Time { from: 7_003, to: 7_004 };
        assert_eq!(millisecond.split(10_001, 10_000, Direction::Ascending), Split::Streams(7_003));
        let stream = Part::Stream { at: 7_003, log: "1:/a".to_owned(), stream: "s".to_owned() };
        let never = Split::Never { at: 7_003, stream: "s".to_owned() };
        assert_eq!(stream.split(10_001, 10_000, Direction::Ascending), never);
    }

    #[test]
    fn the_seconds_asked_for_contain_the_part_whatever_the_end_means() {
        let whole = Seconds { start: 0, end: 100 };
        let asked = |from, to| Part::Time { from, to }.seconds(whole);
        assert_eq!(asked(7_000, 9_000), Seconds { start: 7, end: 9 });
        assert_eq!(asked(7_250, 7_500), Seconds { start: 7, end: 8 });
        assert_eq!(asked(99_000, 101_000), Seconds { start: 99, end: 100 }, "as the whole range ends");
    }

    #[test]
    fn the_text_says_what_belongs_to_the_part() {
        let query = "fields @message\n| sort @timestamp";
        assert_eq!(Part::Whole(DAY).text(query), query);
        let time = Part::Time { from: 5, to: 9 }.text(query);
        let wanted = "filter toMillis(@timestamp) >= 5\n| filter toMillis(@timestamp) < 9\n| ";
        assert_eq!(time.strip_prefix(wanted), Some(query));
        let heading = Part::Time { from: 5, to: 9 }.text("# errors\n  # of today\nfields @message");
        assert!(heading.ends_with("< 9\n| fields @message"), "{heading}");
        let stream = Part::Stream { at: 5, log: "1:/a".to_owned(), stream: "a\"b\\".to_owned() }.text(query);
        assert!(stream.contains("\n| filter @logStream = \"a\\\"b\\\\\"\n| fields @message"), "{stream}");
    }
}
