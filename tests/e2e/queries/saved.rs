//! Queries that were saved in the console, on the scripted server.

use super::{column, document, scripted};
use crate::installation::{Ended, assert_names};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_tests::ScriptedLogs;
use windlass_tests::scripted::{Query, SavedQuery, Script, Status, numbered_rows};

/// Saved queries, each with a text of its own; of the same name in different folders, and more than AWS lists in one page.
fn saved() -> Script {
    let numbered =
        |number: usize| SavedQuery::new(&format!("id-{number}"), &format!("many/{number:02}"), "limit 1", "/app/saved");
    let named = |id: &str, name: &str, text: &str| SavedQuery::new(id, name, text, "/app/saved");
    let others = [
        named("top", "slow", "fields @message | limit 1"),
        named("infra", "infra/slow", "fields @message | limit 2"),
        named("nginx", "infra/nginx/slow", "fields @message | limit 3"),
        named("elsewhere", "infra/nginx-2/slow", "fields @message | limit 4"),
    ];
    Script::new().log_group("/app/saved").saved_queries((0..60).map(numbered)).saved_queries(others)
}

fn job(with: &str) -> String {
    format!("steps:\n  - {{id: lines, uses: cloudwatch-logs/saved-query, with: {with}}}\n")
}

fn run(script: Script, with: &str) -> (ScriptedLogs, Ended) {
    let (server, installation) = scripted(script);
    installation.job(&job(with));
    let ended = installation.run_job(&["--output", "json"]);
    (server, ended)
}

/// The one `StartQuery` of a run that succeeded.
#[track_caller]
fn started(script: Script, with: &str) -> Value {
    let (server, ended) = run(script, with);
    ended.ok();
    let calls = server.calls_of("StartQuery");
    assert_eq!(calls.len(), 1);
    calls[0].body.clone()
}

#[test]
fn it_is_found_by_its_folder_and_name() {
    for (with, limit) in [
        ("{name: slow}", 1),
        ("{path: infra, name: slow}", 2),
        ("{path: infra/nginx, name: slow}", 3),
        ("{path: /infra/nginx/, name: slow}", 3),
        ("{name: infra/nginx/slow}", 3),
    ] {
        let text = started(saved(), with)["queryString"].clone();
        assert_eq!(text, format!("fields @message | limit {limit}"), "{with}");
    }
}

#[test]
fn its_own_log_groups_are_asked_and_its_rows_come_as_those_of_a_query() {
    let script = saved().query(Query::ends(Status::Complete, numbered_rows(2)));
    let (server, ended) = run(script, "{path: infra/nginx, name: slow, range: {past: 2h}, warnWhen: rowCount == 2}");
    ended.ok();
    assert_names(&ended.stderr, &["saved query `infra/nginx/slow` (nginx)", "`rowCount == 2`"]);
    let document = document(&ended);
    assert_eq!(column(&document, "@message"), ["line 0", "line 1"]);
    assert_eq!(document["steps"][0]["outputs"]["rowCount"], 2);
    let asked = server.calls_of("StartQuery")[0].body.clone();
    assert_eq!((&asked["logGroupNames"], &asked["queryLanguage"]), (&json!(["/app/saved"]), &Value::Null));
    let times = ["startTime", "endTime"].map(|name| asked[name].as_i64().unwrap());
    assert!((7200..=7201).contains(&(times[1] - times[0])), "{asked}");
    let listed = server.calls_of("DescribeQueryDefinitions");
    assert_eq!((listed.len(), &listed[0].body["queryDefinitionNamePrefix"]), (1, &json!("infra/nginx/")));
    assert_eq!(server.calls_of("DescribeLogGroups").len(), 0, "its log groups are names");
}

#[test]
fn it_is_found_by_its_id_on_any_page() {
    let (server, ended) = run(saved(), "{id: id-59}");
    ended.ok();
    assert_names(&ended.stderr, &["saved query `many/59` (id-59)"]);
    assert_eq!(server.calls_of("DescribeQueryDefinitions").len(), 2);
}

#[test]
fn other_log_groups_stand_in_the_place_of_its_own() {
    let asked = started(saved(), "{name: slow, logGroups: [/app/web]}");
    assert_eq!(asked["logGroupNames"], json!(["/app/web"]));
    let asked = started(saved(), "{name: slow, logGroups: ['/app/*b']}");
    assert_eq!(asked["logGroupNames"], json!(["/app/web"]));
}

#[test]
fn it_is_looked_up_in_the_first_place_and_asked_in_all() {
    let server = ScriptedLogs::start(saved()).unwrap();
    let installation = super::places::installation(&server);
    installation.job(&job("{name: slow, accounts: [stage, prod], regions: [us-east-1, eu-west-1]}"));
    installation.run_job(&[]).ok();
    let places = |operation: &str| {
        let calls = server.calls_of(operation).into_iter();
        calls.map(|call| [call.access_key_id.unwrap(), call.region.unwrap()]).collect::<BTreeSet<_>>()
    };
    let [first, all] = ["DescribeQueryDefinitions", "StartQuery"].map(places);
    assert_eq!(first, BTreeSet::from([["AKIASTAGE", "us-east-1"].map(str::to_owned)]));
    assert_eq!(all.len(), 4, "{all:?}");
}

#[test]
fn its_language_goes_with_it() {
    let sql = SavedQuery {
        language: "SQL".to_owned(),
        log_groups: Vec::new(),
        ..SavedQuery::new("sql", "all", "SELECT * FROM `/app/web`", "")
    };
    let asked = started(Script::new().saved_queries([sql]), "{name: all}");
    let sent = ["queryString", "queryLanguage", "logGroupNames"].map(|name| asked[name].clone());
    assert_eq!(sent, [json!("SELECT * FROM `/app/web`"), json!("SQL"), Value::Null]);
}

#[test]
fn a_language_that_nobody_knows_is_refused() {
    let later = SavedQuery { language: "KQL".to_owned(), ..SavedQuery::new("kql", "all", "x", "/app/web") };
    let (server, ended) = run(Script::new().saved_queries([later]), "{name: all}");
    assert_names(ended.failed(1, "cloudwatch-logs.invalid-parameter"), &["saved query `all` is in `KQL`"]);
    assert_eq!(server.calls_of("StartQuery").len(), 0);
}

#[test]
fn an_unknown_name_is_told_which_there_are() {
    let (server, ended) = run(saved(), "{path: infra/nginx, name: slwo}");
    let error = ended.failed(1, "cloudwatch-logs.saved-query-not-found");
    assert_names(error, &["region `us-east-1` has no saved query `infra/nginx/slwo`", "`infra/nginx/slow`"]);
    assert_eq!(server.calls_of("StartQuery").len(), 0);

    let (_server, ended) = run(saved(), "{path: many, name: slow}");
    let error = ended.failed(1, "cloudwatch-logs.saved-query-not-found");
    assert_names(error, &["`many/00`", "`many/04` and 55 more"]);

    let (_server, ended) = run(saved(), "{path: nowhere, name: slow}");
    let error = ended.failed(1, "cloudwatch-logs.saved-query-not-found");
    assert_names(error, &["`nowhere/slow`", "`cloudwatch-logs/list-saved-queries` lists all"]);
}

#[test]
fn an_unknown_id_is_told_which_names_there_are() {
    let (_server, ended) = run(saved(), "{id: id-60}");
    assert_names(ended.failed(1, "cloudwatch-logs.saved-query-not-found"), &["`id-60`", "`many/00`"]);
}

#[test]
fn an_option_offers_what_is_saved() {
    let (server, installation) = scripted(saved());
    let from = "{uses: cloudwatch-logs/list-saved-queries, with: {path: infra}, output: names}";
    let options = format!("options: [{{name: query, type: choice, valuesFrom: {from}}}]\n");
    installation.job(&format!("{options}{}", job("{name: '${{ options.query }}'}")));
    let ended = installation.run_job(&["--option", "query=slow"]);
    assert_names(ended.failed(4, "job.invalid-option"), &["`infra/slow`", "`infra/nginx/slow`"]);
    installation.run_job(&["--option", "query=infra/nginx/slow"]).ok();
    assert_eq!(server.calls_of("StartQuery")[0].body["queryString"], "fields @message | limit 3");
}
