use std::io;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process_group, set_child_subreaper, wait, waitpgid};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// How long what a command left in the background may take to end by itself, such as the `tee` of `exec > >(tee log)`.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// A command and what it started, as far as that did not leave its process group. What did leave it, and what does not
/// end, is the supervisor's.
#[derive(Clone, Copy)]
pub(crate) struct Group(Pid);

impl Group {
    /// Makes this process the parent of whatever loses its own: only a parent learns of an end. Comes before the start of
    /// a command.
    ///
    /// # Errors
    /// Not on Linux since 3.4.
    pub(crate) fn adopt_orphans() -> io::Result<()> {
        Ok(set_child_subreaper(Some(getpid()))?)
    }

    /// The group that a child was started into.
    ///
    /// # Errors
    /// When the child has no number any more.
    pub(crate) fn of(child: Option<u32>) -> io::Result<Self> {
        let number = child.and_then(|number| i32::try_from(number).ok()).and_then(Pid::from_raw);
        number.map(Self).ok_or_else(|| io::Error::other("the command has no process"))
    }

    /// Asks all of them to end.
    pub(crate) fn terminate(self) {
        // An empty group has nothing to be told.
        let _ = kill_process_group(self.0, Signal::TERM);
    }

    /// Waits until the rest of the group has ended, when the command itself has been waited for.
    pub(crate) async fn ended(self) {
        until_none(move || waitpgid(self.0, WaitOptions::empty())).await;
    }
}

/// Whether all that a command started, in its group or not, ends within a moment of its own end.
pub(crate) async fn all_end_soon() -> bool {
    timeout(AFTERWARDS, until_none(|| wait(WaitOptions::empty()))).await.is_ok()
}

/// Waits for one child after the other, on a thread of its own, until there is none.
async fn until_none<T>(next: impl Fn() -> rustix::io::Result<T> + Send + 'static) {
    let waited = spawn_blocking(move || while !matches!(next(), Err(rustix::io::Errno::CHILD)) {});
    // It neither panics nor is cancelled while the runtime lives.
    let _ = waited.await;
}
