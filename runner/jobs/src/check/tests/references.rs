//! What expressions may refer to, and from where.

use super::said;

const OPTIONS: &str = "options: [{name: env}, {name: token, type: secret}]\n";

/// A step that looks at an expression.
fn look(expression: &str) -> String {
    format!("{{uses: demo/free, with: {{x: \"${{{{ {expression} }}}}\"}}}}")
}

#[track_caller]
fn assert_fine(steps: &str) {
    assert_eq!(said(&format!("{OPTIONS}steps: {steps}\n")), "", "{steps}");
}

#[track_caller]
fn assert_wrong(steps: &str, expected: &str) {
    let said = said(&format!("{OPTIONS}steps: {steps}\n"));
    assert!(said.contains(expected) && said.lines().count() == 1, "{steps}\n{said}");
}

#[test]
fn all_that_is_there_may_be_used() {
    let all = [
        "options.env",
        "options['env']",
        "options",
        "project",
        "job.name",
        "execution.id ~ execution.attempt",
        "steps.a.state",
        "steps.a.code is none",
        "steps.a.outputs.path",
        "steps['a']['outputs']['size'] + 1",
        "steps.a.outputs",
        "steps.a.tables['x y'].rows[0].column",
        "steps.a.tables.x.count",
        "steps[options.env].outputs.whatever",
        "steps.free.outputs.whatever",
        "range(3)|list",
        "(1, 2)|first if 3 in [3] else {}",
        "options.env|default('x')",
        "true and not false and none is none",
    ];
    for expression in all {
        assert_fine(&format!(
            "[{{id: a, uses: demo/run, with: {{count: 1}}}}, {{id: free, uses: demo/free}}, {}]",
            look(expression)
        ));
    }
}

#[test]
fn what_is_not_there_is_told_with_the_nearest() {
    for (expression, expected) in [
        ("options.evn", "job.undefined-reference 2:80 `options.evn` is not defined (did you mean `env`?)"),
        ("options['evn']", "`options['evn']` is not defined (did you mean `env`?)"),
        ("env.HOME", "`env.HOME` is not defined (an expression may use `options.NAME`"),
        ("steps.b.state", "`steps.b` is not defined (did you mean `a`?)"),
        ("steps.a.sate", "`steps.a.sate` is not defined (did you mean `state`?)"),
        ("steps.a.outputs.paht", "`steps.a.outputs.paht` is not defined (did you mean `path`?)"),
        ("steps.a.tables.x.row", "`steps.a.tables.x.row` is not defined (did you mean `rows`?)"),
        ("job.id", "`job.id` is not defined"),
        ("execution.project", "`execution.project` is not defined"),
        ("project.name", "`project.name` is not defined"),
        ("item", "`item` is not defined (`item` is there in a step with `forEach`)"),
        ("index", "`index` is not defined (`index` is there in"),
        ("error.code", "`error.code` is not defined (`error` is there in the steps of `onError`)"),
        ("range", "`range` is not defined"),
        ("nofunction(1)", "`nofunction` is not defined"),
        ("1 +", "job.invalid-expression 2:80 expression `1 +`: syntax error"),
        ("'x' * 3", "`*` multiplies numbers only"),
        ("'a' / 2", "job.invalid-expression 2:80 expression `'a' / 2`"),
        ("range(1000000)|list|length", "range has too many elements"),
        ("1|nosuchfilter", "unknown filter"),
        ("x ~ options.token", "the secret option `token` cannot be used here"),
        ("options.token", "job.secret-misplaced 2:80 the secret option `token`"),
    ] {
        let steps = format!("[{{id: a, uses: demo/run, with: {{count: 1}}}}, {}]", look(expression));
        let said = said(&format!("{OPTIONS}steps: {steps}\n"));
        assert!(said.contains(expected), "{expression}\n{said}");
    }
    assert_wrong("[{uses: demo/free, with: {x: 'a ${{ b'}}]", "has no `}}`");
}

#[test]
fn a_step_sees_those_before_it() {
    let a = "{id: a, uses: demo/free}";
    let sees = look("steps.a.state");
    for steps in [
        format!("[{a}, {sees}]"),
        format!("[{a}, {{steps: [{sees}]}}]"),
        format!("[{a}, {{parallel: {{steps: [{{steps: [{sees}]}}]}}}}]"),
        format!("[{{steps: [{a}, {sees}]}}]"),
        format!("[{{steps: [{{steps: [{a}]}}]}}, {sees}]"),
        format!("[{{parallel: {{steps: [{a}]}}}}, {sees}]"),
        format!("[{{forEach: {{items: [1]}}, steps: [{a}, {sees}]}}]"),
        format!("[{{id: a, uses: demo/free, onError: [{sees}]}}]"),
        format!("[{{steps: [{a}], onError: [{sees}]}}]"),
        format!("[{a}, {{uses: demo/free, onError: [{{uses: demo/free, onError: [{sees}]}}]}}]"),
        format!("[{{uses: demo/free, onError: [{a}, {sees}]}}]"),
    ] {
        assert_fine(&steps);
    }
    let before = "`steps.a`: step `a` does not come before this one";
    for steps in [
        format!("[{sees}, {a}]"),
        "[{id: a, uses: demo/free, with: {x: '${{ steps.a.state }}'}}]".to_owned(),
        format!("[{{id: a, steps: [{sees}]}}]"),
        format!("[{{parallel: {{steps: [{a}, {sees}]}}}}]"),
        format!("[{{parallel: {{steps: [{sees}, {a}]}}}}]"),
        format!("[{{parallel: {{steps: [{{steps: [{a}]}}, {sees}]}}}}]"),
        format!("[{{steps: [{sees}]}}, {a}]"),
    ] {
        assert_wrong(&steps, before);
    }
    let looped = format!("[{{id: l, forEach: {{items: [1]}}, steps: [{{steps: [{a}]}}]}}, {sees}]");
    assert_wrong(
        &looped,
        "does not come before this one (it is in the loop of step `l`; after it, refer to `steps.l.outputs`)",
    );
    let handled = format!("[{{id: h, uses: demo/free, onError: [{a}]}}, {sees}]");
    assert_wrong(&handled, "does not come before this one (it only runs when step `h` has failed)");
}

#[test]
fn outputs_of_groups_and_loops_have_their_form() {
    let run = |id: &str, more: &str| format!("{{id: {id}, {more} uses: demo/run, with: {{count: 1}}}}");
    let each = run("each", "forEach: {items: [1]},");
    let inner = run("inner", "");
    let body = format!("{{id: body, forEach: {{items: [1]}}, steps: [{{id: deep, steps: [{inner}]}}]}}");
    let group = format!("{{id: group, steps: [{}]}}", run("grouped", ""));
    let before = format!("{each}, {body}, {group}");
    for expression in [
        "steps.each.outputs",
        "steps.each.outputs[0].path",
        "steps.each.outputs|map(attribute='path')|list",
        "steps.each.outputs[index_of].path".replace("index_of", "options.env").as_str(),
        "steps.body.outputs[0].inner.path",
        "steps.body.outputs[0].deep",
        "steps.group.state",
        "steps.grouped.outputs.path",
    ] {
        assert_fine(&format!("[{before}, {}]", look(expression)));
    }
    for (expression, expected) in [
        (
            "steps.each.outputs.path",
            "the outputs of step `each` are a list (there is one for each item: `steps.each.outputs[0]`",
        ),
        ("steps.each.outputs[0].paht", "`steps.each.outputs[0].paht` is not defined (did you mean `path`?)"),
        ("steps.body.outputs[0].iner", "`steps.body.outputs[0].iner` is not defined (did you mean `inner`?)"),
        ("steps.body.outputs[0].inner.paht", "`steps.body.outputs[0].inner.paht` is not defined"),
        (
            "steps.group.outputs.path",
            "`steps.group.outputs.path` is not defined (a group has no outputs of its own; refer to the steps in it)",
        ),
    ] {
        assert_wrong(&format!("[{before}, {}]", look(expression)), expected);
    }
}

#[test]
fn items_and_errors_have_their_place() {
    let item = look("item.x ~ index");
    let error = look("error.code ~ error.message ~ error.step");
    for steps in [
        "[{forEach: {items: [1]}, uses: demo/free, with: {x: '${{ item }}'}, region: '${{ item }}'}]".to_owned(),
        format!("[{{forEach: {{items: [1]}}, steps: [{{parallel: {{steps: [{item}]}}}}]}}]"),
        format!("[{{forEach: {{items: [1]}}, steps: [{{uses: demo/free, onError: [{item}]}}]}}]"),
        "[{forEach: {items: [1]}, steps: [{forEach: {items: '${{ item }}'}, uses: demo/free}]}]".to_owned(),
        "[{forEach: {items: [1]}, if: '${{ item > 1 }}', uses: demo/free}]".to_owned(),
        format!("[{{uses: demo/free, onError: [{{forEach: {{items: [1]}}, steps: [{error}]}}]}}]"),
    ] {
        assert_fine(&steps);
    }
    for steps in [
        format!("[{{forEach: {{items: [1]}}, uses: demo/free}}, {}]", look("item")),
        "[{forEach: {items: '${{ item }}'}, uses: demo/free}]".to_owned(),
        format!("[{{forEach: {{items: [1]}}, uses: demo/free, onError: [{}]}}]", look("item")),
    ] {
        assert_wrong(&steps, "`item` is not defined (`item` is there in a step with `forEach`)");
    }
    for steps in [
        format!("[{{uses: demo/free, onError: [{}]}}, {}]", look("error.code"), look("error.code")),
        "[{uses: demo/free, if: '${{ error.code }}'}]".to_owned(),
    ] {
        assert_wrong(&steps, "`error.code` is not defined");
    }
    assert_wrong(&format!("[{{uses: demo/free, onError: [{}]}}]", look("error.text")), "`error.text` is not defined");
}

#[test]
fn conditions_and_items_are_single_expressions() {
    assert_fine("[{uses: demo/free, if: '${{ options.env }}', forEach: {items: ['a ${{ options.env }}']}}]");
    assert_wrong(
        "[{uses: demo/free, if: 'not ${{ options.env }}'}]",
        "`if` is one expression, and there is text beside it",
    );
    assert_wrong("[{uses: demo/free, forEach: {items: 'a ${{ options.env }}'}}]", "`items` is one expression");
}

#[test]
fn the_outputs_of_the_job_see_its_end() {
    let steps = "steps: [{id: a, uses: demo/run, with: {count: 1}, onError: [{id: h, uses: demo/free}]}, {id: l, forEach: {items: [1]}, steps: [{id: i, uses: demo/free}]}]\n";
    let with = |output: &str| said(&format!("{OPTIONS}{steps}outputs: {{x: '${{{{ {output} }}}}'}}\n"));
    assert_eq!(with("steps.a.outputs.path"), "");
    assert_eq!(with("steps.l.outputs"), "");
    for output in ["steps.h.state", "steps.i.state", "steps.b.state", "item", "options.token"] {
        assert_eq!(with(output).lines().count(), 1, "{output}");
    }
}

#[test]
fn a_notification_sees_what_happened() {
    let with = |expression: &str| {
        let notification = format!("{{on: [failure], uses: demo/free, with: {{x: \"${{{{ {expression} }}}}\"}}}}");
        let steps =
            "steps: [{id: a, uses: demo/run, with: {count: 1}}]\noutputs: {path: '${{ steps.a.outputs.path }}'}\n";
        said(&format!("{OPTIONS}{steps}notifications: [{notification}]\n"))
    };
    for fine in [
        "event.kind ~ event.text",
        "event.execution.seconds",
        "event.options.env",
        "event.options",
        "event.outputs.path",
        "event.outputs['path']",
        "event.outputs[event.kind]",
    ] {
        assert_eq!(with(fine), "", "{fine}");
    }
    for (expression, expected) in [
        ("event.nope", "`event.nope` is not defined (there are: `kind`"),
        ("event.execution.sate", "`event.execution.sate` is not defined (did you mean `state`?)"),
        ("event.options.evn", "`event.options.evn` is not defined (did you mean `env`?)"),
        (
            "event.options.token",
            "`event.options.token` is not defined (it is secret, and a notification sees no secrets)",
        ),
        ("event.outputs.paht", "`event.outputs.paht` is not defined (did you mean `path`?)"),
        ("event.outputs['env']", "`event.outputs['env']` is not defined (there are: `path`)"),
    ] {
        let said = with(expression);
        assert!(said.starts_with("job.undefined-reference 4:") && said.contains(expected), "{expression}\n{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}

#[test]
fn an_account_by_expression_needs_the_list() {
    let steps = "steps: [{uses: demo/free, account: '${{ options.env }}'}]\n";
    let said_of = |lines: &str| said(&format!("{OPTIONS}{lines}{steps}"));
    assert!(said_of("").starts_with("job.invalid 2:36 an expression for an account needs `accounts` in the job"));
    assert_eq!(said_of("accounts: [prod]\n"), "");
    assert_eq!(said("steps: [{uses: demo/free, account: anything}]\n"), "");
}
