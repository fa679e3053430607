//! A database appears at its place complete or not at all: it is made under another name and then linked, so that
//! processes that start at the same moment need no lock and a crash leaves nothing half made.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;
use uuid::Uuid;

use crate::StoreError;
use crate::db::migrations::LATEST;
use crate::db::migrations::sqlite::migrate;

/// Makes the database at `file`, unless another process does so first.
pub(super) fn create(file: &Path) -> Result<(), StoreError> {
    let folder = file.parent().expect("the database lies in the data directory");
    create_folder(folder).map_err(|source| StoreError::Folder { path: folder.to_owned(), source })?;
    let draft = Draft(folder.join(format!(".windlass.db-{}", Uuid::now_v7())));
    let unmade = |source| StoreError::CreateFile { path: file.to_owned(), source };
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft.0).map_err(unmade)?;
    fill(&draft.0).map_err(|source| StoreError::Migrate {
        database: file.display().to_string(),
        to: LATEST,
        source: source.into(),
    })?;
    publish(&draft.0, file, folder).map_err(unmade)
}

fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync)
}

/// Everything ends up in the one file. Nothing is synchronised until then: a draft that is lost is no loss.
fn fill(draft: &Path) -> rusqlite::Result<()> {
    let mut connection = rusqlite::Connection::open_with_flags(draft, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON")?;
    migrate(&mut connection)?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    connection.close().map_err(|(_, error)| error)
}

fn publish(draft: &Path, file: &Path, folder: &Path) -> io::Result<()> {
    sync(draft)?;
    match fs::hard_link(draft, file) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync(folder)
}

fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The name under which a database is made; gone at the end.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let mut name = self.0.clone().into_os_string();
            name.push(suffix);
            let _ = fs::remove_file(name);
        }
    }
}
