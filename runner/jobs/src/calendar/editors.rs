//! The JSON Schema of calendar files, for editors: made of the same types that read them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema, schema_for};
use serde_json::Value;

use super::shape::CalendarFile;

pub(super) const DATES: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}( *\.\. *[0-9]{4}-[0-9]{2}-[0-9]{2})?$";
pub(super) const HOURS: &str = "^[0-9]{2}:[0-9]{2} *- *[0-9]{2}:[0-9]{2}$";

/// The JSON Schema (draft 2020-12) of calendar files, for editors. It is not all of the rules: what it accepts may still break
/// one.
pub fn calendar_schema() -> Value {
    schema_for!(CalendarFile).to_value()
}

/// The form of a day of the week: a short name, which editors propose, or a whole one.
pub(super) struct Day;

impl JsonSchema for Day {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Day".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "anyOf": [
            {"enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]},
            {"pattern": "^([A-Za-z]{3}|[A-Za-z]{3,6}[Dd][Aa][Yy])$"},
        ]})
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;
    use windlass_settings::yaml::parse;

    use super::*;
    use crate::ProjectCalendar;

    /// Calendars on the page that describes them.
    fn examples() -> impl Iterator<Item = &'static str> {
        let page = include_str!("../../../../docs/schedules.md").split("```yaml\n").skip(1);
        page.filter_map(|rest| rest.split("```").next()).filter(|example| example.contains("kind: Calendar"))
    }

    fn value(text: &str) -> Value {
        parse(Path::new("calendar.yaml"), text).unwrap()
    }

    fn accepts(value: &Value) -> bool {
        jsonschema::validator_for(&calendar_schema()).unwrap().is_valid(value)
    }

    #[test]
    fn it_is_a_schema_of_the_present_draft_with_descriptions() {
        let schema = calendar_schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        assert!(jsonschema::meta::is_valid(&schema));
        for object in schema["$defs"].as_object().unwrap().values().chain([&schema]) {
            assert!(object["description"].is_string(), "{object}");
            for (key, property) in object["properties"].as_object().unwrap() {
                assert!(property["description"].is_string(), "{key}: {property}");
            }
            assert_eq!(object["additionalProperties"], json!(false));
        }
    }

    #[test]
    fn every_example_is_accepted() {
        assert!(examples().count() > 1);
        for example in examples() {
            assert!(accepts(&value(example)), "{example}");
        }
    }

    #[test]
    fn what_is_read_is_accepted_and_what_breaks_a_rule_of_form_by_neither() {
        for (lines, good) in [
            ("", true),
            ("forbidden: []\n", true),
            ("forbidden: [{days: [sat, Sunday, WEDNESDAY], name: x}]\n", true),
            ("forbidden: [{dates: [2026-12-24, 2026-12-31 .. 2027-01-02], hours: '22:00 - 24:00'}]\n", true),
            ("allowed: [{hours: 09:00-17:00}]\n", true),
            ("allowed: []\n", false),
            ("forbidden: [{}]\n", false),
            ("forbidden: [{name: x}]\n", false),
            ("forbidden: [{dates: [24.12.2026]}]\n", false),
            ("forbidden: [{days: [weekend]}]\n", false),
            ("forbidden: [{hours: 9-17}]\n", false),
            ("forbidden: [{day: [sat]}]\n", false),
            ("forbid: []\n", false),
        ] {
            let text = format!("apiVersion: windlass/v1\nkind: Calendar\nname: office\n{lines}");
            assert_eq!(accepts(&value(&text)), good, "{lines}");
            assert_eq!(ProjectCalendar::parse(Path::new("calendar.yaml"), text).is_ok(), good, "{lines}");
        }
        let [calendar, job] =
            ["Calendar", "Job"].map(|kind| json!({"apiVersion": "windlass/v1", "kind": kind, "name": "a"}));
        assert!(accepts(&calendar) && !accepts(&job));
    }
}
