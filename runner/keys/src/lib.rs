//! Key storage: secrets at rest, and secrets kept out of logs.
//!
//! Each secret is encrypted with a data key of its own, which the master key wraps; both are bound to the path and the
//! version of the secret, so that a record copied to another path or under another version is refused. What this cannot
//! notice is a whole old record put back at its own path by someone who may write the database. The master key is a
//! file outside the data directory, so that a backup of that directory alone opens nothing.
//!
//! Another master key can take its place while everything goes on: see [`KeyStorage::rotate_master_key`]. Each record
//! names the one that wraps it, and the database says which there are; a process that lacks one is refused. A master key
//! may lie in its file as AWS KMS encrypted it; [`Kms`] opens it for as long as the process lives.
//!
//! Below a mount nothing lies here: [`Elsewhere`] says which paths these are, and reads there.
//!
//! Deliberately absent: who may read which path (that is decided before a path gets here), how KMS is called, and what
//! other stores there are.

mod elsewhere;
mod entry;
mod envelope;
mod error;
mod finder;
mod forms;
mod kinds;
mod kms;
mod mask_stream;
mod masker;
mod master;
mod master_file;
mod masters;
mod ring;
mod rotation;
mod storage;
mod wrapped;

pub use elsewhere::{Elsewhere, Reading};
pub use entry::{Folder, KeyEntry};
pub use error::KeyError;
pub use kms::{DataKey, Kms, KmsKey};
pub use mask_stream::MaskStream;
pub use masker::{MASK, Masker, masked_badly};
pub use rotation::Rotated;
pub use storage::{KeyStorage, LONGEST};
pub use windlass_store::SecretKind;
