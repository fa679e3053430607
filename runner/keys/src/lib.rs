//! Key storage: secrets at rest, and secrets kept out of logs.
//!
//! Each secret is encrypted with a data key of its own, which the master key wraps; both are bound to the path and the
//! version of the secret, so that a record copied to another path or under another version is refused. What this cannot
//! notice is a whole old record put back at its own path by someone who may write the database. The master key is a
//! file outside the data directory, so that a backup of that directory alone opens nothing.
//!
//! Deliberately absent: who may read which path (that is decided before a path gets here), other places for the master
//! key, and its rotation; each record names its master key so that both can come.

mod envelope;
mod error;
mod finder;
mod forms;
mod mask_stream;
mod masker;
mod master;
mod master_file;
mod storage;

pub use error::KeyError;
pub use mask_stream::MaskStream;
pub use masker::{MASK, Masker};
pub use storage::{KeyEntry, KeyStorage, LONGEST};
