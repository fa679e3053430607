//! Stores of AWS that are mounted in key storage: what lies below a mount is read there when it is needed.
//!
//! A mount's account is resolved like that of a step, and its sessions have a name of their own. Values are kept for a
//! minute in memory, so that a hundred steps make one call, and nowhere else.
//!
//! Deliberately absent: writing (people and rotations change secrets where they are), and accounts whose own secret
//! lies below a mount: those who read here get their credentials from key storage without mounts, so nothing can go
//! round in a circle.

mod fetched;
mod mount;
mod mounts;
mod parameter_store;
mod secrets_manager;
mod store;
mod trouble;

pub use mounts::Mounts;
