//! Values that are too short to be masked well: whoever stores or gives one is warned, and so is whoever reads the log.

use super::{set, terminal_of};
use crate::installation::{Ended, Installation, assert_names};
use crate::stored::{apply, comes_to, execution, installation, only, serve, serve_once};
use serde_json::{Value, json};
use std::sync::Arc;
use tiny_http::{Response, Server};
use windlass_tests::terminal;

const KEY: &str = "keys/project/web/token";
const FEWER_THAN_8: &str = "has fewer than 8 bytes";

/// A step that prints what it gets from here.
fn prints(id: &str, from: &str) -> Value {
    json!({"id": id, "uses": "shell/script", "with": {"script": "cat $IT_FILE; echo .", "secrets": {"IT": from}}})
}

fn with_option() -> String {
    format!(
        "options: [{{name: pin, type: secret, required: true}}]\nsteps: {}\n",
        json!([prints("use", "${{ options.pin }}")])
    )
}

#[track_caller]
fn assert_told_once(text: &str, warning: &str) {
    assert_eq!(text.matches(warning).count(), 1, "`{warning}` in {text}");
}

/// The value is a word of its path, which would be masked if the line were, and so be told.
#[test]
fn an_execution_tells_of_a_key_once() {
    let installation = installation("");
    let set = set(&installation, &[KEY], "token");
    assert_told_once(&set.stderr, &format!("warning: the value of `{KEY}` {FEWER_THAN_8}"));
    let each = json!({"id": "each", "forEach": {"items": [1, 2]}, "steps": [prints("it", KEY)]});
    installation.job(&format!("steps: {}\n", json!([prints("first", KEY), prints("second", KEY), each])));
    let ended = installation.run_job(&[]);
    ended.ok();
    assert_told_once(&ended.stderr, &format!("first: warning: the value of `{KEY}` {FEWER_THAN_8}"));
    assert_told_once(&ended.stderr, FEWER_THAN_8);
    assert_eq!(ended.stderr.matches("[masked].").count(), 4, "{}", ended.stderr);
    let log = execution(&installation, "logs", &only(&installation), &[]);
    assert_told_once(log.ok(), &format!("the value of `{KEY}` {FEWER_THAN_8}"));
}

#[test]
fn what_is_typed_for_an_option_is_told_of_when_it_is_given_and_when_it_is_used() {
    let installation = installation("");
    let file = installation.write("pin.txt", "12\n");
    let given = format!("pin=@{}", file.display());
    let warning = "the value of `options.pin` has fewer than 4 bytes: it is easily guessed, and is not masked";
    installation.job(&with_option());
    let ended = installation.run_job(&["-o", &given]);
    ended.ok();
    assert_told_once(&ended.stderr, &format!("use: warning: {warning}"));
    assert_told_once(&ended.stderr, warning);

    apply(&installation, &[("queued", &with_option())]);
    let start = |more: &[&str]| {
        installation.run(&[&["job", "start", "queued", "--project", "web", "-o", given.as_str()], more].concat())
    };
    let queued = start(&[]);
    assert_told_once(&queued.stderr, &format!("warning: {warning}"));
    serve_once(&installation);
    let id = queued.ok().trim();
    comes_to(&installation, id, "succeeded");
    assert_told_once(execution(&installation, "logs", id, &[]).ok(), warning);

    let _server = serve(&installation, "server-");
    let followed = start(&["--follow"]);
    followed.ok();
    assert_told_once(&followed.stderr, warning);
}

#[test]
fn what_lies_in_a_mount_is_told_of_when_it_is_used() {
    let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
    let url = format!("http://{}", server.server_addr().to_ip().unwrap());
    let answering = server.clone();
    let thread = std::thread::spawn(move || {
        for request in answering.incoming_requests() {
            let _ = request.respond(Response::from_string(json!({ "SecretString": "hunter2" }).to_string()));
        }
    });
    let key = "{access-key: {accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: keys/reader}}";
    let mounted = "keys/project/web/aws";
    let installation = installation(&format!(
        "accounts: [{{name: reader, source: {key}}}]
keyMounts: [{{path: {mounted}, secretsManager: {{account: reader, region: us-east-1}}}}]
endpoints: {{secretsmanager: '{url}'}}
"
    ));
    installation.set_key("keys/reader", "a-secret-that-nobody-else-has");
    installation.job(&format!("steps: {}\n", json!([prints("one", &format!("{mounted}/db/pin"))])));
    let ended = installation.run_job(&[]);
    server.unblock();
    thread.join().unwrap();
    ended.ok();
    assert_told_once(&ended.stderr, &format!("one: warning: the value of `{mounted}/db/pin` {FEWER_THAN_8}"));
    assert_names(&ended.stderr, &["[masked]."]);
    assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
}

#[test]
fn what_an_account_is_given_is_told_of() {
    let installation = Installation::new("projects: [{name: web}]\n");
    let import = |more: &[&str]| -> Ended {
        let aws = "aws: {accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: hunter2}\n";
        let file = installation.write("clouddriver.yml", aws);
        installation.run(&[&["account", "import", "--from", file.to_str().unwrap()], more].concat())
    };
    for ended in [import(&["--dry-run"]), import(&[])] {
        ended.ok();
        assert_told_once(&ended.stderr, &format!("warning: the value of `keys/spinnaker-managing` {FEWER_THAN_8}"));
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }

    let add = terminal_of(&installation, &["account", "add", "ops", "--access-key-id", "AKIAIOSFODNN7EXAMPLE"]);
    let (status, seen) = terminal::answer_unseen(add, "secret access key of", || "hunter2\n".to_owned()).unwrap();
    assert_eq!(status.code(), Some(0), "{seen}");
    assert_told_once(&seen, &format!("warning: the value of `keys/accounts/ops/secret-access-key` {FEWER_THAN_8}"));
}
