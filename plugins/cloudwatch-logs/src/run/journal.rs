//! What a step leaves for the process that comes after it, should it be killed: which queries it has started.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};
use windlass_plugin_api::frames::MAX_CHECKPOINT;

use crate::aws::{Ask, Site};

/// About as long is an entry, with room for account names to come.
const ENTRY: usize = 100;
/// How many entries a checkpoint has room for.
const MOST: usize = MAX_CHECKPOINT / ENTRY;

/// The queries that were started, oldest first, and when the step was.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Journal {
    /// From when `past` counts, milliseconds since 1970 UTC: parts must come to be the same again.
    #[serde(rename = "n")]
    pub(crate) now: i64,
    #[serde(rename = "q")]
    entries: VecDeque<Entry>,
}

/// One query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    #[serde(rename = "k")]
    key: u64,
    /// The number of the place where it runs.
    #[serde(rename = "p")]
    pub(crate) site: usize,
    #[serde(rename = "i")]
    pub(crate) id: String,
    /// Whether its end was not seen.
    #[serde(rename = "o")]
    open: bool,
}

impl Journal {
    pub(crate) fn begin(now: i64) -> Self {
        Self { now, entries: VecDeque::new() }
    }

    pub(crate) fn read(token: &str) -> Option<Self> {
        serde_json::from_str(token).ok()
    }

    pub(crate) fn token(&self) -> String {
        serde_json::to_string(self).expect("a journal is JSON")
    }

    /// The query that was started for this, if there was one.
    pub(crate) fn find(&self, site: &Site, ask: &Ask<'_>) -> Option<String> {
        let key = key(site, ask);
        self.entries.iter().find(|entry| entry.key == key).map(|entry| entry.id.clone())
    }

    /// A query was started. The oldest that has ended gives way when there is no more room.
    pub(crate) fn started(&mut self, site: &Site, ask: &Ask<'_>, id: &str) {
        self.add(Entry { key: key(site, ask), site: site.number, id: id.to_owned(), open: true });
    }

    fn add(&mut self, entry: Entry) {
        self.entries.retain(|known| known.key != entry.key);
        if self.entries.len() >= MOST {
            let ended = self.entries.iter().position(|entry| !entry.open).unwrap_or(0);
            self.entries.remove(ended);
        }
        self.entries.push_back(entry);
    }

    /// A query has ended.
    pub(crate) fn ended(&mut self, id: &str) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.open = false;
        }
    }

    /// Those that may be running.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.open)
    }
}

/// What a query is known by. Another version of Windlass may hash otherwise: then the query is asked for again.
fn key(site: &Site, ask: &Ask<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (&site.account, &site.region, &ask.text, ask.start, ask.end, ask.limit).hash(&mut hasher);
    ask.groups.map(crate::groups::Groups::all).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: u64) -> Entry {
        Entry { key, site: 49, id: format!("{key:036}"), open: true }
    }

    #[test]
    fn it_always_fits_into_a_checkpoint() {
        let mut journal = Journal::begin(i64::MAX);
        for key in 0..1_000 {
            journal.add(entry(u64::MAX - key));
            if key % 2 != 0 {
                journal.ended(&format!("{:036}", u64::MAX - key));
            }
        }
        assert!(journal.token().len() <= MAX_CHECKPOINT);
        let open = journal.open().count();
        assert!((400..=MOST).contains(&open), "those that run are kept: {open}");
    }

    #[test]
    fn the_next_process_knows_what_runs() {
        let mut journal = Journal::begin(7);
        journal.add(entry(1));
        journal.add(entry(2));
        journal.ended(&entry(1).id);
        let read = Journal::read(&journal.token()).unwrap();
        assert_eq!((read.now, read.open().cloned().collect::<Vec<_>>()), (7, vec![entry(2)]));
        assert!(Journal::read("{}").is_none());
    }
}
