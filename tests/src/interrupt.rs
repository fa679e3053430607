//! Ctrl-C for programs that have something to clean up: the signal only sets a flag, whoever waits looks at it, and
//! destructors run. A second Ctrl-C ends the process at once; the stand-ins still end then (see `guarded`).

use crate::{Outcome, Problem};
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Takes over SIGINT, SIGTERM and SIGHUP for this process, once each.
///
/// # Panics
/// Never: the signals are valid and catchable.
#[expect(unsafe_code, reason = "std has no signal handlers; the handler only stores to an atomic")]
pub fn install() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: a zeroed sigaction is valid, and the handler is async-signal-safe.
        let failed = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = requested_by_signal as *const () as libc::sighandler_t;
            action.sa_flags = libc::SA_RESETHAND;
            libc::sigaction(signal, &raw const action, std::ptr::null_mut())
        };
        assert_eq!(failed, 0, "SIGINT, SIGTERM and SIGHUP can be caught");
    }
}

extern "C" fn requested_by_signal(_signal: libc::c_int) {
    REQUESTED.store(true, Ordering::Relaxed);
}

/// Whether a signal came.
#[must_use]
pub fn requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
}

/// For loops: goes on, or stops because a signal came.
///
/// # Errors
/// When a signal came.
pub fn check() -> Outcome<()> {
    if requested() { Err(Problem::new("interrupted")) } else { Ok(()) }
}
