//! Webhooks, received and verified by the library of Standard Webhooks.

use super::receivers::{Receiver, SIGNING};
use super::{outputs, run, run_with};
use crate::installation::{Installation, assert_names};
use serde_json::{Value, json};

const KEY: &str = "keys/project/web/signing";
const TOKEN: &str = "keys/project/web/token";
const ADDRESS: &str = "keys/project/web/address";
const SECRET_TOKEN: &str = "Bearer correct-horse-battery-of-the-hook";

/// A receiver, and an installation that may connect to it, with its secrets.
fn ground() -> (Receiver, Installation) {
    let receiver = Receiver::webhooks();
    let lines =
        format!("projects: [{{name: web}}]\nnetwork: {{localDestinations: ['127.0.0.1:{}']}}\n", receiver.port());
    let installation = Installation::new(&lines);
    installation.set_key(KEY, SIGNING);
    installation.set_key(TOKEN, SECRET_TOKEN);
    (receiver, installation)
}

fn url(receiver: &Receiver, path: &str) -> String {
    format!("http://127.0.0.1:{}{path}", receiver.port())
}

#[test]
fn a_receiver_verifies_what_is_sent() {
    let (receiver, installation) = ground();
    installation.job(&format!(
        "options: [{{name: version, type: number, default: 7}}]\nsteps: [{}]\n",
        json!({"id": "tell", "uses": "notify/webhook", "with": {
            "url": url(&receiver, "/200/hooks"),
            "body": {"event": "deployed", "version": "${{ options.version }}", "who": ["ü", null]},
            "headers": {"X-Kind": "deployment"},
            "secretHeaders": {"Authorization": TOKEN},
            "signingKey": KEY,
        }})
    ));
    let ended = installation.run_job(&["--output", "json"]);
    let [request]: [Value; 1] = receiver.received().try_into().unwrap();
    assert_eq!(request["signature"], "verified");
    let body: Value = serde_json::from_str(request["body"].as_str().unwrap()).unwrap();
    assert_eq!(body, json!({"event": "deployed", "version": 7, "who": ["ü", null]}));
    let headers = &request["headers"];
    assert_eq!((&headers["x-kind"], &headers["authorization"]), (&json!("deployment"), &json!(SECRET_TOKEN)));
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(outputs(&ended), json!({"status": 200, "id": headers["webhook-id"]}));
}

#[test]
fn without_a_key_nothing_is_signed() {
    let (receiver, installation) = ground();
    run(&installation, "webhook", &json!({"url": url(&receiver, "/204/hooks"), "body": "text"})).ok();
    let request = &receiver.received()[0];
    assert_eq!((&request["signature"], &request["body"]), (&json!("Missing required headers"), &json!("\"text\"")));
    assert!(request["headers"]["webhook-id"].as_str().unwrap().starts_with("msg_"));
}

/// By the same id, a receiver knows that it has the message already.
#[test]
fn another_attempt_has_the_same_id() {
    let (receiver, installation) = ground();
    let with = json!({"url": url(&receiver, "/503,429,200/hooks"), "body": {}, "signingKey": KEY});
    let retry = json!({"retry": {"attempts": 3, "backoff": "1ms", "on": ["notify.unavailable"]}});
    let ended = run_with(&installation, "webhook", &with, &retry);
    let received = receiver.received();
    let ids: Vec<&Value> = received.iter().map(|request| &request["headers"]["webhook-id"]).collect();
    assert_eq!(ids, [&outputs(&ended)["id"]; 3]);
    assert!(received.iter().all(|request| request["signature"] == "verified"), "{received:?}");
    // Another execution is another message.
    run(&installation, "webhook", &json!({"url": url(&receiver, "/200/hooks"), "body": {}})).ok();
    assert_ne!(receiver.received()[3]["headers"]["webhook-id"], *ids[0]);
}

/// Items that send the same are messages of their own, also when each, or the group around them, is attempted again.
#[test]
fn each_item_of_a_loop_has_an_id_of_its_own() {
    let (receiver, installation) = ground();
    let tell = json!({"id": "tell", "uses": "notify/webhook", "forEach": {"items": ["a", "b"], "limit": 1},
        "with": {"url": url(&receiver, "/503,200,200,200/hooks"), "body": {"event": "deployed"}},
        "retry": {"attempts": 2, "backoff": "1ms", "on": ["notify.unavailable"]}});
    let fails = json!({"id": "fails", "uses": "misbehave/fault", "with": {"kind": "panic"}});
    let group = json!({"id": "all", "steps": [tell, fails], "retry": {"attempts": 2, "backoff": "1ms"}});
    installation.job(&format!("steps: [{group}]\n"));
    installation.run_job(&[]).failed(7, "plugin.panicked");
    let received = receiver.received();
    let ids: Vec<&Value> = received.iter().map(|request| &request["headers"]["webhook-id"]).collect();
    let [again, a, b, a2, b2] = ids[..] else { panic!("{received:?}") };
    assert_ne!(a, b);
    assert_eq!([again, a2, b2], [a, a, b]);
}

#[test]
fn refusals_are_told_apart_and_shown_without_secrets() {
    let (receiver, installation) = ground();
    let refused = |path: &str, code: &str, names: &[&str]| {
        let with = json!({"url": url(&receiver, path), "body": {}, "secretHeaders": {"authorization": TOKEN}});
        let ended = run(&installation, "webhook", &with);
        let error = ended.failed(1, code);
        assert_names(error, names);
        assert!(!error.contains("correct-horse"), "{error}");
    };
    refused("/404/hooks", "notify.refused", &["`127.0.0.1` answered with status 404: not /404/hooks for [masked]"]);
    refused("/429/hooks", "notify.unavailable", &["status 429 and asks to be left alone for 30 s", "`retry`"]);
    refused("/503/hooks", "notify.unavailable", &["status 503"]);
    refused("/302/hooks", "notify.refused", &["status 302", "redirects are not followed"]);
    assert_eq!(receiver.received().len(), 4, "the redirect was not followed");
}

#[test]
fn an_address_that_is_a_secret_stays_one() {
    let (receiver, installation) = ground();
    let run = |address: &str| {
        installation.set_key(ADDRESS, address);
        let ended = run(&installation, "webhook", &json!({"url": url(&receiver, ""), "urlKey": ADDRESS, "body": {}}));
        installation.run(&["key", "delete", ADDRESS, "--yes"]).ok();
        ended
    };
    run(&url(&receiver, "/200/secret-part-of-it")).ok();
    assert_eq!(receiver.received()[0]["path"], "/200/secret-part-of-it");
    let ended = run(&url(&receiver, "/404/secret-part-of-it"));
    let error = ended.failed(1, "notify.refused");
    assert_names(error, &["status 404: not [masked] for None"]);
    let ended = run("https://elsewhere.example/secret-part-of-it");
    let error = ended.failed(1, "step.invalid-config");
    assert_names(error, &["on another server than `127.0.0.1` of `url`"]);
    assert!(!error.contains("secret-part"), "{error}");
}

#[test]
fn what_would_go_in_clear_or_nowhere_is_refused() {
    let (_receiver, installation) = ground();
    let closed = windlass_tests::Port::take().unwrap();
    let post = |url: &str| run(&installation, "webhook", &json!({"url": url, "body": {}}));
    let ended = post("http://hooks.example/secret");
    assert_names(ended.failed(1, "step.invalid-config"), &["`url` begins with `http://`", "`https://`"]);
    // Not among the destinations on this machine that the configuration allows.
    let ended = post(&format!("http://127.0.0.1:{}/", closed.number()));
    assert_names(ended.failed(1, "step.connection-denied"), &["127.0.0.1"]);
    let lines =
        format!("projects: [{{name: web}}]\nnetwork: {{localDestinations: ['127.0.0.1:{}']}}\n", closed.number());
    let installation = Installation::new(&lines);
    let url = format!("http://127.0.0.1:{}/", closed.number());
    let ended = run(&installation, "webhook", &json!({"url": url, "body": {}}));
    assert_names(ended.failed(1, "notify.unreachable"), &["127.0.0.1", "refused"]);
}
