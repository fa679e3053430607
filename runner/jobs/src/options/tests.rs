use std::collections::BTreeMap;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use windlass_errors::Report as _;
use windlass_settings::{KeyPath, ProjectName};

use super::*;
use crate::testing::{job, shown};

fn with(options: &str) -> Job {
    job(&format!("options: [{options}]\nsteps: [{{uses: a/b}}]\n"))
}

fn web() -> ProjectName {
    ProjectName::parse("web").unwrap()
}

fn text(name: &str, text: &str) -> (String, Given) {
    (name.to_owned(), Given::Text(text.to_owned()))
}

/// The value of the option `x` of this kind, given as text.
fn typed(option: &str, given: &str) -> Result<Value, String> {
    let bound = bind(&with(&format!("{{name: x, {option}}}")), &web(), &[text("x", given)]);
    bound.map(|bound| bound.values["x"].clone()).map_err(|error| shown([&error]))
}

fn valued(option: &str, given: Value) -> Result<Value, String> {
    let bound = bind(&with(&format!("{{name: x, {option}}}")), &web(), &[("x".to_owned(), Given::Value(given))]);
    bound.map(|bound| bound.values["x"].clone()).map_err(|error| shown([&error]))
}

#[test]
fn a_text_becomes_a_value_of_the_options_type() {
    for (option, given, expected) in [
        ("type: text", "a=b\nc", json!("a=b\nc")),
        ("type: text", "", json!("")),
        ("type: number", "-3", json!(-3)),
        ("type: number", "0.5", json!(0.5)),
        ("type: boolean", "true", json!(true)),
        ("type: choice, values: [401, yes, true]", "401", json!(401)),
        ("type: choice, values: [401, 'yes', true]", "true", json!(true)),
        ("type: list", "a, b,c d", json!(["a", "b", "c d"])),
        ("type: list", "", json!([])),
        ("type: list", "[\"a,b\", 1]", json!(["a,b", 1])),
        ("type: list, values: [1, 2, x]", "1,x", json!([1, "x"])),
        ("type: list, values: [1, 2]", "[\"1\"]", json!([1])),
        ("type: date", "2026-11-26", json!("2026-11-26")),
        ("type: file", "a\n", json!("a\n")),
        ("type: multiline", "a\nb", json!("a\nb")),
        ("pattern: '^v\\d+$'", "v12", json!("v12")),
        ("type: list, pattern: '^[a-z]$'", "a,b", json!(["a", "b"])),
        ("type: choice, valuesFrom: {url: 'https://x/y'}", "any", json!("any")),
    ] {
        assert_eq!(typed(option, given), Ok(expected), "{option}: {given}");
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    for (option, given, said) in [
        ("type: number", "many", "option `x`: `many` is no number (give a number)"),
        ("type: number", "inf", "`inf` is no number"),
        ("type: boolean", "yes", "`yes` is no boolean (write `true` or `false`)"),
        ("type: choice, values: [a, b]", "c", "`c` is none of the allowed values (allowed are: `a`, `b`)"),
        ("values: ['500']", "404", "`404` is none of the allowed values"),
        ("type: list, values: [a]", "a,b", "`b` is none of the allowed values"),
        ("type: list", "[1, [2]]", "a list belongs here (write `a,b` or"),
        ("type: list", "[1", "`[1` is no list"),
        ("type: list, pattern: '^[a-z]$'", "a,B", "does not match the pattern `^[a-z]$`"),
        ("type: date", "26.11.2026", "a date belongs here (write `2026-11-26`"),
        ("pattern: '^v\\d+$'", "1", "the value does not match the pattern `^v\\d+$` (a value matches"),
    ] {
        let error = typed(option, given).unwrap_err();
        assert!(error.starts_with("job.invalid-option ") && error.contains(said), "{error}");
    }
    let longest = "x".repeat(65_536);
    assert!(typed("type: text", &longest).is_ok());
    assert!(typed("type: text", &format!("{longest}x")).unwrap_err().contains("at most 65536 bytes"));
    assert!(typed("type: multiline", &longest.repeat(4)).is_ok());
    assert!(typed("type: file", &(longest.repeat(4) + "x")).unwrap_err().contains("at most 262144 bytes"));
    assert!(typed("type: list", &"a,".repeat(1000)).unwrap_err().contains("at most 1000 items"));
}

#[test]
fn a_value_comes_with_its_type() {
    assert_eq!(valued("type: number", json!(3)), Ok(json!(3)));
    assert_eq!(valued("type: list", json!(["a", 1])), Ok(json!(["a", 1])));
    assert_eq!(valued("type: choice, values: [1, 2]", json!("1")), Ok(json!(1)));
    assert_eq!(valued("default: d", Value::Null), Ok(json!("d")), "no value is the default");
    for (option, given) in [
        ("type: number", json!("3")),
        ("type: text", json!(3)),
        ("type: boolean", json!("true")),
        ("type: list", json!("a")),
        ("type: list", json!([[1]])),
        ("type: choice, values: [1]", json!(2)),
        ("type: date", json!(2026)),
    ] {
        assert!(valued(option, given.clone()).is_err(), "{option}: {given}");
    }
    assert!(valued("required: true", Value::Null).unwrap_err().contains("`x` is required"));
}

#[test]
fn options_are_known_and_given_once_and_given_when_required() {
    let job =
        with("{name: rows, required: true}, {name: config, type: file, required: true}, {name: level, default: a}");
    let said = |given: &[(String, Given)]| shown([&bind(&job, &web(), given).unwrap_err()]);
    assert!(said(&[text("rosw", "1")]).contains("job `test` has no option `rosw` (did you mean `rows`?)"));
    assert!(said(&[text("rows", "1"), text("rows", "2")]).contains("option `rows` is given twice"));
    assert!(said(&[]).contains("option `rows` is required (give it with `--option rows=...`)"));
    assert!(said(&[text("rows", "1")]).contains("(give it with `--option config=@FILE`)"));
    let bound = bind(&job, &web(), &[text("rows", "1"), text("config", "c")]).unwrap();
    assert_eq!(Value::Object(bound.values), json!({"rows": "1", "config": "c", "level": "a"}));
}

#[test]
fn a_secret_is_a_key_or_typed_and_never_a_value() {
    let job = with(
        "{name: a, type: secret, key: keys/project/web/a}, {name: b, type: secret, required: true}, {name: c, type: secret}",
    );
    let bound = bind(&job, &web(), &[text("b", "hunter2")]).unwrap();
    assert_eq!(Value::Object(bound.values.clone()), json!({"a": null, "b": null, "c": null}));
    assert!(matches!(&bound.secrets["a"], SecretOption::Key(path) if path.as_str() == "keys/project/web/a"));
    assert!(matches!(&bound.secrets["b"], SecretOption::Typed(text) if text.expose_secret() == "hunter2"));
    assert_eq!(bound.secrets.len(), 2);
    assert!(!format!("{bound:?} {:?}", text("b", "hunter2")).contains("hunter2"));

    let instead = bind(&job, &web(), &[text("a", "other"), text("b", "x")]).unwrap();
    assert!(matches!(&instead.secrets["a"], SecretOption::Typed(text) if text.expose_secret() == "other"));
    let passed = ("b".to_owned(), Given::Secret(bound.secrets["a"].clone()));
    assert!(matches!(bind(&job, &web(), &[passed]).unwrap().secrets["b"], SecretOption::Key(_)));

    let said = |job: &Job, given: &[(String, Given)]| shown([&bind(job, &web(), given).unwrap_err()]);
    assert!(said(&job, &[]).contains("option `b` is required"));
    let clear = said(&job, &[("b".to_owned(), Given::Value(json!("hunter2")))]);
    assert!(clear.contains("its value is given in clear") && !clear.contains("hunter2"), "{clear}");
    let plain = with("{name: x}");
    let misplaced = said(&plain, &[("x".to_owned(), Given::Secret(bound.secrets["b"].clone()))]);
    assert!(misplaced.contains("option `x` is no secret"), "{misplaced}");
    let patterned = with("{name: x, type: secret, pattern: '^t-'}");
    let wrong = said(&patterned, &[text("x", "hunter2")]);
    assert!(wrong.contains("does not match") && !wrong.contains("hunter2"), "{wrong}");
}

/// A key of the system or of another project is nobody's to give, however it comes.
#[test]
fn a_secret_is_a_key_of_the_project() {
    let job = with("{name: a, type: secret}");
    for path in ["keys/su", "keys/project/ops/a", "keys/project/webs/a"] {
        let key = SecretOption::Key(KeyPath::parse(path).unwrap());
        let stored = Bound::restore(
            &job,
            &web(),
            Map::from_iter([("a".to_owned(), Value::Null)]),
            BTreeMap::from([("a".to_owned(), key.clone())]),
        );
        for refused in [bind(&job, &web(), &[("a".to_owned(), Given::Secret(key))]), stored] {
            let error = refused.unwrap_err();
            assert_eq!(error.code().as_str(), "key.not-permitted");
            let message = format!("option `a`: a step of project `web` may not read the key `{path}`");
            assert!(shown([&error]).contains(&message), "{error}");
        }
    }
}

#[test]
fn what_was_stored_comes_back() {
    let job = with("{name: n, type: number, required: true}, {name: a, type: secret, required: true}, {name: o}");
    let secrets = BTreeMap::from([("a".to_owned(), SecretOption::Key(KeyPath::parse("keys/project/web/a").unwrap()))]);
    let values = |json: Value| json.as_object().unwrap().clone();
    let good = values(json!({"n": 1, "a": null, "o": null}));
    assert!(Bound::restore(&job, &web(), good.clone(), secrets.clone()).is_ok());
    for (stored, secrets, said) in [
        (json!({"n": 1, "a": null}), secrets.clone(), "`o`: the stored execution has no value"),
        (json!({"n": "1", "a": null, "o": null}), secrets.clone(), "`n`: a number belongs here"),
        (json!({"n": null, "a": null, "o": null}), secrets.clone(), "`n`: it is required"),
        (json!({"n": 1, "a": null, "o": null, "z": 1}), secrets.clone(), "has no option `z`"),
        (json!({"n": 1, "a": null, "o": null}), BTreeMap::new(), "`a`: the stored execution does not have its secret"),
        (
            json!({"n": 1, "a": "clear", "o": null}),
            secrets.clone(),
            "`a`: the stored execution has its secret in clear",
        ),
    ] {
        let error = Bound::restore(&job, &web(), values(stored), secrets).unwrap_err();
        assert!(shown([&error]).contains(said), "{error}");
    }
    let mut foreign = secrets;
    foreign.insert("o".to_owned(), SecretOption::Typed("x".to_owned().into()));
    assert!(Bound::restore(&job, &web(), good, foreign).unwrap_err().to_string().contains("`o`"));
}

#[test]
fn a_file_is_text_and_not_too_long() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        read_file_option("config", &path).map_err(|error| shown([&error]))
    };
    assert_eq!(read("größe\n".as_bytes()), Ok("größe\n".to_owned()));
    assert_eq!(read(&vec![b'x'; 262_144]).map(|text| text.len()), Ok(262_144));
    assert!(read(&vec![b'x'; 262_145]).unwrap_err().contains("it is larger than 262144 bytes"));
    assert!(read(b"\xff").unwrap_err().contains("it is no text in UTF-8"));
    let missing = read_file_option("config", &folder.path().join("y")).unwrap_err();
    assert!(missing.to_string().contains("option `config`: cannot take the file"), "{missing}");
    assert!(read_file_option("config", folder.path()).is_err());
    assert!(read_file_option("config", std::path::Path::new("/dev/zero")).is_err());
}
