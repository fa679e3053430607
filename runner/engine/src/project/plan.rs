use std::collections::BTreeMap;
use std::path::PathBuf;

use similar::TextDiff;
use windlass_settings::ProjectName;
use windlass_store::{JobRow, NewSchedule, Store};

use super::Folder;
use crate::recorder::now;
use crate::{EngineError, schedules};

/// What applying a folder would change.
#[derive(Debug)]
pub struct Plan {
    /// The project.
    pub project: ProjectName,
    /// Each job of the folder or the project, by name.
    pub jobs: Vec<Planned>,
}

/// What would become of one job.
#[derive(Debug)]
pub struct Planned {
    /// Its name, the new one if it changes.
    pub name: String,
    /// What stays the same for all its versions.
    pub identity: String,
    /// What would change.
    pub change: Change,
    /// Its file; none for one that is removed.
    pub path: Option<PathBuf>,
    /// The version that is there now.
    pub version: Option<i64>,
    pub(super) group: Option<String>,
    pub(super) description: Option<String>,
    pub(super) text: String,
    /// When it runs by itself; what is due first is counted from when the plan was made.
    pub(super) schedules: Vec<NewSchedule>,
}

/// What would change of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// It has another text: the differences, as `diff -u` writes them.
    Changed {
        /// The name that it had before, if it has another.
        renamed_from: Option<String>,
        /// The differences.
        diff: String,
    },
    /// It is as it was.
    Unchanged,
    /// The folder does not have it any more.
    Removed,
}

impl Plan {
    /// Compares a folder with what is stored.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn new(project: &ProjectName, folder: &Folder, store: &Store) -> Result<Self, EngineError> {
        let mut stored: BTreeMap<String, JobRow> = BTreeMap::new();
        for row in store.jobs(project.as_str()).await? {
            stored.insert(row.identity.clone(), row);
        }
        let mut jobs = Vec::new();
        for file in &folder.jobs {
            let (job, identity) = (&file.job, file.job.identity());
            let before = stored.remove(&identity);
            let change = match &before {
                None => Change::Added,
                Some(row) => {
                    let text = store.job_text(row.id, row.version).await?.unwrap_or_default();
                    changed(row, &job.name, &text, job.text())
                }
            };
            jobs.push(Planned {
                name: job.name.clone(),
                identity,
                change,
                path: Some(file.path.clone()),
                version: before.map(|row| row.version),
                group: job.group.clone(),
                description: job.description.clone(),
                text: job.text().to_owned(),
                schedules: schedules::of_job(job, now()),
            });
        }
        jobs.extend(stored.into_values().map(|row| Planned {
            name: row.name,
            identity: row.identity,
            change: Change::Removed,
            path: None,
            version: Some(row.version),
            group: None,
            description: None,
            text: String::new(),
            schedules: Vec::new(),
        }));
        jobs.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(Self { project: project.clone(), jobs })
    }

    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        self.jobs.iter().all(|job| job.change == Change::Unchanged)
    }
}

fn changed(row: &JobRow, name: &str, before: &str, after: &str) -> Change {
    if before == after {
        return Change::Unchanged;
    }
    let renamed_from = (row.name != name).then(|| row.name.clone());
    let (old, new) = (format!("{} (version {})", row.name, row.version), format!("{name} (file)"));
    let diff = TextDiff::from_lines(before, after).unified_diff().header(&old, &new).to_string();
    Change::Changed { renamed_from, diff }
}
