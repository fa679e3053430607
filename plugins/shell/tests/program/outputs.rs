//! What becomes of what a command prints.

use serde_json::{Value, json};

use crate::driver::{Ended, run};

fn printing(output: &str, text: &str) -> Ended {
    run("command", &json!({"command": ["printf", "%s", text], "output": output}))
}

fn prints_bytes(count: usize) -> Value {
    json!(["head", "-c", count, "/dev/zero"])
}

#[test]
fn outputs_are_typed_and_still_in_the_log() {
    for (output, text, outputs) in [
        ("none", "a\n", json!({"exitCode": 0})),
        ("text", " a\nb \n\n", json!({"exitCode": 0, "text": "a\nb"})),
        ("lines", "a\n b\n", json!({"exitCode": 0, "lines": ["a", " b"]})),
        ("json", "{\"a\": [1]}\n", json!({"exitCode": 0, "json": {"a": [1]}})),
    ] {
        let ended = printing(output, text);
        assert_eq!(ended.ok(), &outputs);
        assert_eq!(ended.stdout, text);
    }
}

#[test]
fn what_is_no_json_fails_with_its_position() {
    let ended = printing("json", "{\n  \"a\": x}");
    ended.failed("shell.invalid-output", &["`printf`", "line 2 column 8", "one JSON document"]);
    assert_eq!(ended.stdout, "{\n  \"a\": x}", "the log has it");
    printing("json", "").failed("shell.invalid-output", &["empty"]);
}

#[test]
fn what_is_too_long_fails_and_is_in_the_log() {
    let ended = run("command", &json!({"command": prints_bytes(262_145), "output": "text"}));
    ended.failed("shell.output-too-long", &["`head`", "262144 bytes"]);
    assert_eq!(ended.stdout.len(), 262_145);
    // As JSON, 262,144 zero bytes are six times as long, and no frame: a clear error, not a broken protocol.
    let ended = run("command", &json!({"command": prints_bytes(262_144), "output": "text"}));
    ended.failed("shell.output-too-long", &[]);
    run("command", &json!({"command": prints_bytes(262_145)})).ok();
}

#[test]
fn standard_error_is_passed_on_whole() {
    let text = "yes";
    let ended = run("script", &json!({"script": format!("yes {text} | head -c 3000000 >&2; exit 3")}));
    ended.failed("shell.exit-code", &[]);
    assert_eq!(ended.stderr, "yes\n".repeat(750_000));
}

/// An exit code that is no success is what is wrong first.
#[test]
fn a_failure_has_no_outputs() {
    let config = json!({"command": ["sh", "-c", "echo no; exit 2"], "output": "json"});
    run("command", &config).failed("shell.exit-code", &["exit code 2"]);
}
