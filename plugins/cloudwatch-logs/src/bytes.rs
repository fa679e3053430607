use std::borrow::Cow;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

const UNITS: [(&str, u64); 5] =
    [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1)];

/// An amount of data, `500MB` or `20GB`, in units of a thousand as AWS bills them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(u64);

impl Bytes {
    pub(crate) fn count(self) -> u64 {
        self.0
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unit = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)));
        let count = unit.filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()));
        let count = count.and_then(|(number, size)| number.parse::<u64>().ok()?.checked_mul(*size));
        count.map(Self).ok_or_else(|| format!("`{text}` is no amount of data such as `500MB`, `20GB` or `1TB`"))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]+(B|kB|MB|GB|TB)$", "examples": ["500MB", "20GB"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_bill() {
        for (text, count) in
            [("0B", 0), ("12B", 12), ("5kB", 5_000), ("500MB", 500_000_000), ("2TB", 2_000_000_000_000)]
        {
            assert_eq!(text.parse(), Ok(Bytes(count)), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "B", "12", "1.5GB", "+1GB", "-1GB", "1 GB", "1gb", "1GiB", "99999999999999999999TB"] {
            assert!(text.parse::<Bytes>().is_err(), "{text:?}");
        }
    }
}
