use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::{Account, AccountName, Database, Grant, KeyMount, KeyPath, ProjectName, Scope, Unusable};

/// The whole configuration, checked. Another type than the file's shape: whoever holds one need not check again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where the database, logs and artifacts live.
    pub data_dir: PathBuf,
    /// The file with the master key of key storage; never inside `data_dir`.
    pub master_key_file: PathBuf,
    /// The system account that asks AWS KMS to open the master key; it takes no secret of key storage.
    pub master_key_account: Option<AccountName>,
    /// Where plugins are looked for, in this order.
    pub plugin_dirs: Vec<PathBuf>,
    /// The file that says which bytes plugins have to have; when it does not exist, any are accepted.
    pub plugin_lock_file: PathBuf,
    /// Where executions are recorded.
    pub database: Database,
    /// The system account of a step for which neither step, job nor project names one.
    pub default_account: Option<AccountName>,
    /// The system account that others start from which name no source of their own.
    pub managing_account: Option<AccountName>,
    /// The system's accounts.
    pub accounts: Vec<Account>,
    /// Accounts of all scopes that are written so that they cannot work. They stop nobody else.
    pub unusable: Vec<Unusable>,
    /// For whom the runner's own identities are, by the source's name.
    pub sources: BTreeMap<&'static str, Grant>,
    /// The projects, each with accounts of its own.
    pub projects: Vec<Project>,
    /// Where key storage reads from AWS instead of the database; none lies within another.
    pub key_mounts: Vec<KeyMount>,
    /// Addresses that replace the public ones.
    pub endpoints: Endpoints,
    /// How steps connect.
    pub network: Network,
    /// What the `shell` plugin's commands run in.
    pub shell: Shell,
    /// How much one process runs at a time, and how it stops.
    pub server: Server,
    /// Bounds on what a step may use and what a project keeps.
    pub limits: Limits,
    /// When ended executions are removed.
    pub retention: Retention,
}

impl Settings {
    /// The project of that name.
    pub fn project(&self, name: &ProjectName) -> Option<&Project> {
        self.projects.iter().find(|project| project.name == *name)
    }

    /// The account of that name that cannot work: of the project, or else of the system.
    pub fn unusable(&self, scope: &Scope, name: &AccountName) -> Option<&Unusable> {
        let of = |scope: &Scope| self.unusable.iter().find(|it| it.name == *name && it.scope == *scope);
        of(scope).or_else(|| of(&Scope::System))
    }

    /// How many executions of this project run at a time in one process: its own bound, or else that of all projects.
    pub fn project_executions(&self, name: &ProjectName) -> u32 {
        let own = self.project(name).and_then(|project| project.max_executions);
        own.unwrap_or(self.server.project_executions)
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
    /// How many of its executions run at a time in one process, instead of `server.project_executions`.
    pub max_executions: Option<u32>,
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

/// How steps connect to what they may connect to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The HTTP proxy of all connections, `http://[user@]host:port`.
    pub proxy: Option<String>,
    /// The password of the proxy's user.
    pub proxy_password: Option<KeyPath>,
    /// Hosts, `.suffixes`, addresses and networks (CIDR) that are connected to without the proxy.
    pub no_proxy: Vec<String>,
    /// `host:port` of services on this machine that steps may reach.
    pub local_destinations: Vec<String>,
    /// PEM files of authorities that steps trust beside the system's.
    pub certificate_authorities: Vec<PathBuf>,
    /// Plugins that may make their own connections.
    pub direct_plugins: Vec<String>,
}

/// What the `shell` plugin's commands run in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell {
    /// `PATH`.
    pub path: String,
    /// `HOME`; the user's own when not given.
    pub home: Option<PathBuf>,
    /// `LANG`.
    pub lang: String,
    /// `TZ`.
    pub time_zone: String,
    /// Projects whose shell steps may say `sandbox: none`.
    pub allow_unconfined: Vec<ProjectName>,
}

/// How well a step has to be contained at least; from strict to lax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Containment {
    /// Every restriction is on and the only connections are those that the runner made.
    Full,
    /// The only connections are those that the runner made; another restriction may be missing on an old kernel.
    Partial,
    /// Whatever the step's plugin declares.
    Open,
}

impl Containment {
    /// How it is written.
    pub const NAMES: &[&str] = &["full", "partial", "open"];

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "full" => Ok(Self::Full),
            "partial" => Ok(Self::Partial),
            "open" => Ok(Self::Open),
            _ => Err(format!("it is one of `{}`", Self::NAMES.join("`, `"))),
        }
    }
}

/// What happens to a step whose log is longer than what is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepLogAction {
    /// The step goes on; the rest of its log is dropped and counted.
    Truncate,
    /// The step fails.
    Fail,
}

impl StepLogAction {
    /// How it is written.
    pub const NAMES: &[&str] = &["truncate", "fail"];

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text {
            "truncate" => Ok(Self::Truncate),
            "fail" => Ok(Self::Fail),
            _ => Err(format!("it is one of `{}`", Self::NAMES.join("`, `"))),
        }
    }
}

/// How much one process runs at a time, and how it stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Executions that run at a time, 1 to 1000.
    pub max_executions: u32,
    /// Of them those of one project that has no bound of its own, at least 1; see [`Settings::project_executions`].
    pub project_executions: u32,
    /// How long running executions may go on after a stop was asked for, before they are stopped.
    pub stop_grace: Duration,
    /// On PostgreSQL: how long what runs here stays this process's while it cannot reach the database, 3 seconds to 5 minutes.
    pub lease: Duration,
    /// What this machine has, for jobs that ask for it by `runsOn`; sorted.
    pub labels: Vec<String>,
}

/// Bounds on what a step may use and what a project keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory of one plugin host, in bytes.
    pub step_memory_bytes: u64,
    /// What one step may write to its log and rows, in bytes.
    pub step_output_bytes: u64,
    /// What is kept of the log of one step, in bytes.
    pub step_log_bytes: u64,
    /// What happens when its log is longer.
    pub step_log_action: StepLogAction,
    /// Processes and threads of a step whose plugin is a program.
    pub step_processes: u64,
    /// What is worse is refused.
    pub containment: Containment,
    /// How long a cancelled step may take to end before it is killed.
    pub cancel_grace: Duration,
    /// What is kept of the tables and files of one project's executions together, in bytes; more than 0.
    pub project_artifacts_bytes: u64,
}

/// When ended executions are removed, with their logs, tables and files. Whichever bound is reached first counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The age of those that succeeded; more than 0.
    pub max_age: Duration,
    /// The age of those that did not succeed; more than 0.
    pub failed_max_age: Duration,
    /// How many of each job are kept, however they ended; at least 1.
    pub max_count: u32,
    /// How often the server looks; at least a minute.
    pub interval: Duration,
}
