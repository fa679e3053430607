//! Whether notifications can be sent.

use super::Check;
use super::scope::Scope;
use crate::Job;

impl<'a> Check<'a> {
    pub(super) fn notifications(&mut self) {
        let job: &'a Job = self.job;
        for notification in &job.notifications {
            self.step(&notification.step, &mut Scope::of_event());
        }
    }
}
