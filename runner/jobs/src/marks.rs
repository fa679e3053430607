//! Fields that the runner treats in a way of their own: a step type's schema marks them (`windlass_plugin_api::fields`).

use serde_json::{Map, Value};
use windlass_plugin_api::fields::MARK;

use crate::cost::is_affordable;

/// The longest way through references of a schema that is followed; schemas may be recursive.
const DEEPEST: usize = 64;

/// The JSON pointers (RFC 6901) of the values in `config` whose schema has this mark.
pub fn marked(schema: &Value, config: &Value, mark: &str) -> Vec<String> {
    if !is_affordable(schema) {
        return Vec::new(); // Nothing is ever checked against it either.
    }
    let mut walk = Walk { root: schema, mark, found: Vec::new() };
    walk.node(schema, config, String::new(), 0);
    walk.found.dedup();
    walk.found
}

struct Walk<'a> {
    root: &'a Value,
    mark: &'a str,
    found: Vec<String>,
}

impl Walk<'_> {
    fn node(&mut self, schema: &Value, value: &Value, pointer: String, depth: usize) {
        let Some(schema) = schema.as_object().filter(|_| depth < DEEPEST) else { return };
        if schema.get(MARK).is_some_and(|mark| mark == self.mark) && !value.is_null() {
            self.found.push(pointer);
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
            _ => {}
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
}
