//! Secrets reach a command by files, and by its environment only when the job says so.

use serde_json::{Value, json};

use crate::driver::run;

const SECRET: &str = "hunter2 '\"$(id)\n\\end";

fn config(script: &str, more: &[(&str, Value)]) -> Value {
    let mut config = json!({"script": script, "secrets": {"TOKEN": SECRET, "OTHER": ""}});
    for (key, value) in more {
        config[*key] = value.clone();
    }
    config
}

#[test]
fn a_secret_is_a_file_for_its_owner_alone() {
    let text = "stat -c '%a %F' \"$TOKEN_FILE\" \"$OTHER_FILE\"; ls -A; cat \"$TOKEN_FILE\"; echo \"|${TOKEN-unset}\"";
    let ended = run("script", &config(text, &[]));
    let wanted = format!("600 regular file\n600 regular empty file\n.windlass\n{SECRET}|unset\n");
    ended.ok();
    assert_eq!(ended.stdout, wanted);
}

#[test]
fn it_is_in_the_environment_only_when_asked_for() {
    let text = "env -0 | tr '\\n' ' '";
    assert!(!run("script", &config(text, &[])).stdout.contains("hunter2"));
    let exposed = run("script", &config("printf %s \"$TOKEN\"", &[("exposeInEnv", json!(true))]));
    assert_eq!(exposed.stdout, SECRET);
}

/// Neither on the command line of the plugin nor on that of anything that it starts.
#[test]
fn no_command_line_has_it() {
    let text = "for line in /proc/$PPID/cmdline /proc/$$/cmdline; do tr '\\0' ' ' <$line; done";
    let ended = run("script", &config(text, &[("exposeInEnv", json!(true))]));
    assert!(ended.stdout.contains("windlass-plugin-shell") && !ended.stdout.contains("hunter2"), "{}", ended.stdout);
}

#[test]
fn no_error_has_it() {
    for (ending, code) in [("exit 0", "shell.invalid-output"), ("exit 1", "shell.exit-code")] {
        let text = format!("cat $TOKEN_FILE >&2; cat $TOKEN_FILE; {ending}");
        let ended = run("script", &config(&text, &[("output", json!("json"))]));
        ended.failed(code, &[]);
        assert!(!format!("{:?}", ended.result).contains("hunter2"));
    }
}
