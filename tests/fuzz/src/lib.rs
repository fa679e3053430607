//! Hostile input for everything that the runner and its hosts read from plugins: what the targets in `targets/` share.
//!
//! A [`Case`] begins with a valid [`Seed`] and edits it, since random bytes alone do not get past the first check. Edits
//! are derived types, so that bolero draws them and shrinks them when an input fails. [`hold`] runs a test with each case
//! and bounds it: the memory of its thread is counted by the allocator, its time is watched from another thread.
//!
//! Deliberately absent: coverage feedback, which needs a nightly compiler. What it would find is in the seeds and in the
//! [`Odd`] values instead; both are the place to add what a new check makes reachable.

mod case;
mod edit;
mod hold;
mod lines;
mod meter;
mod odd;
mod tree;
mod watch;

pub use case::{Case, Seed};
pub use edit::{Edit, extreme};
pub use hold::{Bounds, hold, seconds};
pub use lines::LineEdit;
pub use odd::{HIDDEN, Odd, SCHEMAS};
pub use tree::TreeEdit;
