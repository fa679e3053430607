use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// The signals that the supervisor waits for, as a descriptor; they interrupt nothing.
pub(super) struct Signals(SignalFd);

/// What came.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Came {
    /// A child may have ended.
    pub(super) child: bool,
    /// How often the end was asked for.
    pub(super) end: u32,
}

impl Signals {
    /// From here on they wait. What is started later has to unblock them for itself.
    pub(super) fn block() -> io::Result<Self> {
        let mut wanted = SigSet::empty();
        for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
            wanted.add(signal);
        }
        wanted.thread_block()?;
        Ok(Self(SignalFd::with_flags(&wanted, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?))
    }

    /// Takes all that came until now.
    pub(super) fn take(&mut self) -> Came {
        let mut came = Came::default();
        while let Ok(Some(signal)) = self.0.read_signal() {
            if signal.ssi_signo == Signal::SIGCHLD as u32 {
                came.child = true;
            } else {
                came.end += 1;
            }
        }
        came
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
