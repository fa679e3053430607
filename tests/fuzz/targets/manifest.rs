//! Manifests, with their schemas, as people write them and as a hostile plugin would.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use windlass_errors::Report as _;
use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_hosting::{Catalog, Form, HostingError, Library};
use windlass_plugin_api::NetworkMetadata;

use crate::place::Place;

/// The parser's budgets allow 200,000 nodes, of some hundred bytes each with their places; a compiled pattern of a schema
/// has a budget of its own.
pub(crate) const BOUNDS: Bounds = Bounds { base: 128 << 20, each: 2000 };
pub(crate) const PROGRAM: &str = "#!/bin/sh\nexit 0\n";
const WRITTEN: &str = r##"apiVersion: windlass/v1
kind: Plugin
name: greet
version: "1.0"
title: Greetings
description: |
  Greets
  somebody.
program: bin/greet.sh
arguments: [--polite, "a b"]
network: direct
steps:
  - name: hello
    title: Greet somebody
    config: &config
      type: object
      properties:
        name: {type: string, minLength: 1, pattern: "^[a-z]+$"}
        token: {type: string, x-windlass: secret}
        next: {$ref: "#"}
      required: [name]
      additionalProperties: false
    outputs: *config
    actions: [logs:StartQuery]
    needsAccount: true
    network: {aws: [logs], hosts: ["example.com:443"]}
    example: "name: x\n"
"##;

/// The same as JSON, which YAML takes.
pub(crate) fn as_json() -> String {
    let config = serde_json::json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "pattern": "^[a-z]+$"},
            "token": {"type": "string", "x-windlass": "secret"},
            "next": {"$ref": "#"},
        },
        "required": ["name"], "additionalProperties": false,
    });
    let step = serde_json::json!({
        "name": "hello", "title": "Greet somebody", "config": config, "outputs": config,
        "actions": ["logs:StartQuery"], "needsAccount": true,
        "network": {"aws": ["logs"], "hosts": ["example.com:443"]}, "example": "name: x\n",
    });
    serde_json::json!({
        "apiVersion": "windlass/v1", "kind": "Plugin", "name": "greet", "version": "1.0", "title": "Greetings",
        "description": "Greets\nsomebody.\n", "program": "bin/greet.sh", "arguments": ["--polite", "a b"],
        "network": "direct", "steps": [step],
    })
    .to_string()
}

/// A folder with the program of the manifests.
pub(crate) fn place() -> Place {
    let place = Place::new("greet.plugin.yaml");
    let program = place.folder().join("bin/greet.sh");
    fs::create_dir(program.parent().unwrap()).unwrap();
    fs::write(&program, PROGRAM).unwrap();
    fs::set_permissions(program, Permissions::from_mode(0o755)).unwrap();
    place
}

#[test]
fn a_manifest() {
    let (place, seeds) = (place(), [Seed::Bytes(WRITTEN.into()), Seed::Json(as_json())]);
    for seed in &seeds {
        let library = read(&place, &seed.bytes()).unwrap();
        let Form::Program { name, arguments, metadata: Some(metadata) } = &library.form else {
            panic!("a manifest makes a program")
        };
        let step = &metadata.steps[0];
        let network = NetworkMetadata { aws: vec!["logs".into()], hosts: vec!["example.com:443".into()], direct: true };
        assert_eq!((name.as_str(), arguments.len(), &step.network), ("greet.sh", 2, &network));
        assert_eq!((&step.config, metadata.description.as_str()), (&step.outputs, "Greets\nsomebody.\n"));
        assert_eq!(step.config["properties"]["token"]["x-windlass"], "secret");
    }
    hold("a_manifest", BOUNDS, |case: &Case| case.apply(&seeds), |input| drop(read(&place, input)));
}

fn read(place: &Place, input: &[u8]) -> Result<Library, HostingError> {
    let path = place.write(input);
    let catalog = Catalog::new(vec![place.folder().to_owned()], place.folder().join("plugins.lock"));
    let found = catalog.find();
    assert_eq!(
        found.iter().map(|found| &found.path).collect::<Vec<_>>(),
        [&path],
        "a manifest is listed whatever is in it"
    );
    let loaded = Library::load(&path);
    for error in [found[0].identity.as_ref().err(), loaded.as_ref().err()].into_iter().flatten() {
        let said = error.to_string();
        assert!(said.contains(path.to_str().unwrap()), "the error does not name the file: {said}");
        assert!(!said.contains('\n'), "the error is no plain line: {said:?}");
        assert!(said.len() < 10_000, "an error of {} bytes", said.len());
        assert!(error.snippet().is_none_or(|snippet| snippet.len() < 2000), "a snippet is a few lines");
    }
    if let (Ok(identity), Ok(library)) = (&found[0].identity, &loaded) {
        assert_eq!(identity, &library.identity);
        let metadata = library.metadata().unwrap();
        assert!(!metadata.steps.is_empty() && metadata.name == identity.name && !identity.name.contains('/'));
        assert_eq!(library.sha256.len(), 64);
    }
    loaded
}
