use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use windlass_schedules::Calendar;
use windlass_settings::ProjectName;
use windlass_store::{CalendarRow, JobRow, Store};

use crate::EngineError;

/// The folder of calendars.
const CALENDARS: &str = "calendars";

/// A job, or a file of a calendar, that was written to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Its name.
    pub name: String,
    /// The job's version.
    pub version: Option<i64>,
    /// The file.
    pub path: PathBuf,
    /// Whether the file was there already and the same.
    pub unchanged: bool,
}

/// Writes a project's jobs into a folder, each below the folder of its group, as they were applied, and its calendars into
/// the folder `calendars`.
///
/// # Errors
/// `project.folder` when a file cannot be written, or is there with another text and `overwrite` is not set; nothing is
/// written then. `store.unavailable`.
pub async fn export(
    project: &ProjectName,
    store: &Store,
    folder: &Path,
    overwrite: bool,
) -> Result<Vec<Exported>, EngineError> {
    let mut files = Vec::new();
    let mut add = |name: String, version: Option<i64>, path: PathBuf, text: String| {
        let there = fs::read_to_string(&path).ok();
        let unchanged = there.as_ref() == Some(&text);
        if there.is_some() && !unchanged && !overwrite {
            return Err(EngineError::Exists { path });
        }
        files.push((Exported { name, version, path, unchanged }, text));
        Ok(())
    };
    let jobs = places(store.jobs(project.as_str()).await?, folder);
    let taken: BTreeSet<PathBuf> = jobs.iter().map(|(_, path)| path.clone()).collect();
    for (row, path) in jobs {
        let text = store.job_text(row.id, row.version).await?.unwrap_or_default();
        add(row.name, Some(row.version), path, text)?;
    }
    for row in store.calendars(project.as_str()).await? {
        for (path, text) in calendar_files(&row, &folder.join(CALENDARS), &taken) {
            add(row.name.clone(), None, path, text)?;
        }
    }
    for (exported, text) in files.iter().filter(|(exported, _)| !exported.unchanged) {
        write(&exported.path, text).map_err(|source| EngineError::Folder { path: exported.path.clone(), source })?;
    }
    Ok(files.into_iter().map(|(exported, _)| exported).collect())
}

/// The file of a calendar, and those that it names, beside it.
fn calendar_files(row: &CalendarRow, folder: &Path, taken: &BTreeSet<PathBuf>) -> Vec<(PathBuf, String)> {
    let own = folder.join(format!("{}.yaml", file_name(&row.name)));
    let own = if taken.contains(&own) { folder.join(format!("{}-calendar.yaml", file_name(&row.name))) } else { own };
    let mut files = vec![(own, row.text.clone())];
    // One that a later version has written is exported as far as it is understood.
    if let Ok(calendar) = Calendar::from_json(&row.definition) {
        let events = calendar.forbidden.iter().chain(&calendar.allowed).filter_map(|rule| rule.events.as_ref());
        files.extend(events.map(|events| (folder.join(events.file()), events.text().to_owned())));
    }
    files
}

/// The file of each job, no two the same: of jobs whose names come to one name of a file, one whose name needs no change
/// gets it, and the others get a number.
fn places(mut jobs: Vec<JobRow>, folder: &Path) -> Vec<(JobRow, PathBuf)> {
    jobs.sort_by_cached_key(|row| (file_name(&row.name) != row.name, row.name.clone()));
    let mut taken = BTreeSet::new();
    let mut place = |row: &JobRow| {
        let mut below = folder.to_owned();
        below.extend(row.group.iter().flat_map(|group| group.split('/')).map(file_name));
        let name = file_name(&row.name);
        let numbered = (2..).map(|number| format!("{name}-{number}.yaml"));
        let mut paths = std::iter::once(format!("{name}.yaml")).chain(numbered).map(|name| below.join(name));
        paths.find(|path| taken.insert(path.clone())).expect("numbers do not end")
    };
    let mut placed: Vec<_> = jobs
        .into_iter()
        .map(|row| {
            let path = place(&row);
            (row, path)
        })
        .collect();
    placed.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
    placed
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// A name as the name of a file: what would be another place, or hidden, becomes `_`.
fn file_name(name: &str) -> String {
    let plain: String = name.chars().map(|c| if c == '/' || c == '\\' || c.is_control() { '_' } else { c }).collect();
    plain.strip_prefix('.').map_or_else(|| plain.clone(), |rest| format!("_{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_jobs_get_the_same_file() {
        let row = |name: &str| JobRow {
            id: uuid::Uuid::now_v7(),
            project: "web".to_owned(),
            identity: format!("name:{name}"),
            name: name.to_owned(),
            group: Some("team/../x".to_owned()),
            description: None,
            version: 1,
        };
        let placed = places(["a/b", "a\\b", "a_b", "a_b-2", "..", ".hidden"].map(row).into(), Path::new("f"));
        let paths: Vec<_> = placed.iter().map(|(row, path)| (row.name.as_str(), path.to_str().unwrap())).collect();
        let expected = [
            ("..", "f/team/_./x/_..yaml"),
            (".hidden", "f/team/_./x/_hidden.yaml"),
            ("a/b", "f/team/_./x/a_b-3.yaml"),
            ("a\\b", "f/team/_./x/a_b-4.yaml"),
            ("a_b", "f/team/_./x/a_b.yaml"),
            ("a_b-2", "f/team/_./x/a_b-2.yaml"),
        ];
        assert_eq!(paths, expected);
    }
}
