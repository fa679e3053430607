mod configuration;
mod jobs;
mod places;
mod random;
mod references;

use std::collections::BTreeMap;

use serde_json::json;
use windlass_plugin_api::PluginMetadata;
use windlass_settings::ProjectName;

use super::{Known, check};
use crate::Job;
use crate::testing::{job, shown};

/// A plugin of two step types: `demo/run`, which takes all sorts of fields, has two outputs and is not safe to repeat, and
/// `demo/free`, of which nothing is known.
pub(super) fn demo() -> PluginMetadata {
    let way = |kind: &str, field: &str| {
        json!({
            "type": "object",
            "properties": { "kind": { "type": "string", "const": kind }, field: { "type": "string" } },
            "required": ["kind", field],
            "additionalProperties": false,
        })
    };
    let config = json!({
        "type": "object",
        "properties": {
            "count": { "type": "integer", "minimum": 1 },
            "name": { "type": ["string", "null"], "pattern": "^[a-z]+$" },
            "order": { "enum": ["first", "last"] },
            "way": { "oneOf": [way("call", "url"), way("mail", "address")] },
            "maybe": { "anyOf": [{ "type": "integer" }, { "type": "null" }] },
            "list": { "type": "array", "items": { "type": "string" }, "maxItems": 2, "uniqueItems": true },
            "token": { "type": "string", "pattern": "^keys/", "x-windlass": "secret" },
            "script": { "type": "string", "x-windlass": "verbatim" },
            "file": { "type": "string" },
            "account": { "type": "string", "x-windlass": "account" },
            "accounts": { "type": "array", "items": { "type": "string", "x-windlass": "account" } },
            "place": { "type": "object", "properties": { "account": { "type": "string", "x-windlass": "account" } } },
            "regions": { "type": "array", "items": { "type": "string", "x-windlass": "region" } },
            "env": { "type": "object", "additionalProperties": { "type": "string" } },
        },
        "required": ["count"],
        "not": { "required": ["script", "file"] },
        "if": { "required": ["order"] },
        "then": { "required": ["name"] },
        "additionalProperties": false,
    });
    let outputs = json!({"type": "object", "properties": {"path": {"type": "string"}, "size": {"type": "integer"}}});
    let step = |name: &str, config: serde_json::Value, outputs: serde_json::Value, repeatable: bool| {
        json!({"name": name, "title": "t", "description": "d", "config": config, "outputs": outputs, "actions": [],
            "needsAccount": false, "repeatable": repeatable, "resumable": false})
    };
    let metadata = json!({
        "name": "demo", "version": "1.0.0", "api": "1.1.0", "title": "t", "description": "d",
        "steps": [step("run", config, outputs, false), step("free", json!({}), json!({"type": "object"}), true)],
    });
    serde_json::from_value(metadata).unwrap()
}

/// All that `check` says of these lines, in project `web`, beside these jobs.
#[track_caller]
pub(super) fn said_beside(lines: &str, others: &[Job]) -> String {
    let (job, demo) = (job(lines), demo());
    let plugins = BTreeMap::from([("demo", Some(&demo)), ("shy", None)]);
    let jobs = others.iter().map(|other| (other.name.as_str(), other)).collect();
    shown(&check(&job, &ProjectName::parse("web").unwrap(), &Known { plugins, jobs, ..Known::default() }))
}

#[track_caller]
pub(super) fn said(lines: &str) -> String {
    said_beside(lines, &[])
}
