//! The calendars of projects, as far as schedules ask for them.

use jiff::Timestamp;
use windlass_store::{ScheduleRow, Store, StoreError};

/// Calendars by project and name.
pub(super) struct Calendars;

impl Calendars {
    pub(super) async fn of(_store: &Store, _rows: &[ScheduleRow]) -> Result<Self, StoreError> {
        Ok(Self)
    }

    /// Why one of these calendars forbids a time.
    pub(super) fn forbids(&self, _project: &str, _names: &[String], _at: Timestamp) -> Option<String> {
        None
    }
}
