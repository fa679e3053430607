//! Notifications.

use windlass_settings::yaml::{Position, Spanned};

use super::Rules;
use crate::job::shape::{NotificationFile, StepFile};
use crate::job::{Event, Notification, SlowerThan};

/// The part of the usual time that is no sign of anything.
const LEAST_PERCENT: u32 = 101;
const MOST_PERCENT: u32 = 10_000;

impl Rules<'_> {
    pub(super) fn notifications(&mut self, read: Vec<Spanned<NotificationFile>>) -> Vec<Notification> {
        if let Some(one) = read.get(Notification::MOST) {
            self.wrong(one, format!("a job has at most {} notifications", Notification::MOST));
        }
        read.into_iter().take(Notification::MOST).filter_map(|one| self.notification(one)).collect()
    }

    fn notification(&mut self, read: Spanned<NotificationFile>) -> Option<Notification> {
        let at = Position::from(&read);
        let NotificationFile { on, slower_than, uses, with, account, region, timeout, retry } = read.value;
        let on = self.events(&on, at);
        let is_slow = on.contains(&Event::Slow);
        match &slower_than {
            None if is_slow => {
                self.wrong_with(
                    at,
                    "`slow` needs `slowerThan`",
                    "write `slowerThan: 30m`, or `150%` of the usual time",
                );
            }
            Some(text) if !is_slow => self.wrong_with(text, "`slowerThan` is for `slow`", "add `slow` to `on`"),
            _ => {}
        }
        let slower_than = slower_than.and_then(|text| self.slower_than(&text));
        let uses = Some(uses);
        let file = StepFile { uses, with, account, region, timeout, retry, ..StepFile::default() };
        let step = self.notifying_step(file, at)?;
        Some(Notification { on, slower_than, step, at })
    }

    fn events(&mut self, read: &[Spanned<Event>], at: Position) -> Vec<Event> {
        let mut on: Vec<Event> = Vec::new();
        for event in read {
            if on.contains(&event.value) {
                self.wrong(event, format!("`{}` is named twice", event.value.word()));
            }
            on.push(event.value);
        }
        if on.is_empty() {
            let words = Event::ALL.map(|event| format!("`{}`", event.word())).join(", ");
            self.wrong_with(at, "`on` names nothing to tell", format!("there are {words}"));
        }
        on
    }

    fn slower_than(&mut self, text: &Spanned<String>) -> Option<SlowerThan> {
        let Some(percent) = text.value.strip_suffix('%') else {
            return self.timeout(text).map(SlowerThan::Time);
        };
        match percent.trim().parse() {
            Ok(percent @ LEAST_PERCENT..=MOST_PERCENT) => Some(SlowerThan::PartOfUsual(percent)),
            _ => {
                let message =
                    format!("`slowerThan` is a time, or {LEAST_PERCENT}% to {MOST_PERCENT}% of the usual one");
                self.wrong_with(text, message, "write `30m` or `150%`");
                None
            }
        }
    }
}
