//! What goes over the wire.

use super::{QUERY, document, scripted};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};
use windlass_tests::scripted::{Call, Script};

/// The one `StartQuery` of a run of this job.
fn started(job: &str, arguments: &[&str]) -> (Call, Value) {
    let (server, installation) = scripted(Script::new());
    installation.job(job);
    let ended = installation.run_job(&[&["--output", "json"], arguments].concat());
    ended.ok();
    let calls = server.calls_of("StartQuery");
    assert_eq!(calls.len(), 1);
    (calls.into_iter().next().unwrap(), document(&ended))
}

fn with_range(range: &str) -> Value {
    started(&QUERY.replace("fields @message", &format!("fields @message, range: {{{range}}}")), &[]).0.body
}

/// "The time range is inclusive", in whole seconds (API Reference, `StartQuery`): the seconds sent contain the range,
/// and a range of one second has the same one twice. 1782907200 is noon (`date -u -d @1782907200`).
#[test]
fn times_are_whole_seconds_and_both_are_included() {
    let times = |range: &str| {
        let body = with_range(range);
        (body["startTime"].clone(), body["endTime"].clone())
    };
    let parts = times("start: '2026-07-01T11:59:59.999Z', end: '2026-07-01T12:00:00.001Z'");
    assert_eq!(parts, (json!(1_782_907_199), json!(1_782_907_201)));
    let one = times("start: '2026-07-01T12:00:00Z', end: '2026-07-01T14:00:00+02:00'");
    assert_eq!(one, (json!(1_782_907_200), json!(1_782_907_200)));
}

#[test]
fn the_last_hour_ends_now() {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let before = now();
    let body = with_range("past: 1h");
    let (start, end) = (body["startTime"].as_u64().unwrap(), body["endTime"].as_u64().unwrap());
    assert!((before..=now() + 1).contains(&end), "{body}");
    assert!((3600..=3601).contains(&(end - start)), "{body}");
}

const OPTIONAL: &str = "
options: [{name: limit, type: number}]
steps:
  - {id: lines, uses: cloudwatch-logs/query, with: {logGroups: [/app/web], query: fields @message, limit: '${{ options.limit }}'}}
";

#[test]
fn an_optional_option_that_is_not_given_leaves_its_key_out() {
    let (call, _) = started(OPTIONAL, &[]);
    assert_eq!(call.body["limit"], json!(100_000), "all rows are wanted, as many at once as AWS gives");
    let (call, _) = started(OPTIONAL, &["--option", "limit=5"]);
    assert_eq!(call.body["limit"], json!(5));
}

#[test]
fn a_call_is_signed_by_the_account_and_names_the_execution() {
    let (call, document) = started(QUERY, &[]);
    assert_eq!((call.access_key_id.as_deref(), call.session_token), (Some("AKIASCRIPTED"), None));
    assert_eq!(
        (&call.body["queryString"], &call.body["logGroupNames"]),
        (&json!("fields @message"), &json!(["/app/web"]))
    );
    let execution = document["execution"].as_str().unwrap();
    assert!(call.user_agent.contains(&format!("windlass-{execution}")), "{}", call.user_agent);
}
