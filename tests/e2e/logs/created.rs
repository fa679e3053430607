//! `create-log-group` and `create-log-stream`.

use super::{column, fresh, run, step};
use crate::installation::assert_names;
use serde_json::json;

#[test]
fn a_log_group_is_created_once_and_its_retention_set_again() {
    let installation = fresh("700000000001");
    let ended = run(
        &installation,
        &[
            ("create-log-group", "{name: /app/shop, retentionDays: 30, class: infrequent-access, tags: {team: shop}}"),
            ("create-log-group", "{name: /app/shop, retentionDays: 7}"),
            ("create-log-group", "{name: /app/shop}"),
            ("list-log-groups", "{}"),
        ],
    );
    ended.ok();
    let created: Vec<_> = (0..3).map(|number| step(&ended, number)["outputs"]["created"].clone()).collect();
    assert_eq!(created, [true, false, false]);
    let listed = step(&ended, 3);
    assert_eq!(column(&listed, "logGroups", "retentionDays"), [json!(7)]);
    assert_eq!(column(&listed, "logGroups", "class"), [json!("INFREQUENT_ACCESS")]);
    assert_names(
        &ended.stderr,
        &["created the log group `/app/shop`", "keeps its events for 7 days", "exists already"],
    );
}

#[test]
fn one_that_exists_is_refused_on_request() {
    let installation = fresh("700000000002");
    let ended = run(
        &installation,
        &[("create-log-group", "{name: /app/shop}"), ("create-log-group", "{name: /app/shop, ifExists: fail}")],
    );
    let error = ended.failed(1, "cloudwatch-logs.already-exists");
    assert_names(error, &["log group `/app/shop`", "`ifExists: keep`"]);
}

#[test]
fn a_log_stream_needs_its_group() {
    let installation = fresh("700000000003");
    let stream = ("create-log-stream", "{logGroup: /app/shop, logStream: deployments}");
    let missing = run(&installation, &[stream]);
    assert_names(missing.failed(1, "cloudwatch-logs.log-group-not-found"), &["log group `/app/shop`", "`us-east-1`"]);
    let ended = run(&installation, &[("create-log-group", "{name: /app/shop}"), stream, stream]);
    ended.ok();
    let created = [1, 2].map(|number| step(&ended, number)["outputs"]["created"].clone());
    assert_eq!(created, [true, false]);
}

#[test]
fn what_aws_would_refuse_is_refused_before() {
    let installation = fresh("700000000004");
    for (name, with) in [
        ("create-log-group", "{name: 'two words'}"),
        ("create-log-group", "{name: /a, retentionDays: 2}"),
        ("create-log-group", "{name: /a, class: cheap}"),
        ("create-log-stream", "{logGroup: /a, logStream: 'a:b'}"),
        ("put-events", "{logGroup: /a, logStream: s, events: []}"),
        ("put-events", "{logGroup: /a, logStream: s, events: [{text: a}]}"),
        ("list-log-groups", "{prefix: /a, pattern: '*b'}"),
        ("tail", "{logGroups: [/a], failIfNotFound: true}"),
        ("tail", "{logGroups: [/a], for: soon}"),
    ] {
        run(&installation, &[(name, with)]).failed(4, "job.invalid-step");
    }
}
