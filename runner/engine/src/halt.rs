//! Stopping: a tree of what runs. Whoever stops a part stops all that is below it, for the same reason.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;
use windlass_hosting::Stop;

/// A part of an execution that can be stopped: the whole, a group of steps, an attempt of a step. Clones are the same part.
#[derive(Clone, Default)]
pub struct Halt(Arc<Part>);

#[derive(Default)]
struct Part {
    /// Held so that a stop from above finds its way for as long as anybody below listens.
    _above: Option<Arc<Part>>,
    why: watch::Sender<Option<Stop>>,
    below: Mutex<Vec<Weak<Part>>>,
}

impl Halt {
    /// A part of this one.
    pub fn part(&self) -> Self {
        let part = Self(Arc::new(Part { _above: Some(Arc::clone(&self.0)), ..Part::default() }));
        let mut below = self.0.below.lock().unwrap_or_else(PoisonError::into_inner);
        below.retain(|other| other.strong_count() > 0);
        below.push(Arc::downgrade(&part.0));
        // After it is listed: a stop that comes now reaches it one way or the other.
        drop(below);
        if let Some(why) = self.why() {
            part.stop(&why);
        }
        part
    }

    /// Stops this part and all below it. The first reason stays.
    pub fn stop(&self, why: &Stop) {
        self.0.stop(why);
    }

    /// Why it is stopped, once it is.
    pub fn why(&self) -> Option<Stop> {
        self.0.why.borrow().clone()
    }

    /// Resolves when it is stopped.
    pub async fn stopped(&self) -> Stop {
        let mut receiver = self.0.why.subscribe();
        let why = receiver.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
        match why {
            Some(why) => why,
            None => std::future::pending().await,
        }
    }

    /// For whoever runs a step of this part.
    pub(crate) fn receiver(&self) -> watch::Receiver<Option<Stop>> {
        self.0.why.subscribe()
    }

    /// Lets `work` run in this part and stops the part when the time is over. What that makes of the work is its result.
    pub(crate) async fn within<T>(&self, time: Option<(Duration, String)>, work: impl Future<Output = T>) -> T {
        let Some((time, message)) = time else { return work.await };
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => done,
            () = tokio::time::sleep(time) => {
                self.stop(&Stop::TimedOut(message));
                work.await
            }
        }
    }
}

impl Part {
    fn stop(&self, why: &Stop) {
        let fresh = self.why.send_if_modified(|known| {
            let fresh = known.is_none();
            known.get_or_insert_with(|| why.clone());
            fresh
        });
        if fresh {
            let below = self.below.lock().unwrap_or_else(PoisonError::into_inner);
            below.iter().filter_map(Weak::upgrade).for_each(|part| part.stop(why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_reaches_all_below_and_nothing_beside_or_above() {
        let whole = Halt::default();
        let (one, other) = (whole.part(), whole.part());
        let deep = one.part().part();
        one.stop(&Stop::TimedOut("late".into()));
        let late = Some(Stop::TimedOut("late".into()));
        assert_eq!((deep.why(), one.part().why()), (late.clone(), late));
        assert_eq!((whole.why(), other.why()), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_reason_stays() {
        let whole = Halt::default();
        let part = whole.part();
        let work = async { part.stopped().await };
        let ended = part.within(Some((Duration::from_secs(5), "5 s are over".into())), work).await;
        whole.stop(&Stop::cancelled());
        assert_eq!(ended, Stop::TimedOut("5 s are over".into()));
        assert_eq!(part.why(), Some(ended));
        assert_eq!(whole.part().stopped().await, Stop::cancelled());
    }
}
