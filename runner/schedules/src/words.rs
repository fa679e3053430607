//! Words for people.

use jiff::civil::{DateTime, Time};

/// `1 hour 30 minutes`; one of a single unit is `hour`.
pub(crate) fn duration(seconds: i64) -> String {
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (unit, length) in [("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)] {
        if rest >= length {
            parts.push((rest / length, unit));
            rest %= length;
        }
    }
    match parts.as_slice() {
        [(1, unit)] => (*unit).to_owned(),
        parts => parts.iter().map(|(count, unit)| counted(*count, unit)).collect::<Vec<_>>().join(" "),
    }
}

/// `1 minute`, `2 minutes`
pub(crate) fn counted(count: i64, unit: &str) -> String {
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

/// `02:30`, with seconds where there are any.
pub(crate) fn time(time: Time) -> String {
    let seconds = if time.second() == 0 { String::new() } else { format!(":{:02}", time.second()) };
    format!("{:02}:{:02}{seconds}", time.hour(), time.minute())
}

/// `2026-12-24 18:00`
pub(crate) fn moment(at: DateTime) -> String {
    format!("{} {}", at.date(), time(at.time()))
}

/// `first`, `second`
pub(crate) fn ordinal(number: u8) -> &'static str {
    ["first", "second", "third", "fourth", "fifth"][usize::from(number.clamp(1, 5)) - 1]
}

/// `1st`, `22nd`
pub(crate) fn numeral(number: i64) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
