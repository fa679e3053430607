use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// An argument or the value of a variable: text as it is, a number or boolean as JSON writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word(String);

impl Word {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Kinds)
    }
}

struct Kinds;

impl Visitor<'_> for Kinds {
    type Value = Word;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, a number or a boolean")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Word, E> {
        Ok(Word(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<Word, E> {
        Ok(Word(yes.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Word, E> {
        Ok(Word(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Word, E> {
        Ok(Word(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Word, E> {
        serde_json::to_string(&number).map(Word).map_err(E::custom)
    }
}

impl JsonSchema for Word {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_written_as_the_job_has_them() {
        let words: Vec<Word> =
            serde_json::from_str(r#"["", "a b\n$(id) \"'", 5, -1, 18446744073709551615, 0.5, 2.0, true]"#).unwrap();
        let words: Vec<&str> = words.iter().map(Word::as_str).collect();
        assert_eq!(words, ["", "a b\n$(id) \"'", "5", "-1", "18446744073709551615", "0.5", "2.0", "true"]);
    }

    #[test]
    fn lists_objects_and_nothing_are_no_words() {
        for text in ["[]", "{}", "null"] {
            assert!(serde_json::from_str::<Word>(text).is_err(), "{text}");
        }
    }
}
