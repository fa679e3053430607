//! Plugins: finding them, checking them, and running their steps in restricted processes.
//!
//! The way of a step: [`Catalog`] finds the file by its ELF note without opening it, [`Library`] copies its bytes into a
//! sealed memory file and hashes them, [`run_step`] starts a plugin host (the program in `runner/plugin-host`), which
//! restricts itself, opens the memory file and calls the step once. Frames come back over a socket, log bytes over pipes.
//!
//! Deliberately absent: who may use which account, and what is kept of a step's output; the engine decides that.

mod budget;
mod catalog;
mod cgroup;
mod conversation;
mod error;
mod frames;
mod host_program;
mod identity;
mod library;
mod lifeline;
mod lock;
mod manifest;
mod opening;
mod process;
mod run;
mod safety;
mod scratch;
mod surroundings;

pub use catalog::{Catalog, Found};
pub use error::HostingError;
pub use frames::FrameReader;
pub use identity::Identity;
pub use library::{Form, Library};
pub use lifeline::{Lifeline, boottime};
pub use lock::{LockedPlugin, PluginLock};
pub use process::HostLimits;
pub use run::{Assignment, Described, Event, StepFailure, Stop, Timeout, describe, run_step};
pub use surroundings::{Connections, Sandbox, Surroundings};
