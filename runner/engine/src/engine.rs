use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use uuid::Uuid;
use windlass_credentials::Sessions;
use windlass_jobs::Job;
use windlass_keys::KeyStorage;
use windlass_network::Network;
use windlass_settings::Settings;
use windlass_store::Store;

use crate::member::Member;
use crate::plugins::Plugins;
use crate::schedules::KnownCalendars;
use crate::{Halt, JobVersion, KnownAccounts, Lease, Quota};

/// What running executions takes; one for a process.
pub struct Engine {
    /// The configuration.
    pub settings: Settings,
    /// The accounts of the database.
    pub accounts: KnownAccounts,
    /// The database.
    pub store: Store,
    /// Credentials of accounts.
    pub sessions: Sessions,
    /// Secrets of steps.
    pub keys: KeyStorage,
    /// Connections of steps.
    pub network: Arc<Network>,
    /// The plugins.
    pub plugins: Plugins,
    /// Certificates of authorities that steps trust beside the system's, PEM.
    pub certificates: Option<String>,
    /// The configuration file, which steps may not read.
    pub configuration: Option<PathBuf>,
    /// What this process is to the others on the data directory.
    pub member: Member,
    /// Until when it may run something.
    pub lease: Lease,
    /// The executions that this process runs now.
    pub running: Running,
    /// The stored jobs that this process has read.
    pub jobs: StoredJobs,
    /// What projects keep.
    pub quota: Quota,
    /// Calendars that were read before.
    pub calendars: KnownCalendars,
}

/// Stored jobs that were parsed once; a version never changes.
#[derive(Default)]
pub struct StoredJobs(Mutex<BTreeMap<JobVersion, Arc<Job>>>);

/// So many versions are kept in memory.
const MOST_JOBS: usize = 1_000;

impl StoredJobs {
    pub(crate) fn get(&self, version: JobVersion) -> Option<Arc<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&version).cloned()
    }

    pub(crate) fn keep(&self, version: JobVersion, job: &Arc<Job>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_JOBS {
            known.clear();
        }
        known.insert(version, Arc::clone(job));
    }
}

/// Executions that can be stopped, by id.
#[derive(Default)]
pub struct Running(Mutex<BTreeMap<Uuid, Halt>>);

/// That an execution runs, for as long as this lives.
pub(crate) struct Runs<'a> {
    running: &'a Running,
    execution: Uuid,
}

impl Running {
    pub(crate) fn enter(&self, execution: Uuid, halt: Halt) -> Runs<'_> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(execution, halt);
        Runs { running: self, execution }
    }

    /// The execution's halt, while it runs here.
    pub fn halt(&self, execution: Uuid) -> Option<Halt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&execution).cloned()
    }

    /// Whether it runs here.
    pub fn has(&self, execution: Uuid) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&execution)
    }
}

impl Drop for Runs<'_> {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.execution);
    }
}

impl Engine {
    /// The executions of this process that somebody has asked to stop.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn cancel_requests(&self) -> Result<Vec<Halt>, crate::EngineError> {
        let wanted = self.store.cancel_requests(self.member.id).await?;
        Ok(wanted.into_iter().filter_map(|execution| self.running.halt(execution)).collect())
    }
}
