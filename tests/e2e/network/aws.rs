//! The AWS SDK in a step, on connections from the runner.

use super::servers::{head, secure, server};
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read as _, Write as _, copy};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use windlass_tests::ScriptedLogs;
use windlass_tests::scripted::{Query, Script, Status, numbered_rows};

const KEY: &str = "keys/project/web/aws";

/// A job with a query for CloudWatch Logs at `endpoint`.
fn query(endpoint: &str, network: &Value) -> Ended {
    let source = format!("{{access-key: {{accessKeyId: AKIASCRIPTED, secretAccessKey: {KEY}}}}}");
    let account = format!("{{name: prod, source: {source}, regions: [us-east-1]}}");
    let projects = format!("projects: [{{name: web, defaultAccount: prod, accounts: [{account}]}}]");
    let installation =
        Installation::new(&format!("{projects}\nendpoints: {{logs: '{endpoint}'}}\nnetwork: {network}\n"));
    installation.set_key(KEY, "scripted");
    let with = "{logGroups: [/app/web], query: fields @message}";
    installation.job(&format!("steps: [{{id: lines, uses: cloudwatch-logs/query, with: {with}}}]\n"));
    installation.run_job(&["--output", "json"])
}

fn counter() -> (Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    (Arc::clone(&count), count)
}

/// CloudWatch Logs with TLS: each connection has one request. An authority that nobody has heard of is refused by the
/// first connection's handshake, which is not repeated: it would end the same.
#[test]
fn it_trusts_authorities_of_the_configuration_and_asks_no_other_twice() {
    let rows = numbered_rows(3);
    let script = Script::new().log_group("/app/web").query(Query::ends(Status::Complete, rows));
    let logs = ScriptedLogs::start(script).unwrap();
    let upstream = logs.url().strip_prefix("http://").unwrap().to_owned();
    let (count, connections) = counter();
    let (address, authority) = secure("localhost", move |mut client| {
        count.fetch_add(1, Ordering::SeqCst);
        let Some(head) = head(&mut client) else { return };
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        client.read_exact(&mut body).unwrap();
        let mut server = TcpStream::connect(&upstream).unwrap();
        let head = head.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        server.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        copy(&mut server, &mut client).unwrap();
    });
    let endpoint = format!("https://localhost:{}", address.port());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    fs::write(&file, authority).unwrap();

    let ended = query(&endpoint, &json!({"certificateAuthorities": [file]}));
    let document: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!(document["steps"][0]["tables"]["results"].as_array().unwrap().len(), 3);

    let before = connections.load(Ordering::SeqCst);
    let ended = query(&endpoint, &json!({}));
    assert_ne!(ended.code, Some(0));
    assert_names(&ended.stderr, &["invalid peer certificate", "UnknownIssuer"]);
    assert_eq!(connections.load(Ordering::SeqCst) - before, 1);
}

/// The control: what may pass is tried again, three times in all (the SDK's standard retries).
#[test]
fn it_asks_again_where_that_may_help() {
    let (count, connections) = counter();
    let address = server(move |mut connection| {
        count.fetch_add(1, Ordering::SeqCst);
        let _hangs_up = head(&mut connection);
    });
    let ended = query(&format!("http://{address}"), &json!({}));
    assert_ne!(ended.code, Some(0), "{}", ended.stdout);
    assert_eq!(connections.load(Ordering::SeqCst), 3);
}
