mod notifications;
mod rules;
mod schedules;

use std::path::Path;
use std::time::Duration;

use windlass_errors::{Report as _, render};

use crate::job::{Action, Concurrency, OnInterrupted, OptionKind, ValuesFrom, WhenFull};
use crate::testing::{file, job, refused, shown};
use crate::{Job, JobErrors, Retry};

/// All that a job file can say.
pub(crate) const EVERYTHING: &str = r"id: nightly
group: reports/daily
description: The nightly report
account: prod
accounts: [prod, stage]
region: eu-west-1
timeout: 2h
retry: {attempts: 2, backoff: 1m, on: [step.timed-out, 'cloudwatch-logs.*']}
concurrency: {limit: 2, whenFull: replace}
onInterrupted: resume
runsOn: [gpu, eu]
allowRepeat: true
options:
  - {name: hosts, type: list, values: [a, b, c], default: [a, b]}
  - {name: when, type: date, default: 2026-11-26}
  - {name: body, type: multiline}
  - {name: config, type: file}
  - {name: token, type: secret, key: keys/project/web/token}
  - {name: env, type: choice, values: [prod, stage], default: prod}
  - {name: version, pattern: '^v\d+$', description: which, required: true}
  - {name: cluster, type: choice, valuesFrom: {uses: shell/command, with: {script: ls}, output: names}}
  - {name: zone, type: choice, valuesFrom: {url: 'https://example.com/x.json'}}
schedules:
  - cron: 0 30 2 ? * MON-FRI
    name: nightly
    timeZone: Europe/Berlin
    options: {version: v1, hosts: [a]}
    calendars: [holidays, freeze]
    missed: runAll
    enabled: false
  - {every: 15m, options: {version: v2}}
  - {at: '2026-12-24T18:00:00+01:00', options: {version: v3}}
steps:
  - id: fetch
    uses: shell/command
    with: {script: ls}
    if: ${{ options.env == 'prod' }}
    timeout: 5m
    retry: {attempts: 3, backoff: 10s, on: [step.failed]}
    continueOnError: true
    account: ${{ options.env }}
    region: us-east-1
    onError:
      - uses: shell/command
        with: {script: ls, env: {TEXT: '${{ error.code }}: ${{ error.message }} in ${{ error.step }}'}}
  - id: fan
    parallel: {limit: 2, steps: [{uses: shell/command, with: {script: ls}}, {uses: shell/command, with: {script: ls}}]}
  - id: each
    forEach: {items: '${{ options.hosts }}', limit: 4}
    steps:
      - {uses: shell/command, with: {script: ls, env: {HOST: '${{ item }}'}}}
  - id: sub
    job: {name: other-job, options: {env: '${{ options.env }}'}}
outputs:
  report: ${{ steps.fetch.outputs.path }}
";

#[test]
fn everything_is_read() {
    let job = job(EVERYTHING);
    assert_eq!((job.identity().as_str(), job.group.as_deref()), ("id:nightly", Some("reports/daily")));
    assert_eq!(job.accounts.len(), 2);
    assert_eq!(job.timeout, Some(Duration::from_secs(7200)));
    let on = vec!["step.timed-out".to_owned(), "cloudwatch-logs.*".to_owned()];
    assert_eq!(job.retry, Some(Retry { attempts: 2, backoff: Duration::from_secs(60), on }));
    assert_eq!(job.concurrency, Concurrency { limit: 2, when_full: WhenFull::Replace });
    assert_eq!((job.on_interrupted, job.allow_repeat), (OnInterrupted::Resume, true));
    assert_eq!(job.runs_on, ["eu", "gpu"]);
    let kinds: Vec<OptionKind> = job.options.iter().map(|option| option.kind).collect();
    assert_eq!(
        kinds[..5],
        [OptionKind::List, OptionKind::Date, OptionKind::Multiline, OptionKind::File, OptionKind::Secret]
    );
    assert!(matches!(job.options[7].values_from, Some(ValuesFrom::Step(_))));
    assert!(matches!(job.options[8].values_from, Some(ValuesFrom::Url(_))));
    let ids: Vec<&str> = job.all_steps().map(|step| step.id.as_str()).collect();
    assert_eq!(ids, ["fetch", "step2", "fan", "step4", "step5", "each", "step7", "sub"]);
    assert!(matches!(job.steps[1].action, Action::Parallel { limit: Some(2), .. }));
    assert_eq!(job.steps[2].for_each.as_ref().map(|each| each.limit), Some(4));
    assert_eq!(job.outputs[0].name, "report");
    let schedules: Vec<String> =
        job.schedules.iter().map(|it| format!("{} {}", it.name, it.schedule.describe())).collect();
    let expected = [
        "nightly at 02:30 on Monday to Friday (Europe/Berlin)",
        "every 15m every 15 minutes",
        "at 2026-12-24T17:00:00Z once at 2026-12-24 17:00 (UTC)",
    ];
    assert_eq!(schedules, expected);
}

#[test]
fn little_is_enough() {
    let job = job("steps: [{uses: a/b}]\n");
    assert_eq!(job.identity(), "name:test");
    assert_eq!(job.concurrency, Concurrency { limit: 1, when_full: WhenFull::Queue });
    assert_eq!(job.on_interrupted, OnInterrupted::Fail);
    assert!(job.text().ends_with("steps: [{uses: a/b}]\n"));
    let attempts = "steps: [{uses: a/b, retry: {attempts: 1}}]\n";
    assert_eq!(first_retry(attempts).backoff, Retry::BACKOFF);
}

fn first_retry(lines: &str) -> Retry {
    job(lines).steps[0].retry.clone().unwrap()
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let errors = refused(
        "group: /x\ntimeout: 0s\noptions: [{name: A}, {name: b, type: choice}, {name: b}]\nsteps: [{id: x, uses: a}, {id: x, uses: a/b}]\n",
    );
    assert_eq!(
        shown(&errors),
        "job.invalid 1:8 a group is written `team/nightly`: parts on one line, not empty, separated by `/`\n\
         job.invalid 2:10 a timeout is longer than nothing\n\
         job.invalid 3:18 an option's name begins with a small letter, then letters, digits and `_`\n\
         job.invalid 3:29 a choice needs `values`\n\
         job.invalid 3:54 another option has this name already\n\
         job.invalid 4:23 a step type is written `plugin-name/step-name`\n\
         job.invalid 4:32 another step has the id `x` already (it stands in line 7; ids are unique in the whole job)\n"
    );
    let errors = JobErrors::new(errors).unwrap();
    assert!(errors.to_string().ends_with("(and 6 more problems)"), "{errors}");
    let rendered = render(&errors);
    for error in errors.iter() {
        assert!(rendered.contains(&error.to_string()), "{rendered}");
    }
}

/// Lines, and the start of what is wrong with them.
#[track_caller]
fn assert_refused(cases: &[(&str, &str)]) {
    for (lines, said) in cases {
        let errors = shown(&refused(lines));
        assert!(errors.starts_with(&format!("job.invalid {said}")), "{lines}\n{errors}");
        assert_eq!(errors.lines().count(), 1, "{lines}\n{errors}");
    }
}

#[test]
fn no_step_is_called_as_handlers_are() {
    let error = shown(&refused("steps: [{id: onError, uses: a/b}]\n"));
    assert!(error.starts_with("job.invalid 1:14 `onError` stands for the steps that handle a failure"), "{error}");
}

#[test]
fn a_description_is_to_be_read() {
    let text = |escape: &str| format!("description: \"a{escape}b\"\nsteps: [{{uses: a/b}}]\n");
    for (escape, shown) in [("\\0", "U+0000"), ("\\e", "U+001B"), ("\\x7f", "U+007F")] {
        let said = format!("1:14 a description is to be read, and has the control character {shown}");
        assert_refused(&[(&text(escape), &said)]);
    }
    assert_refused(&[(
        "options: [{name: x, description: \"\\0\"}]\nsteps: [{uses: a/b}]\n",
        "1:34 a description is to be read, and has the control character U+0000",
    )]);
    assert_eq!(job(&text("\\r\\n\\t\\u2028")).description.as_deref(), Some("a\r\n\t\u{2028}b"));
}

#[test]
fn unicode_is_welcome_where_people_read() {
    let text = "description: Größe ≥ 3 😀\ngroup: Büro/夜\nsteps: [{id: é, uses: a/b}]\n";
    assert!(shown(&refused(text)).starts_with("job.invalid 3:14 a step's id begins"));
    assert_eq!(job(&text.replace("é", "e")).group.as_deref(), Some("Büro/夜"));
    for name in ["a\\u0000b", "a\\nb", " a", "a ", ""] {
        let text = file("steps: [{uses: a/b}]\n").replace("name: test", &format!("name: \"{name}\""));
        let error = Job::parse(Path::new("job.yaml"), text).unwrap_err();
        assert!(error.to_string().contains("a job's name has 1 to 100 bytes"), "{error}");
        assert_eq!(error.code().as_str(), "job.invalid");
    }
}
