use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Checker;
use crate::layers::Merged;
use crate::text::{at_least_one, parse_count, parse_duration};
use crate::{Retention, Server};

const MOST_EXECUTIONS: u32 = 1000;
const LONGEST_STOP: Duration = Duration::from_secs(3600);
/// A machine that has much to do is late by some hundred milliseconds; nobody waits for an hour.
const LEASES: RangeInclusive<Duration> = Duration::from_secs(3)..=Duration::from_secs(300);
/// Looking reads all jobs; nobody needs it to the second.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(60);

fn check_label(label: &str) -> Result<(), String> {
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let is_label = (1..=100).contains(&label.len()) && label.bytes().all(fine);
    if is_label { Ok(()) } else { Err("a label has letters, digits, `.`, `_` and `-`, at most 100".to_owned()) }
}

impl Checker<'_> {
    pub(super) fn server(&mut self, merged: &Merged) -> Option<Server> {
        let server = &merged.server;
        let most =
            self.value("server.maxExecutions", &server.max_executions, |text| parse_count(text, 1..=MOST_EXECUTIONS));
        let of_project = match &server.project_executions {
            Some(text) => self.value("server.projectExecutions", text, at_least_one),
            None => most,
        };
        let grace = self.value("server.stopGrace", &server.stop_grace, |text| {
            let grace = parse_duration(text)?;
            if grace > LONGEST_STOP { Err("the grace period is at most 1h".to_owned()) } else { Ok(grace) }
        });
        let lease = self.value("server.lease", &server.lease, |text| match parse_duration(text)? {
            lease if LEASES.contains(&lease) => Ok(lease),
            _ => Err("a lease is 3s to 5m".to_owned()),
        });
        self.each("server.labels", &server.labels, check_label);
        let labels: BTreeSet<String> = server.labels.iter().cloned().collect();
        let labels = labels.into_iter().collect();
        let (max_executions, project_executions) = (most?, of_project?);
        Some(Server { max_executions, project_executions, stop_grace: grace?, lease: lease?, labels })
    }

    pub(super) fn retention(&mut self, merged: &Merged) -> Option<Retention> {
        let retention = &merged.retention;
        let age = self.value("retention.maxAge", &retention.max_age, parse_age);
        let failed = match &retention.failed.max_age {
            Some(text) => self.value("retention.failed.maxAge", text, parse_age),
            None => age,
        };
        let count = self.value("retention.maxCount", &retention.max_count, at_least_one);
        let interval = self.value("retention.interval", &retention.interval, |text| {
            let interval = parse_duration(text)?;
            if interval < SHORTEST_INTERVAL { Err("the interval is at least 1m".to_owned()) } else { Ok(interval) }
        });
        Some(Retention { max_age: age?, failed_max_age: failed?, max_count: count?, interval: interval? })
    }
}

fn parse_age(text: &str) -> Result<Duration, String> {
    let age = parse_duration(text)?;
    if age.is_zero() { Err("an age of 0 keeps no execution at all".to_owned()) } else { Ok(age) }
}
