//! Calendars that schedules name.

use windlass_errors::nearest_hint;

use super::Check;
use crate::Job;

impl<'a> Check<'a> {
    pub(super) fn calendars(&mut self) {
        let job: &'a Job = self.job;
        let Some(known) = &self.known.calendars else { return };
        for named in job.schedules.iter().flat_map(|schedule| &schedule.calendars) {
            if !known.contains(named.name.as_str()) {
                let hint = nearest_hint(&named.name, known.iter().copied());
                let message = format!("the project has no calendar `{}`", named.name);
                self.wrong("job.unknown-calendar", named.at, message, Some(hint));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use windlass_settings::ProjectName;

    use crate::testing::{job, shown};
    use crate::{Known, check};

    #[test]
    fn a_calendar_that_there_is_not_has_the_nearest() {
        let job = job("schedules: [{every: 1h, calendars: [holidays, freze]}]\nsteps: [{uses: a/b}]\n");
        let said = |calendars: Option<&[&'static str]>| {
            let known = Known {
                plugins: [("a", None)].into(),
                calendars: calendars.map(|names| names.iter().copied().collect()),
                ..Known::default()
            };
            shown(&check(&job, &ProjectName::parse("web").unwrap(), &known))
        };
        assert_eq!(said(None), "");
        assert_eq!(said(Some(&["holidays", "freze", "unused"])), "");
        let unknown = "job.unknown-calendar 1:47 the project has no calendar `freze` (did you mean `freeze`?)\n";
        assert_eq!(said(Some(&["holidays", "freeze"])), unknown);
        assert_eq!(said(Some(&[])).matches("(there are none)").count(), 2);
    }
}
