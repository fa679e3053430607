//! `put-events`.

use super::{column, fresh, run, scripted, step};
use crate::installation::assert_names;
use serde_json::json;
use windlass_tests::scripted::{Refusal, Script};

#[test]
fn events_are_put_in_the_order_of_time_and_found_by_a_pattern() {
    let installation = fresh("700000000011");
    let put = "{logGroup: /app, logStream: s, createStream: true, events: [now ERROR, \
               {message: before ERROR, timestamp: '2026-01-02T03:04:05.678Z'}, quiet]}";
    let tail = "{logGroups: [/app], since: 520w, for: 1s, pattern: ERROR}";
    let ended = run(&installation, &[("create-log-group", "{name: /app}"), ("put-events", put), ("tail", tail)]);
    ended.ok();
    assert_eq!(step(&ended, 1)["outputs"], json!({"eventCount": 3, "streamCreated": true}));
    let seen = step(&ended, 2);
    assert_eq!(column(&seen, "events", "message"), ["before ERROR", "now ERROR"]);
    assert_eq!(column(&seen, "events", "time")[0], "2026-01-02T03:04:05.678Z");
    assert_names(&ended.stderr, &["2026-01-02T03:04:05.678Z s before ERROR", "put 3 events into the log stream `s`"]);
}

#[test]
fn a_stream_that_is_missing_is_named() {
    let installation = fresh("700000000012");
    let put = "{logGroup: /app, logStream: s, events: [a, b]}";
    let ended = run(&installation, &[("create-log-group", "{name: /app}"), ("put-events", put)]);
    let error = ended.failed(1, "cloudwatch-logs.log-stream-not-found");
    assert_names(error, &["log stream `s` of log group `/app`", "of 2 events 0 were put, 2 were not, 0 were not sent"]);
}

#[test]
fn rejected_events_are_counted() {
    let rejected = json!({"tooOldLogEventEndIndex": 1, "expiredLogEventEndIndex": 2, "tooNewLogEventStartIndex": 3});
    let (_server, installation) =
        scripted(Script::new().answer("PutLogEvents", json!({"rejectedLogEventsInfo": rejected})));
    let ended = run(&installation, &[("put-events", "{logGroup: /app, logStream: s, events: [a, b, c, d]}")]);
    let error = ended.failed(1, "cloudwatch-logs.events-rejected");
    assert_names(error, &["1 too old, 1 older than the retention, 1 too new; 1 of 4 were put", "14 days"]);
}

#[test]
fn many_events_are_sent_in_batches_and_throttling_is_waited_out() {
    let script = Script::new().answer("PutLogEvents", json!({})).refuse("PutLogEvents", Refusal::Throttling, 1);
    let (server, installation) = scripted(script);
    let events = vec!["a"; 10_001].join(", ");
    let ended = run(&installation, &[("put-events", &format!("{{logGroup: /app, logStream: s, events: [{events}]}}"))]);
    ended.ok();
    assert_eq!(step(&ended, 0)["outputs"]["eventCount"], 10_001);
    let lengths =
        server.calls_of("PutLogEvents").into_iter().map(|call| call.body["logEvents"].as_array().unwrap().len());
    assert_eq!(lengths.collect::<Vec<_>>(), [10_000, 10_000, 1]);
}

#[test]
fn a_batch_that_fails_says_what_is_put_and_what_is_not() {
    let script = Script::new().answer("PutLogEvents", json!({}));
    let (server, installation) = scripted(script.refuse("PutLogEvents", Refusal::AccessDenied, 1));
    let ended = run(&installation, &[("put-events", "{logGroup: /app, logStream: s, events: [a, b]}")]);
    let error = ended.failed(1, "cloudwatch-logs.access-denied");
    assert_names(error, &["`logs:PutLogEvents`", "of 2 events 0 were put, 2 were not"]);
    assert_eq!(server.calls_of("PutLogEvents").len(), 1);
}
