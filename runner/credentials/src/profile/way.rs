//! From a profile through its `source_profile`s to where the first keys are (AWS SDKs and Tools reference guide, "Assume role
//! credential provider").

use aws_config::profile::{Profile, ProfileSet};

use crate::Credentials;
use crate::cause::Cause;
use crate::failure::Failure;

/// Where the first keys are, and the roles that are assumed from there on, in that order.
pub(super) struct Way<'a> {
    pub(super) base: Base<'a>,
    pub(super) roles: Vec<Role<'a>>,
}

/// Where a profile has its keys.
pub(super) enum Base<'a> {
    Keys(Credentials),
    WebIdentity {
        role: &'a str,
        token_file: &'a str,
    },
    /// The command of `credential_process`.
    Helper(&'a str),
    /// By `credential_source`: `Ec2InstanceMetadata`, `EcsContainer`, `Environment`.
    Instance,
    Container,
    Variables,
    /// The name of a profile of IAM Identity Center.
    Sso(&'a str),
}

/// What a profile says of a role, as it is written.
pub(super) struct Role<'a> {
    pub(super) profile: &'a str,
    pub(super) arn: &'a str,
    pub(super) external_id: Option<&'a str>,
    pub(super) session_name: Option<&'a str>,
    pub(super) seconds: Option<&'a str>,
}

impl<'a> Way<'a> {
    pub(super) fn of(profiles: &'a ProfileSet, name: &str) -> Result<Self, Failure> {
        let unusable = |why: String| Failure::Profile { name: name.to_owned(), source: Cause::new(why) };
        let (mut roles, mut seen) = (Vec::new(), Vec::new());
        let mut next = name;
        let base = loop {
            let profile =
                profiles.get_profile(next).ok_or_else(|| unusable(format!("profile `{next}` was not defined")))?;
            if seen.contains(&next) {
                return Err(unusable(format!("its `source_profile`s lead back to profile `{next}`")));
            }
            seen.push(next);
            if !roles.is_empty()
                && let Some(keys) = keys(profile)
            {
                break Base::Keys(keys);
            }
            let Some(role) = role(profile) else { break base(profile).map_err(unusable)? };
            if profile.get("mfa_serial").is_some() {
                return Err(Failure::ProfileMfa { name: name.to_owned(), profile: next.to_owned() });
            }
            roles.push(role);
            match (profile.get("source_profile"), profile.get("credential_source")) {
                (Some(source), None) if source == next => break own(profile).map_err(unusable)?,
                (Some(source), None) => next = source,
                (None, Some(source)) => break named(source).map_err(unusable)?,
                _ => {
                    let both = "must have either `source_profile` or `credential_source` beside its `role_arn`";
                    return Err(unusable(format!("profile `{next}` {both}")));
                }
            }
        };
        roles.reverse();
        Ok(Self { base, roles })
    }
}

/// The role that a profile is; that of a web identity token is where keys come from.
fn role(profile: &Profile) -> Option<Role<'_>> {
    let arn = profile.get("role_arn").filter(|_| profile.get("web_identity_token_file").is_none())?;
    Some(Role {
        profile: profile.name(),
        arn,
        external_id: profile.get("external_id"),
        session_name: profile.get("role_session_name"),
        seconds: profile.get("duration_seconds"),
    })
}

/// In the order in which the SDKs look.
fn base(profile: &Profile) -> Result<Base<'_>, String> {
    let source = profile.get("credential_source").map(named);
    match (source, profile.get("role_arn"), profile.get("web_identity_token_file")) {
        (Some(source), ..) => return source,
        (None, Some(role), Some(token_file)) => return Ok(Base::WebIdentity { role, token_file }),
        _ if has_sso(profile) => return Ok(Base::Sso(profile.name())),
        _ => {}
    }
    match (profile.get("credential_process"), keys(profile)) {
        (Some(command), _) => Ok(Base::Helper(command)),
        (None, Some(keys)) => Ok(Base::Keys(keys)),
        (None, None) => {
            Err(format!("profile `{}` lacks `aws_access_key_id` or `aws_secret_access_key`", profile.name()))
        }
    }
}

/// That of a profile which names itself as its `source_profile`.
fn own(profile: &Profile) -> Result<Base<'_>, String> {
    match (keys(profile), profile.get("credential_process")) {
        (Some(keys), _) => Ok(Base::Keys(keys)),
        (None, Some(command)) if !has_sso(profile) => Ok(Base::Helper(command)),
        _ => Err(format!(
            "profile `{}` names itself as `source_profile` without keys: name another, with what gives the keys",
            profile.name()
        )),
    }
}

fn named<'a>(source: &str) -> Result<Base<'a>, String> {
    match source.to_ascii_lowercase().as_str() {
        "ec2instancemetadata" => Ok(Base::Instance),
        "ecscontainer" => Ok(Base::Container),
        "environment" => Ok(Base::Variables),
        _ => Err(format!("`credential_source` knows no `{source}`")),
    }
}

fn has_sso(profile: &Profile) -> bool {
    ["sso_session", "sso_start_url", "sso_account_id", "sso_role_name", "login_session"]
        .into_iter()
        .any(|key| profile.get(key).is_some())
}

fn keys(profile: &Profile) -> Option<Credentials> {
    Some(Credentials {
        access_key_id: profile.get("aws_access_key_id")?.to_owned(),
        secret_access_key: profile.get("aws_secret_access_key")?.into(),
        session_token: profile.get("aws_session_token").map(Into::into),
        expires_at: None,
    })
}
