use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::*;
use crate::testing::{file, job, shown};
use crate::{Given, Job, Tree, bind, condition, evaluate, text};

const OPTIONS: &str = "options:
  - {name: env, default: prod}
  - {name: none}
  - {name: token, type: secret, key: keys/project/web/token}
  - {name: hosts, type: list, default: [a, b]}
";

/// A job with these options whose first step has this `with`, and further lines of that step.
fn with(with: &str, more: &str) -> Job {
    job(&format!(
        "{OPTIONS}steps:\n  - id: first\n    uses: a/b\n    with: {with}\n{more}  - {{id: later, uses: a/b}}\n"
    ))
}

fn values(job: &Job) -> Values {
    let bound = bind(job, &"web".parse().unwrap(), &[]).unwrap();
    Values::new(
        &RunFacts {
            project: "web",
            job: "test",
            execution: "0190",
            attempt: 2,
            scheduled_at: Some("2026-11-26T02:30:00Z"),
        },
        &bound,
        job,
    )
}

fn tree(job: &Job) -> &Tree {
    match &job.steps[0].action {
        crate::Action::Uses { with, .. } => with,
        _ => unreachable!("the first step uses a step type"),
    }
}

fn filled(expression: &str, values: impl Fn(&Job) -> Values) -> Result<Value, String> {
    let job = with(&format!("{{x: {}}}", serde_json::to_string(expression).unwrap()), "");
    let evaluated = evaluate(tree(&job), &values(&job), &job).map_err(|error| shown([&error]))?;
    Ok(evaluated.value["x"].clone())
}

#[test]
fn what_is_told_leaves_out_what_is_not_there() {
    let event = json!({ "kind": "failure", "outputs": { "path": null } });
    let told = |expression: &str| filled(expression, |job| values(job).with_event(&event));
    assert_eq!(told("${{ event.kind }}: ${{ event.outputs.path }}."), Ok(json!("failure: .")));
    assert_eq!(told("${{ event.outputs.path }}"), Ok(Value::Null));
    let said = told("x${{ event.outputs.paht }}").unwrap_err();
    assert!(said.contains("`event.outputs.paht` is not defined"), "{said}");
    let said = filled("x${{ options.none }}", values).unwrap_err();
    assert!(said.contains("`options.none` has no value to put into this text"), "{said}");
}

#[test]
fn all_that_is_visible_is_seen() {
    let seen = |job: &Job| {
        let mut values = values(job);
        let rows = vec![json!({"status": 500}); 1500];
        let tables = BTreeMap::from([("errors per hour".to_owned(), TableFacts { rows, count: 1500 })]);
        let outputs = Some(json!({"path": "/tmp/x", "size": 3}));
        values.record_step("first", StepFacts { state: "succeeded".into(), code: None, outputs, tables });
        values.with_item(&json!({"name": "h"}), 3).with_error("first", "step.failed", "it failed")
    };
    for (expression, expected) in [
        ("options.env", json!("prod")),
        ("project", json!("web")),
        ("job.name", json!("test")),
        ("execution.id ~ '/' ~ execution.attempt", json!("0190/2")),
        ("steps.first.state", json!("succeeded")),
        ("steps.first.code is none", json!(true)),
        ("steps.first.outputs.path", json!("/tmp/x")),
        ("steps['first']['outputs'].size + 1", json!(4)),
        ("steps.first.tables['errors per hour'].count", json!(1500)),
        ("steps.first.tables['errors per hour'].rows|length", json!(1000)),
        ("steps.first.tables['errors per hour'].rows[0].status", json!(500)),
        ("steps.first.outputs.missing|default('d')", json!("d")),
        ("steps|list", json!(["first"])),
        ("item.name ~ index", json!("h3")),
        ("error.step ~ ' ' ~ error.code ~ ': ' ~ error.message", json!("first step.failed: it failed")),
        ("options|list", json!(["env", "hosts", "none"])),
    ] {
        assert_eq!(filled(&format!("${{{{ {expression} }}}}"), seen), Ok(expected), "{expression}");
    }
}

#[test]
fn what_is_not_there_is_an_error_with_the_nearest() {
    for (expression, said) in [
        ("options.evn", "job.undefined-reference 9:15 `options.evn` is not defined (did you mean `env`?)"),
        ("options['evn']", "`options['evn']` is not defined (did you mean `env`?)"),
        ("steps.frist.state", "`steps.frist` is not defined (did you mean `first`?)"),
        ("steps.later.state", "`steps.later` is not defined (step `later` has not ended before this one)"),
        ("env.HOME", "`env.HOME` is not defined (an expression may use `options.NAME`"),
        ("item", "`item` is not defined (`item` is there in a step with `forEach`)"),
        ("error.code", "`error.code` is not defined (`error` is there in the steps of `onError`)"),
        ("range", "`range` is not defined"),
        ("options[project]", "`options[project]` is not defined"),
        ("steps[options.env].state", "undefined value"),
    ] {
        let error = filled(&format!("${{{{ {expression} }}}}"), values).unwrap_err();
        assert!(error.contains(said), "{expression}: {error}");
    }
}

#[test]
fn of_a_large_table_little_is_seen() {
    let job = with("{}", "");
    let mut values = values(&job);
    let rows = vec![json!({"text": "x".repeat(100_000)}); 100];
    let tables = BTreeMap::from([("large".to_owned(), TableFacts { rows, count: 100 })]);
    values.record_step("first", StepFacts { tables, ..StepFacts::default() });
    let value = |text: &str| values.text(text);
    let count = "${{ steps.first.tables.large.rows|length ~ ' of ' ~ steps.first.tables.large.count }}";
    assert_eq!(value(count), Ok(TextValue::Plain(json!("20 of 100"))));
    let many = format!("${{{{ [{}] }}}}", ["steps.first.tables|tojson"; 90].join(","));
    assert!(value(&many).unwrap_err().message.contains("`tojson` has too much to do"));
}

#[test]
fn a_clone_does_not_see_what_comes_later() {
    let job = with("{}", "");
    let mut one = values(&job);
    let other = one.clone();
    one.record_step("first", StepFacts { state: "failed".into(), ..StepFacts::default() });
    let seen = |values: &Values| values.text("${{ steps.first.state }}").is_ok();
    assert!(seen(&one) && !seen(&other));
    assert!(one.text("${{ steps.first.outputs.x|default('') }}").is_ok(), "a step without outputs has none");
}

#[test]
fn a_secret_option_is_only_passed_on() {
    let job = with("{a: ['${{ options.token }}'], 'b/c': '${{options.token}}', d: '${{ options.none }}'}", "");
    let evaluated = evaluate(tree(&job), &values(&job), &job).unwrap();
    assert_eq!(evaluated.value, json!({"a": ["keys/option/token"], "b/c": "keys/option/token"}));
    let expected = [("/a/0", "token"), ("/b~1c", "token")].map(|(at, name)| (at.to_owned(), name.to_owned()));
    assert_eq!(evaluated.secret_options, BTreeMap::from(expected));
    for expression in [
        "x ${{ options.token }}",
        "${{ options.token ~ '' }}",
        "${{ options['token']|length }}",
        "${{ options.token is none }}",
        "${{ [options.token] }}",
        "${{ options.env if options.token else '' }}",
    ] {
        let error = filled(expression, values).unwrap_err();
        assert!(
            error.starts_with("job.secret-misplaced 9:15 the secret option `token` cannot be used here"),
            "{error}"
        );
    }
    for computed in
        ["${{ options['tok' ~ 'en'] }}", "${{ options|attr('token') }}", "${{ [options]|map(attribute='token')|list }}"]
    {
        let error = filled(computed, values).expect_err(computed);
        assert!(error.contains("the secret option `token` cannot be used here"), "{computed}: {error}");
    }
    assert_eq!(
        filled("${{ options|tojson }}", values),
        Ok(json!("{\"env\":\"prod\",\"hosts\":[\"a\",\"b\"],\"none\":null}"))
    );
}

#[test]
fn no_typed_secret_is_in_the_values() {
    let job = with("{}", "");
    let bound =
        bind(&job, &"web".parse().unwrap(), &[("token".to_owned(), Given::Text("hunter2".to_owned()))]).unwrap();
    let run = RunFacts { project: "web", job: "test", execution: "0190", attempt: 1, scheduled_at: None };
    let values = Values::new(&run, &bound, &job);
    assert!(!format!("{values:?} {bound:?}").contains("hunter2"));
}

#[test]
fn a_condition_is_true_or_false() {
    let holds = |expression: &str| {
        let job = with("{}", &format!("    if: {expression}\n"));
        condition(job.steps[0].condition.as_ref().unwrap(), &values(&job), &job).map_err(|error| shown([&error]))
    };
    assert_eq!(holds("true"), Ok(true));
    assert_eq!(holds("${{ options.env == 'prod' and execution.attempt > 1 }}"), Ok(true));
    assert_eq!(holds("${{ options.none is not none }}"), Ok(false));
    for (expression, said) in [
        ("${{ options.env }}", "the condition comes to a text, and not to `true` or `false`"),
        ("${{ options.none }}", "the condition comes to no value"),
        ("${{ options.hosts|length }}", "the condition comes to a number"),
        ("${{ options.hosts }}", "the condition comes to a list"),
        ("x ${{ true }}", "the condition comes to a text"),
        ("${{ options.token }}", "the secret option `token` cannot be used here"),
    ] {
        let error = holds(expression).unwrap_err();
        assert!(error.contains(said) && error.contains(" 10:9 "), "{error}");
    }
}

#[test]
fn items_are_a_list() {
    let found = |items: &str| {
        let job = with("{}", &format!("    forEach: {{items: {items}}}\n"));
        super::super::items(job.steps[0].for_each.as_ref().unwrap(), &values(&job), &job)
            .map_err(|error| shown([&error]))
    };
    assert_eq!(found("[1, '${{ options.env }}', {a: 2}]"), Ok(vec![json!(1), json!("prod"), json!({"a": 2})]));
    assert_eq!(found("'${{ options.hosts }}'"), Ok(vec![json!("a"), json!("b")]));
    assert_eq!(found("'${{ [] }}'"), Ok(Vec::new()));
    let entries = vec![json!({"key": "x", "value": 1}), json!({"key": "y", "value": 2})];
    assert_eq!(found("{x: 1, y: 2}"), Ok(entries));
    assert_eq!(found("'${{ range(10000)|list }}'").unwrap().len(), 10_000);
    for (items, said) in [
        ("'${{ options.env }}'", "`items` comes to a text, and not to a list"),
        ("'${{ options.none }}'", "`items` comes to no value"),
        ("'${{ range(10000)|list + [1] }}'", "`items` comes to 10001 values, and at most 10000 are allowed"),
        ("['${{ options.token }}']", "the secret option `token` cannot be used here"),
    ] {
        let error = found(items).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn an_account_is_a_text() {
    let found = |account: &str| {
        let job = with("{}", &format!("    account: {account}\n"));
        text(job.steps[0].account.as_ref().unwrap(), &values(&job), &job).map_err(|error| shown([&error]))
    };
    assert_eq!(found("main"), Ok(Some("main".to_owned())));
    assert_eq!(found("aws-${{ options.env }}"), Ok(Some("aws-prod".to_owned())));
    assert_eq!(found("${{ execution.attempt }}"), Ok(Some("2".to_owned())));
    assert_eq!(found("${{ options.none }}"), Ok(None));
    assert!(found("${{ options.hosts }}").unwrap_err().contains("it comes to a list, and not to a text"));
    assert!(found("${{ options.token }}").unwrap_err().contains("job.secret-misplaced"));
}

#[test]
fn a_job_is_found_again_by_its_text() {
    let text = file(&format!("{OPTIONS}steps: [{{uses: a/b}}]\n"));
    let job = Job::parse(Path::new("x.yaml"), text.clone()).unwrap();
    assert_eq!(job.text(), text);
}
