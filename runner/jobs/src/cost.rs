//! Whether a step type's schema can be used at all: what refers to itself for one and the same value costs more than any
//! value is worth, and a plugin may send what it likes.

use serde_json::Value;

/// Schemas that may apply to one value because of one schema: alternatives, references, conditions.
const MOST: usize = 10_000;
/// The same for all schemas of a document together.
const MOST_IN_ALL: usize = 1_000_000;

/// Whether checking a value is bounded by something sensible.
pub(crate) fn is_affordable(root: &Value) -> bool {
    let mut left = MOST_IN_ALL;
    let mut nodes = vec![root];
    while let Some(node) = nodes.pop() {
        match node {
            Value::Object(entries) => {
                let Some(cost) = cost(node, root) else { return false };
                let Some(rest) = left.checked_sub(cost) else { return false };
                left = rest;
                nodes.extend(entries.values());
            }
            Value::Array(items) => nodes.extend(items),
            _ => {}
        }
    }
    true
}

/// How many schemas apply to a value that this one applies to; none when they are too many.
fn cost(schema: &Value, root: &Value) -> Option<usize> {
    let mut count = 0;
    let mut open = vec![schema];
    while let Some(schema) = open.pop() {
        count += 1;
        if count > MOST {
            return None;
        }
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let target = schema.get(keyword).and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
            open.extend(target.and_then(|pointer| root.pointer(pointer)));
        }
        for keyword in ["allOf", "anyOf", "oneOf"] {
            open.extend(schema.get(keyword).and_then(Value::as_array).into_iter().flatten());
        }
        for keyword in ["not", "if", "then", "else"] {
            open.extend(schema.get(keyword));
        }
        for keyword in ["dependentSchemas", "dependencies"] {
            open.extend(schema.get(keyword).and_then(Value::as_object).into_iter().flat_map(|all| all.values()));
        }
    }
    Some(count)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_applies_to_itself_is_too_dear() {
        assert!(!is_affordable(&json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]})));
        assert!(!is_affordable(&json!({"properties": {"a": {"anyOf": [{"$ref": "#/properties/a"}]}}})));
        let level = |number: u32| {
            let next = json!({"$ref": format!("#/$defs/a{}", number + 1)});
            (format!("a{number}"), json!({"anyOf": [next.clone(), next]}))
        };
        let definitions: serde_json::Map<String, Value> = (0..20).map(level).collect();
        assert!(!is_affordable(&json!({"$defs": definitions})));
    }

    #[test]
    fn what_repeats_itself_below_is_an_ordinary_tree() {
        let tree = json!({"properties": {"next": {"$ref": "#"}, "all": {"type": "array", "items": {"$ref": "#"}}}});
        assert!(is_affordable(&tree));
        let many: Vec<Value> = (0..500).map(|number| json!({"const": number})).collect();
        assert!(is_affordable(&json!({"oneOf": many})));
    }
}
