//! Calls of CloudWatch Logs; queries there: starting, watching, reading and stopping one.

mod backoff;
mod calls;
mod caret;
mod failure;
mod patience;
mod site;
mod start;
mod stop;
mod watch;

pub(crate) use calls::{About, Calls};
pub(crate) use site::{Ask, Site};
pub(crate) use start::{Need, Started};
pub(crate) use stop::stop;
pub(crate) use watch::{Complete, Watch};
