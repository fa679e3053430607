//! When a job is run by itself.

use serde_json::json;

use crate::testing::{job, refused, shown};
use crate::{Job, Missed, bind};

const STEPS: &str = "steps: [{uses: a/b}]\n";

fn with(schedules: &str) -> String {
    format!("schedules: {schedules}\n{STEPS}")
}

/// All that is wrong with these schedules, the first line below the header.
fn said(schedules: &str) -> String {
    shown(&refused(&with(schedules)))
}

#[test]
fn a_schedule_has_defaults() {
    let job = job(&with("[{cron: '@daily'}]"));
    let schedule = &job.schedules[0];
    assert_eq!((schedule.name.as_str(), schedule.missed, schedule.enabled), ("@daily", Missed::RunOnce, true));
    assert_eq!(schedule.schedule.describe(), "at 00:00 every day (UTC)");
    assert!(schedule.options.is_empty() && schedule.calendars.is_empty());
    assert_eq!(schedule.missed.word(), "runOnce");
}

#[test]
fn what_is_wrong_has_its_place_within_the_expression() {
    for (schedules, expected) in [
        ("[{cron: 0 25 * * *}]", "1:22 hour `25`: there is none (hours are 0 to 23)"),
        ("[{cron: '0 25 * * *'}]", "1:23 hour `25`"),
        ("[{cron: \"0 0 2 ? * 0\"}]", "1:31 weekday `0`: there is none (with six or seven fields weekdays are `SUN`"),
        ("[{cron: \"0 25 * *\\x20*\"}]", "1:20 hour `25`"),
        ("[{cron: 0 0 31 4 *}]", "1:20 the expression never fires: no day from 1970 to 2099 is like this"),
        ("[{cron: '@reboot'}]", "1:21 `@reboot` is no time"),
        ("[{every: 15}]", "1:21 "),
        ("[{every: 500ms}]", "1:21 an interval is 1s to 366d, in whole seconds"),
        ("[{at: tomorrow}]", "1:18 this is no moment (write `2026-12-24T18:00:00+01:00`"),
        ("[{at: '2026-12-24T18:00:00+01:00[Europe/Berlin]'}]", "1:18 this is no moment"),
        ("[{at: 2026-12-24T18:00}]", "1:18 it is not said whose clocks show this (write the offset behind it"),
        ("[{at: 2026-03-29T02:30, timeZone: Europe/Berlin}]", "1:18 clocks skip this time in Europe/Berlin"),
        ("[{at: 2026-10-25T02:30, timeZone: Europe/Berlin}]", "1:18 clocks show this time twice in Europe/Berlin"),
        (
            "[{at: 2026-10-25T02:30, timeZone: Berlin}]",
            "1:46 there is no time zone `Berlin` (did you mean `Europe/Berlin`?)",
        ),
        ("[{}]", "1:13 a schedule has one of the keys `cron`, `every` and `at`"),
        ("[{every: 1h, cron: '@daily'}]", "1:13 a schedule has one of the keys"),
        ("[{every: 1h, calendar: x}]", "1:25 there is no key `calendar` here (did you mean `calendars`?)"),
        ("[{every: 1h, calendars: [a b]}]", "1:37 a calendar's name has 1 to 100 letters"),
        ("[{every: 1h, calendars: [a, a]}]", "1:40 the calendar `a` is listed twice"),
        ("[{every: 1h, missed: never}]", "1:33 `never` is none of the choices"),
        ("[{every: 1h, name: ' x'}]", "1:31 a schedule's name has 1 to 100 bytes"),
        (
            "[{every: 1h}, {every: 60m}]",
            "1:26 another schedule is called `every 1h` already (give it a `name` of its own)",
        ),
        ("[{every: 1h, name: x}, {every: 2h, name: x}]", "1:53 another schedule is called `x` already"),
        ("[{every: 1h, options: [1]}]", "1:34 expected keys with values"),
    ] {
        let errors = said(schedules);
        assert!(errors.starts_with(&format!("job.invalid {expected}")), "{schedules}\n{errors}");
        assert_eq!(errors.lines().count(), 1, "{schedules}\n{errors}");
    }
    let minutes: Vec<String> = (0..60).map(|minute| minute.to_string()).collect();
    let long = format!("[{{cron: '{} 2 * * *'}}]", minutes.join(","));
    assert!(said(&long).contains("the text of this schedule's timing is no name (give it a `name`)"));
    let many = |count: usize| (1..=count).map(|hours| format!("{{every: {hours}h}}")).collect::<Vec<_>>().join(", ");
    assert_eq!(job(&with(&format!("[{}]", many(50)))).schedules.len(), 50);
    assert!(said(&format!("[{}]", many(51))).contains("a job has at most 50 schedules"));
    let calendars: Vec<String> = (0..21).map(|number| format!("c{number}")).collect();
    assert!(said(&format!("[{{every: 1h, calendars: [{}]}}]", calendars.join(", "))).contains("at most 20 calendars"));
}

#[test]
fn once_may_be_what_clocks_of_a_zone_show() {
    for at in [
        "2026-12-24T18:00, timeZone: Europe/Berlin",
        "'2026-12-24 18:00:00+01:00'",
        "2026-12-24T17:00:00Z",
        "2026-12-24T17:00:00.000999Z",
        "2026-12-24T18:00:00.000001, timeZone: Europe/Berlin",
    ] {
        let job = job(&with(&format!("[{{at: {at}}}]")));
        assert_eq!(job.schedules[0].name, "at 2026-12-24T17:00:00Z", "{at}");
    }
}

const OPTIONS: &str = "options:
  - {name: region, type: choice, values: [eu-west-1, us-east-1], required: true}
  - {name: count, type: number, default: 3}
  - {name: token, type: secret, key: keys/project/web/token, required: true}
  - {name: zones, type: choice, valuesFrom: {url: 'https://example.com/x'}}
";

fn given(options: &str) -> String {
    format!("{OPTIONS}schedules: [{{every: 1h{options}}}]\n{STEPS}")
}

#[test]
fn options_are_checked_as_those_of_a_run() {
    for (options, expected) in [
        ("", "6:13 option `region` is required, and the schedule gives none (give it in `options` of the schedule"),
        (", options: {count: 1}", "6:34 option `region` is required"),
        (
            ", options: {region: eu}",
            "6:43 option `region`: `eu` is none of the allowed values (allowed are: `eu-west-1`, `us-east-1`)",
        ),
        (", options: {region: us-east-1, count: many}", "6:61 option `count`: a number belongs here"),
        (", options: {region: us-east-1, cuont: 1}", "6:54 the job has no option `cuont` (did you mean `count`?)"),
        (", options: {region: us-east-1, token: hunter2}", "6:54 option `token` is a secret"),
        (", options: {region: us-east-1, count: '${{ 1 }}'}", "6:61 option `count`: a schedule gives values"),
    ] {
        let errors = shown(&refused(&given(options)));
        assert!(errors.starts_with(&format!("job.invalid {expected}")), "{options}\n{errors}");
        assert!(errors.lines().count() == 1 && !errors.contains("hunter2"), "{options}\n{errors}");
    }
    let no_key = given(", options: {region: us-east-1}").replace(", key: keys/project/web/token", "");
    let errors = shown(&refused(&no_key));
    assert!(
        errors.contains("option `token` is required, and the schedule gives none (give the option a `key`"),
        "{errors}"
    );
}

#[test]
fn the_values_of_a_schedule_are_those_of_a_run() {
    let job: Job = job(&given(", options: {region: us-east-1, zones: whatever}"));
    let bound = bind(&job, &"web".parse().unwrap(), &job.schedules[0].given()).unwrap();
    assert_eq!(json!(bound.values), json!({"region": "us-east-1", "count": 3, "token": null, "zones": "whatever"}));
    assert!(bound.secrets.contains_key("token"));
}
