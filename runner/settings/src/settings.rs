use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::{Account, AccountName, ProjectName};

/// The whole configuration, checked. Another type than the file's shape: whoever holds one need not check again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the database, logs and artifacts live.
    pub data_dir: PathBuf,
    /// The file with the master key of key storage; never inside `data_dir`.
    pub master_key_file: PathBuf,
    /// Where plugins are looked for, in this order.
    pub plugin_dirs: Vec<PathBuf>,
    /// The system account of a step for which neither step, job nor project names one.
    pub default_account: Option<AccountName>,
    /// The system's accounts.
    pub accounts: Vec<Account>,
    /// The projects, each with accounts of its own.
    pub projects: Vec<Project>,
    /// Addresses that replace the public ones.
    pub endpoints: Endpoints,
    /// Bounds on what a step may use.
    pub limits: Limits,
}

impl Settings {
    /// The project of that name.
    pub fn project(&self, name: &ProjectName) -> Option<&Project> {
        self.projects.iter().find(|project| project.name == *name)
    }
}

/// A unit of scoping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Unique.
    pub name: ProjectName,
    /// For people.
    pub description: Option<String>,
    /// The account of a step for which neither step nor job names one: this project's, or else the system's of that name.
    pub default_account: Option<AccountName>,
    /// The project's own accounts.
    pub accounts: Vec<Account>,
}

/// Addresses of AWS services that replace the public ones: `https`, or `http` on loopback. System-wide only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// The instance metadata service.
    pub imds: Option<String>,
    /// Other services by their endpoint prefix: `sts`, `logs`, ...
    pub services: BTreeMap<String, String>,
}

/// Bounds on what a step may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory of one plugin host, in bytes.
    pub step_memory_bytes: u64,
    /// What one step may write to its log and rows, in bytes.
    pub step_output_bytes: u64,
    /// How long a cancelled step may take to end before it is killed.
    pub cancel_grace: Duration,
}
