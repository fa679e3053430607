//! More rows than AWS returns for one query, on the scripted server: it enforces whole seconds with both ends, the limit of
//! rows, and counts what it scans.

use super::{document, scripted};
use crate::installation::{Ended, assert_names};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_tests::scripted::{EndOf, Event, Query, Refusal, Script, Status};
use windlass_tests::{Random, ScriptedLogs};

const GROUP: &str = "/app/web";
/// 2026-07-01T12:00:00Z.
const NOON: i64 = 1_782_907_200_000;
/// As AWS had it for years, and where it has not raised it yet (pages of the China regions).
const FEW: i64 = 10_000;

fn event(stream: usize, time_ms: i64, number: usize) -> Event {
    Event::new(GROUP, &format!("stream-{stream}"), time_ms, &format!("line {number}"))
}

/// A job that asks for the events of an hour.
fn job(query: &str, more: &str) -> String {
    format!(
        "steps:\n  - id: lines\n    uses: cloudwatch-logs/query\n    with:\n      logGroups: [{GROUP}]\n      query: '{query}'\n      \
         range: {{start: '2026-07-01T12:00:00Z', end: '2026-07-01T12:59:59Z'}}\n{more}"
    )
}

fn run(script: Script, query: &str, more: &str) -> (ScriptedLogs, Ended) {
    let (server, installation) = scripted(script);
    installation.job(&job(query, more));
    let ended = installation.run_job(&["--output", "json"]);
    (server, ended)
}

/// Time and message of each row.
fn rows(ended: &Ended) -> Vec<(String, String)> {
    ended.ok();
    let document = document(ended);
    let rows = document["steps"][0]["tables"]["results"].as_array().unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    rows.iter().map(|row| (text(row, "@timestamp"), text(row, "@message"))).collect()
}

/// How often each row comes: what is lost or doubled shows.
fn counted(rows: impl Iterator<Item = (String, String)>) -> BTreeMap<(String, String), usize> {
    let mut counted = BTreeMap::new();
    rows.for_each(|row| *counted.entry(row).or_default() += 1);
    counted
}

fn expected(events: &[Event]) -> BTreeMap<(String, String), usize> {
    let time = |event: &Event| {
        let at = jiff::Timestamp::from_millisecond(event.time_ms).unwrap();
        format!("{at:.3}").replace('T', " ").replace('Z', "")
    };
    counted(events.iter().map(|event| (time(event), event.message.clone())))
}

#[track_caller]
fn assert_all(ended: &Ended, events: &[Event], newest_first: bool) {
    let rows = rows(ended);
    let sorted = |one: &(String, String), next: &(String, String)| {
        if newest_first { one.0 >= next.0 } else { one.0 <= next.0 }
    };
    assert!(rows.is_sorted_by(sorted), "the rows are not in the query's order");
    assert!(counted(rows.into_iter()) == expected(events), "rows are lost or doubled: {}", ended.stderr);
}

/// Events that come as they please: evenly, in bursts, many in one second, at the first and last instant of seconds.
fn scattered(random: &mut Random, count: usize) -> Vec<Event> {
    let bursts: Vec<i64> = (0..3).map(|_| random.below(3_600_000) as i64).collect();
    let mut at = |kind: usize| -> i64 {
        let offset = match kind {
            0 => random.below(3_600_000) as i64,
            1 => bursts[random.below(3)] + random.below(1500) as i64,
            2 => (random.below(3600) * 1000 + [0, 1, 999][random.below(3)]) as i64,
            _ => bursts[0] / 1000 * 1000 + random.below(1000) as i64,
        };
        offset.min(3_599_000)
    };
    (0..count).map(|number| event(number % 5, NOON + at(number % 4), number)).collect()
}

/// The merged result is that of one query, whatever the events, the order and the meaning of the last second.
#[test]
fn random_events_come_once_and_in_order() {
    for seed in 0..6 {
        let mut random = Random::new(seed);
        let count = 10_001 + random.below(25_000);
        let events = scattered(&mut random, count);
        let end_of = if random.below(2) == 0 { EndOf::Instant } else { EndOf::WholeSecond };
        let order = ["", " | sort @timestamp desc", " | sort @timestamp asc"][random.below(3)];
        let script = Script::new().events(events.clone()).end_of(end_of).limit_max(FEW);
        let (server, ended) = run(script, &format!("fields @timestamp, @message{order}"), "");
        assert_all(&ended, &events, !order.ends_with("asc"));
        let refused = server.calls_of("StartQuery").iter().filter(|call| call.error.is_some()).count();
        assert_eq!(refused, 1, "that 100,000 rows are too many here is learnt once");
        let outputs = &document(&ended)["steps"][0]["outputs"];
        assert_eq!((&outputs["rowCount"], &outputs["truncated"]), (&events.len().into(), &false.into()), "seed {seed}");
        assert_eq!(outputs["statistics"]["recordsMatched"], events.len(), "each is counted once");
    }
}

#[test]
fn random_limits_are_the_first_rows_of_all() {
    let mut random = Random::new(77);
    let events = scattered(&mut random, 24_000);
    let script = |query: &str, limit: usize| {
        let script = Script::new().events(events.clone()).limit_max(FEW).end_of(EndOf::WholeSecond);
        run(script, query, &format!("      limit: {limit}\n"))
    };
    let query = "fields @timestamp, @message | sort @timestamp asc";
    let (_server, all) = script(query, 1_000_000);
    let all: Vec<String> = rows(&all).into_iter().map(|(time, _)| time).collect();
    for limit in [1, 9_999, 10_000, 10_001, 10_002 + random.below(13_000), 24_000] {
        let (_server, ended) = script(query, limit);
        let some: Vec<String> = rows(&ended).into_iter().map(|(time, _)| time).collect();
        assert!(some == all[..limit], "limit {limit}");
        let truncated = &document(&ended)["steps"][0]["outputs"]["truncated"];
        assert_eq!(*truncated, Value::Bool(limit < events.len()), "limit {limit}");
    }
}

#[test]
fn one_second_with_25_000_events() {
    let events: Vec<Event> = (0..25_000).map(|number| event(0, NOON + 7_000 + number as i64 % 1000, number)).collect();
    let script = Script::new().events(events.clone()).limit_max(FEW);
    let (_server, ended) = run(script, "fields @timestamp, @message", "");
    assert_all(&ended, &events, true);
}

#[test]
fn one_millisecond_with_25_000_events_of_several_streams() {
    let events: Vec<Event> = (0..25_000).map(|number| event(number % 4, NOON + 7_003, number)).collect();
    let script = Script::new().events(events.clone()).limit_max(FEW);
    let (_server, ended) = run(script, "fields @timestamp, @message | sort @timestamp asc", "");
    assert_all(&ended, &events, false);
}

#[test]
fn one_millisecond_of_one_stream_is_an_error_with_its_count() {
    let events: Vec<Event> = (0..25_000).map(|number| event(0, NOON + 7_003, number)).collect();
    let (_server, ended) = run(Script::new().events(events).limit_max(FEW), "fields @timestamp, @message", "");
    let error = ended.failed(1, "cloudwatch-logs.too-many-rows");
    let said = ["25000 log events of stream `stream-0`", "2026-07-01T12:00:07.003Z", "10000 at most", "filter more"];
    assert_names(error, &said);
}

/// 100,000 rows are one query where AWS allows them; the bench has more.
#[test]
fn fewer_rows_than_the_limit_of_100_000_are_one_query() {
    let events = scattered(&mut Random::new(5), 25_000);
    let (server, ended) =
        run(Script::new().events(events.clone()).end_of(EndOf::WholeSecond), "fields @timestamp, @message", "");
    assert_all(&ended, &events, true);
    assert_eq!((server.calls_of("StartQuery").len(), server.calls_of("GetQueryResults").len()), (1, 3));
}

#[test]
fn queries_that_cannot_be_split_say_why() {
    let script = || Script::new().query(Query::ends(Status::Complete, numbered(FEW as usize))).limit_max(FEW);
    for (query, why) in [
        ("fields @timestamp, @message | sort @message", "sorted by `@message`"),
        ("fields @timestamp, @message | dedup @message", "`dedup`"),
        ("stats count(*) by path", "`stats`"),
    ] {
        let (_server, ended) = run(script(), query, "");
        assert_names(ended.failed(1, "cloudwatch-logs.too-many-rows"), &["10000 rows or more", "`limit`", why]);
        let (_server, ended) = run(script(), query, "      limit: 10000\n");
        ended.ok();
        assert_eq!(document(&ended)["steps"][0]["outputs"]["truncated"], true, "what is enough is no error");
    }
}

fn numbered(count: usize) -> Vec<windlass_tests::scripted::Row> {
    windlass_tests::scripted::numbered_rows(count)
}

#[test]
fn queries_and_bytes_have_a_bound() {
    let events = scattered(&mut Random::new(9), 30_000);
    let script = || Script::new().events(events.clone()).limit_max(FEW);
    let (server, ended) = run(script(), "fields @timestamp, @message", "      maxQueries: 2\n");
    let error = ended.failed(1, "cloudwatch-logs.too-many-queries");
    assert_names(error, &["more than 2 queries", "`maxQueries`"]);
    let started = server.calls_of("StartQuery").iter().filter(|call| call.error.is_none()).count();
    assert_eq!(started, 2, "the first is counted, which was too large");
    let (_server, ended) = run(script(), "fields @timestamp, @message", "      maxBytesScanned: 300kB\n");
    assert_names(ended.failed(1, "cloudwatch-logs.too-many-bytes"), &["`maxBytesScanned` of 300.0 kB", "is billed"]);
}

#[test]
fn what_runs_when_it_fails_is_stopped() {
    let running = Query::over_events().first(Status::Running, 20, &numbered(1));
    let events = scattered(&mut Random::new(9), 10);
    let script = Script::new().events(events).query(running);
    let (server, ended) = run(script, "fields @timestamp, @message", "      maxBytesScanned: 1B\n");
    ended.failed(1, "cloudwatch-logs.too-many-bytes");
    let stops = server.calls_of("StopQuery");
    assert_eq!(stops.len(), 1, "{stops:?}");
    assert_names(&ended.stderr, &["stopped query"]);
}

/// While one part runs, AWS takes no other: that is waited out, and neither an error nor the end.
#[test]
fn a_limit_of_one_query_at_a_time_is_enough() {
    let events = scattered(&mut Random::new(3), 21_000);
    let script = Script::new().events(events.clone()).limit_max(FEW).concurrent(1).end_of(EndOf::WholeSecond);
    let (_server, ended) = run(script, "fields @timestamp, @message", "");
    assert_all(&ended, &events, true);
}

#[test]
fn the_turn_is_waited_for_and_mentioned() {
    let script = Script::new().refuse("StartQuery", Refusal::LimitExceeded, 7).events(vec![event(0, NOON, 0)]);
    let (server, ended) = run(script, "fields @timestamp, @message", "");
    assert_eq!(rows(&ended).len(), 1);
    assert_eq!(server.calls_of("StartQuery").len(), 8);
    assert_names(&ended.stderr, &["waiting until AWS takes another query of `prod` in us-east-1: LimitExceeded"]);
    let (_server, ended) =
        run(Script::new().refuse("StartQuery", Refusal::LimitExceeded, 10_000), "fields @message", "    timeout: 3s\n");
    ended.failed(124, "step.timed-out");
}

/// The last second of an aligned range is whole, and the next bin has not begun, whatever AWS means by an end.
#[test]
fn an_aligned_range_has_whole_bins() {
    let events: Vec<Event> = [-1, 0, 1, 3_599_999, 3_600_000].iter().map(|ms| event(0, NOON + ms, 0)).collect();
    for end_of in [EndOf::Instant, EndOf::WholeSecond] {
        let (_server, installation) = scripted(Script::new().events(events.clone()).end_of(end_of));
        let job = job("stats count(*) as n by bin(1h)", "");
        let range = "{start: '2026-07-01T12:20:00Z', end: '2026-07-01T13:40:00Z', alignTo: 1h}";
        installation.job(&replaced_range(&job, range));
        let ended = installation.run_job(&["--output", "json"]);
        ended.ok();
        let table = &document(&ended)["steps"][0]["tables"]["results"];
        assert_eq!(*table, serde_json::json!([{"bin(1h)": "2026-07-01 12:00:00.000", "n": 3}]), "{end_of:?}");
    }
}

fn replaced_range(job: &str, range: &str) -> String {
    let line = |line: &str| {
        if line.trim_start().starts_with("range:") { format!("      range: {range}") } else { line.to_owned() }
    };
    job.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

/// A pattern that matches more groups than AWS takes for a query.
#[test]
fn many_groups_are_several_queries() {
    let events: Vec<Event> = (0..120)
        .map(|number| Event::new(&format!("/many/{}", number % 60), "s", NOON + number, &format!("line {number}")))
        .collect();
    let many = |query: &str| {
        let (server, installation) = scripted(Script::new().events(events.clone()));
        installation.job(&job(query, "").replace(GROUP, "/many/*"));
        let ended = installation.run_job(&["--output", "json"]);
        (server, installation, ended)
    };
    let (server, _installation, ended) = many("fields @timestamp, @message | sort @timestamp asc");
    assert_all(&ended, &events, false);
    let mut groups: Vec<usize> =
        server.calls_of("StartQuery").iter().map(|call| call.body["logGroupNames"].as_array().unwrap().len()).collect();
    groups.sort_unstable();
    assert_eq!(groups, [10, 50], "asked for at the same time");
    let (server, _installation, ended) = many("stats count(*) as n");
    let error = ended.failed(1, "cloudwatch-logs.too-many-log-groups");
    assert_names(error, &["60 log groups", "AWS takes 50", "`stats`"]);
    assert_eq!(server.calls_of("StartQuery").len(), 0);
}
