//! Rules of steps, policies and options, and the bounds of all of them.

use super::assert_refused;
use crate::JobErrors;
use crate::testing::{job, refused, shown};

#[test]
fn a_step_does_exactly_one_thing() {
    assert_refused(&[
        ("steps: [{id: a}]\n", "1:9 a step has one of the keys `uses`, `job`, `parallel` and `steps`"),
        ("steps: [{uses: a/b, job: {name: c}}]\n", "1:26 a step has `uses` or `job`, not both"),
        ("steps: [{job: {name: c}, with: {}}]\n", "1:32 `with` belongs to a step with `uses`"),
        ("steps: [{account: x, steps: [{uses: a/b}]}]\n", "1:19 `account` belongs to a step with `uses`"),
        ("steps: [{region: x, parallel: {steps: [{uses: a/b}]}}]\n", "1:18 `region` belongs to a step with `uses`"),
        ("steps: [{steps: []}]\n", "1:17 `steps` needs at least one step"),
        ("steps: [{parallel: {steps: []}}]\n", "1:28 `parallel` needs at least one step"),
        ("steps: [{uses: a/b, onError: []}]\n", "1:30 `onError` needs at least one step"),
        ("steps: [{job: {name: ' x'}}]\n", "1:22 a job's name has 1 to 100 bytes"),
        ("steps: [{job: {name: x, options: [1]}}]\n", "1:34 expected keys with values"),
        ("steps: [{uses: a/b, if: yes}]\n", "1:25 `if` is `true`, `false` or an expression"),
        ("steps: [{uses: a/b, if: options.x}]\n", "1:25 `if` is `true`, `false` or an expression"),
        ("steps: [{uses: a/b, forEach: {items: x}}]\n", "1:38 expected a list, or an expression"),
        ("steps: [{uses: a/b, forEach: {items: [1], limit: 0}}]\n", "1:50 a limit is a number from 1 to 1000"),
        ("steps: [{uses: a/b, account: 'a b'}]\n", "1:30 a name consists of letters"),
        ("steps: [{uses: a/b, account: [a]}]\n", "1:30 expected a text"),
        ("steps: [{uses: a/b, region: EU}]\n", "1:29 a region is written like `eu-west-1`"),
        ("steps: [{uses: a/b, step: 1}]\n", "1:21 there is no key `step` here"),
        ("steps: [{uses: a/b, parallel: {limits: 1}}]\n", "1:32 there is no key `limits` here"),
    ]);
}

#[test]
fn ids_are_unique_at_all_levels() {
    let inner = "{id: x, uses: a/b}";
    for lines in [
        format!("steps: [{inner}, {{steps: [{inner}]}}]\n"),
        format!("steps: [{{steps: [{inner}]}}, {{parallel: {{steps: [{inner}]}}}}]\n"),
        format!("steps: [{{id: x, uses: a/b, onError: [{inner}]}}]\n"),
        format!("steps: [{{id: x, steps: [{inner}]}}]\n"),
        "steps: [{id: step3, steps: [{uses: a/b}, {uses: a/b}]}]\n".to_owned(),
    ] {
        let errors = shown(&refused(&lines));
        assert!(errors.contains("another step has the id `"), "{lines}\n{errors}");
    }
}

#[test]
fn policies_have_their_bounds() {
    let steps = "steps: [{uses: a/b}]\n";
    let with = |line: &str| format!("{line}\n{steps}");
    for (line, said) in [
        ("retry: {attempts: 0}", "1:19 attempts, the first included, is a number from 1 to 100"),
        ("retry: {attempts: 101}", "1:19 attempts"),
        ("retry: {}", "1:8 the key `attempts` is missing"),
        ("retry: {attempts: 2, backoff: 2h}", "1:31 a wait between two attempts is at most 1h"),
        ("retry: {attempts: 2, on: [failed]}", "1:27 a code is written `area.what-happened`"),
        ("retry: {attempts: 2, on: ['*']}", "1:27 a code is written"),
        (
            "retry: {attempts: 2, on: [account.role-denid]}",
            "1:27 there is no code `account.role-denid` (did you mean `account.role-denied`?)",
        ),
        ("concurrency: {limit: 0}", "1:22 a limit is a number from 1 to 1000"),
        ("concurrency: {whenFull: wait}", "1:25 `wait` is none of the choices"),
        ("runsOn: [gpu, a b]", "1:15 a label has letters, digits, `.`, `_` and `-`, at most 100"),
        ("onInterrupted: retry", "1:16 `retry` is none of the choices"),
        ("timeout: 400d", "1:10 a timeout is at most 366d"),
        ("accounts: [a, a]", "1:15 the account `a` is listed twice"),
        ("accounts: ['a/b']", "1:12 a name consists of"),
        ("id: 'a b'", "1:5 a job's id has 1 to 100 letters"),
        ("group: a//b", "1:8 a group is written"),
        ("group: a/../b", "1:8 a group is written"),
        ("region: 'eu west'", "1:9 a region is written"),
        ("outputs: [a]", "1:10 expected keys with values"),
        ("outputs: {a-b: 1}", "1:11 an output's name begins with a small letter"),
    ] {
        assert_refused(&[(&with(line), said)]);
    }
}

#[test]
fn options_go_with_their_types() {
    for (option, said) in [
        ("type: list, values: [[1]]", "a single value belongs here"),
        ("type: list, values: [a], default: [b]", "`b` is none of the allowed values"),
        ("type: list, default: a", "a list belongs here"),
        ("type: date, default: tomorrow", "a date belongs here"),
        ("type: multiline, values: [a]", "an option of type `multiline` has no list of values"),
        ("type: boolean, values: [true]", "an option of type `boolean` has no list of values"),
        ("type: secret, default: hunter2", "a secret has no `default`"),
        ("type: secret, key: token", "a key path begins with `keys/`"),
        ("key: keys/project/web/x", "only a secret comes from a `key`"),
        ("type: number, pattern: x", "a `pattern` is for texts, and this option is of type `number`"),
        ("pattern: '('", "no regular expression: unclosed group"),
        ("pattern: '(\\w{1000}){1000}'", "the regular expression is too large"),
        ("pattern: '^v\\d+$', default: x1", "the value does not match the pattern `^v\\d+$`"),
        (
            "type: choice, values: [a], valuesFrom: {url: 'https://x/y'}",
            "an option has `values` or `valuesFrom`, not both",
        ),
        ("type: choice, valuesFrom: {}", "values come from a step"),
        ("type: choice, valuesFrom: {uses: a/b}", "the key `output` is missing"),
        ("type: choice, valuesFrom: {uses: a/b, output: c, url: 'https://x'}", "values come from a step"),
        ("type: choice, valuesFrom: {url: 'http://example.com/x'}", "an address begins with `https://`, unless"),
        ("type: choice, valuesFrom: {url: 'ftp://example.com/x'}", "an address begins with `https://`"),
        ("type: choice, valuesFrom: {url: 'https://me:pw@example.com/x'}", "an address holds no user"),
        ("type: choice, valuesFrom: {url: 'https:///x'}", "the address names no host"),
        ("type: choice, valuesFrom: {url: 'https://x/ä'}", "an address has at most"),
        ("type: number, valuesFrom: {url: 'https://x/y'}", "`valuesFrom` is a list of texts"),
        ("type: strings", "`strings` is none of the choices"),
        ("type: number, default: many", "a number belongs here"),
    ] {
        let lines = format!("options: [{{name: x, {option}}}]\nsteps: [{{uses: a/b}}]\n");
        let errors = shown(&refused(&lines));
        assert!(errors.lines().count() == 1 && errors.contains(said), "{lines}\n{errors}");
        assert!(!errors.contains("hunter2"), "{errors}");
    }
    for url in ["http://127.0.0.1:9/x", "http://localhost/x", "http://[::1]:80/x", "https://example.com:8443/x?y=z"] {
        job(&format!("options: [{{name: x, type: choice, valuesFrom: {{url: '{url}'}}}}]\nsteps: [{{uses: a/b}}]\n"));
    }
}

#[test]
fn there_are_bounds_to_everything() {
    let nested = |levels: usize| {
        format!(
            "steps: {}{{uses: a/b}}{}\n",
            "[{steps: ".repeat(levels - 1) + "[",
            "]".to_owned() + &"}]".repeat(levels - 1)
        )
    };
    job(&nested(8));
    assert!(shown(&refused(&nested(9))).contains("at most 8 levels deep"));
    let fan = |levels: usize| {
        format!("steps: {}[{{uses: a/b}}]{}\n", "[{parallel: {steps: ".repeat(levels - 1), "}}]".repeat(levels - 1))
    };
    job(&fan(8));
    assert!(shown(&refused(&fan(9))).contains("at most 8 levels deep"));
    let deepest = nested(200);
    assert_eq!(refused(&deepest).len(), 1, "the parser has its own bound");

    let steps = |count: usize| format!("steps: [{}]\n", vec!["{uses: a/b}"; count].join(", "));
    assert_eq!(job(&steps(1000)).steps.len(), 1000);
    assert_eq!(shown(&refused(&steps(1500))).matches("at most 1000 steps").count(), 1);
    let options: Vec<String> = (0..201).map(|number| format!("{{name: o{number}}}")).collect();
    assert!(
        shown(&refused(&format!("options: [{}]\n{}", options.join(", "), steps(1)))).contains("at most 200 options")
    );
    let many = vec!["{uses: nothing}"; 900].join(", ");
    assert_eq!(refused(&format!("steps: [{many}]\n")).len(), JobErrors::MOST);
    let huge = format!("description: {}\n{}", "x".repeat(10_001), steps(1));
    assert!(shown(&refused(&huge)).contains("a description has at most 10000 bytes"));
    let long = format!("steps: [{{id: a{}, uses: a/b}}]\n", "b".repeat(100));
    assert!(shown(&refused(&long)).contains("has at most 100 characters"));
}
