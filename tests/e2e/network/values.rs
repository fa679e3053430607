//! The values of options that an address answers with: asked by the runner, on the connections that steps get.

use super::metadata::SPELLINGS;
use super::proxied::proxy;
use super::servers::{assert_nobody_came, head, secure_web, server, web};
use crate::installation::{Ended, Installation, assert_names};
use crate::stored::{apply, comes_to, execution, serve_once, start};
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

const TOKEN: &str = "?token=hush";

/// A job whose option `zone` has the values at this address.
fn job(url: &str) -> String {
    let option = json!({"name": "zone", "type": "choice", "valuesFrom": {"url": url}});
    format!("options: [{option}]\nsteps: [{{uses: misbehave/noop}}]\n")
}

fn installation(network: &Value) -> Installation {
    crate::stored::installation(&format!("network: {network}\n"))
}

/// `windlass run` of that job with a value that is offered nowhere but in the tests' happy answers.
fn run(network: &Value, url: &str, zone: &str) -> Ended {
    let installation = installation(network);
    installation.job(&job(url));
    installation.run_job(&["--option", &format!("zone={zone}")])
}

/// It was refused before anything began, and the error names option and address but not its query.
#[track_caller]
fn assert_unknown(ended: &Ended, url: &str, words: &[&str]) {
    let error = ended.failed(4, "job.invalid-option");
    let unknown = format!("the values of option `zone` cannot be had from `{url}`: ");
    assert_names(error, &[&[unknown.as_str()], words].concat());
    assert!(!ended.stderr.contains("hush"), "{}", ended.stderr);
}

/// A server on loopback that answers with these bytes, the address of its values, and the network in which it is reached.
fn answering(answer: impl Into<Vec<u8>>) -> (String, Value) {
    let answer = answer.into();
    at(server(move |mut connection: TcpStream| {
        if head(&mut connection).is_some() {
            // Whoever has read enough hangs up.
            let _ = connection.write_all(&answer);
        }
    }))
}

fn at(server: SocketAddr) -> (String, Value) {
    (format!("http://{server}/zones.json"), json!({"localDestinations": [server]}))
}

fn with_length(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[test]
fn only_what_is_answered_may_be_given() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&heard);
    let (url, network) = at(server(move |mut connection| {
        let Some(head) = head(&mut connection) else { return };
        asked.lock().unwrap().push(head);
        connection.write_all(with_length("200 OK", r#"["red", "blue"]"#).as_bytes()).unwrap();
    }));
    let installation = installation(&network);
    apply(&installation, &[("deploy", &job(&format!("{url}{TOKEN}")))]);
    let refused = installation.run(&["job", "start", "deploy", "--project", "web", "-o", "zone=green"]);
    assert_names(refused.failed(4, "job.invalid-option"), &["`zone`", "`green`", "`red`, `blue`"]);
    let id = start(&installation, "deploy", &["-o", "zone=blue"]);
    serve_once(&installation);
    comes_to(&installation, &id, "succeeded");
    execution(&installation, "retry", &id, &["-o", "zone=green"]).failed(4, "job.invalid-option");
    assert_eq!(installation.database("SELECT count(*) FROM execution"), [[1]]);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 3);
    assert_names(
        &heard[0],
        &["GET /zones.json?token=hush HTTP/1.1\r\n", "\r\naccept: application/json\r\n", "\r\nhost: 127.0.0.1:"],
    );
}

#[test]
fn a_run_from_a_file_asks_too() {
    for body in [r#"[{"name": "Red", "value": "red"}]"#, r#"{"Red": "red"}"#] {
        let (url, network) = at(web(body));
        run(&network, &url, "red").ok();
        assert_names(run(&network, &url, "Red").failed(4, "job.invalid-option"), &["allowed are: `red`"]);
    }
}

#[test]
fn an_answer_that_gives_no_values_is_told() {
    let cases = [
        (with_length("404 Not Found", "[\"red\"]"), "it answers 404, not 200"),
        (with_length("500 Oops", "hush"), "it answers 500, not 200"),
        (with_length("204 No Content", ""), "it answers 204, not 200"),
        (with_length("200 OK", "[]"), "the list is empty"),
        (with_length("200 OK", "{}"), "the list is empty"),
        (with_length("200 OK", "[1]"), "its answer is no list of texts"),
        (with_length("200 OK", "<hush>"), "its answer is no JSON (line 1, column 1)"),
        (with_length("200 OK", ""), "its answer is no JSON"),
        (with_length("200 OK", &json!(vec!["red"; 1001]).to_string()), "the list has 1001 values, more than 1000"),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[\"red\"]".to_owned(), "it gave no answer: "),
        ("SSH-2.0-hush\r\n".to_owned(), "it gave no answer: "),
        (String::new(), "it gave no answer: "),
    ];
    for (answer, said) in cases {
        let (url, network) = answering(answer);
        assert_unknown(&run(&network, &format!("{url}{TOKEN}"), "red"), &url, &[said]);
    }
}

#[test]
fn an_answer_that_is_too_long_is_not_read_to_its_end() {
    let long = with_length("200 OK", &json!(["x".repeat(5 << 20)]).to_string());
    let (url, network) = answering(long);
    assert_unknown(&run(&network, &url, "red"), &url, &["its answer is longer than 1048576 bytes"]);
    let (url, network) = at(server(|mut connection| {
        let _ = head(&mut connection);
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while connection.write_all(b"5\r\n\"red\"\r\n").is_ok() {}
    }));
    assert_unknown(&run(&network, &url, "red"), &url, &["its answer is longer than 1048576 bytes"]);
    let (url, network) = at(server(|mut connection| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n");
        while connection.write_all(b"x: hush\r\n").is_ok() {}
    }));
    assert_unknown(&run(&network, &url, "red"), &url, &["it gave no answer: "]);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = elsewhere.local_addr().unwrap();
    let answer =
        format!("HTTP/1.1 302 Found\r\nlocation: http://me:hush@{target}/zones{TOKEN}\r\ncontent-length: 0\r\n\r\n");
    let (url, mut network) = answering(answer);
    network["localDestinations"].as_array_mut().unwrap().push(json!(target));
    let said = format!("it answers 302 and points to `http://{target}/zones`; redirects are not followed");
    assert_unknown(&run(&network, &url, "red"), &url, &[&said]);
    assert_nobody_came(&elsewhere);
}

#[test]
fn nobody_there_is_told() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (url, network) = at(closed);
    assert_unknown(&run(&network, &url, "red"), &url, &[&format!("cannot connect to `{closed}`: Connection refused")]);
    let url = "https://nowhere.invalid/zones";
    assert_unknown(&run(&json!({}), url, "red"), url, &["`nowhere.invalid:443`: no address is found"]);
}

#[test]
fn this_machine_is_an_administrators_to_open() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/zones", listener.local_addr().unwrap());
    assert_unknown(&run(&json!({}), &url, "red"), &url, &["a loopback address", "`network.localDestinations`"]);
    assert_nobody_came(&listener);
}

#[test]
fn metadata_is_out_of_reach_in_every_spelling() {
    for spelling in SPELLINGS {
        let url = format!("https://{spelling}/latest/meta-data/");
        let network = json!({"localDestinations": ["169.254.169.254:80", "169.254.170.2:80"]});
        assert_unknown(
            &run(&network, &url, "red"),
            &url,
            &["a job may not connect", "metadata services", "closed to every job"],
        );
    }
}

#[test]
fn tls_trusts_the_authorities_of_the_configuration() {
    let (server, authority) = secure_web("localhost", r#"["red"]"#);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    fs::write(&file, authority).unwrap();
    let place = format!("localhost:{}", server.port());
    let (url, mut network) = (format!("https://{place}/zones"), json!({"localDestinations": [place, server]}));
    let untrusted = run(&network, &url, "red");
    assert_unknown(
        &untrusted,
        &url,
        &["its certificate is not trusted", "UnknownIssuer", "`network.certificateAuthorities`"],
    );
    network["certificateAuthorities"] = json!([file]);
    run(&network, &url, "red").ok();
    // The name in the certificate counts, not where the connection leads.
    let by_address = format!("https://{server}/zones");
    assert_unknown(&run(&network, &by_address, "red"), &by_address, &["its certificate is not trusted"]);
}

#[test]
fn the_proxy_is_asked_through() {
    let (upstream, authority) = secure_web("files.example", r#"["red"]"#);
    let (address, asked) = proxy(upstream);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    fs::write(&file, authority).unwrap();
    let network = json!({"proxy": format!("http://{address}"), "certificateAuthorities": [file]});
    run(&network, "https://files.example/zones", "red").ok();
    let metadata = "https://2852039166/latest/meta-data/";
    assert_unknown(&run(&network, metadata, "red"), metadata, &["metadata services"]);
    assert_eq!(*asked.lock().unwrap(), ["CONNECT files.example:443 HTTP/1.1"]);
}
