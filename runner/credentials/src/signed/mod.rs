//! Calls of AWS services that are too few to link another SDK crate for: one signed request each, by the SDK's own
//! signer, to an API of JSON 1.1 or a Query API.
//!
//! Deliberately absent: models of the operations. Whoever calls writes what goes in and reads what comes out.

mod calls;
mod common;
mod error;
mod refusal;
mod service;

pub use calls::Calls;
pub use common::CommonError;
pub use error::CallError;
pub use service::AwsService;
pub(crate) use service::public_address;

#[cfg(test)]
mod tests;
