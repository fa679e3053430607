//! E-mail, handed to aiosmtpd.

use super::receivers::{PASSWORD, Receiver, USER};
use super::{outputs, run, run_with};
use crate::installation::{Installation, assert_names};
use serde_json::{Value, json};

const KEY: &str = "keys/project/web/smtp";

/// An installation that may connect to the server and trusts its certificate.
fn installation(server: &Receiver, password: &str) -> Installation {
    let place = format!("localhost:{}", server.port());
    let network = json!({"localDestinations": [place], "certificateAuthorities": [server.authority()]});
    let installation = Installation::new(&format!("projects: [{{name: web}}]\nnetwork: {network}\n"));
    installation.set_key(KEY, password);
    installation
}

fn mail(server: &Receiver, more: &Value) -> Value {
    let mut with = json!({
        "server": format!("localhost:{}", server.port()),
        "user": USER,
        "password": KEY,
        "from": "Windlass <windlass@example.com>",
        "to": ["a@example.org"],
        "subject": "Größe: 7 €",
        "text": "Es läuft.\n.\nWirklich.\n",
    });
    with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    with
}

#[test]
fn a_message_arrives_whole() {
    let server = Receiver::smtp("starttls");
    let installation = installation(&server, PASSWORD);
    let more = json!({
        "to": ["A <a@example.org>"], "cc": ["c@example.org"], "replyTo": "answers@example.com", "html": "<p>Es läuft.</p>",
    });
    let ended = run(&installation, "email", &mail(&server, &more));
    let outputs = outputs(&ended);
    let [message]: [Value; 1] = server.received().try_into().unwrap();
    assert_eq!(message["tls"], true);
    assert_eq!(
        (&message["from"], &message["to"]),
        (&json!("windlass@example.com"), &json!(["a@example.org", "c@example.org"]))
    );
    let headers = &message["headers"];
    assert_eq!(headers["subject"], "Größe: 7 €");
    assert!(message["raw"]["subject"].as_str().unwrap().is_ascii(), "{message}");
    assert_eq!((&headers["to"], &headers["cc"]), (&json!("A <a@example.org>"), &json!("c@example.org")));
    assert_eq!((&headers["reply-to"], &headers["message-id"]), (&json!("answers@example.com"), &outputs["messageId"]));
    assert_eq!(message["text"].as_str().unwrap().replace('\r', "").trim_end(), "Es läuft.\n.\nWirklich.");
    assert_eq!(message["html"].as_str().unwrap().trim_end(), "<p>Es läuft.</p>");
    assert_eq!((&outputs["recipients"], &outputs["answer"]), (&json!(2), &json!("250 2.0.0 queued as 4711")));
}

#[test]
fn each_kind_of_server_takes_it() {
    for (security, mechanism) in [("tls", "PLAIN"), ("none", "LOGIN"), ("starttls", "LOGIN")] {
        let server = Receiver::smtp_with(security, &[mechanism]);
        run(&installation(&server, PASSWORD), "email", &mail(&server, &json!({"security": security}))).ok();
        let received = server.received();
        assert_eq!((received.len(), &received[0]["tls"]), (1, &json!(security != "none")), "{security}");
    }
}

/// The others get it, and the error says who did not.
#[test]
fn it_is_said_what_happened_to_whom() {
    let server = Receiver::smtp("starttls");
    let installation = installation(&server, PASSWORD);
    let send = |to: &[&str]| run(&installation, "email", &mail(&server, &json!({"to": to})));
    let ended = send(&["nobody@example.org", "a@example.org", "later@example.org"]);
    assert_names(
        ended.failed(1, "notify.recipients-refused"),
        &[
            "`localhost` refused 2 of 3 recipients",
            "`later@example.org`: 450 4.2.1 try again later",
            "`nobody@example.org`: 550 5.1.1 no such user here",
            "the message went to `a@example.org`",
        ],
    );
    assert_eq!(server.received()[0]["to"], json!(["a@example.org"]));
    send(&["nobody@example.org"]).failed(1, "notify.refused");
    send(&["nobody@example.org", "later@example.org"]).failed(1, "notify.unavailable");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn what_the_server_refuses_has_its_code_and_a_remedy() {
    let server = Receiver::smtp("starttls");
    let wrong = installation(&server, "wrong password of the mail server");
    let ended = run(&wrong, "email", &mail(&server, &json!({})));
    let error = ended.failed(1, "notify.refused");
    assert_names(error, &["`localhost` does not accept the user: 535", "check `user` and the key of `password`"]);
    assert!(!error.contains("wrong password"), "{error}");

    let installation = installation(&server, PASSWORD);
    let ended = run(&installation, "email", &mail(&server, &json!({"user": null, "password": null})));
    assert_names(ended.failed(1, "notify.refused"), &["530", "give `user` and `password`"]);
    let ended = run(&installation, "email", &mail(&server, &json!({"from": "spammer@example.com"})));
    assert_names(ended.failed(1, "notify.refused"), &["refused the message: 554 5.7.1 this looks like spam"]);
    let ended = run(&installation, "email", &mail(&server, &json!({"to": ["ü@example.org"]})));
    assert_names(ended.failed(1, "notify.refused"), &["no `SMTPUTF8`"]);
    assert_eq!(server.received(), [Value::Null; 0]);
}

#[test]
fn another_attempt_has_the_same_message_id() {
    let server = Receiver::smtp("none");
    let installation = installation(&server, PASSWORD);
    let with = mail(&server, &json!({"to": ["later@example.org", "a@example.org"], "security": "none"}));
    let retry = json!({"retry": {"attempts": 2, "backoff": "1ms", "on": ["notify.recipients-refused"]}});
    run_with(&installation, "email", &with, &retry).failed(1, "notify.recipients-refused");
    let received = server.received();
    let ids: Vec<&Value> = received.iter().map(|message| &message["headers"]["message-id"]).collect();
    assert_eq!((ids.len(), ids[0]), (2, ids[1]));
}

/// Whoever asked for TLS never sends without.
#[test]
fn tls_is_not_given_up() {
    let server = Receiver::smtp("none");
    let installation = installation(&server, PASSWORD);
    let ended = run(&installation, "email", &mail(&server, &json!({})));
    assert_names(ended.failed(1, "notify.insecure"), &["`localhost` does not offer `STARTTLS`", "nothing was sent"]);
    run(&installation, "email", &mail(&server, &json!({"security": "tls"}))).failed(1, "notify.unreachable");

    let server = Receiver::smtp("starttls");
    let network = json!({"localDestinations": [format!("localhost:{}", server.port())]});
    let distrusting = Installation::new(&format!("projects: [{{name: web}}]\nnetwork: {network}\n"));
    distrusting.set_key(KEY, PASSWORD);
    let ended = run(&distrusting, "email", &mail(&server, &json!({})));
    assert_names(
        ended.failed(1, "notify.untrusted"),
        &["cannot trust `localhost`", "`network.certificateAuthorities`"],
    );
    assert_eq!(server.received(), [Value::Null; 0]);
}

#[test]
fn a_subject_does_not_become_another_header() {
    let server = Receiver::smtp("none");
    let installation = installation(&server, PASSWORD);
    let more = json!({"security": "none", "subject": "live\r\nBcc: everybody@example.org"});
    let ended = run(&installation, "email", &mail(&server, &more));
    assert_names(ended.failed(1, "step.invalid-config"), &["`subject` has a line break"]);
    assert_eq!(server.received(), [Value::Null; 0]);
}
