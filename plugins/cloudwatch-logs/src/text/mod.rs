//! What can be told about a query by reading it.

mod nature;
mod pipeline;
mod plot;

pub(crate) use nature::{Direction, Nature, POINTER};
pub(crate) use plot::Plot;
