//! Until when this process may live, whatever the plugin does.
//!
//! The clock goes on while the machine sleeps: a host that wakes up after its time ends before anything else.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::sys::signal::{SigEvent, SigevNotify, Signal};
use nix::sys::time::TimeSpec;
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::sys::timerfd::{self, TimerFd, TimerFlags};
use nix::time::{ClockId, clock_gettime};

const CLOCK: ClockId = ClockId::CLOCK_BOOTTIME;

/// The kernel kills this process then.
pub(crate) struct Killed(Timer);

#[expect(unsafe_code, reason = "nix keeps the number of a timer as a pointer")]
// SAFETY: a timer belongs to the process, and any thread of it may set it (timer_settime(2)).
unsafe impl Send for Killed {}

impl Killed {
    pub(crate) fn at(until_ms: u64) -> nix::Result<Self> {
        let how = SigevNotify::SigevSignal { signal: Signal::SIGKILL, si_value: 0 };
        let mut killed = Self(Timer::new(CLOCK, SigEvent::new(how))?);
        killed.move_to(until_ms)?;
        Ok(killed)
    }

    pub(crate) fn move_to(&mut self, until_ms: u64) -> nix::Result<()> {
        self.0.set(Expiration::OneShot(instant(until_ms)), TimerSetTimeFlags::TFD_TIMER_ABSTIME)
    }
}

/// A descriptor that becomes readable then.
pub(crate) struct Awaited {
    timer: TimerFd,
    until_ms: u64,
}

impl Awaited {
    pub(crate) fn at(until_ms: u64) -> nix::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(timerfd::ClockId::CLOCK_BOOTTIME, flags)?;
        let mut awaited = Self { timer, until_ms };
        awaited.move_to(until_ms)?;
        Ok(awaited)
    }

    pub(crate) fn move_to(&mut self, until_ms: u64) -> nix::Result<()> {
        self.until_ms = until_ms;
        self.timer.set(Expiration::OneShot(instant(until_ms)), TimerSetTimeFlags::TFD_TIMER_ABSTIME)
    }

    /// How much time is left.
    pub(crate) fn left(&self) -> Duration {
        Duration::from_millis(self.until_ms).saturating_sub(now())
    }
}

impl AsFd for Awaited {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }
}

fn now() -> Duration {
    clock_gettime(CLOCK).expect("each Linux has this clock").into()
}

/// Zero would mean never.
fn instant(until_ms: u64) -> TimeSpec {
    Duration::from_millis(until_ms.max(1)).into()
}
