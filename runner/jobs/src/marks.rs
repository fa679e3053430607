//! Fields that the runner treats in a way of their own: a step type's schema marks them (`windlass_plugin_api::fields`).

use std::collections::HashSet;

use serde_json::{Map, Value};
use windlass_plugin_api::fields::MARK;

use crate::cost::is_affordable;

/// The longest way through references of a schema that is followed; schemas may be recursive.
const DEEPEST: usize = 64;

/// The JSON pointers (RFC 6901) of the values in `config` whose schema has this mark.
pub fn marked(schema: &Value, config: &Value, mark: &str) -> Vec<String> {
    fields(schema, config, mark).found
}

/// What fields with a mark hold before expressions have values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The texts that hold no expression.
    pub texts: Vec<String>,
    /// Whether expressions may come to more.
    pub more: bool,
}

impl Written {
    /// Whether there is none, whatever expressions come to.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && !self.more
    }
}

/// What the fields of a configuration with this mark hold as it was written.
pub fn written(schema: &Value, config: &Value, mark: &str) -> Written {
    let Fields { found, lists, maps } = fields(schema, config, mark);
    let texts = found.iter().filter_map(|pointer| config.pointer(pointer)?.as_str());
    let (open, texts): (Vec<&str>, Vec<&str>) = texts.partition(|text| text.contains("${{"));
    let more = !(open.is_empty() && lists.is_empty() && maps.is_empty());
    Written { texts: texts.into_iter().map(str::to_owned).collect(), more }
}

/// Where the values with a mark are, by JSON pointer.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) found: Vec<String>,
    /// Expressions that stand where a list of them belongs.
    pub(crate) lists: Vec<String>,
    /// Expressions that stand where a map belongs which may have one of them in it.
    pub(crate) maps: Vec<String>,
}

pub(crate) fn fields(schema: &Value, config: &Value, mark: &str) -> Fields {
    if !is_affordable(schema) {
        return Fields::default(); // Nothing is ever checked against it either.
    }
    let mut walk = Walk { root: schema, mark, fields: Fields::default() };
    walk.node(schema, config, String::new(), 0);
    let Fields { found, lists, maps } = &mut walk.fields;
    [found, lists, maps].into_iter().for_each(Vec::dedup);
    walk.fields
}

struct Walk<'a> {
    root: &'a Value,
    mark: &'a str,
    fields: Fields,
}

impl Walk<'_> {
    fn node(&mut self, schema: &Value, value: &Value, pointer: String, depth: usize) {
        let Some(schema) = schema.as_object().filter(|_| depth < DEEPEST) else { return };
        if schema.get(MARK).is_some_and(|mark| mark == self.mark) && !value.is_null() {
            self.fields.found.push(pointer);
            return;
        }
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
        if let Some(target) = reference.and_then(|reference| self.root.pointer(reference)) {
            self.node(target, value, pointer.clone(), depth + 1);
        }
        for alternatives in ["allOf", "anyOf", "oneOf"].iter().filter_map(|name| schema.get(*name)?.as_array()) {
            for alternative in alternatives {
                self.node(alternative, value, pointer.clone(), depth + 1);
            }
        }
        match value {
            Value::Object(entries) => self.entries(schema, entries, &pointer, depth),
            Value::Array(items) => self.items(schema, items, &pointer, depth),
            Value::String(text) if text.contains("${{") => self.expression(schema, pointer),
            _ => {}
        }
    }

    /// An expression in the place of a list or a map.
    fn expression(&mut self, schema: &Map<String, Value>, pointer: String) {
        let holds = |name: &str| schema.get(name).is_some_and(|below| self.holds(below, &mut HashSet::new()));
        if holds("items") {
            self.fields.lists.push(pointer);
        } else if ["properties", "additionalProperties"].into_iter().any(holds) {
            self.fields.maps.push(pointer);
        }
    }

    /// Whether the mark is anywhere in a part of the schema.
    fn holds<'a>(&'a self, part: &'a Value, seen: &mut HashSet<&'a str>) -> bool {
        match part {
            Value::Object(entries) => {
                let target = entries.get("$ref").and_then(Value::as_str).filter(|reference| seen.insert(reference));
                let target = target.and_then(|reference| self.root.pointer(reference.strip_prefix('#')?));
                entries.get(MARK).is_some_and(|mark| mark == self.mark)
                    || target.is_some_and(|target| self.holds(target, seen))
                    || entries.values().any(|below| self.holds(below, seen))
            }
            Value::Array(items) => items.iter().any(|below| self.holds(below, seen)),
            _ => false,
        }
    }

    fn entries(&mut self, schema: &Map<String, Value>, entries: &Map<String, Value>, pointer: &str, depth: usize) {
        let rest = schema.get("additionalProperties");
        for (name, value) in entries {
            let own = schema.get("properties").and_then(|properties| properties.get(name));
            if let Some(below) = own.or(rest) {
                self.node(below, value, format!("{pointer}/{}", crate::evaluate::escape(name)), depth + 1);
            }
        }
    }

    fn items(&mut self, schema: &Map<String, Value>, items: &[Value], pointer: &str, depth: usize) {
        if let Some(below) = schema.get("items") {
            for (index, item) in items.iter().enumerate() {
                self.node(below, item, format!("{pointer}/{index}"), depth + 1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde_json::json;
    use windlass_plugin_api::fields::{ENDPOINT, SECRET};
    use windlass_plugin_api::{Endpoint, Secret};

    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Config {
        token: Option<Secret>,
        map: std::collections::BTreeMap<String, Secret>,
        kind: Kind,
        hooks: Vec<Hook>,
        next: Option<Box<Config>>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    enum Kind {
        Plain,
        Signed { key: Secret },
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Hook {
        url: Endpoint,
    }

    #[test]
    fn marked_fields_are_found_wherever_they_are() {
        let schema = schemars::schema_for!(Config).to_value();
        let config = json!({
            "token": "keys/a",
            "map": {"x/y": "keys/b"},
            "kind": {"Signed": {"key": "keys/c"}},
            "hooks": [{"url": "https://a"}, {"url": "https://b"}],
            "next": {"token": null, "map": {}, "kind": "Plain", "hooks": [{"url": "https://c"}]},
        });
        assert_eq!(marked(&schema, &config, SECRET), ["/kind/Signed/key", "/map/x~1y", "/token"]);
        assert_eq!(marked(&schema, &config, ENDPOINT), ["/hooks/0/url", "/hooks/1/url", "/next/hooks/0/url"]);
        assert!(marked(&schema, &json!("text"), SECRET).is_empty());
    }

    #[test]
    fn what_is_written_is_known_apart_from_what_expressions_come_to() {
        let schema = schemars::schema_for!(Config).to_value();
        let of = |config: &Value| written(&schema, config, ENDPOINT);
        let one = |url: &str| json!({ "hooks": [{ "url": "https://a" }, { "url": url }] });
        let known = |texts: &[&str], more| Written { texts: texts.iter().map(ToString::to_string).collect(), more };
        assert_eq!(of(&one("https://b")), known(&["https://a", "https://b"], false));
        assert_eq!(of(&one("https://${{ options.host }}")), known(&["https://a"], true));
        for open in [json!({"hooks": "${{ x }}"}), json!({"hooks": ["${{ x }}"]}), json!({"next": "${{ x }}"})] {
            assert_eq!(of(&open), known(&[], true), "{open}");
        }
        for none in
            [json!({"token": "${{ x }}", "map": "${{ x }}", "kind": "${{ x }}"}), json!({"hooks": "x"}), json!({})]
        {
            assert!(of(&none).is_empty(), "{none}");
        }
    }
}
