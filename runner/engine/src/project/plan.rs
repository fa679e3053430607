use std::collections::BTreeMap;
use std::path::PathBuf;

use similar::TextDiff;
use windlass_settings::ProjectName;
use windlass_store::{CalendarRow, JobRow, NewSchedule, Store};

use super::{Folder, FolderCalendar};
use crate::{EngineError, schedules};

/// What applying a folder would change.
#[derive(Debug)]
pub struct Plan {
    /// The project.
    pub project: ProjectName,
    /// Each job of the folder or the project, by name.
    pub jobs: Vec<Planned>,
    /// Each calendar of the folder or the project, by name.
    pub calendars: Vec<PlannedCalendar>,
}

/// What would become of one calendar.
#[derive(Debug)]
pub struct PlannedCalendar {
    /// Its name.
    pub name: String,
    /// What would change.
    pub change: Change,
    /// Its file; none for one that is removed.
    pub path: Option<PathBuf>,
    pub(super) text: String,
    pub(super) definition: String,
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
        let now = store.now().await?;
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
                schedules: schedules::of_job(job, now),
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
        let calendars = calendars(folder, store.calendars(project.as_str()).await?);
        Ok(Self { project: project.clone(), jobs, calendars })
    }

    /// Whether applying it would change nothing.
    pub fn is_empty(&self) -> bool {
        let changes = self.jobs.iter().map(|job| &job.change);
        changes.chain(self.calendars.iter().map(|calendar| &calendar.change)).all(|change| *change == Change::Unchanged)
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

fn calendars(folder: &Folder, stored: Vec<CalendarRow>) -> Vec<PlannedCalendar> {
    let mut stored: BTreeMap<String, CalendarRow> = stored.into_iter().map(|row| (row.name.clone(), row)).collect();
    let mut all = Vec::new();
    for FolderCalendar { path, read } in &folder.calendars {
        let (name, text, definition) = (&read.calendar.name, read.file.text(), read.calendar.to_json());
        let change = match stored.remove(name) {
            None => Change::Added,
            Some(row) if row.text == text && row.definition == definition => Change::Unchanged,
            Some(row) => Change::Changed { renamed_from: None, diff: difference(name, &row, text) },
        };
        let (name, text) = (name.clone(), text.to_owned());
        all.push(PlannedCalendar { name, change, path: Some(path.clone()), text, definition });
    }
    let removed = |row: CalendarRow| PlannedCalendar {
        name: row.name,
        change: Change::Removed,
        path: None,
        text: String::new(),
        definition: String::new(),
    };
    all.extend(stored.into_values().map(removed));
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn difference(name: &str, row: &CalendarRow, text: &str) -> String {
    if row.text == text {
        return format!("calendar {name}: a file that it names has changed\n");
    }
    let (old, new) = (format!("calendar {name}"), format!("calendar {name} (file)"));
    TextDiff::from_lines(row.text.as_str(), text).unified_diff().header(&old, &new).to_string()
}
