//! What becomes of the due times of a schedule that have come: a function of the schedule, its calendars and the time.

use std::time::Duration;

use jiff::Timestamp;
use windlass_jobs::Missed;
use windlass_schedules::Schedule;

/// A due time that nobody has started for so long was missed.
pub(super) const ON_TIME: Duration = Duration::from_secs(60);
/// So many missed due times have a record each, and so many does `runAll` make up for; those before share records.
const SINGLE: usize = 100;
/// So many due times are looked at in one go.
const MOST: usize = 100_000;

/// What becomes of what is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// In their order.
    pub(super) firings: Vec<Decided>,
    /// The first due time that is not among them.
    pub(super) next: Option<Timestamp>,
}

/// What becomes of a due time, or of several that are next to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) times: i64,
    pub(super) verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Starts,
    Missed,
    /// A calendar forbids it, for this reason.
    Excluded(String),
}

/// Decides about the due times from `first` to `now`. `forbids` says why a calendar forbids a time.
pub(super) fn decide(
    schedule: &Schedule,
    missed: Missed,
    first: Timestamp,
    now: Timestamp,
    forbids: impl Fn(Timestamp) -> Option<String>,
) -> Decision {
    let on_time_from = now.checked_sub(ON_TIME).unwrap_or(Timestamp::MIN);
    let mut times = Vec::new();
    let mut next = Some(first);
    while let Some(at) = next.filter(|at| *at <= now && times.len() < MOST) {
        let verdict = match forbids(at) {
            Some(reason) => Verdict::Excluded(reason),
            None if at < on_time_from => Verdict::Missed,
            None => Verdict::Starts,
        };
        times.push(Decided { first: at, last: at, times: 1, verdict });
        next = schedule.after(at).map(|due| due.at);
    }
    // Where more follows, what makes up for all of it comes with the last.
    let is_all = next.is_none_or(|at| at > now);
    if is_all {
        make_up(&mut times, missed);
    }
    let single = if is_all { SINGLE } else { 0 };
    Decision { firings: joined(times, single), next }
}

/// Starts the job for missed due times as the schedule says.
fn make_up(times: &mut [Decided], missed: Missed) {
    let most = match missed {
        Missed::Skip => 0,
        // One that is on time makes up for those before it.
        Missed::RunOnce if times.iter().any(|it| it.verdict == Verdict::Starts) => 0,
        Missed::RunOnce => 1,
        Missed::RunAll => SINGLE,
    };
    for late in times.iter_mut().rev().filter(|it| it.verdict == Verdict::Missed).take(most) {
        late.verdict = Verdict::Starts;
    }
}

/// What does not start, and is not among the last so many, is put together where it is next to its like.
fn joined(times: Vec<Decided>, single: usize) -> Vec<Decided> {
    let single_from = times.len().saturating_sub(single);
    let mut firings: Vec<Decided> = Vec::new();
    for (number, decided) in times.into_iter().enumerate() {
        match firings.last_mut() {
            Some(last)
                if number < single_from && last.verdict == decided.verdict && decided.verdict != Verdict::Starts =>
            {
                last.last = decided.last;
                last.times += 1;
            }
            _ => firings.push(decided),
        }
    }
    firings
}

#[cfg(test)]
mod tests {
    use windlass_schedules::{Every, Timing, Zone};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn every(seconds: u64) -> Schedule {
        let timing = Timing::Every(Every::new(Duration::from_secs(seconds)).unwrap());
        Schedule { timing, zone: Zone::UTC }
    }

    /// Verdicts as letters with the seconds that they are of: `M10-30*3 S40`.
    fn shown(decision: &Decision) -> String {
        let shown = decision.firings.iter().map(|it| {
            let letter = match &it.verdict {
                Verdict::Starts => 'S',
                Verdict::Missed => 'M',
                Verdict::Excluded(_) => 'X',
            };
            match it.times {
                1 => format!("{letter}{}", it.first.as_second()),
                times => format!("{letter}{}-{}*{times}", it.first.as_second(), it.last.as_second()),
            }
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    fn decided(missed: Missed, first: i64, now: i64) -> String {
        shown(&decide(&every(10), missed, at(first), at(now), |_| None))
    }

    #[test]
    fn what_is_due_starts() {
        let decision = decide(&every(10), Missed::RunOnce, at(100), at(105), |_| None);
        assert_eq!((shown(&decision).as_str(), decision.next), ("S100", Some(at(110))));
        let decision = decide(&every(10), Missed::RunOnce, at(100), at(99), |_| None);
        assert_eq!((decision.firings.len(), decision.next), (0, Some(at(100))));
    }

    #[test]
    fn a_short_absence_is_no_miss() {
        assert_eq!(decided(Missed::Skip, 100, 160), "S100 S110 S120 S130 S140 S150 S160");
        assert_eq!(decided(Missed::Skip, 100, 161), "M100 S110 S120 S130 S140 S150 S160");
    }

    #[test]
    fn what_was_missed_is_made_up_for_as_the_schedule_says() {
        let hourly = |missed| {
            let decision = decide(&every(3600), missed, at(3600), at(3 * 3600 + 600), |_| None);
            assert_eq!(decision.next, Some(at(4 * 3600)));
            shown(&decision)
        };
        assert_eq!(hourly(Missed::Skip), "M3600 M7200 M10800");
        assert_eq!(hourly(Missed::RunOnce), "M3600 M7200 S10800");
        assert_eq!(hourly(Missed::RunAll), "S3600 S7200 S10800");
    }

    #[test]
    fn one_that_is_on_time_makes_up_for_those_before() {
        let decision = decide(&every(3600), Missed::RunOnce, at(3600), at(3 * 3600 + 5), |_| None);
        assert_eq!(shown(&decision), "M3600 M7200 S10800");
        assert_eq!(decided(Missed::RunOnce, 50, 120), "M50 S60 S70 S80 S90 S100 S110 S120");
    }

    #[test]
    fn what_a_calendar_forbids_is_not_made_up_for() {
        let forbids = |time: Timestamp| (time.as_second() >= 7200).then(|| "`holidays`".to_owned());
        let decision = decide(&every(3600), Missed::RunOnce, at(3600), at(3 * 3600 + 600), forbids);
        assert_eq!(shown(&decision), "S3600 X7200 X10800");
    }

    #[test]
    fn a_long_absence_is_in_few_records() {
        let all = decide(&every(1), Missed::RunAll, at(1000), at(51_000), |_| None);
        assert_eq!(all.firings.iter().map(|it| it.times).sum::<i64>(), 50_001);
        let (joined, single) = all.firings.split_first().unwrap();
        assert_eq!((joined.times, &joined.verdict), (50_001 - 61 - 100, &Verdict::Missed));
        assert_eq!(single.len(), 61 + 100, "those on time, and as many before as are made up for at most");
        assert!(single.iter().all(|it| it.verdict == Verdict::Starts));
    }

    /// Whatever is decided at once or in several steps, each due time is in one record.
    #[test]
    fn each_due_time_is_decided_once() {
        let mut next = at(0);
        let end = at(2_500_000);
        let mut seen = 0;
        let mut starts = 0;
        while next <= end {
            let decision = decide(&every(10), Missed::RunOnce, next, end, |_| None);
            assert_eq!(decision.firings[0].first, next);
            for pair in decision.firings.windows(2) {
                assert_eq!(pair[0].last.as_second() + 10, pair[1].first.as_second());
            }
            seen += decision.firings.iter().map(|it| it.times).sum::<i64>();
            starts += decision.firings.iter().filter(|it| it.verdict == Verdict::Starts).count();
            next = decision.next.unwrap();
        }
        assert_eq!((seen, starts), (250_001, 7), "only the last minute is on time");
    }
}
