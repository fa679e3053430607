use std::borrow::Cow;

use aws_sdk_sns::error::BuildError;
use aws_sdk_sns::types::MessageAttributeValue;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// What subscriptions filter messages by: a text, a number, or a list of texts, numbers and truths
/// ([message attributes](https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    kind: &'static str,
    text: String,
}

impl Attribute {
    pub(crate) fn value(&self) -> Result<MessageAttributeValue, BuildError> {
        MessageAttributeValue::builder().data_type(self.kind).string_value(&self.text).build()
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (kind, text) = match Value::deserialize(deserializer)? {
            Value::String(text) => ("String", text),
            Value::Number(number) => ("Number", number.to_string()),
            list @ Value::Array(_) => ("String.Array", list.to_string()),
            _ => return Err(serde::de::Error::custom("an attribute is a text, a number or a list")),
        };
        Ok(Self { kind, text })
    }
}

impl JsonSchema for Attribute {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Attribute".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number", "array"],
            "minLength": 1,
            "items": {"type": ["string", "number", "boolean", "null"]},
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn its_type_is_that_of_its_value() {
        let of = |value: Value| {
            let attribute: Attribute = serde_json::from_value(value).unwrap();
            (attribute.kind, attribute.text)
        };
        assert_eq!(of(json!("eu")), ("String", "eu".to_owned()));
        assert_eq!(of(json!(7.5)), ("Number", "7.5".to_owned()));
        assert_eq!(of(json!(["a", 1, true])), ("String.Array", r#"["a",1,true]"#.to_owned()));
        assert!(serde_json::from_value::<Attribute>(json!({})).is_err());
    }
}
