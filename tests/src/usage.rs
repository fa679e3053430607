//! What a child cost, from the kernel's own accounting: `wait4` gives the CPU time and peak memory of the child and of
//! every descendant that it waited for.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::time::Duration;

/// The cost of one child.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// CPU time in user mode.
    pub user: Duration,
    /// CPU time in the kernel.
    pub system: Duration,
    /// Peak resident memory in KiB, of the largest single process.
    pub peak_kib: i64,
}

impl Usage {
    /// CPU time in all.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.user + self.system
    }
}

/// Peak resident memory of this process in KiB.
#[must_use]
#[expect(unsafe_code, reason = "std does not tell it")]
pub fn own_peak_kib() -> i64 {
    // SAFETY: the pointer is to a live value of the right type, and zeroed rusage is valid.
    unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage.ru_maxrss
    }
}

/// Waits for a child that nobody waited for yet.
///
/// # Errors
/// When it was waited for already.
#[expect(unsafe_code, reason = "std waits without the accounting")]
pub fn wait(child: &mut Child) -> io::Result<(ExitStatus, Usage)> {
    let pid = libc::pid_t::try_from(child.id()).map_err(io::Error::other)?;
    let mut status = 0;
    loop {
        // SAFETY: both pointers are to live values of the right type, and zeroed rusage is valid.
        let (waited, usage) = unsafe {
            let mut usage: libc::rusage = std::mem::zeroed();
            (libc::wait4(pid, &raw mut status, 0, &raw mut usage), usage)
        };
        if waited == pid {
            return Ok((ExitStatus::from_raw(status), usage.into()));
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

impl From<libc::rusage> for Usage {
    fn from(usage: libc::rusage) -> Self {
        Self { user: duration(usage.ru_utime), system: duration(usage.ru_stime), peak_kib: usage.ru_maxrss }
    }
}

fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_micros(u64::try_from(time.tv_usec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn counts_the_work_of_a_grandchild() {
        let script = "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; exit 3";
        let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        let (status, usage) = wait(&mut child).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(usage.cpu() > Duration::from_millis(5), "{usage:?}");
        assert!(usage.peak_kib > 100, "{usage:?}");
    }
}
