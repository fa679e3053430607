//! What leads the AWS CLI and SDKs of a step to its account, and nowhere else (AWS SDKs and Tools Reference Guide,
//! "Environment variables support").

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use windlass_plugin_api::Context;

use crate::endpoint;
use crate::private::Private;
use crate::services::endpoint_variables;
use crate::token::Token;

/// Variables that SDKs prefer to the step's credentials, or that say which these are.
const LEAD_AWAY: [&str; 16] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CREDENTIAL_FILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_DEFAULT_REGION",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "BOTO_CONFIG",
];

/// Whether a step with an account may not have this variable from its job.
pub(crate) fn leads_away(variable: &str) -> bool {
    LEAD_AWAY.contains(&variable)
}

/// Begins to answer the step's commands, and gives the variables that lead them there. Files of the user with profiles are
/// out of sight: SDKs prefer them. A job may name others, but none of boto's, whose keys botocore prefers too.
pub(crate) fn variables(context: &Context, private: &Private) -> io::Result<Vec<(String, OsString)>> {
    let token = Token::new(context.token().ok_or_else(|| io::Error::other("the runner gave no token"))?);
    let file = private.write("account.token", 0o600, token.as_bytes())?;
    let uri = endpoint::serve(context.clone(), token)?;
    let region = context.region().unwrap_or_default();
    let mut variables: Vec<(String, OsString)> = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", uri.into()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.into_os_string()),
        ("AWS_REGION", region.into()),
        ("AWS_DEFAULT_REGION", region.into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("AWS_CONFIG_FILE", "/dev/null".into()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()),
        ("BOTO_CONFIG", "/dev/null".into()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    for (prefix, url) in context.endpoints() {
        variables.extend(endpoint_variables(prefix).into_iter().map(|name| (name, url.into())));
    }
    if let Some(certificates) = context.certificates() {
        variables.push(("AWS_CA_BUNDLE".to_owned(), bundle(certificates, private)?.into_os_string()));
    }
    Ok(variables)
}

/// A bundle replaces the authorities that a program knows, so those of the system are in it too.
fn bundle(certificates: &str, private: &Private) -> io::Result<PathBuf> {
    let mut bundle = match openssl_probe::probe().cert_file {
        Some(file) => std::fs::read(file)?,
        None => Vec::new(),
    };
    bundle.push(b'\n');
    bundle.extend_from_slice(certificates.as_bytes());
    private.write("authorities.pem", 0o600, &bundle)
}
