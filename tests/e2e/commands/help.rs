//! Help, completion and usage errors.

use crate::installation::{Ended, assert_names};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::Command;
use windlass_tests::binaries;

fn windlass(arguments: &[&str]) -> Ended {
    let mut command = Command::new(binaries::windlass().unwrap());
    Ended::from(command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap()).output().unwrap())
}

/// The help of every command, by its words: `""`, `run`, `key set`.
fn helps() -> BTreeMap<String, String> {
    let mut helps = BTreeMap::new();
    let mut open = vec![String::new()];
    while let Some(command) = open.pop() {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        let help = windlass(&words).ok().to_owned();
        let list = help.split("\nCommands:\n").nth(1).unwrap_or_default();
        let listed = list.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
        let names = listed.filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_whitespace().next());
        open.extend(names.filter(|name| *name != "help").map(|name| format!("{command} {name}").trim().to_owned()));
        helps.insert(command, help);
    }
    helps
}

/// The flags that a help text lists, such as `--output`, and their other names.
fn flags(help: &str) -> Vec<&str> {
    let options = help.split("Options:\n").nth(1).unwrap_or_default();
    let options = options.split("\nExample").next().unwrap_or_default();
    let lists = |line: &str| line.trim_start().starts_with('-') || line.contains("[alias");
    let words = options.lines().filter(|line| lists(line)).flat_map(str::split_whitespace);
    words.map(|word| word.trim_end_matches([',', ']'])).filter(|word| word.starts_with("--")).collect()
}

#[test]
fn every_help_has_an_example_with_flags_that_exist() {
    let helps = helps();
    for command in ["", "run", "account explain", "key set", "key list", "key delete", "plugin show", "config show"] {
        assert!(helps.contains_key(command), "no `{command}` in {:?}", helps.keys());
    }
    for (command, help) in &helps {
        let examples = help.split("\nExample").nth(1).unwrap_or_else(|| panic!("`{command}` has no example:\n{help}"));
        let examples: Vec<&str> = examples.lines().filter(|line| line.contains("windlass ")).collect();
        assert!(!examples.is_empty(), "`{command}`:\n{help}");
        for example in examples {
            let words: Vec<&str> = example.split_whitespace().skip_while(|word| *word != "windlass").collect();
            let used = used_command(&words, &helps);
            assert!(used.starts_with(command.as_str()), "`{command}` has an example of `{used}`");
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                assert!(flags(&helps[&used]).contains(flag), "`{used}` has no `{flag}`, which an example uses");
            }
        }
    }
}

/// The longest command whose words stand in this order, between flags and their values.
fn used_command(words: &[&str], helps: &BTreeMap<String, String>) -> String {
    words.iter().fold(String::new(), |command, word| {
        let longer = format!("{command} {word}").trim().to_owned();
        if helps.contains_key(&longer) { longer } else { command }
    })
}

#[test]
fn every_help_names_the_configuration_flags() {
    for (command, help) in helps() {
        assert_names(&help, &["--config <FILE>", "--data-dir <DIR>", "--plugin-dir <DIR>"]);
        assert!(help.lines().all(|line| line.chars().count() <= 100), "`{command}` is too wide:\n{help}");
    }
}

#[test]
fn every_exit_code_is_in_the_help() {
    let help = windlass(&["--help"]);
    assert_names(help.ok(), &["0 done", "2 usage", "3", "4 job", "5 account", "6 key", "7 plugin", "124", "130"]);
    assert_eq!(windlass(&["--version"]).ok(), format!("windlass {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completion_scripts_are_what_their_shells_can_read() {
    for (shell, mark) in [("bash", "_windlass()"), ("zsh", "#compdef windlass"), ("fish", "complete -c windlass")] {
        assert_names(windlass(&["completions", shell]).ok(), &[mark, "explain", "plugin-dir"]);
    }
    let mut script = tempfile::NamedTempFile::new().unwrap();
    script.write_all(windlass(&["completions", "bash"]).stdout.as_bytes()).unwrap();
    let bash = |command: &str| {
        let ended =
            Ended::from(Command::new("bash").args(["-c", command, "bash"]).arg(script.path()).output().unwrap());
        assert_eq!(ended.stderr, "");
        ended.ok().to_owned()
    };
    bash("bash -n \"$1\"");
    let complete = "source \"$1\"; COMP_WORDS=(windlass plu); COMP_CWORD=1; _windlass windlass plu windlass; echo \"${COMPREPLY[@]}\"";
    assert_eq!(bash(complete), "plugin\n");
}

#[test]
fn what_cannot_be_understood_is_a_usage_error() {
    for (arguments, said) in [
        (&["plugni"][..], &["'plugni'", "'plugin'"][..]),
        (&["run", "job.yaml"], &["--project"]),
        (&["run", "job.yaml", "--project", "web", "--outptu", "json"], &["'--outptu'", "'--output'"]),
        (
            &["run", "job.yaml", "--project", "web", "--output", "xml"],
            &["'xml'", "table", "json", "ndjson", "csv", "markdown"],
        ),
        (&["run", "job.yaml", "--project", "we b"], &["'we b'", "letters, digits"]),
        (&["completions", "tcsh"], &["'tcsh'", "bash"]),
        (&["account", "explain"], &["name an account or a project"]),
        (&["account", "policy", "prod"], &["--project", "--job", "--plugin"]),
        (&["plugin", "show"], &["<NAME>"]),
    ] {
        let ended = windlass(arguments);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", ended.stderr);
        assert_names(&ended.stderr, said);
        assert!(ended.stderr.starts_with("error: "), "{}", ended.stderr);
    }
    let nothing = windlass(&[]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (Some(2), ""));
    assert_names(&nothing.stderr, &["Usage: windlass", "completions", "Example:"]);
}
