//! The calendars of projects, as far as schedules ask for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use windlass_schedules::{Calendar, Verdict};
use windlass_store::{CalendarRow, ScheduleRow, Store, StoreError};

/// Project and name.
type Key = (String, String);

/// Calendars that were read before: to lay out the events of one takes a while.
#[derive(Default)]
pub struct KnownCalendars(Mutex<BTreeMap<Key, Known>>);

struct Known {
    definition: String,
    read: Arc<Result<Calendar, String>>,
}

/// Calendars by project and name, or why they cannot be read.
pub(super) struct Calendars {
    read: BTreeMap<Key, Arc<Result<Calendar, String>>>,
    /// Whether the schedules are those of a file, which may not be stored yet.
    of_file: bool,
}

impl Calendars {
    /// Those that these schedules may name.
    pub(super) async fn of(store: &Store, rows: &[ScheduleRow], known: &KnownCalendars) -> Result<Self, StoreError> {
        let named = rows.iter().filter(|row| row.definition.contains("\"calendars\""));
        let projects: BTreeSet<&str> = named.map(|row| row.project.as_str()).collect();
        let mut all = BTreeMap::new();
        for project in projects {
            for row in store.calendars(project).await? {
                let key = (project.to_owned(), row.name.clone());
                all.insert(key.clone(), known.read(key, row));
            }
        }
        Ok(Self { read: all, of_file: false })
    }

    /// The same with those that stand beside a job file, which will take the place of those that are stored.
    pub(super) fn with_files(mut self, project: &str, files: Vec<Calendar>) -> Self {
        let files = files.into_iter().map(|it| ((project.to_owned(), it.name.clone()), Arc::new(Ok(it))));
        self.read.extend(files);
        self.of_file = true;
        self
    }

    /// Why one of these calendars of a project forbids a time. One that is not there forbids all.
    pub(super) fn forbids(&self, project: &str, names: &[String], at: Timestamp) -> Option<String> {
        names.iter().find_map(|name| match self.read.get(&(project.to_owned(), name.clone())).map(AsRef::as_ref) {
            None if self.of_file => {
                Some(format!("calendar `{name}` is not stored yet, and no file beside the job's has it"))
            }
            None => Some(format!("there is no calendar `{name}`")),
            Some(Err(why)) => Some(format!("calendar `{name}` cannot be read: {why}")),
            Some(Ok(calendar)) => match calendar.verdict(at) {
                Verdict::Allowed => None,
                Verdict::Forbidden { by } => Some(by),
            },
        })
    }
}

impl KnownCalendars {
    fn read(&self, key: Key, row: CalendarRow) -> Arc<Result<Calendar, String>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(&key).filter(|known| known.definition == row.definition) {
            return Arc::clone(&known.read);
        }
        let read = Arc::new(Calendar::from_json(&row.definition).map_err(|error| error.to_string()));
        known.insert(key, Known { definition: row.definition, read: Arc::clone(&read) });
        read
    }
}
