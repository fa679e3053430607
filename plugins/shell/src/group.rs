use std::io;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::time::{Instant, sleep};

/// How long what a command left in the background may take to end by itself, such as the `tee` of `exec > >(tee log)`.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// A command and what it started, as far as that did not leave its process group. What did leave it, and what does not
/// end, is the supervisor's.
#[derive(Clone, Copy)]
pub(crate) struct Group(Pid);

impl Group {
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

    /// Whether all ended within a moment.
    pub(crate) async fn ends_soon(self) -> bool {
        let until = Instant::now() + AFTERWARDS;
        while self.has_members() {
            if Instant::now() >= until {
                return false;
            }
            sleep(Duration::from_millis(5)).await;
        }
        true
    }

    /// Waits until all have ended. The kernel tells nobody when a group becomes empty.
    pub(crate) async fn ended(self) {
        while self.has_members() {
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// A member that may not be told is there, too.
    fn has_members(self) -> bool {
        !matches!(test_kill_process_group(self.0), Err(rustix::io::Errno::SRCH))
    }
}
