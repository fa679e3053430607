//! The HTTP client of `plugin-api`, on connections from the runner.

use super::servers::{secure_web, web};
use super::{Try, try_all, try_one};
use serde_json::{Value, json};
use std::fs;

fn get(url: &str) -> Try<'_> {
    Try::new(json!({"kind": "get", "url": url}))
}

#[track_caller]
fn assert_says(attempt: &Value, words: &[&str]) {
    let detail = attempt["detail"].as_str().unwrap_or_default();
    for word in words {
        assert!(detail.contains(word), "no `{word}` in: {attempt}");
    }
}

#[test]
fn a_page_is_read() {
    let server = web("a page");
    let (url, root) = (format!("http://{server}/a?b"), format!("http://{server}"));
    let seen = try_all(&json!({"localDestinations": [server]}), &[get(&url).granted(&[&root]), get(&url)]);
    assert_eq!(seen[0]["get"], json!({"ok": true, "detail": "200 a page"}));
    assert_eq!(seen[1]["get"]["ok"], false);
    assert_says(&seen[1]["get"], &[&server.to_string(), "it may connect nowhere"]);
}

/// TLS is between the step and the server; the runner hands over connections, and whom to trust.
#[test]
fn authorities_of_the_configuration_are_trusted() {
    let (server, authority) = secure_web("localhost", "a secret page");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    fs::write(&file, authority).unwrap();
    let url = format!("https://localhost:{}/", server.port());
    let place = format!("localhost:{}", server.port());

    let trusting = json!({"localDestinations": [place], "certificateAuthorities": [file]});
    assert_eq!(
        try_one(&trusting, get(&url).granted(&[&url]))["get"],
        json!({"ok": true, "detail": "200 a secret page"})
    );

    let seen = try_one(&json!({"localDestinations": [place]}), get(&url).granted(&[&url]));
    assert_eq!(seen["get"]["ok"], false);
    assert_says(&seen["get"], &["cannot trust `localhost`", "UnknownIssuer", "`network.certificateAuthorities`"]);

    // The name in the certificate counts, not where the connection leads.
    let by_address = format!("https://{server}/");
    let network = json!({"localDestinations": [server], "certificateAuthorities": [file]});
    assert_says(&try_one(&network, get(&by_address).granted(&[&by_address]))["get"], &["cannot trust `127.0.0.1`"]);
}
