//! The role that a token of an `OpenID` Connect provider may assume (AWS SDKs and Tools reference guide, "Assume role
//! credential provider"), such as the service account of a Kubernetes pod (IRSA).

use std::path::Path;

use secrecy::SecretString;
use windlass_settings::{RoleArn, WebIdentity};

use crate::cause::Cause;
use crate::clients::Http;
use crate::environment::{ROLE_ARN, WEB_IDENTITY_TOKEN_FILE};
use crate::failure::Failure;
use crate::sts::{Place, assume_with_web_identity};
use crate::{Credentials, Environment};

/// A token has a few kilobytes (AWS STS API reference, `AssumeRoleWithWebIdentity`: at most 20,000 characters).
const LONGEST_TOKEN: u64 = 20_000;

/// The role's keys. The token is read anew each time: Kubernetes replaces it.
pub(crate) async fn fetch(
    http: &Http,
    sts: &Place,
    environment: &Environment,
    given: &WebIdentity,
) -> Result<Credentials, Failure> {
    let role = match &given.role {
        Some(role) => role.clone(),
        None => {
            let arn = environment.get(ROLE_ARN).ok_or(Failure::NoWebIdentity { variable: ROLE_ARN })?;
            let unusable = |reason: String| Failure::Variable { variable: ROLE_ARN, source: Cause::new(reason) };
            RoleArn::parse(arn).map_err(unusable)?
        }
    };
    let path = match &given.token_file {
        Some(path) => path.clone(),
        None => {
            let path = environment.get(WEB_IDENTITY_TOKEN_FILE);
            path.ok_or(Failure::NoWebIdentity { variable: WEB_IDENTITY_TOKEN_FILE })?.into()
        }
    };
    let token = read(&path).map_err(|source| Failure::TokenFile { path, source })?;
    assume_with_web_identity(http, sts, &role, &token).await
}

fn read(path: &Path) -> Result<SecretString, Cause> {
    let length = std::fs::metadata(path).map_err(|error| Cause::new(error.to_string()))?.len();
    if length > LONGEST_TOKEN {
        return Err(Cause::new(format!("it has {length} bytes, more than any token")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| Cause::new(error.to_string()))?;
    match text.trim() {
        "" => Err(Cause::new("it is empty")),
        token => Ok(token.into()),
    }
}
