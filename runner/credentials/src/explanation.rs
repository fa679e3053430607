use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::{Because, Chosen};

/// How an account was resolved, hop by hop. `Display` is an aligned block of lines for people.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The project that asked; none of an account of the system by itself.
    pub project: Option<String>,
    /// The account that won.
    pub account: ShownAccount,
    /// Who named it.
    pub chosen: Chosen,
    /// The system's account of the same name, which the project's hides.
    pub hides: Option<ShownAccount>,
    /// The AWS account that STS must confirm.
    pub account_id: Option<String>,
    /// From the source to the last role.
    pub hops: Vec<Hop>,
    /// The region and who said so; nothing when a step or job must say it.
    pub region: Option<ShownRegion>,
    /// The regions that steps may use; empty allows all.
    pub allowed_regions: Vec<String>,
    /// What is risky, one sentence each.
    pub warnings: Vec<String>,
}

/// An account by its name, its scope and its place in the configuration.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownAccount {
    /// The name.
    pub name: String,
    /// ``the system`` or ``project `web` ``.
    pub scope: String,
    /// `path:line:column`.
    pub defined_at: String,
}

/// A step on the way to credentials.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum Hop {
    /// The first credentials.
    Source {
        /// The name of the source.
        name: String,
        /// Where they come from.
        from: String,
    },
    /// An account with no role of its own, by another name.
    Account(ShownAccount),
    /// A role that is assumed with them.
    AssumeRole {
        /// The account whose role it is, when several stand behind one another.
        account: Option<ShownAccount>,
        /// The role.
        arn: String,
        /// The first characters of the external ID, if one is sent.
        external_id: Option<String>,
        /// The session's name for an example job.
        session_name: String,
        /// How long a session lasts.
        duration_seconds: u64,
        /// Who is said to stand behind the session, for an example job.
        source_identity: Option<String>,
        /// The session's tags, as they are written.
        tags: BTreeMap<String, String>,
        /// Whether a step may do only what it declares; said of the last role.
        narrowed: Option<bool>,
        /// Where STS is asked; nothing as long as the region is open.
        sts: Option<String>,
    },
}

/// A region and who said so.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShownRegion {
    /// The region.
    pub name: String,
    /// Who said so.
    pub because: Because,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        line(f, "account", &self.account)?;
        line(f, "named by", self.chosen)?;
        if let Some(hidden) = &self.hides {
            line(f, "hides", hidden)?;
        }
        line(f, "account id", self.account_id.as_deref().unwrap_or("not given"))?;
        for hop in &self.hops {
            hop.lines(f)?;
        }
        match &self.region {
            Some(ShownRegion { name, because }) => line(f, "region", format_args!("{name}, by {because}"))?,
            None => line(f, "region", "open: a step or its job must set `region`")?,
        }
        match self.allowed_regions.as_slice() {
            [] => line(f, "allowed", "any region")?,
            regions => line(f, "allowed", regions.join(", "))?,
        }
        self.warnings.iter().try_for_each(|warning| line(f, "warning", warning))
    }
}

impl Hop {
    pub(crate) fn is_role(&self) -> bool {
        matches!(self, Self::AssumeRole { .. })
    }

    fn lines(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source { name, from } => line(f, "source", format_args!("{name}: {from}")),
            Self::Account(account) => line(f, "as account", account),
            Self::AssumeRole {
                account,
                arn,
                external_id,
                session_name,
                duration_seconds,
                source_identity,
                tags,
                narrowed,
                sts,
            } => {
                line(f, "then role", arn)?;
                account.iter().try_for_each(|account| line(f, "  of account", account))?;
                let external_id = external_id.as_deref().map_or("none".into(), |start| format!("set ({start})"));
                line(f, "  external ID", external_id)?;
                line(f, "  session", format_args!("{session_name}, {}", duration(*duration_seconds)))?;
                source_identity.iter().try_for_each(|name| line(f, "  identity", name))?;
                tags.iter().try_for_each(|(key, value)| line(f, "  tag", format_args!("{key} = {value}")))?;
                match narrowed {
                    Some(true) => line(f, "  may", "what the step declares and the role allows")?,
                    Some(false) => line(f, "  may", "whatever the role allows")?,
                    None => {}
                }
                line(f, "  asked at", sts.as_deref().unwrap_or("STS of the region"))
            }
        }
    }
}

impl fmt::Display for ShownAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of {} ({})", self.name, self.scope, self.defined_at)
    }
}

fn line(f: &mut fmt::Formatter<'_>, label: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(f, "{label:<14}{value}")
}

/// `1h`, `1h 30m`, `900s`.
fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds % 3600 / 60, seconds % 60) {
        (0, minutes, 0) => format!("{minutes}m"),
        (hours, 0, 0) => format!("{hours}h"),
        (hours, minutes, 0) => format!("{hours}h {minutes}m"),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!([900, 3600, 5400, 3601].map(duration), ["15m", "1h", "1h 30m", "3601s"]);
    }
}
