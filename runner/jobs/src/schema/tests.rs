use serde_json::json;

use super::explain::{Explained, explain, telling};
use super::holes::Holes;
use super::*;

fn explained(with: &Value) -> (String, String, Option<String>) {
    let schema = json!({
        "type": "object",
        "properties": {
            "limit": { "type": "integer", "minimum": 1 },
            "order": { "enum": ["first", "last"] },
            "range": { "anyOf": [{ "$ref": "#/$defs/Range" }, { "type": "null" }] },
            "way": { "oneOf": [way("call", "url"), way("mail", "address")] },
        },
        "required": ["limit"],
        "additionalProperties": false,
        "$defs": { "Range": { "type": "object", "properties": { "past": {} }, "additionalProperties": false } },
    });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<ValidationError<'_>> = validator.iter_errors(with).collect();
    let Explained { pointer, message, hint, .. } =
        explain(telling(&errors, &Holes::default()).unwrap(), &schema, &Holes::default());
    (pointer, message, hint)
}

/// An alternative as it is derived from an enum with a tag.
fn way(kind: &str, field: &str) -> Value {
    json!({
        "type": "object",
        "properties": { "kind": { "type": "string", "const": kind }, field: { "type": "string" } },
        "required": ["kind", field],
        "additionalProperties": false,
    })
}

#[test]
fn an_unknown_key_comes_with_the_nearest() {
    let (pointer, message, hint) = explained(&json!({ "limti": 1 }));
    assert_eq!(pointer, "/limti");
    assert_eq!(message, "there is no key `limti` in `with`");
    assert_eq!(hint.as_deref(), Some("did you mean `limit`?"));
}

#[test]
fn a_broken_rule_never_shows_the_value() {
    assert_eq!(explained(&json!({ "limit": "hunter2" })).1, "`limit` has the wrong type, expected `integer`");
    assert_eq!(explained(&json!({ "limit": 0 })).1, "`limit` must be at least 1");
    assert_eq!(explained(&json!({})).1, "the key `limit` is missing in `with`");
    let (_, message, hint) = explained(&json!({ "limit": 1, "order": "hunter2" }));
    assert_eq!(message, "`order` is none of the choices");
    assert_eq!(hint.as_deref(), Some("there are: `first`, `last`"));
}

#[test]
fn keys_that_exclude_each_other_are_named() {
    let schema = json!({
        "type": "object",
        "properties": { "env": { "type": "object", "propertyNames": { "pattern": "^[A-Z]+$" } } },
        "oneOf": [{ "required": ["script"] }, { "required": ["file"] }],
    });
    let explained = |with: Value| {
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<ValidationError<'_>> = validator.iter_errors(&with).collect();
        let Explained { pointer, message, .. } =
            explain(telling(&errors, &Holes::default()).unwrap(), &schema, &Holes::default());
        (pointer, message)
    };
    let (_, message) = explained(json!({ "script": "x", "file": "y" }));
    assert_eq!(message, "`with` has `script` and `file`, and only one of them may be given");
    let (pointer, message) = explained(json!({ "script": "x", "env": { "a-b": 1 } }));
    assert_eq!(pointer, "/env/a-b");
    assert_eq!(message, "the key `a-b` in `env` is not written as it has to be: `^[A-Z]+$`");
}

#[test]
fn a_key_below_is_named_with_its_path() {
    let (pointer, message, hint) = explained(&json!({ "limit": 1, "range": { "pst": "1h" } }));
    assert_eq!((pointer.as_str(), message.as_str()), ("/range/pst", "there is no key `pst` in `range`"));
    assert_eq!(hint.as_deref(), Some("did you mean `past`?"));
    assert_eq!(explained(&json!({ "limit": 1, "range": 5 })).1, "`range` has the wrong type, expected `object`");
}

#[test]
fn of_alternatives_the_one_that_was_meant_is_explained() {
    let way = |way: Value| explained(&json!({ "limit": 1, "way": way }));
    let (pointer, message, hint) = way(json!({ "kind": "mail", "adress": "x" }));
    assert_eq!((pointer.as_str(), message.as_str()), ("/way/adress", "there is no key `adress` in `way`"));
    assert_eq!(hint.as_deref(), Some("did you mean `address`?"));
    assert_eq!(way(json!({ "kind": "call", "url": 5 })).1, "`way.url` has the wrong type, expected `string`");
    let (pointer, message, hint) = way(json!({ "kind": "mial" }));
    assert_eq!((pointer.as_str(), message.as_str()), ("/way/kind", "`way.kind` is none of the choices"));
    assert_eq!(hint.as_deref(), Some("did you mean `mail`?"));
}
