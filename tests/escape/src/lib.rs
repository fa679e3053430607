//! A plugin that tries every way out of its network that is known, by raw system calls and by what `plugin-api` offers,
//! and reports what the system said to each.
//!
//! It stands apart from `misbehave` because it carries an HTTP client, and a bench measures how fast that other one is
//! loaded. Never install it.

mod attempt;
mod connection;
mod connects;
mod escape;
mod packets;
mod raw;
mod sockets;
mod ways;

pub use attempt::{Attempt, Attempts};
pub use connects::{Connects, DirectConnects, Took};
pub use escape::{Direct, Escape};

windlass_plugin_api::export_plugin! {
    name: "escape",
    title: "Escape",
    description: "Tries to get to where it may not connect, for tests.",
    steps: [Escape, Direct, Connects, DirectConnects],
}
