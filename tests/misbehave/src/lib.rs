//! A plugin that misbehaves on request: what tests run to show that a plugin harms nothing but its own step, and what
//! benches run to measure a step that does nothing, or only writes.
//!
//! Each kind of harm is an ordinary function, in a file a family. Never install it.

mod bulk;
mod ending;
mod fault;
mod flood;
mod forge;
mod keeper;
mod leak;
mod look;
mod offer;
mod tell;

pub use bulk::{Counted, Lines, Noop, Rows};
pub use fault::{Fault, Seen};
pub use keeper::{Keeper, Kept};
pub use leak::Leak;
pub use offer::{Offer, Offered};
pub use tell::Tell;

windlass_plugin_api::export_plugin! {
    name: "misbehave",
    title: "Misbehave",
    description: "Misbehaves on request, for tests.",
    steps: [Fault, Keeper, Leak, Noop, Lines, Offer, Rows, Tell],
}
