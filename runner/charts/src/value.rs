use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

/// Numbers beyond are nothing that a chart shows, and calculating with them goes wrong.
const LARGEST: f64 = 1e30;

/// A cell that is to be drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// It is empty.
    Missing,
    Is(f64),
    /// It is something else.
    No,
}

/// Numbers come as numbers or as text.
pub(crate) fn number(cell: &Value) -> Number {
    let found = match cell {
        Value::Null => return Number::Missing,
        Value::Number(number) => number.as_f64(),
        Value::String(text) if text.trim().is_empty() => return Number::Missing,
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match found {
        Some(number) if number.is_nan() => Number::Missing,
        Some(number) if number.abs() <= LARGEST => Number::Is(number),
        _ => Number::No,
    }
}

/// Milliseconds since 1970 UTC of a cell that is a time: RFC 3339, or `2026-01-02 03:04:00.000` in UTC.
pub(crate) fn time(cell: &Value) -> Option<i64> {
    let text = cell.as_str()?.trim();
    if !text.get(..5).is_some_and(|year| year.ends_with('-')) {
        return None;
    }
    let zoned = text.parse::<Timestamp>().ok();
    let utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    zoned.or_else(utc).map(Timestamp::as_millisecond)
}

/// A cell as text.
pub(crate) fn text(cell: &Value) -> String {
    match cell {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Text of so many characters at most, on one line, of those that XML has.
pub(crate) fn label(text: &str, most: usize) -> String {
    let clean = |c: char| {
        let breaks =
            c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}');
        if breaks { '\u{fffd}' } else { c }
    };
    let mut chars = text.trim().chars().map(clean);
    let mut shown: String = chars.by_ref().take(most).collect();
    if chars.next().is_some() {
        shown.pop();
        shown.push('\u{2026}');
    }
    shown
}

/// A number as it stands at an axis.
pub(crate) fn shown(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{number:.3e}");
    }
    let digits = match size {
        100.0.. => 0,
        1.0.. => 2,
        _ => 5,
    };
    let text = format!("{number:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, rest) = text.split_once('.').map_or((text, String::new()), |(whole, rest)| (whole, format!(".{rest}")));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_numbers_or_text() {
        assert_eq!(
            [json!(7), json!("7"), json!(" 7.5 "), json!(-2e3)].map(|cell| number(&cell)),
            [Number::Is(7.0), Number::Is(7.0), Number::Is(7.5), Number::Is(-2000.0)]
        );
        assert!([json!(null), json!(""), json!("NaN")].iter().all(|cell| number(cell) == Number::Missing));
        for cell in [json!("seven"), json!(true), json!([1]), json!("1e300"), json!("inf")] {
            assert_eq!(number(&cell), Number::No, "{cell}");
        }
    }

    #[test]
    fn times_are_those_of_aws_and_of_rfc_3339() {
        let expected = Some(1_767_323_040_000);
        for text in ["2026-01-02 03:04:00.000", "2026-01-02T03:04:00Z", "2026-01-02T05:04:00+02:00", "2026-01-02 03:04"]
        {
            assert_eq!(time(&json!(text)), expected, "{text}");
        }
        for cell in
            [json!("404"), json!(404), json!("/index.html"), json!("2026-13-45 99:00"), json!(null), json!("ab\u{e4}")]
        {
            assert_eq!(time(&cell), None, "{cell}");
        }
    }

    #[test]
    fn labels_are_short_and_on_one_line() {
        assert_eq!(label("  a\nb\u{1b}[2J\u{202e} ", 20), "a\u{fffd}b\u{fffd}[2J\u{fffd}");
        assert_eq!(label("abcdef", 6), "abcdef");
        assert_eq!(label("abcdefg", 6), "abcde\u{2026}");
    }

    #[test]
    fn numbers_at_an_axis_are_read_at_a_glance() {
        let all = [0.0, 7.0, 1234.0, -1_234_567.0, 0.25, 12.5, 0.0001, 1e-9, 2e18].map(shown);
        assert_eq!(all, ["0", "7", "1,234", "-1,234,567", "0.25", "12.5", "0.0001", "1.000e-9", "2.000e18"]);
    }
}
