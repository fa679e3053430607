//! The steps of a job, one after another, at the same time, for each of several values, again after a failure.
//!
//! Everything here happens in one task: parallel branches are futures of it, so the order of what is recorded is the order
//! of what happened. What a single step does is a [`Worker`]'s business.

mod attempts;
mod each;
mod ledger;
mod parallel;
mod place;
mod sequence;
#[cfg(test)]
mod tests;
mod worker;

pub(crate) use ledger::{Begun, Ledger, Past};
pub(crate) use place::{Inside, Place, in_each_attempt};
pub(crate) use sequence::{INLINE, Ran, Walk, stopped};
pub(crate) use worker::{Attempted, Facts, Leaf, Left, Worker};
