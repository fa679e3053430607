//! Scripts: what runs them, what they are given, and that their text is theirs.

use serde_json::json;
use tempfile::TempDir;

use crate::driver::{Running, file, run, script};

#[test]
fn a_script_says_what_runs_it() {
    let ended = script("echo $((1 + 1)); [ -z \"$BASH_VERSION\" ] || echo bash\n");
    assert_eq!((ended.ok(), ended.stdout.as_str()), (&json!({"exitCode": 0}), "2\n"), "without a word it is sh");
    assert_eq!(script("#!/bin/bash\na=(1 2 3); echo ${#a[@]}").stdout, "3\n");
    assert_eq!(script("#!/usr/bin/env python3\nprint(2 ** 100)\n").stdout, "1267650600228229401496703205376\n");
    assert_eq!(script("#! /bin/sh -e\nfalse\necho not reached").stdout, "");
}

#[test]
fn an_interpreter_that_is_named_wins() {
    let config = json!({"script": "#!/bin/false\necho $0 \"$@\" >&2; false; echo no", "interpreter": ["bash", "-e"], "args": ["a b", 5, ""]});
    let running = Running::start("script", &config);
    let file = running.scratch().join(".windlass/script");
    let ended = running.ended();
    ended.failed("shell.exit-code", &["the script ended with exit code 1"]);
    assert_eq!(ended.stderr, format!("{} a b 5 \n", file.display()));
    let config =
        json!({"script": "import sys; print(sys.argv[1:])", "interpreter": ["python3"], "args": ["'$(id)'\n", "$x"]});
    assert_eq!(run("script", &config).stdout, "[\"'$(id)'\\n\", '$x']\n");
}

#[test]
fn the_text_is_passed_on_as_it_is() {
    let text = "cat \"$0\" # ${{ options.x }} {{x}} @option.y@ ü\\n\n\t$(echo)\n";
    assert_eq!(script(text).stdout, text);
}

/// The name is what `fileExtension` is for; the folder is not the working folder, so that a script does not see itself.
#[test]
fn the_file_is_for_its_owner_alone() {
    let text = "stat -c %a \"$0\"; basename \"$0\"; ls";
    let ended = run("script", &json!({"script": text, "fileExtension": "ps1", "interpreter": ["sh"]}));
    assert_eq!(ended.stdout, "700\nscript.ps1\n");
    assert_eq!(run("script", &json!({"script": text, "fileExtension": ".ps1"})).stdout, "700\nscript.ps1\n");
}

#[test]
fn a_file_needs_no_execute_permission() {
    let folder = TempDir::new().unwrap();
    let path = file(&folder, "report.sh", "#!/bin/bash\necho \"${BASH_VERSION:+bash} $1 $0\"\n");
    let ended = run("script", &json!({"file": path, "args": ["now"]}));
    ended.ok();
    assert_eq!(ended.stdout, format!("bash now {}\n", path.display()));
    let config = json!({"file": "report.sh", "workingFolder": folder.path(), "args": ["x"]});
    assert_eq!(run("script", &config).stdout, format!("bash x {}\n", path.display()));
}

#[test]
fn a_file_that_cannot_be_run_says_why() {
    let folder = TempDir::new().unwrap();
    let config = |name: &str, text: &str| json!({"file": file(&folder, name, text)});
    run("script", &config("dos", "#!/bin/bash\r\necho\r\n")).failed("shell.not-started", &["carriage return", "sed"]);
    run("script", &config("bad", "#!/bin/bsah\n")).failed("shell.not-found", &["`/bin/bsah`", "did you mean `bash`?"]);
    run("script", &json!({"file": "/bin/true"})).failed("shell.not-started", &["is a program", "`shell/command`"]);
    run("script", &json!({"file": "/no/such.sh"})).failed("shell.not-started", &["no script `/no/such.sh`"]);
    run("script", &json!({"file": folder.path()})).failed("shell.not-started", &["cannot be used"]);
    let config = json!({"script": "1", "interpreter": ["pyhton3"]});
    run("script", &config).failed("shell.not-found", &["did you mean `python3`?"]);
}

#[test]
fn a_script_has_one_source() {
    let both = json!({"script": "echo", "file": "/bin/true"});
    for config in [both, json!({}), json!({"file": "/x.sh", "fileExtension": "sh"})] {
        run("script", &config).failed("step.invalid-config", &["`script`"]);
    }
}
