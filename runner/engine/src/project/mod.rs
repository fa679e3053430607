//! A project's jobs as files: read, checked, compared with what is stored, applied as a whole.

mod apply;
mod export;
mod folder;
mod past;
mod plan;

pub use apply::Applied;
pub use export::{Exported, export};
pub use folder::{Folder, FolderCalendar, FolderJob, Invalid, calendars_beside};
pub use past::never_due;
pub use plan::{Change, Plan, Planned, PlannedCalendar};
