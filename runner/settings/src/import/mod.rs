//! Accounts of other systems, read from their files as they stand there.
//!
//! A reader makes of each account a definition in our own form, which our own rules check. What comes out besides is told:
//! a key that means nothing here with its value, a key that nobody knows, a value that only the other system could resolve,
//! and whatever is different here. An account that cannot work is refused with its reason and stops no other.
//!
//! Deliberately absent: writing to the database or to key storage, and guessing. Nothing falls back to an identity that the
//! file does not name.

mod note;
mod outcome;
pub mod rundeck;
pub mod spinnaker;
mod unresolved;

pub use note::{Note, NoteKind};
pub use outcome::{Imported, ImportedKey, Refused};
