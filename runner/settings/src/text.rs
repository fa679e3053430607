//! Durations and sizes as people write them: a number and its unit, nothing implied. And plain counts.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Unit and its length in milliseconds, longest first: `1h30m` is written in this order.
const DURATIONS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Unit and its size in bytes; powers of ten with one letter, of two with `i`.
const SIZES: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// Reads `500ms`, `30s`, `15m`, `1h`, `1d` or a combination such as `1h30m`; the error is the reason.
///
/// Units go from long to short, each once. A number without a unit is refused.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || "a duration is written like `30s`, `15m`, `1h30m` or `90d`".to_owned();
    let too_long = || "the duration is too long".to_owned();
    let mut rest = text;
    let mut units = DURATIONS.iter();
    let mut total: u64 = 0;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let (number, unit, after) = number_and_unit(rest).ok_or_else(wrong)?;
        let (_, length) = units.find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let number: u64 = number.parse().map_err(|_| too_long())?;
        total = number.checked_mul(*length).and_then(|part| total.checked_add(part)).ok_or_else(too_long)?;
        rest = after;
    }
    if i64::try_from(total).is_err() {
        return Err(too_long());
    }
    Ok(Duration::from_millis(total))
}

/// Reads a number of bytes such as `10kB`, `64MiB` or `1GiB`; the error is the reason.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    let wrong = || "a size is written like `10kB`, `64MiB` or `1GiB`".to_owned();
    let (number, unit, after) = number_and_unit(text).ok_or_else(wrong)?;
    let Some((_, size)) = SIZES.iter().find(|(name, _)| *name == unit) else {
        let names: Vec<&str> = SIZES.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no unit `{unit}`; there are `{}`", names.join("`, `")));
    };
    if !after.is_empty() {
        return Err(wrong());
    }
    let number: Option<u64> = number.parse().ok();
    number.and_then(|number| number.checked_mul(*size)).ok_or_else(|| "the size is too large".to_owned())
}

/// The name of a region, as far as that can be told without knowing all.
pub(crate) fn check_region(text: &str) -> Result<String, String> {
    let well_formed = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.contains('-');
    if well_formed { Ok(text.to_owned()) } else { Err("a region is written like `us-east-1`".to_owned()) }
}

/// Reads a number of things in these bounds; the error is the reason.
pub(crate) fn parse_count(text: &str, bounds: RangeInclusive<u32>) -> Result<u32, String> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(count) if digits && bounds.contains(&count) => Ok(count),
        _ if *bounds.end() == u32::MAX => Err(format!("it is a number of at least {}", bounds.start())),
        _ => Err(format!("it is a number from {} to {}", bounds.start(), bounds.end())),
    }
}

/// Reads a number of things that has no other bound; the error is the reason.
pub(crate) fn at_least_one(text: &str) -> Result<u32, String> {
    parse_count(text, 1..=u32::MAX)
}

/// The shortest text that [`parse_duration`] reads as this duration, to the millisecond.
pub fn format_duration(duration: Duration) -> String {
    let mut left = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut text = String::new();
    for (unit, length) in DURATIONS {
        if left >= length {
            text += &format!("{}{unit}", left / length);
            left %= length;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

fn number_and_unit(text: &str) -> Option<(&str, &str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let letters = text[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
    let (number, rest) = text.split_at(digits);
    let (unit, after) = rest.split_at(letters);
    (!number.is_empty() && !unit.is_empty()).then_some((number, unit, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        let seconds = |text: &str| parse_duration(text).unwrap().as_secs();
        assert_eq!(seconds("30s"), 30);
        assert_eq!(seconds("15m"), 900);
        assert_eq!(seconds("1h30m"), 5400);
        assert_eq!(seconds("1d"), 86_400);
        assert_eq!(seconds("90d"), 90 * 86_400);
        assert_eq!(seconds("7d12h"), 7 * 86_400 + 12 * 3600);
        assert_eq!(seconds("0s"), 0);
        assert_eq!(parse_duration("1s500ms").unwrap().as_millis(), 1500);
        for bad in
            ["", "30", "s", "1 h", "1.5h", "-1s", "30m1h", "1h1h", "1w", "1h ", "12h1d", "1D", "99999999999999999999s"]
        {
            assert!(parse_duration(bad).is_err(), "{bad:?}");
        }
        assert!(parse_duration("200000000000d").is_err(), "does not fit i64 milliseconds");
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse_bytes("10kB").unwrap(), 10_000);
        assert_eq!(parse_bytes("64MiB").unwrap(), 64 << 20);
        assert_eq!(parse_bytes("1GiB").unwrap(), 1 << 30);
        assert_eq!(parse_bytes("7B").unwrap(), 7);
        assert!(parse_bytes("1G").unwrap_err().contains("`GiB`"));
        for bad in ["", "64", "MiB", "64 MiB", "1.5GiB", "1GiB1MiB", "99999999999TiB"] {
            assert!(parse_bytes(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn counts_have_bounds() {
        assert_eq!(parse_count("2", 2..=100), Ok(2));
        assert_eq!(parse_count("100", 2..=100), Ok(100));
        assert_eq!(at_least_one("4294967295"), Ok(u32::MAX));
        for bad in ["", "1", "101", "+5", "-5", "5.0", " 5", "5k", "4294967296"] {
            assert_eq!(parse_count(bad, 2..=100), Err("it is a number from 2 to 100".to_owned()), "{bad:?}");
        }
        assert_eq!(at_least_one("0"), Err("it is a number of at least 1".to_owned()));
    }

    #[test]
    fn a_formatted_duration_reads_back() {
        for text in ["0s", "30s", "1h30m", "1d12h", "1s500ms"] {
            assert_eq!(format_duration(parse_duration(text).unwrap()), text);
        }
        assert_eq!(format_duration(Duration::from_secs(3600)), "1h");
    }
}
