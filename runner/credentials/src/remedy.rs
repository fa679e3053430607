use windlass_errors::Report as _;
use windlass_settings::{Account, Chain, Role, Source};

use crate::error::link;
use crate::failure::{Failed, Failure, Hop, Service};
use crate::signed::CommonError;

const TURN_ON: &str =
    "turn the metadata service on: `aws ec2 modify-instance-metadata-options --http-endpoint enabled`";
const TURN_ON_TOKENS: &str = "turn IMDSv2 on: `aws ec2 modify-instance-metadata-options --http-tokens required` (or \
                              `optional`); Windlass never falls back to IMDSv1";
const ONE_MORE_HOP: &str = "in a container the token needs one more hop: \
                            `aws ec2 modify-instance-metadata-options --http-put-response-hop-limit 2`";
const ATTACH_ROLE: &str = "attach an instance profile with a role: `aws ec2 associate-iam-instance-profile`";
const NOT_IN_ECS: &str = "Windlass does not run in ECS, or its task definition has no `taskRoleArn`: neither \
                          `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` nor `AWS_CONTAINER_CREDENTIALS_FULL_URI` is set";
const NOT_IN_A_POD: &str = "Windlass runs in no EKS pod with a pod identity association (`aws eks \
                            create-pod-identity-association`), or the pod is older than it: \
                            `AWS_CONTAINER_CREDENTIALS_FULL_URI` and `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` must be set";
const NO_SERVICE_ACCOUNT: &str = "EKS sets `AWS_ROLE_ARN` and `AWS_WEB_IDENTITY_TOKEN_FILE` in pods whose service account \
                                  has the annotation `eks.amazonaws.com/role-arn`; elsewhere write `role` and \
                                  `tokenFile` below `web-identity`";
const PROVIDER_TRUSTED: &str = "the trust policy of the role must name the identity provider of the token as `Federated` principal, allow \
                                `sts:AssumeRoleWithWebIdentity`, and have conditions that this service account meets";
const TOKEN_FILE_READABLE: &str = "the user that Windlass runs as must be able to read it; Kubernetes projects it into the \
                                   pod";
const AGENTS_VARIABLE: &str =
    "the ECS agent or the EKS pod identity agent sets it; a name other than `localhost` needs https";

/// What to do about a failure on the way to an account's credentials. Commands are those of the AWS CLI; the meaning of the options is in the
/// EC2 user guide, "Configure the Instance Metadata Service options".
pub(crate) fn remedy(failed: &Failed, chain: &Chain) -> Option<String> {
    let failure = &failed.why;
    let text = match failure {
        Failure::Unreachable { service, .. } => unreachable(service),
        Failure::TokenRefused { status: 403, .. } => TURN_ON,
        Failure::TokenRefused { .. } => TURN_ON_TOKENS,
        Failure::TokenLost { .. } => ONE_MORE_HOP,
        Failure::NoInstanceRole { .. } => ATTACH_ROLE,
        Failure::NoTaskRole => NOT_IN_ECS,
        Failure::NoPodIdentity => NOT_IN_A_POD,
        Failure::NoWebIdentity { .. } => NO_SERVICE_ACCOUNT,
        Failure::TokenFile { .. } => TOKEN_FILE_READABLE,
        Failure::Refused { service, status, .. } => refused(service, *status),
        Failure::Garbled { .. } => "check that the address is that of a credentials service",
        Failure::Variable { .. } => AGENTS_VARIABLE,
        Failure::Sts { code, said, .. } => sts(code, said.as_deref().unwrap_or_default()),
        _ => return particular(failed, chain),
    };
    Some(text.to_owned())
}

/// The remedies that name something of the account.
fn particular(Failed { why, hop }: &Failed, chain: &Chain) -> Option<String> {
    let account = link(chain, hop);
    match why {
        Failure::Profile { name, .. } => Some(format!(
            "`aws sts get-caller-identity --profile {name}` must work; with SSO, log in by \
             `aws sso login --profile {name}`"
        )),
        Failure::ProfileMfa { profile, .. } => Some(format!(
            "log in by SSO or a `credential_process` that knows the device, or give the account the source `access-key` with \
             what `aws configure export-credentials --profile {profile}` prints"
        )),
        Failure::Key(error) => error.help(),
        Failure::KeyNotText(path) => Some(format!("store it again: `windlass key set --overwrite {path}`")),
        Failure::RoleDenied { .. } if *hop == Hop::Source => Some(PROVIDER_TRUSTED.to_owned()),
        Failure::RoleDenied { said } => Some(role_denied(account.role.as_ref()?, said.as_deref())),
        Failure::KeysRefused { code, .. } => Some(keys_refused(code, offered(chain, account))),
        Failure::Mismatch { .. } => Some(format!("correct `accountId`, `assumeRole` or `source` at {}", account.place)),
        _ => None,
    }
}

/// The source of the keys with which a role is assumed; nothing when they are those of a role before it.
fn offered<'a>(chain: &'a Chain, account: &Account) -> Option<&'a Source> {
    let first = chain.links().find(|link| link.role.is_some());
    let are_the_sources = first.is_none_or(|first| first.name == account.name && first.scope == account.scope);
    are_the_sources.then(|| chain.source())
}

fn unreachable(service: &Service) -> &'static str {
    match service {
        Service::Instance(_) => {
            "Windlass must run on an EC2 instance, with its metadata service on and port 80 of that address open \
             to it; elsewhere give the account another `source`"
        }
        Service::Container(_) => "it answers only inside the task or pod that it was made for; is its agent running?",
        Service::Sts(_) => {
            "check DNS and egress to that address; `endpoints.sts` names another, such as a VPC endpoint"
        }
    }
}

fn refused(service: &Service, status: u16) -> &'static str {
    match (service, status) {
        (Service::Instance(_), 200) => "the role of the instance profile must trust `ec2.amazonaws.com`",
        (Service::Instance(_), _) => {
            "look at the service's options: \
             `aws ec2 describe-instances --query 'Reservations[].Instances[].MetadataOptions'`"
        }
        (_, 401 | 403) => {
            "it wants the token of `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` (or `AWS_CONTAINER_AUTHORIZATION_TOKEN`); \
             it is missing or wrong"
        }
        (_, 404) => "the path in the credentials URI is not one of this task",
        _ => "the log of the ECS agent or the EKS pod identity agent says why",
    }
}

/// The conditions of `AssumeRole` (AWS STS API reference; IAM user guide, "Access to AWS accounts owned by
/// third parties"). STS gives one and the same answer for all of them.
fn role_denied(role: &Role, said: Option<&str>) -> String {
    let caller = said.and_then(principal).unwrap_or_else(|| "the caller".to_owned());
    let external_id = match role.external_id {
        Some(_) => "; its condition `sts:ExternalId` must equal the account's `externalId`",
        None => "; if it has a condition `sts:ExternalId`, the account needs that `externalId`",
    };
    format!(
        "the trust policy of the role must name {caller} as principal{external_id}; \
         and the caller's own policies must allow `sts:AssumeRole` on `{}`",
        role.arn
    )
}

/// Whom a trust policy names to allow the caller in "User: ARN is not authorized to perform: ...". For a session that is
/// its role: the session's own ARN fits a single instance or task, and lacks the role's path (AWS IAM user guide, "AWS
/// JSON policy elements: Principal").
fn principal(said: &str) -> Option<String> {
    let (_, after) = said.split_once("User: ")?;
    let (arn, _) = after.split_once(" is not authorized")?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, _, "", account, resource] = parts[..] else { return None };
    Some(match resource.strip_prefix("assumed-role/").and_then(|rest| rest.split_once('/')) {
        Some((role, _)) => format!("`arn:{partition}:iam::{account}:role/{role}` (with its path, if it has one)"),
        None => format!("`{arn}`"),
    })
}

/// AWS STS API reference, "Common errors".
fn keys_refused(code: &str, source: Option<&Source>) -> String {
    match (CommonError::of(code), source) {
        (Some(CommonError::Clock), _) => "set the clock of the runner's machine".to_owned(),
        (Some(CommonError::Signature), Some(Source::AccessKey(key))) => {
            format!("`{}` is not the secret of `{}`; or the runner's clock is wrong", key.secret, key.id)
        }
        (_, Some(Source::AccessKey(key))) => {
            format!("`{}` does not exist, is inactive, has ended, or belongs to another partition", key.id)
        }
        (_, Some(Source::WebIdentity(_))) => {
            "the token has ended, is for another audience than `sts.amazonaws.com`, or its provider is not known to the \
             AWS account of the role"
                .to_owned()
        }
        (_, Some(Source::Profile(name))) => {
            format!("its keys may have expired: `aws sso login --profile {name}` or renew them")
        }
        _ => "the source's keys have expired or belong to another partition than the region; check the runner's clock"
            .to_owned(),
    }
}

/// AWS STS API reference, `AssumeRole` and "Common errors".
fn sts(code: &str, said: &str) -> &'static str {
    match code {
        "RegionDisabledException" => {
            "activate STS in that region (IAM console, account settings, of the account that owns the role), \
             or choose another region"
        }
        "ValidationError" if said.contains("DurationSeconds") => {
            "shorten `sessionDuration`: the role's maximum session duration is less, and an hour at most for a role \
             that is assumed from a role"
        }
        "PackedPolicyTooLarge" | "PackedPolicyTooLargeException" => {
            "the session's policy and tags together are too large for AWS: name fewer resources in the step, or shorten \
             `sessionTags`"
        }
        "MalformedPolicyDocument" | "MalformedPolicyDocumentException" => {
            "an action or a resource that the step type declares is none; tell its author, or set `sessionPolicy: none`"
        }
        "Throttling" | "ThrottlingException" => {
            "ask again later; a `sessionName` without `{{execution}}` lets executions share sessions"
        }
        _ => "the AWS STS API reference explains the code",
    }
}

#[cfg(test)]
mod tests;
