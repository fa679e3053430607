//! The master key of key storage, by AWS KMS: [`KeysOfKms`] asks it with the system account that the configuration names.
//!
//! It gets its credentials without key storage, which is what it opens; the settings have checked that. Nothing is asked
//! before a master key is needed, and what KMS opens is handed on and kept nowhere here.
//!
//! Deliberately absent: encrypting secrets by KMS one by one. It would be a call for each of them, and none of it would
//! work while KMS does not answer.

mod answer;
mod keys;
mod trouble;

pub use keys::KeysOfKms;
