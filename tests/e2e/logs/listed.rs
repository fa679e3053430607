//! `list-log-groups` and `list-saved-queries`.

use super::{column, job, run, scripted, step};
use crate::installation::assert_names;
use serde_json::json;
use windlass_tests::scripted::{LogGroup, Refusal, SavedQuery, Script};

/// 120 log groups, which AWS lists in three pages.
fn many() -> Script {
    let named = |number: usize| LogGroup::new(&format!("/app/{number:03}/log"));
    Script::new().log_groups((0..120).map(named)).log_groups([LogGroup {
        retention_days: Some(30),
        stored_bytes: 7,
        ..LogGroup::new("/web")
    }])
}

#[test]
fn log_groups_are_listed_page_after_page() {
    let (server, installation) = scripted(many());
    let ended = run(&installation, &[("list-log-groups", "{}")]);
    ended.ok();
    let listed = step(&ended, 0);
    assert_eq!((&listed["outputs"]["count"], server.calls_of("DescribeLogGroups").len()), (&json!(121), 3));
    let last = listed["tables"]["logGroups"][120].clone();
    let expected = json!({"name": "/web", "arn": "arn:aws:logs:us-east-1:111122223333:log-group:/web",
        "retentionDays": 30, "storedBytes": 7, "class": "STANDARD", "created": "2026-01-01T00:00:00Z"});
    assert_eq!(last, expected);
}

#[test]
fn a_prefix_or_a_pattern_chooses() {
    let (server, installation) = scripted(many());
    let ended =
        run(&installation, &[("list-log-groups", "{prefix: /w}"), ("list-log-groups", "{pattern: '/app/*9/log'}")]);
    ended.ok();
    assert_eq!(step(&ended, 0)["outputs"]["names"], json!(["/web"]));
    let names = step(&ended, 1)["outputs"]["names"].clone();
    assert_eq!((names.as_array().unwrap().len(), &names[1]), (12, &json!("/app/019/log")));
    let prefixes = server.calls_of("DescribeLogGroups").into_iter().map(|call| call.body["logGroupNamePrefix"].clone());
    assert_eq!(prefixes.collect::<Vec<_>>(), ["/w", "/app/", "/app/", "/app/"]);
}

#[test]
fn an_option_offers_their_names() {
    let (_server, installation) = scripted(many());
    let from = "{uses: cloudwatch-logs/list-log-groups, with: {prefix: /web}, output: names}";
    let steps = job(&[("list-log-groups", "{prefix: '${{ options.group }}'}")]);
    installation.job(&format!("options: [{{name: group, type: choice, valuesFrom: {from}}}]\n{steps}"));
    let ended = installation.run_job(&["--option", "group=/other"]);
    assert_names(ended.failed(4, "job.invalid-option"), &["`/web`"]);
    installation.run_job(&["--option", "group=/web"]).ok();
}

#[test]
fn saved_queries_are_listed_by_their_folder() {
    let saved =
        |number: usize| SavedQuery::new(&format!("id-{number}"), &format!("infra/{number:02}"), "limit 1", "/a");
    let others =
        [SavedQuery::new("other", "infrastructure/x", "limit 1", "/a"), SavedQuery::new("b", "b", "limit 1", "/a")];
    let (server, installation) = scripted(Script::new().saved_queries((0..60).map(saved)).saved_queries(others));
    let ended = run(&installation, &[("list-saved-queries", "{path: infra}"), ("list-saved-queries", "{}")]);
    ended.ok();
    let (listed, all) = (step(&ended, 0), step(&ended, 1));
    let ids = listed["outputs"]["ids"].as_array().unwrap();
    assert_eq!((ids.len(), &ids[59], &listed["outputs"]["names"][59]), (60, &json!("id-59"), &json!("infra/59")));
    assert_eq!((&all["outputs"]["count"], server.calls_of("DescribeQueryDefinitions").len()), (&json!(62), 4));
    assert_eq!(column(&all, "savedQueries", "query")[0], "limit 1");
    assert_eq!(all["tables"]["savedQueries"][0]["logGroups"], "/a");
}

#[test]
fn throttling_is_waited_out() {
    let (server, installation) = scripted(many().refuse("DescribeLogGroups", Refusal::Throttling, 4));
    let ended = run(&installation, &[("list-log-groups", "{prefix: /web}")]);
    ended.ok();
    assert_names(&ended.stderr, &["waiting until AWS takes `logs:DescribeLogGroups`: ThrottlingException"]);
    assert_eq!(server.calls_of("DescribeLogGroups").len(), 5);
}

#[test]
fn who_may_not_is_told_which_action_and_where_the_policy_is() {
    let script = Script::new().refuse("DescribeQueryDefinitions", Refusal::AccessDenied, 1);
    let (_server, installation) = scripted(script);
    let ended = run(&installation, &[("list-saved-queries", "{}")]);
    let error = ended.failed(1, "cloudwatch-logs.access-denied");
    let command = "`windlass account policy prod --job web/test`";
    assert_names(error, &["`logs:DescribeQueryDefinitions` in region `us-east-1`", command]);
}
