//! A plugin's metadata as a host sends it, and its JSON Schemas as the engine uses them.

use serde_json::{Map, Value, json};
use windlass_errors::Report as _;
use windlass_fuzz::{Bounds, Case, SCHEMAS, Seed, hold};
use windlass_jobs::{check_config, marked};
use windlass_network::Destination;
use windlass_plugin_api::fields::{ACCOUNT, ENDPOINT, REGION, SECRET, VERBATIM};
use windlass_plugin_api::frames::FromHost;
use windlass_plugin_api::{PluginMetadata, StepMetadata};

/// A schema becomes a validator of some hundred bytes for each keyword, and patterns have a budget of their own.
const BOUNDS: Bounds = Bounds { base: 64 << 20, each: 2000 };

/// A configuration that keeps to the schema of the seed, with a value for each of its fields.
fn config() -> Value {
    json!({"name": "x", "token": "keys/project/web/t", "url": "https://example.com/", "script": "a", "count": 3,
        "kind": {"kind": "call", "to": ["a", "b"]}, "next": {"name": "y", "token": "keys/project/web/u"}})
}

fn metadata(config: Option<&str>) -> Value {
    let alternative = |kind: &str, field: &str| {
        json!({"type": "object", "properties": {"kind": {"const": kind}, field: {"type": "array", "items": {"type": "string"}}},
            "required": ["kind"], "additionalProperties": false})
    };
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 10, "pattern": "^[a-z]+$"},
            "token": {"type": "string", "pattern": "^keys/", "x-windlass": "secret"},
            "url": {"type": "string", "format": "uri", "x-windlass": "endpoint"},
            "script": {"type": ["string", "null"], "x-windlass": "verbatim"},
            "count": {"anyOf": [{"type": "integer", "minimum": 0, "maximum": 9}, {"type": "null"}]},
            "kind": {"oneOf": [alternative("call", "to"), alternative("mail", "at")]},
            "next": {"$ref": "#/$defs/Next"},
        },
        "required": ["name"], "additionalProperties": false,
        "$defs": {"Next": {"allOf": [{"$ref": "#"}]}},
    });
    let schema = config.map_or(schema, |config| serde_json::from_str(config).unwrap());
    json!({"name": "p", "version": "1", "api": "1.1.0", "title": "t", "description": "d", "steps": [{
        "name": "s", "title": "t", "description": "d", "config": schema, "outputs": {"type": "object"},
        "actions": ["logs:StartQuery"], "needsAccount": true, "repeatable": false, "resumable": false,
        "network": {"aws": ["logs"], "hosts": ["*.example.com:443"], "direct": false}, "example": "name: x\n",
    }]})
}

/// Keywords by which a schema may refer to two others for the same value.
const DOUBLING: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// A schema of two kilobytes in which a value is checked in 2^40 ways.
fn doubling(keyword: &str) -> String {
    let reference = |number: u32| json!({"$ref": format!("#/$defs/a{number}")});
    let definition =
        |number: u32| (format!("a{number}"), json!({keyword: [reference(number + 1), reference(number + 1)]}));
    let mut definitions: Map<String, Value> = (0..40).map(definition).collect();
    definitions.insert("a40".to_owned(), json!({"required": ["name"]}));
    json!({"$ref": "#/$defs/a0", "$defs": definitions}).to_string()
}

#[test]
fn metadata_with_schemas() {
    let seed = |schema: Option<&str>| Seed::Json(json!({"loaded": {"metadata": metadata(schema)}}).to_string());
    let hostile = SCHEMAS.iter().map(|&schema| Some(schema.to_owned())).chain(DOUBLING.map(doubling).map(Some));
    let seeds: Vec<Seed> = [None].into_iter().chain(hostile).map(|schema| seed(schema.as_deref())).collect();
    let read = read(&seeds[0].bytes()).unwrap();
    let schema = &read.steps[0].config;
    check_config(config(), schema, "p/s").unwrap();
    assert_eq!(marked(schema, &config(), SECRET), ["/next/token", "/token"]);
    assert_eq!(marked(schema, &config(), ENDPOINT), ["/url"]);
    let wrong = check_config(json!({"nam": "x"}), schema, "p/s").unwrap_err();
    assert!(wrong.to_string().ends_with("there is no key `nam` in `with`"), "{wrong}");
    hold(
        "metadata_with_schemas",
        BOUNDS,
        |case: &Case| case.apply(&seeds),
        |input| {
            self::read(input).iter().flat_map(|read| &read.steps).for_each(use_step);
        },
    );
}

fn read(frame: &[u8]) -> Option<PluginMetadata> {
    match serde_json::from_slice(frame) {
        Ok(FromHost::Loaded(loaded)) => loaded.metadata.map(|metadata| *metadata),
        _ => None,
    }
}

/// What preparing a step does with its metadata.
fn use_step(step: &StepMetadata) {
    let configs =
        [config(), json!({}), json!(null), json!({"name": "C0nfidential!", "count": "x", "kind": {"kind": 1}})];
    for config in configs {
        if let Err(error) = check_config(config.clone(), &step.config, "p/s") {
            let said = error.to_string();
            assert!(!said.contains("C0nfidential"), "an error shows no value: {said}");
            assert!(error.help().is_none_or(|help| !help.contains("C0nfidential")));
            assert!(said.len() < 10_000, "an error of {} bytes", said.len());
        }
        for mark in [SECRET, ENDPOINT, ACCOUNT, REGION, VERBATIM] {
            let found = marked(&step.config, &config, mark);
            assert!(found.iter().all(|pointer| config.pointer(pointer).is_some()), "{found:?} are not all in {config}");
            assert!(found.len() <= 50, "{} fields are marked, and there are fewer", found.len());
        }
    }
    for host in &step.network.hosts {
        // A refusal is as good as a destination, as long as it is one of the two.
        let _ = Destination::parse(host);
    }
}
