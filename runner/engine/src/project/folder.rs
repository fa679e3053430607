use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use windlass_errors::Report as _;
use windlass_jobs::{Definition, Job, JobError, JobErrors, Known, ProjectCalendar, check};
use windlass_schedules::Calendar;
use windlass_settings::ProjectName;
use windlass_settings::yaml::Position;

use super::never_due;
use crate::{EngineError, Workshop};

/// The deepest folder that is looked into.
const DEEPEST: usize = 10;
/// Of what is wrong with a file as a whole.
const TOP: Position = Position { line: 1, column: 1 };

/// The jobs and calendars of a project as files.
#[derive(Debug)]
pub struct Folder {
    /// The jobs, by path.
    pub jobs: Vec<FolderJob>,
    /// The calendars, by path.
    pub calendars: Vec<FolderCalendar>,
}

/// A job as a file.
#[derive(Debug)]
pub struct FolderJob {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub job: Job,
}

/// A calendar as a file.
#[derive(Debug)]
pub struct FolderCalendar {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub read: ProjectCalendar,
}

/// Everything that is wrong with a project's files.
#[derive(Debug)]
pub struct Invalid {
    /// What is wrong with which jobs.
    pub jobs: Vec<JobErrors>,
    /// What is wrong beside them: a folder that cannot be read, a plugin that is refused.
    pub others: Vec<EngineError>,
}

impl Folder {
    /// Reads every `.yaml` and `.yml` file in a folder and the folders below it, and checks what can be read against the step
    /// types and calendars that it uses, against each other, and whether schedules that are new or changed have a time to come.
    /// Hidden files and folders are passed over.
    ///
    /// # Errors
    /// Everything that is wrong, in the order of the files.
    pub async fn checked(folder: &Path, project: &ProjectName, workshop: Workshop<'_>) -> Result<Self, Invalid> {
        let Found { jobs, calendars, mut wrong, unreadable } = read(folder);
        let more_jobs = !wrong.is_empty() || unreadable.is_some();
        let names = (!more_jobs).then(|| calendars.iter().map(|it| it.read.calendar.name.as_str()).collect());
        let mut used = workshop.used(jobs.iter().map(|it| &it.job)).await;
        let mut others: Vec<EngineError> = unreadable.into_iter().chain(std::mem::take(&mut used.refused)).collect();
        let known = Known { more_jobs, calendars: names, ..used.known(jobs.iter().map(|it| &it.job)) };
        wrong.extend(twice(&jobs));
        wrong.extend(same_name(&calendars));
        for FolderJob { path, job } in &jobs {
            let mut errors = check(job, project, &known);
            match never_due(job, project, workshop.store).await {
                Ok(past) => errors.extend(past),
                Err(error) => others.push(error),
            }
            errors.sort_by_key(JobError::place);
            wrong.extend(JobErrors::new(errors).map(|errors| (path.clone(), errors)));
        }
        wrong.sort_by(|(one, _), (other, _)| one.cmp(other));
        match wrong.is_empty() && others.is_empty() {
            true => Ok(Self { jobs, calendars }),
            false => Err(Invalid { jobs: wrong.into_iter().map(|(_, errors)| errors).collect(), others }),
        }
    }
}

/// What is wrong with a file.
type Wrong = (PathBuf, JobErrors);

/// What is in a folder.
struct Found {
    jobs: Vec<FolderJob>,
    calendars: Vec<FolderCalendar>,
    /// What is wrong with the other files.
    wrong: Vec<Wrong>,
    /// Why some files may not have been found.
    unreadable: Option<EngineError>,
}

fn read(folder: &Path) -> Found {
    let mut files = Vec::new();
    let unreadable = find(folder, DEEPEST, &mut files).err();
    files.sort_unstable();
    let (mut jobs, mut calendars, mut wrong) = (Vec::new(), Vec::new(), Vec::new());
    for path in files {
        match Definition::read(&path) {
            Ok(Definition::Job(job)) => jobs.push(FolderJob { path, job }),
            Ok(Definition::Calendar(read)) => calendars.push(FolderCalendar { path, read }),
            Err(errors) => wrong.push((path, errors)),
        }
    }
    Found { jobs, calendars, wrong, unreadable }
}

fn find(folder: &Path, deepest: usize, files: &mut Vec<PathBuf>) -> Result<(), EngineError> {
    let unreadable = |source| EngineError::Folder { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            if deepest > 0 {
                find(&path, deepest - 1, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

/// The calendars that the schedules of a job name, as far as they are files beside the job's.
///
/// # Errors
/// `project.folder`; `calendar.invalid` when one is missing and a file that cannot be read may be it.
pub fn calendars_beside(file: &Path, job: &Job) -> Result<Vec<Calendar>, EngineError> {
    let mut missing: BTreeSet<&str> =
        job.schedules.iter().flat_map(|schedule| &schedule.calendars).map(|named| named.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let (mut files, mut calendars, mut wrong) = (Vec::new(), Vec::new(), None);
    find(folder, 0, &mut files)?;
    files.sort_unstable();
    for path in files {
        match Definition::read(&path) {
            Ok(Definition::Calendar(read)) if missing.remove(read.calendar.name.as_str()) => {
                calendars.push(read.calendar);
            }
            Err(errors) if errors.code().as_str() == "calendar.invalid" => wrong = wrong.or(Some(errors)),
            _ => {}
        }
    }
    match wrong {
        Some(errors) if !missing.is_empty() => Err(errors.into()),
        _ => Ok(calendars),
    }
}

/// Names that a calendar before has already.
fn same_name(calendars: &[FolderCalendar]) -> Vec<Wrong> {
    let mut names: BTreeMap<&str, &Path> = BTreeMap::new();
    let mut wrong = Vec::new();
    for FolderCalendar { path, read } in calendars {
        let name = &read.calendar.name;
        if let Some(first) = names.insert(name, path) {
            let message = format!("another calendar has the name `{name}` already: `{}`", first.display());
            wrong.push((path.clone(), read.error(TOP, message).into()));
        }
    }
    wrong
}

/// Names and ids that a job before has already.
fn twice(jobs: &[FolderJob]) -> Vec<Wrong> {
    let mut names: BTreeMap<&str, &Path> = BTreeMap::new();
    let mut identities: BTreeMap<String, &Path> = BTreeMap::new();
    let mut wrong = Vec::new();
    for FolderJob { path, job } in jobs {
        let first = names.insert(&job.name, path).map(|first| (format!("the name `{}`", job.name), first));
        let other = identities.insert(job.identity(), path).map(|first| ("this `id`".to_owned(), first));
        if let Some((what, first)) = first.or(other) {
            let message = format!("another job has {what} already: `{}`", first.display());
            wrong.push((path.clone(), job.error("job.invalid", TOP, message).into()));
        }
    }
    wrong
}
