//! Job files that are refused: each with the place, the nearest name where there is one, and nothing run.

use super::{assert_nothing_ran, job, place};
use crate::installation::{Installation, assert_names};

const NOOP: &str = "steps: [{uses: misbehave/noop}]\n";

/// A job of these lines is refused with this code; its error names the place of `wrong` and `said`.
#[track_caller]
fn assert_refused(lines: &str, code: &str, wrong: &str, said: &[&str]) {
    let installation = job(lines);
    let ended = installation.run_job(&[]);
    let error = ended.failed(4, code);
    assert_names(error, &[&place(&installation, wrong)]);
    assert_names(error, said);
    assert_eq!(ended.stdout, "");
    assert_nothing_ran(&installation);
}

#[test]
fn an_unknown_key_has_its_place_and_the_nearest() {
    assert_refused("stepz: []\n", "job.invalid", "stepz", &["`stepz`", "did you mean `steps`?"]);
    let step = "steps:\n  - uses: misbehave/noop\n    timeuot: 5s\n";
    assert_refused(step, "job.invalid", "timeuot", &["`timeuot`", "did you mean `timeout`?"]);
    let option = format!("{NOOP}options:\n  - {{name: a, requierd: true}}\n");
    assert_refused(&option, "job.invalid", "requierd", &["did you mean `required`?"]);
}

#[test]
fn an_unknown_key_of_a_step_type_has_its_place_and_the_nearest() {
    let lines = "steps:\n  - uses: misbehave/lines\n    with:\n      count: 1\n      byts: 100\n";
    let said = ["`misbehave/lines`", "there is no key `byts`", "did you mean `bytes`?"];
    assert_refused(lines, "job.invalid-step", "byts", &said);
    // Misspelt, a required key is missing as well; which one was meant is the more useful half.
    let lines = "steps:\n  - uses: misbehave/lines\n    with: {cuont: 1}\n";
    assert_refused(lines, "job.invalid-step", "cuont", &["there is no key `cuont`", "did you mean `count`?"]);
    let lines = "steps:\n  - uses: misbehave/fault\n    with:\n      kind: stderr-line\n      txet: a\n";
    assert_refused(lines, "job.invalid-step", "txet", &["there is no key `txet`", "did you mean `text`?"]);
}

#[test]
fn a_value_that_does_not_fit_the_step_type_has_its_place() {
    for (with, wrong, said) in [
        ("{count: many}", "many", &["`count` has the wrong type", "`integer`"][..]),
        ("{count: 1, bytes: 7}", "7", &["`bytes` must be at least 20"]),
        ("{count: 1, through: stdot}", "stdot", &["`through` is none of the choices", "did you mean `stdout`?"]),
        ("{bytes: 100}", "{bytes", &["the key `count` is missing"]),
        ("[1]", "[1]", &["`with` has the wrong type", "`object`"]),
        ("{count: 1, count: 2}", "count: 2", &["the key `count` is given twice"]),
    ] {
        let code = if said[0].contains("twice") { "job.invalid" } else { "job.invalid-step" };
        assert_refused(&format!("steps:\n  - uses: misbehave/lines\n    with: {with}\n"), code, wrong, said);
    }
    let lines = "steps:\n  - uses: misbehave/fault\n    with:\n      kind: pnic\n";
    assert_refused(lines, "job.invalid-step", "pnic", &["`kind` is none of the choices", "did you mean `panic`?"]);
}

#[test]
fn an_unknown_step_type_has_its_place_and_the_nearest() {
    let code = "job.unknown-step-type";
    let plugin = "steps:\n  - uses: misbehav/noop\n";
    assert_refused(plugin, code, "misbehav/", &["no plugin `misbehav`", "did you mean `misbehave`?"]);
    let step = "steps:\n  - uses: misbehave/nop\n";
    assert_refused(step, code, "misbehave/", &["`misbehave`", "no step `nop`", "did you mean `noop`?"]);
    let form = "steps:\n  - uses: noop\n";
    assert_refused(form, "job.invalid", "noop", &["`plugin-name/step-name`"]);
}

#[test]
fn steps_have_ids_of_their_own_and_there_is_one() {
    let twice = "steps:\n  - {id: a, uses: misbehave/noop}\n  - {uses: misbehave/noop, id: a}\n";
    assert_refused(twice, "job.invalid", "a}", &["another step has the id `a`"]);
    // The second step is called `step2` when it is not named, which the first took.
    let taken = "steps:\n  - {id: step2, uses: misbehave/noop}\n  - {uses: misbehave/rows}\n";
    assert_refused(taken, "job.invalid", "{uses: misbehave/rows", &["another step has the id `step2`"]);
    let dashed = "steps:\n  - {id: one-two, uses: misbehave/noop}\n";
    assert_refused(dashed, "job.invalid", "one-two", &["letters, digits and `_`"]);
    assert_refused("steps: []\n", "job.invalid", "[]", &["at least one step"]);
    assert_refused("description: x\n", "job.invalid", "description", &["the key `steps` is missing"]);
}

#[test]
fn times_have_a_unit_and_are_longer_than_nothing() {
    assert_refused(&format!("timeout: 5\n{NOOP}"), "job.invalid", "5", &["`30s`"]);
    assert_refused("steps: [{uses: misbehave/noop, timeout: 0s}]\n", "job.invalid", "0s", &["longer than nothing"]);
}

#[test]
fn another_kind_of_file_is_told_before_its_keys() {
    let installation = Installation::new("projects: [{name: web}]\n");
    let configuration = installation.folder().join("windlass.yaml");
    let ended = installation.run(&["run", configuration.to_str().unwrap(), "--project", "web"]);
    let error = ended.failed(4, "job.invalid");
    assert_names(error, &[&installation.place_of("Configuration"), "`Configuration`", "a `Job` is expected"]);
}

#[test]
fn a_job_file_that_cannot_be_read_is_named() {
    let installation = Installation::new("projects: [{name: web}]\n");
    let folder = installation.folder().to_str().unwrap();
    for (file, why) in [("/nowhere/job.yaml", "No such file"), (folder, "directory"), ("/dev/zero", "larger than")] {
        let ended = installation.run(&["run", file, "--project", "web"]);
        assert_names(ended.failed(4, "job.unreadable"), &[&format!("`{file}`"), why]);
    }
}

#[test]
fn a_project_that_is_not_configured_runs_nothing() {
    let installation = job(NOOP);
    let file = installation.folder().join("job.yaml");
    let ended = installation.run(&["run", file.to_str().unwrap(), "--project", "wbe"]);
    assert_names(ended.failed(3, "project.unknown"), &["`wbe`", "did you mean `web`?"]);
    assert_nothing_ran(&installation);

    let installation = Installation::new("");
    installation.job(NOOP);
    assert_names(installation.run_job(&[]).failed(3, "project.unknown"), &["`web`", "`projects` in the configuration"]);
}
