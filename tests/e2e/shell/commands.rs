//! Commands: arguments, environment, exit codes and outputs.

use super::{log, outputs, plain, run, text};
use crate::installation::assert_names;
use serde_json::{Value, json};

/// What a shell, YAML or an expression would trip over.
const HELL: &str = "a b\n'\"\\ $(id) `id` $HOME ${HOME} ${{ options.value }} {{x}} *;|&<>#!~\t\u{fc}\u{1f600}\r\n\n";

#[test]
fn what_it_prints_is_shown() {
    let ended = run(&plain(), "shell/command", &json!({"command": ["sh", "-c", "echo out; echo err >&2"]}), &[]);
    assert_eq!(outputs(&ended), json!({"exitCode": 0}));
    let mut lines = log(&ended);
    lines.sort_unstable();
    assert_eq!(lines, ["err", "out"]);
}

/// Values of the person who runs the job arrive byte for byte, and are never a part of a program or an expression.
#[test]
fn values_arrive_as_they_are() {
    let installation = plain();
    let option = format!("value={HELL}");
    let with = json!({
        "script": "import json, os, sys; print(json.dumps([os.environ['V'], sys.argv[1]]))",
        "interpreter": ["python3"], "args": ["${{ options.value }}"],
        "env": {"V": "${{ options.value }}"}, "output": "json",
    });
    let ended = run(&installation, "shell/script", &with, &["-o", &option]);
    assert_eq!(outputs(&ended)["json"], json!([HELL, HELL]));
    let with = json!({"command": ["printf", "%s", "${{ options.value }}"], "output": "text"});
    let ended = run(&installation, "shell/command", &with, &["-o", &option]);
    assert_eq!(outputs(&ended)["text"], HELL.trim());
}

#[test]
fn the_environment_is_what_the_configuration_and_the_job_say() {
    let installation = plain();
    let with = json!({"command": ["env", "-0"], "env": {"N": 5, "YES": true}, "output": "text"});
    let ended = run(&installation, "shell/command", &with, &[]);
    let environment = outputs(&ended)["text"].as_str().unwrap().to_owned();
    let mut names: Vec<&str> = environment.split_terminator('\0').map(|line| line.split_once('=').unwrap().0).collect();
    names.sort_unstable();
    let wanted = [
        "HOME",
        "LANG",
        "N",
        "PATH",
        "TMPDIR",
        "TZ",
        "WINDLASS_EXECUTION",
        "WINDLASS_JOB",
        "WINDLASS_PROJECT",
        "WINDLASS_STEP",
        "YES",
    ];
    assert_eq!(names, wanted);
    let lines = ["HOME=/home/of-the-test", "N=5", "YES=true", "WINDLASS_PROJECT=web", "WINDLASS_JOB=test"];
    assert_names(&environment, &lines);
    assert_names(&environment, &["WINDLASS_STEP=it", "TZ=UTC", "LANG=C.UTF-8"]);
}

#[test]
fn outputs_are_typed() {
    let installation = plain();
    let of = |output: &str, printed: &str| {
        let with = json!({"command": ["printf", "%s", printed], "output": output});
        outputs(&run(&installation, "shell/command", &with, &[]))
    };
    assert_eq!(of("json", "{\"n\": [1.5, null]}"), json!({"exitCode": 0, "json": {"n": [1.5, null]}}));
    assert_eq!(of("lines", "a\nb\n"), json!({"exitCode": 0, "lines": ["a", "b"]}));
    assert_eq!(of("text", " a\nb\n"), json!({"exitCode": 0, "text": "a\nb"}));
    let with = json!({"command": ["printf", "{\"n\": oops}"], "output": "json"});
    let ended = run(&installation, "shell/command", &with, &[]);
    assert_names(ended.failed(1, "shell.invalid-output"), &["step `it`", "line 1 column 7"]);
}

#[test]
fn an_exit_code_fails_the_step_unless_it_is_a_success() {
    let installation = plain();
    let mut with = json!({"command": ["sh", "-c", "echo why >&2; exit 3"]});
    let ended = run(&installation, "shell/command", &with, &[]);
    assert_names(ended.failed(1, "shell.exit-code"), &["step `it`", "`sh` ended with exit code 3", "`successCodes`"]);
    assert_eq!(log(&ended), ["why"]);
    with["successCodes"] = json!([3]);
    assert_eq!(outputs(&run(&installation, "shell/command", &with, &[])), json!({"exitCode": 3}));
}

#[test]
fn a_command_that_cannot_be_run_says_why() {
    let installation = plain();
    let failed = |command: Value, code: &str, said: &[&str]| {
        let ended = run(&installation, "shell/command", &json!({"command": command}), &[]);
        assert_names(ended.failed(1, code), said);
    };
    failed(json!(["pritnf"]), "shell.not-found", &["`pritnf`", "did you mean `printf`?"]);
    failed(json!(["/etc/passwd"]), "shell.not-started", &["may not be executed"]);
    failed(json!(["sh", "-c", "kill -KILL $$"]), "shell.killed", &["`SIGKILL`"]);
}

#[test]
fn a_mistake_in_the_job_is_told_before_anything_runs() {
    let installation = plain();
    for (uses, with, said) in [
        ("shell/command", json!({"command": "ls -l"}), "`command` has the wrong type"),
        ("shell/command", json!({"command": []}), "`command` needs at least 1 items"),
        ("shell/command", json!({"command": ["ls"], "output": "xml"}), "`output` is none of the choices"),
        ("shell/command", json!({"command": ["ls"], "comand": 1}), "there is no key `comand`"),
        ("shell/script", json!({"args": []}), "the key `script` is missing"),
        ("shell/script", json!({"script": "echo ${{ options.value }}"}), "a script is not filled in"),
    ] {
        let ended = run(&installation, uses, &with, &[]);
        assert_names(ended.failed(4, "job.invalid-step"), &["job.yaml:", said]);
    }
    assert_eq!(installation.database("SELECT count(*) FROM execution"), [[0]]);
}

/// What the step leaves in its folder goes with it.
#[test]
fn its_folder_is_its_own_and_goes_with_it() {
    let installation = plain();
    let folder = text(&installation, "pwd; echo x >file; mkdir -p a/b; chmod 0 a; ls", &[]);
    let (folder, rest) = folder.split_once('\n').unwrap();
    assert_eq!(rest, "a\nfile");
    assert!(!std::path::Path::new(folder).exists(), "{folder} is left");
}
