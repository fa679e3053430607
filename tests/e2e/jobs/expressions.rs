//! Expressions: checked before anything runs, and what is none is left as it is.

use super::{assert_nothing_ran, job, place, printed};
use crate::installation::assert_names;
use serde_json::json;

/// A job whose second step has this text; the first would have run by then.
fn second_step(text: &str) -> String {
    let options = "options: [{name: status, default: '500'}, {name: empty}, {name: list, type: number}]\n";
    let text = text.replace('\n', "\n        ");
    format!(
        "{options}steps:\n  - uses: misbehave/noop\n  - uses: misbehave/fault\n    with:\n      kind: table-cell\n      text: |-\n        {text}\n"
    )
}

#[track_caller]
fn assert_refused(text: &str, code: &str, said: &[&str]) {
    let installation = job(&second_step(text));
    let ended = installation.run_job(&[]);
    let error = ended.failed(4, code);
    assert_names(error, said);
    assert_names(error, &[&place(&installation, text)]);
    assert!(!ended.stderr.contains("step1"), "the first step ran:\n{}", ended.stderr);
    assert_nothing_ran(&installation);
}

#[test]
fn an_undefined_option_is_told_before_anything_runs() {
    let code = "job.undefined-reference";
    assert_refused("${{ options.staus }}", code, &["`options.staus`", "did you mean `status`?"]);
    assert_refused("a ${{ options.status ~ options.x }} b", code, &["`options.x`", "`status`"]);
    assert_refused("${{ env.HOME }}", code, &["`env.HOME`", "`options.NAME`"]);
    assert_refused("${{ status }}", code, &["`status`", "`options.NAME`"]);
    assert_refused("${{ options['staus'] }}", code, &["options['staus']"]);
}

#[test]
fn a_faulty_expression_is_told_before_anything_runs() {
    let code = "job.invalid-expression";
    assert_refused("${{ 1 + }}", code, &["`1 +`", "syntax error"]);
    assert_refused("${{ options.status", code, &["no `}}`"]);
    assert_refused("${{ }}", code, &["expression ``"]);
    assert_refused("${{ options.status|nosuchfilter }}", code, &["nosuchfilter"]);
    assert_refused("${{ 'a' / 2 }}", code, &["`'a' / 2`"]);
    assert_refused("code ${{ options.empty }}", code, &["`options.empty` has no value", "a default"]);
    // A formula that runs away is stopped, in a moment.
    assert_refused("${{ range(1000000)|list|length }}", code, &["`range(1000000)|list|length`", "too many"]);
}

#[test]
fn values_are_put_into_a_text_of_several_lines() {
    let text = "first ${{ options.status }}\n  then ${{ options.status ~ 'x' }} and ${{ 1 + 1 }}\n\nlast";
    let ended = job(&second_step(text)).run_job(&["--output", "json", "-o", "status=a\nb"]);
    ended.ok();
    let wanted = "first a\nb\n  then a\nbx and 2\n\nlast";
    assert_eq!(printed(&ended)["steps"][1]["tables"]["faults"], json!([{ wanted: wanted }]));
}

#[test]
fn what_is_no_expression_stays_as_it_is() {
    let text = "$HOME ${HOME} $(id) {{x}} {{ options.status }} {% raw %} {# no comment #} }} \\n %s `id` ${{ '}}' }}";
    let ended = job(&second_step(text)).run_job(&["--output", "json"]);
    ended.ok();
    let wanted = text.replace("${{ '}}' }}", "}}");
    assert_eq!(printed(&ended)["steps"][1]["tables"]["faults"], json!([{ wanted.clone(): wanted }]));
}
