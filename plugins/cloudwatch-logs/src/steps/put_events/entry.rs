use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// An event to put: a text, or a text with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) message: String,
    /// When the step puts it, if there is none.
    pub(super) at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Timed {
    message: String,
    timestamp: Option<Timestamp>,
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either)
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or `message` and `timestamp`")
    }

    fn visit_str<E: de::Error>(self, message: &str) -> Result<Entry, E> {
        Ok(Entry { message: message.to_owned(), at: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        let Timed { message, timestamp } = Timed::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Entry { message, at: timestamp })
    }
}

impl JsonSchema for Entry {
    fn schema_name() -> Cow<'static, str> {
        "Entry".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "object"],
            "minLength": 1,
            "properties": {
                "message": {"type": "string", "minLength": 1, "description": "The text."},
                "timestamp": {
                    "type": "string",
                    "description": "When it happened, RFC 3339; now when there is none.",
                    "pattern": r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$",
                },
            },
            "required": ["message"],
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    #[test]
    fn an_event_is_a_text_or_has_a_time() {
        let at = Some("2026-07-01T12:00:00Z".parse().unwrap());
        let entries: Vec<Entry> = from_value(json!([
            "a",
            {"message": "b"},
            {"message": "c", "timestamp": "2026-07-01T14:00:00+02:00"},
        ]))
        .unwrap();
        let expected = [("a", None), ("b", None), ("c", at)];
        assert_eq!(entries, expected.map(|(message, at)| Entry { message: message.to_owned(), at }));
    }

    #[test]
    fn the_schema_refuses_what_the_type_does() {
        let schema = schemars::schema_for!(Entry).to_value();
        let validator = jsonschema::validator_for(&schema).unwrap();
        assert!(validator.is_valid(&json!({"message": "c", "timestamp": "2026-07-01T14:00:00.5+02:00"})));
        for entry in
            [json!(7), json!({}), json!({"message": "a", "time": "x"}), json!({"message": "a", "timestamp": 7})]
        {
            assert!(from_value::<Entry>(entry.clone()).is_err(), "{entry}");
            assert!(!validator.is_valid(&entry), "{entry}");
        }
        assert!(!validator.is_valid(&Value::from("")), "AWS takes no empty message");
    }
}
