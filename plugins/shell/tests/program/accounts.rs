//! A step with an account: what its command finds, and who is given credentials.

use serde_json::{Value, json};

use crate::driver::{Ended, Running, runs, until, with};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

const TOKEN: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// `ask METHOD PATH TOKEN`: one request, and the whole answer.
const ASK: &str = r#"#!/bin/bash
uri=${AWS_CONTAINER_CREDENTIALS_FULL_URI#http://}; address=${uri%%/*}; port=${address#*:}
token=$(cat "$AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
ask() {
  exec 5<>"/dev/tcp/${address%:*}/$port"
  printf '%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\n\r\n' "$1" "$2" "$3" >&5
  cat <&5 | tr -d '\r'; echo
}
"#;

fn given(number: u64) -> Value {
    json!({"Ok": {"credentials": {"accessKeyId": format!("ASIA{number}"), "secretAccessKey": SECRET,
        "sessionToken": "the token", "expiresAtMs": 1_767_226_500_000_i64}}})
}

/// Starts a step with an account; the runner answers each question with this.
fn start(script: &str, config: Value, answer: fn(u64) -> Value) -> Running {
    let account = json!({"token": TOKEN, "region": "eu-west-1", "endpoints": {"logs": "https://logs.example", "sts": "http://[::1]:9"},
        "certificates": "-----BEGIN CERTIFICATE-----\nthe configured one\n"});
    Running::start_with("script", &with(config, "script", json!(format!("{ASK}{script}"))), &account).answering(answer)
}

fn run(script: &str, answer: fn(u64) -> Value) -> Ended {
    start(script, json!({}), answer).ended()
}

/// Status and body of an answer.
#[track_caller]
fn parts(answer: &str) -> (&str, Value) {
    let (head, body) = answer.split_once("\n\n").unwrap_or_else(|| panic!("{answer}"));
    (head.lines().next().unwrap(), serde_json::from_str(body).unwrap())
}

#[test]
fn who_shows_the_token_is_given_credentials_anew_each_time() {
    let ended = run("ask GET /credentials $token; echo ----; ask GET /credentials $token", given);
    ended.ok();
    let wanted = |id: &str| json!({"AccessKeyId": id, "SecretAccessKey": SECRET, "Token": "the token", "Expiration": "2026-01-01T00:15:00Z"});
    let answers: Vec<_> = ended.stdout.split("----\n").map(parts).collect();
    assert_eq!(answers, [("HTTP/1.1 200 OK", wanted("ASIA1")), ("HTTP/1.1 200 OK", wanted("ASIA2"))]);
}

#[test]
fn everybody_else_is_refused() {
    for (request, status, code) in [
        ("GET /credentials \"\"", "401 Unauthorized", "Unauthorized"),
        ("GET /credentials ${token%?}", "401 Unauthorized", "Unauthorized"),
        ("GET /credentials ${token}0", "401 Unauthorized", "Unauthorized"),
        ("GET /credentials \"Bearer $token\"", "401 Unauthorized", "Unauthorized"),
        ("GET / wrong", "401 Unauthorized", "Unauthorized"),
        ("GET / $token", "404 Not Found", "NotFound"),
        ("GET /credentials/ $token", "404 Not Found", "NotFound"),
        ("GET /latest/meta-data/ $token", "404 Not Found", "NotFound"),
        ("POST /credentials $token", "405 Method Not Allowed", "MethodNotAllowed"),
        ("PUT /credentials $token", "405 Method Not Allowed", "MethodNotAllowed"),
    ] {
        let ended = run(&format!("ask {request}"), given);
        ended.ok();
        let (first, document) = parts(&ended.stdout);
        assert_eq!((first, &document["code"]), (&*format!("HTTP/1.1 {status}"), &json!(code)), "{request}");
        assert!(document["message"].is_string() && !ended.stdout.contains(SECRET), "{request}: {}", ended.stdout);
    }
}

/// Whoever has no token cannot keep the step from its credentials, however many connections there are.
#[test]
fn connections_that_say_nothing_end() {
    let script = "for i in {1..70}; do exec {silent}<>/dev/tcp/${address%:*}/$port; done; ask GET /credentials $token";
    let ended = run(script, given);
    ended.ok();
    assert_eq!(parts(&ended.stdout).0, "HTTP/1.1 200 OK");
}

#[test]
fn a_refusal_by_the_runner_says_why() {
    let refuse = |code: &str| json!({"Err": {"code": code, "message": "account `prod`: its role is denied"}});
    let denied = run(
        "ask GET /credentials $token",
        |_| json!({"Err": {"code": "account.role-denied", "message": "account `prod`: its role is denied"}}),
    );
    let wanted = json!({"code": "account.role-denied", "message": refuse("")["Err"]["message"]});
    assert_eq!(parts(&denied.stdout), ("HTTP/1.1 403 Forbidden", wanted));
    let failed = run("ask GET /credentials $token", |_| json!({"Err": {"code": "step.failed", "message": "it broke"}}));
    assert_eq!(parts(&failed.stdout).0, "HTTP/1.1 500 Internal Server Error");
}

#[test]
fn variables_lead_there_and_nowhere_else() {
    let script = "env | grep -E '^(AWS_|BOTO)' | sort; stat -c '%a %s' $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE; \
                  tail -n 1 $AWS_CA_BUNDLE; grep -c BEGIN $AWS_CA_BUNDLE >&2";
    let ended = run(script, given);
    ended.ok();
    let scratch = ended.scratch().to_str().unwrap();
    let shown = ended.stdout.replace(scratch, "SCRATCH");
    let mut lines: Vec<&str> = shown.lines().collect();
    let uri = lines.iter().position(|line| line.starts_with("AWS_CONTAINER_CREDENTIALS_FULL_URI")).unwrap();
    assert!(lines.remove(uri).starts_with("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:"), "{shown}");
    let wanted = [
        "AWS_CA_BUNDLE=SCRATCH/.windlass/authorities.pem",
        "AWS_CONFIG_FILE=/dev/null",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=SCRATCH/.windlass/account.token",
        "AWS_DEFAULT_REGION=eu-west-1",
        "AWS_EC2_METADATA_DISABLED=true",
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS=https://logs.example",
        "AWS_ENDPOINT_URL_STS=http://[::1]:9",
        "AWS_REGION=eu-west-1",
        "AWS_SHARED_CREDENTIALS_FILE=/dev/null",
        "BOTO_CONFIG=/dev/null",
        "600 64",
        "the configured one",
    ];
    assert_eq!(lines, wanted);
    assert!(ended.stderr.trim().parse::<u32>().unwrap() > 1, "the system's authorities are there too");
}

#[test]
fn without_an_account_there_is_nothing() {
    let ended = Running::start("script", &json!({"script": "env | grep ^AWS_ || ls -A .windlass"})).ended();
    ended.ok();
    assert_eq!(ended.stdout, "script\n");
}

#[test]
fn a_variable_that_would_win_over_the_account_is_refused() {
    let config = json!({"env": {"AWS_PROFILE": "other"}});
    start("echo ran", config, given).ended().failed("step.invalid-config", &["`AWS_PROFILE`", "its account"]);
}

/// A command that tidies up may need the account, and what it leaves behind finds nobody any more.
#[test]
fn it_answers_until_the_step_has_ended() {
    let script = "trap 'ask GET /credentials $token >tidied; exit' TERM; echo \"$$ $port\" >ready; \
                  while :; do sleep 0.05; done";
    let mut running = start(script, json!({}), given);
    let ready = running.waits_for("ready");
    let (pid, port) = ready.trim().split_once(' ').unwrap();
    let port: u16 = port.parse().unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    running.cancel();
    let ended = running.ended();
    ended.failed("step.cancelled", &[]);
    assert_eq!(parts(&ended.left("tidied")).0, "HTTP/1.1 200 OK");
    until("the end of the command", || (!runs(pid)).then_some(()));
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}
