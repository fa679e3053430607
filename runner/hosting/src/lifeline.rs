//! Until when hosts may live. Their runner extends it for as long as it lives itself.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use tokio::sync::watch;
use tokio::time::{Instant, Interval, interval_at};

/// How long a host may live without hearing from its runner where nothing shorter is said.
const DEADLINE: Duration = Duration::from_secs(120);
/// How often a runner speaks then.
const SPEAKS_EVERY: Duration = Duration::from_secs(30);

/// The time on the machine's clock that nobody sets and that goes on while it sleeps (`CLOCK_BOOTTIME`).
pub fn boottime() -> Duration {
    clock_gettime(ClockId::CLOCK_BOOTTIME).expect("each Linux has this clock").into()
}

/// What hosts live by: the life of their runner, or a time that this is given by others. By default they live for two minutes
/// after its last sign of life.
#[derive(Clone, Debug, Default)]
pub struct Lifeline(Option<watch::Receiver<Duration>>);

impl Lifeline {
    /// Hosts live until this time of [`boottime`], which may be moved on, and no longer.
    pub fn until(time: watch::Receiver<Duration>) -> Self {
        Self(Some(time))
    }

    /// For one host, and when it ends as things stand, in milliseconds.
    pub(crate) fn hold(&self) -> (Pings, u64) {
        let ticks = interval_at(Instant::now() + SPEAKS_EVERY, SPEAKS_EVERY);
        let mut time = self.0.clone();
        let ends = time.as_mut().map_or_else(|| boottime() + DEADLINE, |time| *time.borrow_and_update());
        (Pings { time, ticks }, milliseconds(ends))
    }
}

/// When a host is to be told that it may live on.
pub(crate) struct Pings {
    time: Option<watch::Receiver<Duration>>,
    ticks: Interval,
}

impl Pings {
    /// Waits until there is something to tell: until when the host may live now, in milliseconds. Cancel safe.
    pub(crate) async fn next(&mut self) -> u64 {
        let Some(time) = &mut self.time else {
            self.ticks.tick().await;
            return milliseconds(boottime() + DEADLINE);
        };
        if time.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        milliseconds(*time.borrow_and_update())
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_is_told_when_its_time_is_moved_on() {
        let (extend, time) = watch::channel(Duration::from_millis(5));
        let (mut pings, first) = Lifeline::until(time).hold();
        assert_eq!(first, 5);
        extend.send_replace(Duration::from_millis(9));
        assert_eq!(pings.next().await, 9);
    }

    #[tokio::test]
    async fn without_a_time_of_its_own_it_has_two_minutes() {
        let before = milliseconds(boottime());
        let (_pings, until) = Lifeline::default().hold();
        assert!((before + 120_000..=milliseconds(boottime()) + 120_000).contains(&until));
    }
}
