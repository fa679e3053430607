//! Calendars: which times are allowed and which are forbidden.

mod events;
mod rule;
mod stored;

use jiff::Timestamp;

pub use events::{Events, EventsError};
pub use rule::{CalendarDay, CalendarRule, Dates, Hours};

use crate::Zone;

/// Times that are allowed or forbidden, by a name that schedules give.
///
/// What a `forbidden` rule says is forbidden; when there are `allowed` rules, so is all that none of them says. It is stored as
/// JSON, the texts of its iCalendar files in it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "stored::Stored", into = "stored::Stored")]
pub struct Calendar {
    /// Unique in its project.
    pub name: String,
    /// For people.
    pub description: Option<String>,
    /// Whose dates and hours its rules mean.
    pub zone: Zone,
    /// What is forbidden, whatever is allowed.
    pub forbidden: Vec<CalendarRule>,
    /// What alone is allowed; everything when there are none.
    pub allowed: Vec<CalendarRule>,
}

/// What a calendar says of a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be.
    Allowed,
    /// It may not be.
    Forbidden {
        /// By which rule of which calendar, for people: `` `holidays`: Christmas (2026-12-25) ``.
        by: String,
    },
}

/// A stored calendar that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the stored calendar cannot be read: {0}")]
pub struct CalendarError(pub(crate) String);

impl Calendar {
    /// The most rules that it may have, forbidden and allowed ones each.
    pub const MOST_RULES: usize = 200;

    /// Whether a time is allowed.
    pub fn verdict(&self, at: Timestamp) -> Verdict {
        let local = self.zone.time_zone().to_datetime(at);
        if let Some(what) = self.forbidden.iter().find_map(|rule| rule.holds(at, local)) {
            return Verdict::Forbidden { by: format!("`{}`: {what}", self.name) };
        }
        if !self.allowed.is_empty() && !self.allowed.iter().any(|rule| rule.holds(at, local).is_some()) {
            return Verdict::Forbidden { by: format!("`{}`: outside of what it allows", self.name) };
        }
        Verdict::Allowed
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a calendar is texts")
    }

    /// Out of what was stored.
    ///
    /// # Errors
    /// What is wrong with it; it was written by a version that knows more, or by none.
    pub fn from_json(text: &str) -> Result<Self, CalendarError> {
        serde_json::from_str::<stored::Stored>(text).map_err(|error| CalendarError(error.to_string()))?.try_into()
    }
}

#[cfg(test)]
mod tests;
