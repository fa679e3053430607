//! A step's `with` against its step type, before its expressions have values.

use super::said;

const OPTIONS: &str = "options: [{name: o}, {name: token, type: secret, key: keys/project/web/t}]\n";

fn with(with: &str) -> String {
    said(&format!("{OPTIONS}steps: [{{uses: demo/run, with: {with}}}]\n"))
}

#[test]
fn what_a_value_may_mend_is_left_to_the_run() {
    for text in [
        "{count: '${{ options.o }}'}",
        "{count: 1, name: 'a-${{ options.o }}'}",
        "{count: 1, order: '${{ options.o }}', name: a}",
        "{count: 1, way: '${{ options.o }}'}",
        "{count: 1, way: {kind: '${{ options.o }}', url: x}}",
        "{count: 1, way: {kind: call, url: '${{ options.o }}'}}",
        "{count: 1, way: {kind: 'c${{ options.o }}', address: x}}",
        "{count: 1, maybe: '${{ options.o }}'}",
        "{count: 1, list: ['${{ options.o }}', '${{ options.o }}']}",
        "{count: 1, list: ['a${{ options.o }}', 'a${{ options.o }}']}",
        "{count: 1, list: '${{ options.o }}'}",
        "{count: 1, script: x, file: '${{ options.o }}'}",
        "{count: 1, order: '${{ options.o }}'}",
        "{count: 1, env: {X: '${{ options.o }}'}}",
        "{count: 1, token: '${{ options.o }}'}",
        "'${{ options.o }}'",
    ] {
        assert_eq!(with(text), "", "{text}");
    }
}

#[test]
fn what_no_value_could_mend_is_told_at_once() {
    for (text, expected) in [
        ("{}", "the key `count` is missing in `with`"),
        ("{count: 0}", "`count` must be at least 1"),
        ("{count: 'a ${{ options.o }}'}", "`count` has the wrong type, expected `integer`"),
        ("{cuont: '${{ options.o }}'}", "there is no key `cuont` in `with` (did you mean `count`?)"),
        (
            "{count: '${{ options.o }}', order: frist, name: a}",
            "`order` is none of the choices (did you mean `first`?)",
        ),
        ("{count: 1, order: first}", "the key `name` is missing in `with`"),
        ("{count: 1, maybe: 'a ${{ options.o }}'}", "`maybe` has the wrong type"),
        ("{count: 1, way: {kind: call, url: 5}}", "`way.url` has the wrong type, expected `string`"),
        ("{count: 1, way: {kind: call, adress: '${{ options.o }}'}}", "there is no key `adress` in `way`"),
        ("{count: 1, way: {kind: '${{ options.o }}', other: x}}", "`way"),
        ("{count: 1, list: ['${{ options.o }}', b, c]}", "`list` may have at most 2 items"),
        ("{count: 1, list: ['${{ options.o }}', 5]}", "`list.1` has the wrong type"),
        ("{count: 1, env: {X: 5, Y: '${{ options.o }}'}}", "`env.X` has the wrong type"),
        ("['${{ options.o }}']", "`with` has the wrong type, expected `object`"),
        ("{count: 1, script: a, file: b}", "`with`: "),
    ] {
        let said = with(text);
        assert!(said.contains(expected) && said.lines().count() == 1, "{text}\n{said}");
        assert!(said.starts_with("job.invalid-step 2:"), "{said}");
    }
    let all = with("{cuont: 1, naem: a, order: frist, list: [1, 2, 3]}");
    for expected in ["`cuont`", "`naem`", "`order` is none", "`list` may have", "`list.0` has", "`list.2` has"] {
        assert!(all.contains(expected), "{expected}\n{all}");
    }
    assert!(!all.contains("missing"), "{all}");
}

#[test]
fn a_script_is_not_filled_in() {
    let said = with("{count: 1, script: 'echo ${{ options.nothing }} ${{'}");
    assert_eq!(
        said,
        "job.invalid-step 2:51 a script is not filled in: a value could change what it does (pass the value by `env` and use the variable)\n"
    );
    assert_eq!(with("{count: 1, script: 'echo $X', env: {X: '${{ options.o }}'}}"), "");
}

#[test]
fn secrets_stand_in_their_fields_and_are_the_projects() {
    assert_eq!(with("{count: 1, token: '${{ options.token }}'}"), "");
    assert_eq!(with("{count: 1, token: keys/project/web/x}"), "");
    for (text, expected) in [
        (
            "{count: 1, token: keys/x}",
            "key.not-permitted 2:50 a step of project `web` may not read the key `keys/x` (store it as",
        ),
        ("{count: 1, token: keys/project/other/x}", "key.not-permitted 2:50"),
        ("{count: 1, token: keys//x}", "key.invalid-path 2:50"),
        ("{count: 1, token: hunter2}", "`token` is not written as it has to be: `^keys/`"),
        ("{count: 1, name: '${{ options.token }}'}", "job.secret-misplaced 2:49 the secret option `token`"),
        ("{count: 1, token: 'x${{ options.token }}'}", "job.secret-misplaced 2:50"),
        ("{count: 1, token: '${{ options.token|upper }}'}", "job.secret-misplaced 2:50"),
        ("{count: 1, env: {T: '${{ options.token }}'}}", "job.secret-misplaced"),
    ] {
        let said = with(text);
        assert!(said.contains(expected), "{text}\n{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    let elsewhere = "options: [{name: t, type: secret, key: keys/x}]\nsteps: [{uses: demo/free, if: '${{ options.t }}', region: '${{ options.t }}'}]\n";
    let said = said(elsewhere);
    assert!(said.starts_with("key.not-permitted 1:11 a step of project `web` may not read the key `keys/x`"), "{said}");
    assert_eq!(said.matches("job.secret-misplaced").count(), 2, "{said}");
}

#[test]
fn a_step_type_is_there_or_nothing_is_said_of_it() {
    for (uses, expected) in [
        ("dmeo/run", "job.unknown-step-type 1:16 there is no plugin `dmeo` (did you mean `demo`?)"),
        ("demo/rnu", "job.unknown-step-type 1:16 plugin `demo` has no step `rnu` (did you mean `run`?)"),
    ] {
        let said = said(&format!("steps: [{{uses: {uses}, with: {{x: '${{{{ nothing }}}}'}}}}]\n"));
        assert!(said.contains(expected) && said.contains("`nothing` is not defined"), "{said}");
    }
    assert_eq!(said("steps: [{uses: shy/anything, with: {x: 1}}]\n"), "");
}

#[test]
fn values_are_asked_for_before_there_are_any() {
    let from = |with: &str, output: &str| {
        said(&format!(
            "options: [{{name: a}}, {{name: b, type: choice, valuesFrom: {{uses: demo/run, with: {with}, output: {output}}}}}]\nsteps: [{{uses: demo/free}}]\n"
        ))
    };
    assert_eq!(from("{count: 1, file: '${{ project }}/${{ job.name }}'}", "path"), "");
    assert!(from("{count: 1}", "paht").contains("step type `demo/run` has no output `paht` (did you mean `path`?)"));
    assert!(
        from("{count: 1, file: '${{ options.a }}'}", "path")
            .contains("`options.a` is not defined (values are asked for before")
    );
    assert!(from("{count: 1, file: '${{ execution.id }}'}", "path").contains("`execution.id` is not defined"));
    assert!(from("{}", "path").contains("the key `count` is missing"));
}

#[test]
fn a_schema_that_cannot_be_used_is_a_fault_of_the_plugin() {
    let mut demo = super::demo();
    demo.steps[0].config = serde_json::json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}]});
    demo.steps[1].config = serde_json::json!({"type": 5});
    let job = crate::testing::job("steps: [{uses: demo/run}, {uses: demo/free}]\n");
    let known = super::Known { plugins: [("demo", Some(&demo))].into(), ..Default::default() };
    let said =
        crate::testing::shown(&super::check(&job, &windlass_settings::ProjectName::parse("web").unwrap(), &known));
    assert_eq!(said.matches("this is a fault in the plugin").count(), 2, "{said}");
}
