//! What the demo, `cargo verify`, the benches and the end-to-end tests share: real servers that others wrote, started
//! on loopback and never left behind, and one scripted server for the query states that none of them can show.
//!
//! Deliberately absent: an in-process fake of AWS, and any crate of the runner. Everything here drives the built
//! binary from outside, as a user would.

pub mod binaries;
pub mod chaos;
pub mod cluster;
pub mod crashes;
mod guarded;
mod http;
pub mod interrupt;
pub mod leaks;
pub mod metadata;
pub mod ministack;
pub mod netns;
pub mod old_kernel;
pub mod paths;
mod port;
pub mod postgres;
pub mod problem;
pub mod processes;
pub mod proxy;
pub mod python;
mod random;
pub mod recording;
pub mod scripted;
pub mod seeded;
pub mod standins;
pub mod terminal;
pub mod usage;
pub mod wait;

pub use guarded::{Guarded, Program};
pub use netns::Namespace;
pub use port::Port;
pub use postgres::Postgres;
pub use problem::{Context, Outcome, Problem};
pub use proxy::Proxy;
pub use random::Random;
pub use recording::Recording;
pub use scripted::ScriptedLogs;
pub use seeded::Seeded;
pub use standins::StandIns;
