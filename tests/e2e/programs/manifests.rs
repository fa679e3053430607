//! Manifests that are wrong: what is wrong, where, and what to do.

use super::{Workshop, set_mode};
use crate::installation::assert_names;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

const MANIFEST: &str = "greet.plugin.yaml";

/// A workshop whose `greet` has a text in its manifest replaced.
fn changed(text: &str, by: &str) -> (Workshop, PathBuf) {
    let workshop = Workshop::new();
    let path = workshop.plugins.join(MANIFEST);
    let manifest = fs::read_to_string(&path).unwrap();
    assert!(manifest.contains(text), "no {text}");
    fs::write(&path, manifest.replacen(text, by, 1)).unwrap();
    workshop.set_step("greet/hello", &json!({"names": ["Ada"]}), "60s");
    (workshop, path)
}

#[track_caller]
fn assert_refused(text: &str, by: &str, said: &[&str]) {
    assert_refused_at(by, text, by, said);
}

/// Refused at the line where `place` first stands.
#[track_caller]
fn assert_refused_at(place: &str, text: &str, by: &str, said: &[&str]) {
    let (workshop, path) = changed(text, by);
    let manifest = fs::read_to_string(&path).unwrap();
    let line = manifest[..manifest.find(place).unwrap()].matches('\n').count() + 1;
    let ended = workshop.run();
    let error = ended.failed(7, "plugin.invalid-manifest");
    assert_names(error, &[&format!("{}:{line}:", path.display())]);
    assert_names(error, said);
}

#[test]
fn a_misspelt_key() {
    assert_refused("title: Greetings", "tilte: Greetings", &["no key `tilte`", "did you mean `title`?"]);
    assert_refused("repeatable:", "repeatible:", &["did you mean `repeatable`?"]);
}

#[test]
fn a_program_that_is_not_there_or_elsewhere() {
    assert_refused("program: greet.py", "program: great.py", &["cannot be read", "No such file"]);
    assert_refused("program: greet.py", "program: ../greet.py", &["below the manifest's folder"]);
    assert_refused("program: greet.py", "program: greet.plugin.yaml", &["neither an ELF file nor a script"]);
}

#[test]
fn a_schema_that_is_none() {
    let said = ["`config` of step type `hello` is no valid JSON Schema", "`/properties/names/type`"];
    assert_refused_at("type: object", "type: array", "type: arr", &said);
}

#[test]
fn an_interpreter_that_is_not_there() {
    let (workshop, _) = changed("Greetings", "Greetings");
    let program = workshop.plugins.join("greet.py");
    let script = fs::read_to_string(&program).unwrap();
    fs::write(&program, script.replacen("/usr/bin/env python3", "/usr/bin/no-such-python", 1)).unwrap();
    let ended = workshop.run();
    assert_names(ended.failed(7, "plugin.damaged"), &["cannot be started", "`/usr/bin/no-such-python`"]);
}

#[test]
fn files_that_others_may_write() {
    for name in [MANIFEST, "greet.py"] {
        let (workshop, _) = changed("Greetings", "Greetings");
        let file = workshop.plugins.join(name);
        set_mode(&file, 0o666);
        let ended = workshop.run();
        assert_names(ended.failed(7, "plugin.unsafe-file"), &[file.to_str().unwrap(), "may be written by everybody"]);
    }
}

#[test]
fn programs_without_a_note_are_other_peoples() {
    let workshop = Workshop::new();
    for (name, content) in [("windlass-plugin-notes", &b"#!/bin/sh\n"[..]), ("windlass-plugin-host", b"\x7fELF")] {
        let file = workshop.plugins.join(name);
        fs::write(&file, content).unwrap();
        set_mode(&file, 0o755);
    }
    let folder = workshop.plugins.to_str().unwrap();
    let listed = workshop.installation.run(&["plugin", "list", "--output", "json", "--plugin-dir", folder]);
    let listed: Vec<Value> = serde_json::from_str(listed.ok()).unwrap();
    let paths: Vec<&str> = listed.iter().filter_map(|entry| entry["path"].as_str()).collect();
    assert!(paths.iter().all(|path| !path.contains("windlass-plugin-")), "{paths:?}");
    assert_eq!(paths.iter().filter(|path| path.starts_with(folder)).count(), 3, "{paths:?}");
}
