//! The commands one after another with a database on a PostgreSQL server. What each does in particular is tested beside
//! SQLite, and much of it here as well: see `also_on_postgres`.

use crate::installation::{assert_names, on_postgres};
use crate::stored::{apply, comes_to, execution, folder, gate, installation, logs, open, script, serve, set, start};
use serde_json::{Value, json};

const GREET: &str = "options: [{name: who, default: you}]
steps:
  - {id: say, uses: shell/command, with: {command: [echo, 'hello ${{ options.who }}'], output: text}}
  - {id: rows, uses: misbehave/rows, with: {count: 3}}
";

#[test]
fn a_day_at_the_command_line() {
    on_postgres(|| {
        let installation = installation("");
        let project = |command: &str, more: &[&str]| {
            let folder = folder(&installation);
            installation.run(&[&["project", command, folder.as_str(), "--project", "web"], more].concat())
        };
        let slow = format!("steps: {}\n", json!([script("wait", &gate(&installation, "one"))]));
        let fails = "steps: [{uses: misbehave/fault, with: {kind: panic}}]\n";
        set(&installation, &[("greet", GREET), ("slow", &slow), ("fails", fails)]);
        assert_names(&project("plan", &[]).stderr, &["3 new"]);
        assert_names(project("apply", &[]).ok(), &["greet", "slow", "fails"]);
        assert_names(&project("plan", &[]).stderr, &["0 new, 0 changed, 0 removed, 3 as they were"]);
        let out = installation.folder().join("out");
        installation.run(&["project", "export", out.to_str().unwrap(), "--project", "web"]).ok();
        let text = |folder: &str| std::fs::read(installation.folder().join(folder).join("greet.yaml")).unwrap();
        assert_eq!(text("out"), text("jobs"));

        let server = serve(&installation, "server-");
        let begins = server.said();
        assert_names(&begins, &["database=postgresql://windlass@127.0.0.1:"]);
        assert!(!begins.contains(windlass_tests::postgres::PASSWORD));
        let done = start(&installation, "greet", &["-o", "who=all", "--wait"]);
        let shown = comes_to(&installation, &done, "succeeded");
        assert_eq!(shown["steps"][0]["outputs"]["text"], "hello all");
        assert_eq!(shown["steps"][1]["tables"][0]["rows"], 3);
        assert_names(execution(&installation, "logs", &done, &[]).ok(), &["hello all"]);
        let again = execution(&installation, "retry", &done, &["-o", "who=me", "--wait"]).ok().trim().to_owned();
        assert_names(execution(&installation, "logs", &again, &[]).ok(), &["hello me"]);

        let failed = installation.run(&["job", "start", "fails", "--project", "web", "--wait"]);
        assert_names(failed.failed(7, "plugin.panicked"), &["panicked"]);
        let failed = failed.stdout.trim().to_owned();
        execution(&installation, "resume", &failed, &["--wait"]).failed(7, "plugin.panicked");

        let runs = start(&installation, "slow", &[]);
        logs(&installation, &runs, "waiting one");
        execution(&installation, "cancel", &runs, &["--wait"]).ok();
        comes_to(&installation, &runs, "cancelled");
        open(&installation, "one");
        execution(&installation, "resume", &runs, &["--wait"]).ok();
        comes_to(&installation, &runs, "succeeded");

        let list = |more: &[&str]| -> Vec<Value> {
            let ended = installation.run(&[&["execution", "list", "--output", "json"], more].concat());
            serde_json::from_str(ended.ok()).unwrap()
        };
        assert_eq!(list(&["--project", "web"]).len(), 4);
        assert_eq!(list(&["--state", "failed"])[0]["id"], json!(failed));
        installation.run(&["execution", "prune", "--keep", "1"]).ok();
        assert_eq!(list(&[]).len(), 3);
        assert!(!installation.folder().join("data/windlass.db").exists());
    });
}

/// Keys lie in the database as well, and a step gets them from there.
#[test]
fn a_key_is_stored_given_and_deleted() {
    on_postgres(|| {
        let installation = installation("");
        installation.set_key("keys/project/web/token", "s3cret-of-the-step");
        assert_names(installation.run(&["key", "list", "-r"]).ok(), &["keys/project/web/token"]);
        let job = "steps:\n  - uses: shell/script\n    with: {script: 'wc -c <\"$TOKEN_FILE\"', output: text, \
                   secrets: {TOKEN: keys/project/web/token}}\n";
        apply(&installation, &[("count", job)]);
        let _server = serve(&installation, "server-");
        let id = start(&installation, "count", &["--wait"]);
        assert_eq!(comes_to(&installation, &id, "succeeded")["steps"][0]["outputs"]["text"], "18");
        installation.run(&["key", "delete", "keys/project/web/token", "--yes"]).ok();
        assert_names(installation.run(&["key", "list", "--output", "json"]).ok(), &["[]"]);
    });
}
