//! `tail`.

use super::{column, fresh, installation, job, run, scripted, step};
use crate::ground::standins;
use crate::installation::{Ended, assert_names};
use crate::started::Started;
use rustix::process::Signal;
use serde_json::{Value, json};
use windlass_tests::scripted::Script;
use windlass_tests::wait::PATIENCE;

#[test]
fn it_follows_until_a_text_comes() {
    let (installation, other) = (fresh("700000000021"), fresh("700000000021"));
    run(&other, &[("create-log-group", "{name: /app}"), ("create-log-stream", "{logGroup: /app, logStream: s}")]).ok();
    installation.job(&job(&[("tail", "{logGroups: [/app], for: 10m, until: is live, failIfNotFound: true}")]));
    let following = Started::start(&installation, installation.job_command(&["--output", "json"]));
    following.says("following log group `/app` for 600 s");
    run(&other, &[("put-events", "{logGroup: /app, logStream: s, events: [version 7 starts]}")]).ok();
    following.says(" s version 7 starts");
    run(&other, &[("put-events", "{logGroup: /app, logStream: s, events: [version 7 is live]}")]).ok();
    let ended = following.ended();
    ended.ok();
    let seen = step(&ended, 0);
    assert_eq!(seen["outputs"], json!({"eventCount": 2, "matched": true, "ended": "match"}));
    assert_eq!(column(&seen, "events", "message"), ["version 7 starts", "version 7 is live"]);
}

#[test]
fn it_ends_with_its_time_and_a_missing_text_may_be_a_failure() {
    let installation = fresh("700000000022");
    run(&installation, &[("create-log-group", "{name: /app}")]).ok();
    let ended = run(&installation, &[("tail", "{logGroups: [/app], for: 1s, until: live}")]);
    ended.ok();
    assert_eq!(step(&ended, 0)["outputs"], json!({"eventCount": 0, "matched": false, "ended": "time"}));
    let ended = run(&installation, &[("tail", "{logGroups: [/app], for: 1s, until: live, failIfNotFound: true}")]);
    assert_names(ended.failed(1, "cloudwatch-logs.text-not-found"), &["none of 0 events contained `live`", "`for`"]);
    let ended = run(&installation, &[("tail", "{logGroups: [/other], for: 1s}")]);
    assert_names(ended.failed(1, "cloudwatch-logs.log-group-not-found"), &["log group `/other`", "`us-east-1`"]);
}

/// Several groups, in the order of time.
#[test]
fn it_ends_when_enough_have_come() {
    let installation = fresh("700000000023");
    let put = |group: &str, minute: u32| {
        format!(
            "{{logGroup: {group}, logStream: s, createStream: true, events: \
             [{{message: {group}, timestamp: '2026-01-02T03:0{minute}:00Z'}}, {{message: late, timestamp: '2026-01-02T04:00:00Z'}}]}}"
        )
    };
    let ended = run(
        &installation,
        &[
            ("create-log-group", "{name: /a}"),
            ("create-log-group", "{name: /b}"),
            ("put-events", &put("/a", 5)),
            ("put-events", &put("/b", 4)),
            ("tail", "{logGroups: [/a, /b], since: 520w, maxEvents: 2}"),
        ],
    );
    ended.ok();
    let seen = step(&ended, 4);
    assert_eq!(seen["outputs"], json!({"eventCount": 2, "matched": false, "ended": "count"}));
    assert_eq!(column(&seen, "events", "logGroup"), ["/b", "/a"]);
    assert_names(&ended.stderr, &["2026-01-02T03:04:00Z /b s /b", "there may be more"]);
}

fn events(ids: &[&str], token: Option<&str>) -> Value {
    // Later than the begin of the step by any clock, so that no poll forgets them.
    let event =
        |id: &&str| json!({"eventId": id, "timestamp": 4_102_444_800_000_i64, "message": id, "logStreamName": "s"});
    json!({"events": ids.iter().map(event).collect::<Vec<_>>(), "nextToken": token})
}

#[test]
fn each_event_is_shown_once_and_an_empty_page_is_not_the_last() {
    let script =
        [events(&["a"], None), events(&[], Some("more")), events(&["a", "late"], None), events(&["end"], None)]
            .into_iter()
            .fold(Script::new(), |script, answer| script.answer("FilterLogEvents", answer));
    let (server, installation) = scripted(script);
    let with = "{logGroups: ['arn:aws:logs:us-east-1:444455556666:log-group:/app:*'], streamPrefix: web, until: end}";
    let ended = run(&installation, &[("tail", with)]);
    ended.ok();
    assert_eq!(column(&step(&ended, 0), "events", "message"), ["a", "late", "end"]);
    let calls = server.calls_of("FilterLogEvents");
    let tokens: Vec<_> = calls.iter().map(|call| call.body["nextToken"].clone()).collect();
    assert_eq!(tokens, [Value::Null, Value::Null, json!("more"), Value::Null]);
    let body = &calls[0].body;
    assert_eq!(body["logGroupIdentifier"], "arn:aws:logs:us-east-1:444455556666:log-group:/app");
    assert_eq!((&body["logStreamNamePrefix"], &body["logGroupName"]), (&json!("web"), &Value::Null));
    assert_eq!(calls[3].body["startTime"], body["startTime"], "a minute back, not before the begin");
}

#[test]
fn ctrl_c_ends_it() {
    let (server, installation) = scripted(Script::new().answer("FilterLogEvents", events(&[], None)));
    installation.job(&job(&[("tail", "{logGroups: [/app]}")]));
    let following = Started::start(&installation, installation.job_command(&["--output", "json"]));
    server.wait_for("FilterLogEvents", 1, PATIENCE).unwrap();
    following.signal(Signal::INT);
    following.ended().failed(130, "step.cancelled");
}

#[test]
fn who_may_not_is_told_which_action_and_where_the_policy_is() {
    let key = &standins().seeded.reader_user;
    let installation = installation(&key.access_key_id, &key.secret_access_key, &standins().services_url());
    let ended: Ended = run(&installation, &[("tail", "{logGroups: [/demo/nginx/access], for: 1s}")]);
    let error = ended.failed(1, "cloudwatch-logs.access-denied");
    let command = "`windlass account policy prod --job web/test`";
    assert_names(error, &["`logs:FilterLogEvents` in region `us-east-1`", command]);
}
