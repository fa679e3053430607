use serde_json::{Map, Value};

/// A schema's properties as an indented list: name, type, whether it must be given, and what it is.
pub(crate) fn schema(schema: &Value) -> String {
    let mut text = String::new();
    list(schema, schema, 4, &mut text);
    if text.is_empty() { "    (nothing)\n".to_owned() } else { text }
}

fn list(schema: &Value, root: &Value, indent: usize, text: &mut String) {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, property) in properties {
        let property = resolve(property, root);
        let kind = kind(property);
        let must = if required.contains(&name.as_str()) { ", required" } else { "" };
        let default = property.get("default").filter(|default| !default.is_null());
        let default = default.map(|default| format!(", default {default}")).unwrap_or_default();
        text.push_str(&format!("{:indent$}{name} ({kind}{must}{default})\n", ""));
        for line in property.get("description").and_then(Value::as_str).unwrap_or_default().lines() {
            text.push_str(&format!("{:indent$}    {line}\n", ""));
        }
        if indent < 12 {
            list(property, root, indent + 4, text);
        }
    }
}

/// Follows a reference within the document; an optional value's null alternative is left out.
fn resolve<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    if let Some(pointer) = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix('#')) {
        return root.pointer(pointer).unwrap_or(schema);
    }
    let any = schema.get("anyOf").and_then(Value::as_array);
    match any.into_iter().flatten().find(|one| one.get("type").and_then(Value::as_str) != Some("null")) {
        Some(one) if schema.get("description").is_none() => resolve(one, root),
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
