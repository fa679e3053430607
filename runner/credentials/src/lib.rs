//! From the name of an account to AWS credentials that a step may use.
//!
//! An account is resolved as a whole from one scope ([`resolve()`]), its credentials come from the one source that it
//! names ([`Sessions`]), and each answer can be explained without touching the network ([`explain()`]).
//!
//! Deliberately absent: the SDK's default chain. It tries environment, files, container and instance in turn, so a
//! stray `AWS_ACCESS_KEY_ID` on the runner would win over "EC2 instance role". Each source is built directly instead,
//! and one that fails is an error, never a reason to try the next.

mod cache;
mod cause;
mod clients;
mod container;
mod credentials;
mod document;
mod documents;
mod environment;
mod error;
mod explain;
mod explanation;
mod failure;
mod instance;
mod profile;
mod region;
mod remedy;
mod resolve;
mod session_policy;
mod sessions;
mod signed;
mod sts;
mod sts_refusal;
#[cfg(test)]
mod testing;
mod verify;
mod web_identity;

pub use credentials::Credentials;
pub use documents::{
    CallersPolicy, DocumentError, Finding, Grantee, Identity, Kind, Permissions, Policy, Service, Template,
    TrustPolicy, callers_policies, literal, managed_side, managing_side, services_trust, trust,
};
pub use environment::Environment;
pub use error::{AccountError, SessionError};
pub use explain::explain;
pub use explanation::{Explanation, Hop, ShownAccount, ShownRegion};
pub use region::{Because, Region};
pub use resolve::{
    Chosen, Request, Resolved, account_named, account_of, chain, known_project, resolve, resolve_to_verify,
};
pub use session_policy::{SessionPolicy, TooLong};
pub use sessions::{Attribution, Sessions};
pub use signed::{AwsService, CallError, Calls, CommonError};
pub use verify::{CheckKind, Checked, Checks, Outcome, Verification};
