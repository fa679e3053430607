//! References of other jobs, and jobs that are run again.

use std::path::Path;

use super::{said, said_beside};
use crate::Job;

/// A job of another name.
fn named(name: &str, lines: &str) -> Job {
    let text = format!("apiVersion: windlass/v1\nkind: Job\nname: {name}\n{lines}");
    Job::parse(Path::new("other.yaml"), text).unwrap()
}

fn other() -> Job {
    named(
        "other",
        "options:
  - {name: env, type: choice, values: [prod, stage], required: true}
  - {name: count, type: number, default: 1}
  - {name: token, type: secret, required: true}
  - {name: stored, type: secret, required: true, key: keys/project/web/s}
steps: [{id: a, uses: demo/free}]
outputs: {report: '${{ steps.a.state }}'}
",
    )
}

fn refer(options: &str) -> String {
    let own = "options: [{name: env}, {name: t, type: secret}]\n";
    said_beside(&format!("{own}steps: [{{job: {{name: other, options: {options}}}}}]\n"), &[other()])
}

#[test]
fn options_of_the_other_job_are_checked() {
    for options in [
        "{env: prod, token: '${{ options.t }}'}",
        "{env: '${{ options.env }}', count: 3, token: '${{ options.t }}'}",
        "{env: prod, token: '${{ options.t }}', stored: '${{ options.t }}', count: }",
    ] {
        assert_eq!(refer(options), "", "{options}");
    }
    for (options, expected) in [
        ("{}", "job.invalid-option 2:22 job `other` needs the options `env` and `token` (give it in"),
        (
            "{evn: prod, env: prod, token: '${{ options.t }}'}",
            "job.invalid-option 2:39 job `other` has no option `evn` (did you mean `env`?)",
        ),
        (
            "{env: pord, token: '${{ options.t }}'}",
            "option `env`: `pord` is none of the allowed values (allowed are: `prod`, `stage`)",
        ),
        ("{env: prod, count: many, token: '${{ options.t }}'}", "option `count`: a number belongs here"),
        ("{env: prod, token: hunter2}", "option `token` is a secret, and its value is no secret option"),
        ("{env: prod, token: '${{ options.env }}'}", "option `token` is a secret"),
        ("{env: '${{ options.t }}', token: '${{ options.t }}'}", "job.secret-misplaced 2:44 the secret option `t`"),
        ("{env: prod, token: ['${{ options.t }}']}", "job.secret-misplaced"),
        ("{env: '${{ options.nope }}', token: '${{ options.t }}'}", "`options.nope` is not defined"),
    ] {
        let said = refer(options);
        assert!(said.contains(expected), "{options}\n{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn the_other_job_is_there_and_has_the_output() {
    assert!(
        said("steps: [{job: {name: othre}}]\n")
            .contains("job.unknown-job 1:22 the project has no job `othre` (there are none)")
    );
    let wrong = said_beside("steps: [{job: {name: othre}}]\n", &[other()]);
    assert!(wrong.contains("(did you mean `other`?)"), "{wrong}");
    let uses = |output: &str| {
        let from = named("simple", "steps: [{uses: demo/free}]\noutputs: {report: 1}\n");
        said_beside(
            &format!(
                "steps: [{{id: s, job: {{name: simple}}}}, {{uses: demo/free, with: {{x: '${{{{ {output} }}}}'}}}}]\n"
            ),
            &[from],
        )
    };
    assert_eq!(uses("steps.s.outputs.report"), "");
    assert!(
        uses("steps.s.outputs.reprot").contains("`steps.s.outputs.reprot` is not defined (did you mean `report`?)")
    );
}

#[test]
fn a_job_does_not_start_itself() {
    let refers = |name: &str, to: &str| {
        named(name, &format!("steps: [{{uses: demo/free, onError: [{{job: {{name: {to}}}}}]}}]\n"))
    };
    assert!(said("steps: [{steps: [{job: {name: test}}]}]\n").contains("job.cycle 1:31 job `test` refers to itself"));
    let others = [refers("a", "b"), refers("b", "c"), refers("c", "test"), refers("d", "a"), refers("x", "x")];
    let cycle = said_beside("steps: [{job: {name: d}}]\n", &others);
    assert!(cycle.contains("job.cycle 1:22 job `test` refers to itself: over `d`, `a`, `b`, `c`"), "{cycle}");
    assert_eq!(
        said_beside("steps: [{job: {name: x}}]\n", &others),
        "",
        "a cycle of others is told where they are checked"
    );
    let long: Vec<Job> = (0..300).map(|number| refers(&format!("j{number}"), &format!("j{}", number + 1))).collect();
    assert_eq!(said_beside("steps: [{job: {name: j0}}]\n", &long), "");
}

#[test]
fn only_what_is_safe_to_repeat_is_restarted() {
    let run = |id: &str| format!("{{id: {id}, uses: demo/run, with: {{count: 1}}}}");
    let steps = format!(
        "steps: [{{uses: demo/free}}, {{steps: [{}]}}, {{uses: demo/free, onError: [{}]}}]\n",
        run("a"),
        run("b")
    );
    let expected = "job.not-repeatable 2:37 the job has `onInterrupted: restart`, and steps `a`, `b` are not safe to repeat (add `allowRepeat: true`";
    let restart = said(&format!("onInterrupted: restart\n{steps}"));
    assert!(restart.contains(expected) && restart.lines().count() == 1, "{restart}");
    for policy in ["onInterrupted: restart\nallowRepeat: true\n", "onInterrupted: fail\n", "onInterrupted: resume\n"] {
        assert_eq!(said(&format!("{policy}{steps}")), "", "{policy}");
    }
    assert_eq!(said("onInterrupted: restart\nsteps: [{uses: demo/free}, {uses: shy/x}]\n"), "");

    let risky = named("risky", &format!("steps: [{}]\n", run("c")));
    let reference = "onInterrupted: restart\nsteps: [{id: r, job: {name: risky}}]\n";
    assert!(said_beside(reference, std::slice::from_ref(&risky)).contains("and step `r` is not safe to repeat"));
    let mut allowed = risky;
    allowed.allow_repeat = true;
    assert_eq!(said_beside(reference, &[allowed]), "");
}
