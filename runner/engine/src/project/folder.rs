use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use windlass_jobs::{Job, JobErrors, check};
use windlass_settings::ProjectName;
use windlass_settings::yaml::Position;

use crate::{EngineError, Workshop};

/// The deepest folder that is looked into.
const DEEPEST: usize = 10;
/// Of what is wrong with a file as a whole.
const TOP: Position = Position { line: 1, column: 1 };

/// The jobs of a project as files.
#[derive(Debug)]
pub struct Folder {
    /// The jobs, by path.
    pub jobs: Vec<FolderJob>,
}

/// A job as a file.
#[derive(Debug)]
pub struct FolderJob {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub job: Job,
}

/// Everything that is wrong with a project's files.
#[derive(Debug, Default)]
pub struct Invalid {
    /// What is wrong with which jobs.
    pub jobs: Vec<JobErrors>,
    /// What is wrong beside them: a folder that cannot be read, a plugin that is refused.
    pub others: Vec<EngineError>,
}

impl Invalid {
    fn or<T>(self, good: T) -> Result<T, Self> {
        if self.jobs.is_empty() && self.others.is_empty() { Ok(good) } else { Err(self) }
    }
}

impl Folder {
    /// Reads every `.yaml` and `.yml` file in a folder and the folders below it; hidden ones are passed over.
    ///
    /// # Errors
    /// Everything that is wrong with the files by themselves, and names that two of them have.
    pub fn read(folder: &Path) -> Result<Self, Invalid> {
        let mut invalid = Invalid::default();
        let mut files = Vec::new();
        if let Err(error) = find(folder, DEEPEST, &mut files) {
            invalid.others.push(error);
        }
        files.sort_unstable();
        let mut jobs: Vec<FolderJob> = Vec::new();
        for path in files {
            match Job::read(&path) {
                Ok(job) => jobs.push(FolderJob { path, job }),
                Err(errors) => invalid.jobs.push(errors),
            }
        }
        invalid.jobs.extend(twice(&jobs));
        invalid.or(Self { jobs })
    }

    /// Checks the jobs against the step types that they use, and against each other.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub async fn check(&self, project: &ProjectName, workshop: Workshop<'_>) -> Result<(), Invalid> {
        let mut used = workshop.used(self.jobs.iter().map(|it| &it.job)).await;
        let others = std::mem::take(&mut used.refused);
        let known = used.known(self.jobs.iter().map(|it| &it.job));
        let wrong = self.jobs.iter().filter_map(|it| JobErrors::new(check(&it.job, project, &known)));
        Invalid { jobs: wrong.collect(), others }.or(())
    }
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

/// Names and ids that a job before has already.
fn twice(jobs: &[FolderJob]) -> Vec<JobErrors> {
    let mut names: BTreeMap<&str, &Path> = BTreeMap::new();
    let mut identities: BTreeMap<String, &Path> = BTreeMap::new();
    let mut wrong = Vec::new();
    for FolderJob { path, job } in jobs {
        let first = names.insert(&job.name, path).map(|first| (format!("the name `{}`", job.name), first));
        let other = identities.insert(job.identity(), path).map(|first| ("this `id`".to_owned(), first));
        if let Some((what, first)) = first.or(other) {
            let message = format!("another job has {what} already: `{}`", first.display());
            wrong.push(JobErrors::from(job.error("job.invalid", TOP, message)));
        }
    }
    wrong
}
