//! The IAM documents that somebody must create so that an account works: what its role may do, whom it trusts, what those
//! may assume who assume it, and CloudFormation templates of both sides; and whether a trust policy that there is
//! already lets in others than it should.
//!
//! Documents are types, and the same input gives the same bytes. Deliberately absent: asking AWS. What the configuration
//! does not say, such as the ARN of the managing identity, has to be given.

mod assumed;
mod callers;
mod check;
mod error;
mod identity;
mod permissions;
mod policy;
mod service;
mod template;
mod trust;

pub use callers::{CallersPolicy, Grantee, callers_policies};
pub use check::{Finding, Kind, TrustPolicy};
pub use error::DocumentError;
pub use identity::Identity;
pub use permissions::Permissions;
pub use policy::{Policy, literal};
pub use service::Service;
pub use template::{Template, managed_side, managing_side};
pub use trust::{services_trust, trust};
