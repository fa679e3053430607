//! Looking for secrets where none may be: in files, in the database, in outputs, and in the command lines and
//! environments of processes while they run.
//!
//! It knows nothing of how the runner masks: the forms in which a secret may stand are worked out here once more, so
//! that one mistake does not hide another.

mod database;
mod forms;
mod sampler;
mod search;

pub use database::{Cell, cells};
pub use sampler::{Sample, Sampler};
pub use search::{Find, Search, Secret};
