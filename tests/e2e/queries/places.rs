//! One query in several accounts and regions, on the scripted server.

use super::document;
use crate::installation::{Installation, assert_names};
use serde_json::{Value, json};
use windlass_tests::ScriptedLogs;
use windlass_tests::scripted::{Event, LogGroup, Script};

const NOON: i64 = 1_782_907_200_000;

/// Accounts `prod` and `stage`, each a key of its own, in two regions.
pub(super) fn installation(server: &ScriptedLogs) -> Installation {
    let account = |name: &str, key: &str| {
        format!(
            "{{name: {name}, source: {{access-key: {{accessKeyId: {key}, secretAccessKey: keys/project/web/aws}}}}, \
             regions: [eu-west-1, us-east-1], defaultRegion: us-east-1}}"
        )
    };
    let installation = Installation::new(&format!(
        "projects:\n  - name: web\n    defaultAccount: prod\n    accounts: [{}, {}]\nendpoints: {{logs: '{}'}}\n",
        account("prod", "AKIAPROD"),
        account("stage", "AKIASTAGE"),
        server.url()
    ));
    installation.set_key("keys/project/web/aws", "scripted");
    installation
}

fn events() -> Vec<Event> {
    let regions = [Some("eu-west-1"), Some("us-east-1")];
    let one = |number: usize| {
        let region = regions[number % 2].map(str::to_owned);
        Event { region, ..Event::new("/app/web", "s", NOON + number as i64, &format!("line {number}")) }
    };
    (0..6).map(one).collect()
}

fn job(query: &str, more: &str) -> String {
    format!(
        "steps:\n  - id: lines\n    uses: cloudwatch-logs/query\n    with:\n      logGroups: [/app/web]\n      query: '{query}'\n      \
         accounts: [prod, stage]\n      regions: [eu-west-1, us-east-1]\n      \
         range: {{start: '2026-07-01T12:00:00Z', end: '2026-07-01T12:59:59Z'}}\n{more}"
    )
}

#[test]
fn rows_are_in_one_table_with_where_they_come_from() {
    let server = ScriptedLogs::start(Script::new().events(events())).unwrap();
    let installation = installation(&server);
    installation.job(&job("fields @timestamp, @message | sort @timestamp asc", ""));
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    let document = document(&ended);
    let rows = document["steps"][0]["tables"]["results"].as_array().unwrap();
    let seen: Vec<Value> =
        rows.iter().map(|row| json!([row["@message"], row["account"], row["region"], row["logGroup"]])).collect();
    let expected: Vec<Value> = (0..6)
        .flat_map(|number| {
            let region = ["eu-west-1", "us-east-1"][number % 2];
            ["prod", "stage"].map(|account| json!([format!("line {number}"), account, region, "/app/web"]))
        })
        .collect();
    assert_eq!(seen, expected, "by time over all places; the same moment in the order of the accounts");
    let mut asked: Vec<(Option<String>, Option<String>)> =
        server.calls_of("StartQuery").into_iter().map(|call| (call.access_key_id, call.region)).collect();
    asked.sort();
    let place = |key: &str, region: &str| (Some(key.to_owned()), Some(region.to_owned()));
    let each = ["AKIAPROD", "AKIASTAGE"].map(|key| ["eu-west-1", "us-east-1"].map(|region| place(key, region)));
    assert_eq!(asked, each.concat());
    assert_eq!(document["steps"][0]["outputs"]["links"].as_array().unwrap().len(), 4);
}

#[test]
fn counts_of_all_places_are_merged_by_the_querys_own_order() {
    let server = ScriptedLogs::start(Script::new().events(events())).unwrap();
    let installation = installation(&server);
    installation
        .job(&job("stats count(*) as n", "      failWhen: rows | map(attribute=\"n\") | list != [3, 3, 3, 3]\n"));
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    let document = document(&ended);
    let row =
        |account: &str, region: &str| json!({"account": account, "region": region, "logGroup": "/app/web", "n": 3});
    let expected = json!([
        row("prod", "eu-west-1"),
        row("prod", "us-east-1"),
        row("stage", "eu-west-1"),
        row("stage", "us-east-1")
    ]);
    assert_eq!(document["steps"][0]["tables"]["results"], expected);
}

#[test]
fn a_pattern_is_looked_up_in_each_place() {
    let group = |name: &str, region: &str| LogGroup { region: Some(region.to_owned()), ..LogGroup::new(name) };
    let groups = [group("/app/a", "eu-west-1"), group("/app/b", "eu-west-1"), group("/other", "us-east-1")];
    let event = Event { region: Some("eu-west-1".to_owned()), ..Event::new("/app/b", "s", NOON, "hello") };
    let server = ScriptedLogs::start(Script::new().log_groups(groups).events(vec![event])).unwrap();
    let installation = installation(&server);
    let text = job("fields @timestamp, @message, @log", "").replace("[/app/web]", "['/app/*']");
    installation.job(&text.replace("accounts: [prod, stage]", "accounts: [prod]"));
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    assert_names(&ended.stderr, &["no log group of `prod` in us-east-1 matches `/app/*`"]);
    let rows = &document(&ended)["steps"][0]["tables"]["results"];
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["logGroup"]), (1, &json!("/app/b")));
    assert_eq!(server.calls_of("StartQuery").len(), 1);
    let nothing = text.replace("'/app/*'", "'/nowhere/*'");
    installation.job(&nothing);
    let ended = installation.run_job(&[]);
    let error = ended.failed(1, "cloudwatch-logs.log-group-not-found");
    assert_names(error, &["no log group matches `/nowhere/*`", "list-log-groups"]);
}

/// What tells the places apart is drawn as a series; with two of them there is no picture.
#[test]
fn a_chart_has_one_series() {
    let server = ScriptedLogs::start(Script::new().events(events())).unwrap();
    let installation = installation(&server);
    let (everywhere, in_time) = (("[prod, stage]", "[eu-west-1, us-east-1]"), "stats count(*) as n by bin(1m)");
    let series_of = |(accounts, regions): (&str, &str), query: &str| {
        let text = job(query, "").replace(everywhere.0, accounts).replace(everywhere.1, regions);
        installation.job(&text);
        installation.run_job(&[]).ok();
        let charts = installation.database("SELECT definition FROM chart ORDER BY execution DESC LIMIT 1");
        let charts = charts.into_iter().map(|row| serde_json::from_str::<Value>(row[0].as_str().unwrap()).unwrap());
        let series: Vec<Value> = charts.map(|chart| chart["series"].clone()).collect();
        installation.database("DELETE FROM chart");
        series
    };
    assert_eq!(series_of(("[prod]", "[us-east-1]"), in_time), [Value::Null]);
    assert_eq!(series_of(("[prod, stage]", "[us-east-1]"), in_time), ["account"]);
    assert_eq!(series_of(("[prod]", everywhere.1), in_time), ["region"]);
    assert!(series_of(everywhere, in_time).is_empty());
    let by_stream = "stats count(*) as n by bin(1m), @logStream";
    assert_eq!(series_of(("[prod]", "[us-east-1]"), by_stream), ["@logStream"]);
    assert!(series_of(("[prod]", everywhere.1), by_stream).is_empty());
}
