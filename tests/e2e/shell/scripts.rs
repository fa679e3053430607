//! Scripts in the languages that are there, from the job and from files.

use super::{installation, log, outputs, plain, run};
use crate::installation::assert_names;
use serde_json::json;

#[test]
fn each_says_what_runs_it() {
    let installation = plain();
    for (script, printed) in [
        ("echo $((6 * 7))", "42"),
        ("#!/bin/sh\necho $((6 * 7))", "42"),
        ("#!/bin/bash\na=(x y z); cat <(echo ${#a[@]}) /dev/stdin", "3\nin"),
        ("#!/usr/bin/env python3\nimport sys; print(sys.stdin.read() * 2)", "inin"),
    ] {
        let with = json!({"script": script, "stdin": "in", "output": "text"});
        let ended = run(&installation, "shell/script", &with, &[]);
        assert_eq!(outputs(&ended)["text"], printed, "{script}\n{}", ended.stderr);
    }
}

#[test]
fn a_file_is_run_where_it_is() {
    let installation = plain();
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("report.py"), "import sys; print(sys.argv[1:], __file__)\n").unwrap();
    let with = json!({
        "file": "report.py", "workingFolder": folder.path(), "interpreter": ["python3", "-B"], "args": ["a b", 5],
    });
    let ended = run(&installation, "shell/script", &with, &[]);
    let printed = format!("['a b', '5'] {}", folder.path().join("report.py").display());
    assert_eq!((outputs(&ended), log(&ended)), (json!({"exitCode": 0}), vec![printed.as_str()]));
}

#[test]
fn an_interpreter_that_is_not_there_is_named() {
    let with = json!({"script": "#!/usr/bin/pyhton3\n"});
    let ended = run(&installation("}"), "shell/script", &with, &[]);
    assert_names(ended.failed(1, "shell.not-found"), &["`/usr/bin/pyhton3`"]);
}
