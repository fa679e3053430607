use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// Units in the order in which they are written, with their seconds; a day is always 24 hours here.
const UNITS: [(char, i64); 5] = [('w', 7 * 24 * 3600), ('d', 24 * 3600), ('h', 3600), ('m', 60), ('s', 1)];

/// A length of time, `30s`, `1h` or `1d12h`, in whole seconds and more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Past(i64);

impl Past {
    pub(crate) const HOUR: Self = Self(3600);
    pub(crate) const MINUTES_5: Self = Self(300);

    pub(crate) fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Past {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = seconds(text).filter(|seconds| *seconds > 0);
        seconds.map(Self).ok_or_else(|| format!("`{text}` is no length of time such as `30s`, `15m`, `1h` or `1d12h`"))
    }
}

fn seconds(text: &str) -> Option<i64> {
    let mut units = UNITS.iter();
    let (mut rest, mut sum) = (text, 0_i64);
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        // Searching on from the last unit found keeps the order and lets none come twice.
        let (unit, length) = units.find(|(unit, _)| after.starts_with(*unit))?;
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(*length)?)?;
        rest = &after[unit.len_utf8()..];
    }
    Some(sum)
}

impl<'de> Deserialize<'de> for Past {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Past {
    fn schema_name() -> Cow<'static, str> {
        "Past".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "minLength": 2,
            "pattern": "^([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$",
            "examples": ["15m", "1h", "1d12h"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_added_up() {
        for (text, seconds) in [("30s", 30), ("15m", 900), ("1h", 3600), ("2d", 172_800), ("1w", 604_800)] {
            assert_eq!(text.parse(), Ok(Past(seconds)), "{text}");
        }
        assert_eq!("1w2d3h4m5s".parse(), Ok(Past(604_800 + 172_800 + 10_800 + 240 + 5)));
        assert_eq!("90m".parse(), Ok(Past(5400)));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "1", "h", "0s", "1 h", "1h ", "-1h", "+1h", "1.5h", "1h1h", "1m1h", "1y", "1H", "٣h", "1hé"]
        {
            assert!(text.parse::<Past>().is_err(), "{text:?}");
        }
        assert!("9223372036854775807w".parse::<Past>().is_err());
        assert!("99999999999999999999s".parse::<Past>().is_err());
    }
}
