use std::collections::BTreeMap;

use super::*;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "only the errors are looked at")]
struct Shape {
    api_version: Option<String>,
    kind: Option<String>,
    data_dir: Option<String>,
    list: Option<Vec<String>>,
    map: Option<BTreeMap<String, String>>,
}

fn fails(text: &str) -> YamlError {
    parse::<Shape>(Path::new("t.yaml"), text).unwrap_err()
}

fn wrong_header(text: &str) -> YamlError {
    document::<Shape>(Path::new("t.yaml"), text, "Configuration").unwrap_err()
}

#[test]
fn an_unknown_key_has_its_place_and_the_nearest() {
    let error = fails("kind: X\ndataDri: /x\n");
    assert_eq!(error.to_string(), "t.yaml:2:1: there is no key `dataDri` here");
    assert_eq!(error.hint.as_deref(), Some("did you mean `dataDir`?"));
    assert!(error.snippet.contains("2 | dataDri: /x\n  | ^^^^^^^"), "{}", error.snippet);
}

#[test]
fn types_and_syntax_have_their_place() {
    for (text, line, column, message) in [
        ("list: a\n", 1, 7, "expected a list"),
        ("dataDir: [a]\n", 1, 10, "expected a text"),
        ("map: 4\n", 1, 6, "expected keys with values"),
        ("kind: a\nkind: b\n", 2, 1, "the key `kind` is given twice"),
        ("map: {a: }\n", 1, 8, "the value is missing"),
        ("kind: a: b\n", 1, 8, "mapping values are not allowed in this context"),
        ("- a\n", 1, 1, "expected keys with values"),
    ] {
        let error = fails(text);
        assert_eq!((error.line, error.column, error.message.as_str()), (line, column, message), "{text:?}");
    }
    assert!(parse::<Shape>(Path::new("t.yaml"), "kind: a\n---\nkind: b\n").is_err(), "two documents");
}

#[test]
fn the_header_is_checked_before_the_keys() {
    let error = wrong_header("apiVersion: windlass/v1\nkind: Job\nsteps: []\n");
    assert_eq!(error.to_string(), "t.yaml:2:7: this file is a `Job`, but a `Configuration` is expected here");

    let error = wrong_header("apiVersion: windlass/v1\nstep: []\n");
    assert_eq!(error.message, "the key `kind` is missing");
    assert!(error.hint.unwrap().contains("`kind: Configuration`"));

    let error = wrong_header("kind: Configuration\n");
    assert_eq!(error.message, "the key `apiVersion` is missing");

    let error = wrong_header("kind: Configuration\napiVersion: windlass/v9\n");
    assert_eq!((error.line, error.column), (2, 13));
    assert!(error.message.contains("`windlass/v9`"));
}

#[test]
fn a_value_is_in_no_message() {
    for text in ["list: hunter2\n", "map: hunter2\n", "map: {secret: [hunter2]}\n", "secret: hunter2\n"] {
        let error = fails(text);
        assert!(!error.message.contains("hunter2"), "{error}");
    }
}

#[test]
fn an_alias_bomb_is_stopped() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let row = vec![format!("*a{}", level - 1); 9].join(", ");
        text += &format!("a{level}: &a{level} [{row}]\n");
    }
    let result = parse::<serde_json::Value>(Path::new("t.yaml"), &text);
    assert!(result.is_err());
    let huge = "#".repeat(LARGEST_FILE + 1);
    assert!(fails(&huge).message.contains("larger"));
}

#[test]
fn an_error_within_shown_lines_looks_like_any_other() {
    let text = "a: 1\nsecretAccessKey: hunter2\n  more\nb: 2\nc: 3\n";
    let (path, shown) = (Path::new("t.yaml"), ShownLines::of(text));
    for line in [1, 2, 3, 5, 9] {
        let place = Position { line, column: 2 };
        let error = YamlError::within(path, &shown, place, "wrong");
        assert_eq!(error, YamlError::at(path, text, place, "wrong"));
        assert!(!error.snippet.contains("hunter2") && !error.snippet.contains("more"), "{}", error.snippet);
    }
}
