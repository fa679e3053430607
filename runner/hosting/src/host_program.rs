//! The program that hosts are started from.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::OnceLock;

use crate::{HostingError, safety};

/// The program's file name. It lies beside `windlass`, or in `../lib/windlass` seen from there.
const NAME: &str = "windlass-plugin-host";

/// The path to start: that of a descriptor which stays open, so that a runner keeps the host that it began with, even
/// when an upgrade replaces the file.
///
/// # Errors
/// When the program is not there, or others may write it.
pub(crate) fn path() -> Result<PathBuf, HostingError> {
    static PROGRAM: OnceLock<File> = OnceLock::new();
    if let Some(program) = PROGRAM.get() {
        return Ok(descriptor(program));
    }
    let opened = open()?;
    Ok(descriptor(PROGRAM.get_or_init(|| opened)))
}

fn descriptor(program: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", program.as_raw_fd()))
}

fn open() -> Result<File, HostingError> {
    let not_started = |source| HostingError::NotStarted { source };
    let own = std::env::current_exe().map_err(not_started)?;
    let folder = own.parent().unwrap_or(&own);
    let places = [folder.join(NAME), folder.join("../lib/windlass").join(NAME)];
    for place in &places {
        match File::open(place) {
            Ok(program) => {
                safety::check(place, &program)?;
                return Ok(program);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(not_started(error)),
        }
    }
    let message = format!("`{NAME}` is neither in `{}` nor in `../lib/windlass` beside it", folder.display());
    Err(not_started(io::Error::new(io::ErrorKind::NotFound, message)))
}
