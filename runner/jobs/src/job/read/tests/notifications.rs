//! Who is told what happens.

use std::time::Duration;

use crate::testing::{job, refused, shown};
use crate::{Event, Job, Retry, SlowerThan};

fn with(notifications: &str) -> String {
    format!("notifications: {notifications}\noptions: [{{name: env}}]\nsteps: [{{uses: a/b}}]\n")
}

fn said(notifications: &str) -> String {
    shown(&refused(&with(notifications)))
}

#[test]
fn a_notification_is_a_step() {
    let job =
        job(&with("[{on: [failure, slow], slowerThan: 150%, uses: notify/slack, with: {text: hi}, account: prod}]"));
    let notification = &job.notifications[0];
    assert_eq!(notification.on, [Event::Failure, Event::Slow]);
    assert_eq!(notification.slower_than, Some(SlowerThan::PartOfUsual(150)));
    assert_eq!(notification.step.uses().unwrap().to_string(), "notify/slack");
    assert_eq!(job.all_steps().count(), 1);
    assert_eq!(job.all_used().count(), 2);
}

/// What is run for it has nothing of the job but its places.
#[test]
fn the_job_that_tells_has_one_step_that_is_tried_again() {
    let job = job(&format!(
        "account: prod\ntimeout: 1h\nretry: {{attempts: 2}}\n{}",
        with("[{on: [start], uses: notify/slack}]")
    ));
    let notifying: Job = job.notifying(0).unwrap();
    assert_eq!((notifying.steps.len(), notifying.steps[0].id.as_str()), (1, "notify"));
    let tries = Retry { attempts: 6, backoff: Duration::from_secs(10), on: Vec::new() };
    assert_eq!((&notifying.retry, notifying.timeout), (&Some(tries), None));
    assert_eq!(notifying.steps[0].timeout, Some(Duration::from_secs(120)));
    assert!(notifying.notifications.is_empty() && notifying.options.is_empty());
    assert_eq!(notifying.account, job.account);
    assert!(job.notifying(1).is_none());
}

#[test]
fn its_own_time_and_tries_hold() {
    let job = job(&with("[{on: [start], uses: a/b, timeout: 5s, retry: {attempts: 2, backoff: 1s}}]"));
    let notifying = job.notifying(0).unwrap();
    assert_eq!(notifying.retry.map(|retry| retry.attempts), Some(2));
    assert_eq!((notifying.steps[0].timeout, notifying.steps[0].retry.is_none()), (Some(Duration::from_secs(5)), true));
}

#[test]
fn what_is_wrong_has_its_place() {
    for (notifications, expected) in [
        ("[{on: [], uses: a/b}]", "1:17 `on` names nothing to tell (there are `start`, `success`, `failure`"),
        ("[{on: [fail], uses: a/b}]", "1:23 `fail` is none of the choices"),
        ("[{on: [start, start], uses: a/b}]", "1:30 `start` is named twice"),
        ("[{on: [slow], uses: a/b}]", "1:17 `slow` needs `slowerThan`"),
        ("[{on: [start], slowerThan: 5m, uses: a/b}]", "1:43 `slowerThan` is for `slow`"),
        ("[{on: [slow], slowerThan: 100%, uses: a/b}]", "1:42 `slowerThan` is a time, or 101% to 10000%"),
        ("[{on: [slow], slowerThan: long, uses: a/b}]", "1:42 "),
        ("[{on: [start], uses: slack}]", "1:37 a step type is written `plugin-name/step-name`"),
        ("[{on: [start]}]", "1:18 the key `uses` is missing"),
        ("[{on: [start], uses: a/b, steps: []}]", "1:42 there is no key `steps` here"),
    ] {
        let said = said(notifications);
        assert!(said.starts_with(&format!("job.invalid {expected}")), "{notifications}\n{said}");
        assert_eq!(said.lines().count(), 1, "{notifications}\n{said}");
    }
}
