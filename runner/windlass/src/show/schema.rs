use serde_json::{Map, Value};

/// Fields that are shown of one schema; a plugin may describe more of them than anybody reads.
const MOST_FIELDS: usize = 200;

/// A schema's properties as an indented list: name, type, whether it must be given, and what it is.
pub(crate) fn schema(schema: &Value) -> String {
    let (mut text, mut left) = (String::new(), MOST_FIELDS);
    list(schema, schema, 4, &mut text, &mut left);
    if left == 0 {
        text.push_str("    (more; `--output json` has the whole schema)\n");
    }
    if text.is_empty() { "    (nothing)\n".to_owned() } else { text }
}

fn list(schema: &Value, root: &Value, indent: usize, text: &mut String, left: &mut usize) {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in properties {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let property = resolve(property, root, MOST_REFERENCES);
        let kind = kind(property);
        let must = if required.contains(&name.as_str()) { ", required" } else { "" };
        let default = property.get("default").filter(|default| !default.is_null());
        let default = default.map(|default| format!(", default {default}")).unwrap_or_default();
        text.push_str(&format!("{:indent$}{name} ({kind}{must}{default})\n", ""));
        for line in property.get("description").and_then(Value::as_str).unwrap_or_default().lines() {
            text.push_str(&format!("{:indent$}    {line}\n", ""));
        }
        if indent < 12 {
            list(property, root, indent + 4, text, left);
        }
    }
}

/// References that are followed for one field; they may go in a circle.
const MOST_REFERENCES: usize = 16;

/// Follows a reference within the document; an optional value's null alternative is left out.
fn resolve<'a>(schema: &'a Value, root: &'a Value, left: usize) -> &'a Value {
    if let Some(pointer) = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#')) {
        return root.pointer(pointer).unwrap_or(schema);
    }
    let any = schema.get("anyOf").and_then(Value::as_array);
    match any.into_iter().flatten().find(|one| one.get("type").and_then(Value::as_str) != Some("null")) {
        Some(one) if schema.get("description").is_none() && left > 0 => resolve(one, root, left - 1),
        _ => schema,
    }
}

fn kind(schema: &Value) -> String {
    let words = match schema.get("type") {
        Some(Value::String(kind)) => kind.clone(),
        Some(Value::Array(kinds)) => {
            let kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.collect::<Vec<_>>().join(" or ")
        }
        _ => "object".to_owned(),
    };
    let items = schema.get("items").and_then(|items| items.get("type")).and_then(Value::as_str);
    items.map_or(words, |items| format!("list of {items}"))
}
