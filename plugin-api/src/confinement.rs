//! What a host may use, as its runner tells it in the first frame, and how well it is contained, as it answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a host, its plugin, and whatever that starts may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Confinement {
    /// The most memory of one process in bytes: the address space of a library's, what a program's may write to.
    pub memory_bytes: u64,
    /// The most processes and threads that a program and its children may be at a time.
    pub processes: u64,
    /// Which files.
    pub files: Files,
    /// Which connections.
    pub network: NetworkAccess,
}

/// Which files a host may use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Files {
    /// Reads shared libraries, certificates and the resolver's files; writes nothing. Started by root it is `nobody`.
    Libraries,
    /// Reads and starts what the system has installed, uses its scratch folder. Started by root it is `nobody`.
    Programs {
        /// An absolute path; the folder belongs to the user that the host becomes.
        scratch: String,
    },
    /// All that the user may use, but nothing below these folders, its scratch folder excepted.
    AllBut {
        /// Absolute paths.
        hidden: Vec<String>,
        /// An absolute path.
        scratch: String,
    },
    /// All that the user may use: nothing is restricted, the network neither. An administrator has allowed that.
    Unconfined {
        /// An absolute path.
        scratch: String,
    },
}

impl Files {
    /// The folder that the step may fill and that is removed after it.
    pub fn scratch(&self) -> Option<&str> {
        match self {
            Self::Libraries => None,
            Self::Programs { scratch } | Self::AllBut { scratch, .. } | Self::Unconfined { scratch } => Some(scratch),
        }
    }
}

/// Which connections a host may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NetworkAccess {
    /// No sockets: connections come from the runner's broker.
    Brokered,
    /// Its own, over IPv4, IPv6 and Unix sockets.
    Direct,
}

/// How a program is started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Program {
    /// What it is called: its first argument.
    pub name: String,
    /// Its further arguments.
    pub arguments: Vec<String>,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
}

/// How well a step is contained, from well to badly; the order is that of the variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Containment {
    /// Files, system calls, and no connection but the runner's.
    Full,
    /// No connection but the runner's; something else is missing on this kernel.
    Partial,
    /// It makes its own connections, and so may reach whatever the machine reaches.
    Open,
}

impl Containment {
    /// The level of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Full, Self::Partial, Self::Open].into_iter().find(|level| level.as_str() == text)
    }

    /// How it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::Open => "open",
        }
    }
}
