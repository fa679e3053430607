//! The configuration: which layer a value comes from, and what is said about a file that is wrong.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::process::{Command, Stdio};
use tempfile::TempDir;
use windlass_tests::binaries;

/// `windlass config show` of a file with this content, which is all the configuration there is.
fn show_file(content: impl AsRef<[u8]>) -> Ended {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("windlass.yaml");
    std::fs::write(&file, content).unwrap();
    show(&[OsStr::new("--config"), file.as_ref()], &[])
}

/// `windlass ARGUMENTS config show --output json`, with this environment and nothing else.
fn show(arguments: &[&OsStr], environment: &[(&str, &OsStr)]) -> Ended {
    let mut command = Command::new(binaries::windlass().unwrap());
    command.args(arguments).args(["config", "show", "--output", "json"]);
    Ended::from(command.env_clear().envs(environment.iter().copied()).stdin(Stdio::null()).output().unwrap())
}

/// The value of a key and its origin.
#[track_caller]
fn value(shown: &Ended, key: &str) -> (Value, String) {
    let shown: Vec<Value> = serde_json::from_str(shown.ok()).unwrap();
    let found = shown.iter().find(|value| value["key"] == key).unwrap_or_else(|| panic!("no `{key}` in {shown:?}"));
    (found["value"].clone(), found["origin"].as_str().unwrap().to_owned())
}

#[test]
fn an_unknown_key_has_its_place_and_the_nearest() {
    for (lines, wrong, nearest) in [
        ("limits:\n  stepMemry: 1GiB\n", "stepMemry", "stepMemory"),
        ("projcts: []\n", "projcts", "projects"),
        ("projects:\n  - name: web\n    acounts: []\n", "acounts", "accounts"),
        ("accounts:\n  - {name: a, source: ec2-instance-role, asumeRole: x}\n", "asumeRole", "assumeRole"),
    ] {
        let installation = Installation::new(lines);
        let shown = installation.run(&["config", "show"]);
        let error = shown.failed(3, "config.invalid");
        let place = installation.place_of(wrong);
        assert_names(error, &[&place, &format!("there is no key `{wrong}`"), &format!("did you mean `{nearest}`?")]);
        assert_eq!(shown.stdout, "", "nothing is shown of what was not understood");
    }
}

#[test]
fn a_wrong_type_has_its_place_and_what_belongs_there() {
    for (lines, wrong, wanted) in [
        ("limits: 5\n", "5\n", "expected keys with values"),
        ("projects: {}\n", "{}", "expected a list"),
        ("limits: {stepMemory: 1000}\n", "1000", "`64MiB`"),
        ("limits: {cancelGrace: [10s]}\n", "[10s]", "expected a text"),
        ("endpoints: {sts: }\n", ": }", "the value is missing"),
    ] {
        let installation = Installation::new(lines);
        let error = installation.run(&["config", "show"]);
        assert_names(error.failed(3, "config.invalid"), &[&installation.place_of(wrong), wanted]);
    }
}

#[test]
fn a_wrong_value_outside_of_the_file_names_its_origin() {
    let installation = Installation::new("");
    let mut command = installation.command(&["config", "show"]);
    command.env("WINDLASS_LIMITS_STEP_MEMORY", "much").env("WINDLASS_ENDPOINTS_STS", "http://sts.example");
    let shown = Ended::from(command.output().unwrap());
    let error = shown.failed(3, "config.invalid");
    let origins = ["environment WINDLASS_LIMITS_STEP_MEMORY: ", "environment WINDLASS_ENDPOINTS_STS: "];
    assert_names(error, &[origins[0], "`64MiB`", origins[1], "https"]);
}

#[test]
fn several_broken_rules_are_told_at_once() {
    let installation = Installation::new("limits: {stepMemory: much, stepOutput: little}\ndefaultAccount: no/body\n");
    let error = installation.run(&["config", "show"]);
    let places = ["much", "little", "no/body"].map(|wrong| installation.place_of(wrong));
    assert_names(error.failed(3, "config.invalid"), &[&places[0], &places[1], &places[2], "and 2 more problems"]);
}

#[test]
fn every_layer_wins_over_the_one_before() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("windlass.yaml");
    let bare = "apiVersion: windlass/v1\nkind: Configuration\n";
    let config: [&OsStr; 2] = [OsStr::new("--config"), file.as_ref()];

    std::fs::write(&file, bare).unwrap();
    let by_default = show(&config, &[]);
    assert_eq!(value(&by_default, "dataDir").1, "default");
    assert_eq!(value(&by_default, "limits.cancelGrace"), (json!("10s"), "default".to_owned()));

    std::fs::write(&file, format!("{bare}dataDir: data\nlimits: {{cancelGrace: 20s}}\n")).unwrap();
    let from_file = show(&config, &[]);
    let data = json!(folder.path().join("data"));
    assert_eq!(value(&from_file, "dataDir"), (data, format!("file {}:3", file.display())), "relative to the file");
    assert_eq!(value(&from_file, "limits.cancelGrace"), (json!("20s"), format!("file {}:4", file.display())));

    let environment =
        [("WINDLASS_DATA_DIR", OsStr::new("/srv/one")), ("WINDLASS_LIMITS_CANCEL_GRACE", OsStr::new("30s"))];
    let from_environment = show(&config, &environment);
    assert_eq!(value(&from_environment, "dataDir"), (json!("/srv/one"), "environment WINDLASS_DATA_DIR".to_owned()));
    assert_eq!(value(&from_environment, "limits.cancelGrace").0, json!("30s"));

    let flags = [config[0], config[1], OsStr::new("--data-dir"), OsStr::new("/srv/two")];
    let from_flag = show(&flags, &environment);
    assert_eq!(value(&from_flag, "dataDir"), (json!("/srv/two"), "flag --data-dir".to_owned()));
    assert_eq!(value(&from_flag, "limits.cancelGrace").0, json!("30s"), "a flag changes its own value only");
}

#[test]
fn the_environment_reaches_what_a_command_does() {
    let installation = Installation::new("projects: [{name: web}]\n");
    installation.job("steps: [{uses: misbehave/noop}]\n");
    let elsewhere = installation.folder().join("elsewhere");
    Ended::from(installation.job_command(&[]).env("WINDLASS_DATA_DIR", &elsewhere).output().unwrap()).ok();
    assert!(elsewhere.join("windlass.db").exists() && !installation.folder().join("data").exists());
}

#[test]
fn an_unknown_variable_is_a_warning_with_the_nearest() {
    let installation = Installation::new("");
    let mut command = installation.command(&["config", "show", "--output", "json"]);
    // Kubernetes sets the second one for a service called `windlass`, so that it cannot be an error.
    command.env("WINDLASS_DATADIR", "/x").env("WINDLASS_SERVICE_HOST", "10.0.0.1").env("WINDLASS_PLUGIN_DIRS", "");
    let shown = Ended::from(command.output().unwrap());
    assert_eq!(value(&shown, "dataDir").0, json!(installation.folder().join("data")));
    assert!(value(&shown, "pluginDirs").1.starts_with("file "), "an empty variable counts as not set");
    let warnings: Vec<&str> = shown.stderr.lines().collect();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert_names(warnings[0], &["warning: ", "`WINDLASS_DATADIR`", "did you mean `WINDLASS_DATA_DIR`?"]);
    assert_names(warnings[1], &["warning: ", "`WINDLASS_SERVICE_HOST`"]);
}

#[test]
fn a_file_that_was_named_has_to_exist() {
    let missing = OsStr::new("/nowhere/windlass.yaml");
    for (arguments, environment) in
        [(&[OsStr::new("--config"), missing][..], &[][..]), (&[], &[("WINDLASS_CONFIG", missing)])]
    {
        let shown = show(arguments, environment);
        let error = shown.failed(3, "config.unreadable");
        assert_names(error, &["`/nowhere/windlass.yaml`", "No such file", "`--config`", "`WINDLASS_CONFIG`"]);
    }
    let folder = TempDir::new().unwrap();
    let error = show(&[OsStr::new("--config"), folder.path().as_ref()], &[]);
    assert_names(error.failed(3, "config.unreadable"), &[folder.path().to_str().unwrap(), "directory"]);
}

/// Each of these looks different: AWS's own form, a word, one with blanks, on a line of its own, and misplaced.
#[test]
fn a_secret_in_the_place_of_a_path_is_refused_and_shown_nowhere() {
    for (written, secret) in [
        ("secretAccessKey: wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz"),
        ("secretAccessKey: hunter2", "hunter2"),
        ("secretAccessKey: keys/hunter2 hunter2", "hunter2"),
        ("secretAccessKey: |\n          hunter2", "hunter2"),
        ("secretAccessKey: [hunter2]", "hunter2"),
        ("secretAccesKey: hunter2", "hunter2"),
        ("secret: hunter2", "hunter2"),
    ] {
        let account =
            "accounts:\n  - name: ops\n    source:\n      access-key:\n        accessKeyId: AKIAIOSFODNN7EXAMPLE\n";
        let installation = Installation::new(&format!("{account}        {written}\n"));
        for arguments in [&["config", "show"][..], &["account", "explain", "ops", "--project", "web"]] {
            let ended = installation.run(arguments);
            let error = ended.failed(3, "config.invalid");
            let place = installation.place_of(if written.contains("|\n") { secret } else { written });
            let line = place.rsplit_once(':').unwrap().0;
            assert!(error.contains(line), "no {line} in:\n{error}");
            assert!(!format!("{}{}", ended.stdout, ended.stderr).contains(secret), "{written}:\n{}", ended.stderr);
        }
    }
    let installation = Installation::new(
        "accounts: [{name: a, source: {access-key: {accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: hunter2}}}]\n",
    );
    let error = installation.run(&["config", "show"]);
    let error = error.failed(3, "config.invalid");
    assert_names(error, &[&installation.place_of("hunter2"), "never the secret itself", "key storage"]);
}

#[test]
fn what_is_no_configuration_is_refused_soon_and_clearly() {
    let mut library = std::fs::read(binaries::built("libwindlass_plugin_misbehave.so").unwrap()).unwrap();
    library.truncate(100_000);
    let head = "apiVersion: windlass/v1\nkind: Configuration\n";
    for (what, content, code, said) in [
        ("a library", library, "config.unreadable", "no text in UTF-8"),
        ("control characters", b"\0\x01\x1b[2J\x07".to_vec(), "config.invalid", ":1:1: unexpected character"),
        ("nothing", Vec::new(), "config.invalid", "`kind` is missing"),
        ("a list", b"- a\n- b\n".to_vec(), "config.invalid", ":1:1: expected keys"),
        ("a job", b"apiVersion: windlass/v1\nkind: Job\n".to_vec(), "config.invalid", ":2:7: this file is a `Job`"),
        ("a later version", head.replace("v1", "v9").into_bytes(), "config.invalid", ":1:13: this Windlass does not"),
        ("two documents", format!("{head}---\n{head}").into_bytes(), "config.invalid", ":4:1: "),
        ("brackets", format!("{head}projects: {}", "[".repeat(100_000)).into_bytes(), "config.invalid", ":3:"),
        ("aliases", format!("{head}{}", alias_bomb()).into_bytes(), "config.invalid", "windlass.yaml:"),
        ("five mebibytes", "# windlass\n".repeat(500_000).into_bytes(), "config.unreadable", "larger than 4194304"),
    ] {
        let ended = show_file(content);
        let error = ended.failed(3, code);
        assert_names(error, &["windlass.yaml", said]);
        assert!(!error.contains(|c: char| c.is_control() && c != '\n'), "{what}: {error:?}");
        assert_eq!(ended.stderr.matches("error").count(), 1, "{what}: {}", ended.stderr);
    }
}

/// Nine levels of nine aliases each stand for 9^9 texts.
fn alias_bomb() -> String {
    let mut text = "projects:\n  - &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let row = vec![format!("*a{}", level - 1); 9].join(", ");
        text += &format!("  - &a{level} [{row}]\n");
    }
    text
}
