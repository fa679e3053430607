//! The supervisor's own end.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use nix::sys::signal::{SigHandler, SigSet, Signal, raise, signal};
use rustix::process::WaitStatus;

/// Ends as the program did: by the same signal, or else with the exit code that this returns.
pub(super) fn like(status: Option<WaitStatus>) -> i32 {
    let Some(status) = status else { return 1 };
    if let Some(number) = status.terminating_signal() {
        by(number);
    }
    status.exit_status().unwrap_or(1)
}

#[expect(unsafe_code, reason = "setting a handler is unsafe whatever it is")]
fn by(number: i32) {
    let Ok(wanted) = Signal::try_from(number) else { return };
    // SAFETY: the default action runs no code of ours.
    let _ = unsafe { signal(wanted, SigHandler::SigDfl) };
    let _ = raise(wanted);
    // Raised while it was blocked, it waits until here.
    let _ = SigSet::all().thread_unblock();
}

/// Empties the scratch folder; the runner removes the folder itself, with what this user may not remove. It matters when
/// the runner is gone: the next one may come late.
pub(super) fn empty(folder: &Path) {
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let path = entry.path();
        // Neither follows links. What cannot be removed is left to the runner.
        let _ = match entry.file_type() {
            Ok(kind) if kind.is_dir() => {
                let _ = fs::set_permissions(&path, Permissions::from_mode(0o700));
                fs::remove_dir_all(&path)
            }
            _ => fs::remove_file(&path),
        };
    }
}
