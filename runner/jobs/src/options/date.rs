use jiff::Timestamp;
use jiff::civil::Date;

/// Whether a text is a day, `2026-11-26`, or a moment as RFC 3339 writes it, `2026-11-26T08:30:00Z`.
pub(super) fn is_date(text: &str) -> bool {
    let Some((day, rest)) = text.split_at_checked(10) else { return false };
    let digits = day.bytes().enumerate().all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !digits || day.parse::<Date>().is_err() {
        return false;
    }
    rest.is_empty() || (is_time_and_offset(rest) && text.parse::<Timestamp>().is_ok())
}

/// `T08:30:00`, perhaps with a fraction, then `Z` or `+01:00`: the parser itself takes more forms than RFC 3339 has.
fn is_time_and_offset(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = |bytes: &[u8], shape: &[u8]| {
        bytes.len() == shape.len()
            && bytes.iter().zip(shape).all(|(b, s)| if *s == b'0' { b.is_ascii_digit() } else { b == s })
    };
    let Some((time, rest)) = bytes.split_at_checked(9) else { return false };
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction.iter().take_while(|b| b.is_ascii_digit()).count();
            if digits == 0 || digits > 9 {
                return false;
            }
            &fraction[digits..]
        }
        None => rest,
    };
    shape(time, b"T00:00:00") && (rest == b"Z" || shape(rest, b"+00:00") || shape(rest, b"-00:00"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_or_a_moment() {
        for good in [
            "2026-11-26",
            "2024-02-29",
            "2026-11-26T08:30:00Z",
            "2026-11-26T08:30:00.123Z",
            "2026-11-26T08:30:00+01:00",
            "2026-11-26T23:59:59.999999999-11:30",
        ] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "",
            "2026",
            "2026-11",
            "2025-02-29",
            "2026-13-01",
            "26-11-2026",
            "2026-11-26 08:30:00Z",
            "2026-11-26T08:30Z",
            "2026-11-26T08:30:00",
            "2026-11-26T25:30:00Z",
            "2026-11-26T08:30:00.Z",
            "2026-11-26T08:30:00Z[UTC]",
            "2026-11-26T08:30:00+0100",
            "20261126",
            "2026-11-2é",
            "２０２６-11-26",
            "tomorrow",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
