//! When a schedule is due, and which times a calendar forbids.
//!
//! A [`Schedule`] is a [`Timing`] (cron, an interval, one moment) in a [`Zone`]; [`Schedule::after`] gives the next time it is
//! [`Due`], with a [`Note`] where the clock jumped. Everything here is a function of its arguments, so that all members of an
//! installation, whatever their machine, come to the same times: time zones are those of the IANA database that is built in, never
//! the machine's.
//!
//! Deliberately absent: the clock, the database, and what is done about a time that was missed.

mod calendar;
mod cron;
mod due;
mod instants;
mod schedule;
mod words;
mod zone;

pub use calendar::{Calendar, CalendarDay, CalendarError, CalendarRule, Dates, Events, EventsError, Hours, Verdict};
pub use cron::{CronError, Expression, Field};
pub use due::{Due, Note};
pub use schedule::{Every, Schedule, ScheduleError, Timing};
pub use zone::{UnknownZone, Zone};
