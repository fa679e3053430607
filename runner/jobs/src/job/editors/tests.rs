use std::path::Path;

use serde_json::{Value, json};
use windlass_settings::yaml::parse;

use super::job_schema;
use crate::Job;
use crate::testing::file;

fn value(text: &str) -> Value {
    parse(Path::new("job.yaml"), text).unwrap()
}

fn is_accepted(text: &str) -> bool {
    jsonschema::validator_for(&job_schema()).unwrap().is_valid(&value(text))
}

#[test]
fn it_is_a_schema_of_the_present_draft_with_descriptions() {
    let schema = job_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert!(jsonschema::meta::is_valid(&schema));
    let objects = schema["$defs"].as_object().unwrap().iter().map(|(name, definition)| (name.as_str(), definition));
    for (name, object) in objects.chain([("Job", &schema)]) {
        assert!(object["description"].is_string(), "{name}");
        for (key, property) in object["properties"].as_object().into_iter().flatten() {
            assert!(property["description"].is_string(), "{name}.{key}: {property}");
        }
        if object.get("properties").is_some() {
            assert_eq!(object["additionalProperties"], json!(false), "{name}");
        }
    }
}

#[test]
fn every_example_is_accepted_and_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/examples");
    let mut jobs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if value(&text)["kind"] == "Job" {
            jobs += 1;
            assert!(is_accepted(&text), "{}", path.display());
            Job::read(&path).unwrap();
        }
    }
    assert!(jobs > 0);
    let everything = file(crate::job::EVERYTHING);
    assert!(is_accepted(&everything));
    Job::parse(Path::new("job.yaml"), everything).unwrap();
}

/// A key that is known nowhere, put into each map of a job that says all there is to say; what is free-form takes it.
#[test]
fn an_unknown_key_is_refused_by_both_or_by_none() {
    let whole = value(&file(crate::job::EVERYTHING));
    let validator = jsonschema::validator_for(&job_schema()).unwrap();
    let mut maps = Vec::new();
    find_maps(&whole, String::new(), &mut maps);
    assert!(maps.len() > 30, "{maps:?}");
    let mut refused = 0;
    // Which options there are, no schema says.
    for pointer in maps.iter().filter(|pointer| !pointer.starts_with("/schedules/") || !pointer.ends_with("/options")) {
        let mut changed = whole.clone();
        changed.pointer_mut(pointer).unwrap().as_object_mut().unwrap().insert("zzz".to_owned(), json!("x"));
        let read = Job::parse(Path::new("job.yaml"), changed.to_string()).is_ok();
        assert_eq!(validator.is_valid(&changed), read, "{pointer}");
        refused += usize::from(!read);
    }
    assert!(refused > 25, "{refused} of {} were refused", maps.len());
}

fn find_maps(value: &Value, pointer: String, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                find_maps(value, format!("{pointer}/{key}"), found);
            }
            found.push(pointer);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_maps(item, format!("{pointer}/{index}"), found);
            }
        }
        _ => {}
    }
}

#[test]
fn what_breaks_a_rule_of_form_is_refused() {
    let steps = "steps: [{uses: a/b}]\n";
    for lines in [
        "steps: []\n",
        "steps: [{id: a}]\n",
        "steps: [{uses: a/b, job: {name: c}}]\n",
        "steps: [{uses: noop}]\n",
        "steps: [{id: A, uses: a/b}]\n",
        "steps: [{uses: a/b, timeout: 5}]\n",
        "steps: [{uses: a/b, if: 3}]\n",
        "steps: [{uses: a/b, forEach: {items: 3}}]\n",
        "steps: [{uses: a/b, retry: {attempts: 0}}]\n",
        "schedules: [{every: 5}]\nsteps: [{uses: a/b}]\n",
        "schedules: [{every: 5m, at: x}]\nsteps: [{uses: a/b}]\n",
        "schedules: [{}]\nsteps: [{uses: a/b}]\n",
    ] {
        assert!(!is_accepted(&file(lines)), "{lines}");
        assert!(Job::parse(Path::new("job.yaml"), file(lines)).is_err(), "{lines}");
    }
    for lines in
        ["concurrency: {whenFull: wait}\n", "onInterrupted: x\n", "options: [{name: x, type: y}]\n", "retry: {}\n"]
    {
        assert!(!is_accepted(&file(&format!("{lines}{steps}"))), "{lines}");
    }
    assert!(!is_accepted(&file(steps).replace("kind: Job", "kind: Configuration")));
    assert!(!is_accepted(&file(steps).replace("windlass/v1", "windlass/v2")));
    assert!(is_accepted(&file(steps)));
}
