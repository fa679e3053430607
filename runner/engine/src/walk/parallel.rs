//! Steps, or one step for several values, at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use windlass_hosting::Stop;
use windlass_jobs::{Step, Values};
use windlass_store::StoreError;

use super::place::Inside;
use super::sequence::{Boxed, Done, Ran, stopped};
use super::{Walk, Worker};
use crate::Halt;
use crate::notice::Failed;

/// How branches ended, each at its number; those that never began are none.
pub(super) struct Branches {
    pub(super) done: Vec<Option<Done>>,
    /// Of the one that stopped the others.
    pub(super) failed: Option<Failed>,
}

impl<W: Worker> Walk<'_, W> {
    pub(super) async fn parallel(
        &self,
        steps: &[Step],
        limit: usize,
        values: &Values,
        inside: &Inside,
        halt: &Halt,
    ) -> Result<Ran, StoreError> {
        let part = halt.part();
        let branch = |index: usize| -> Boxed<'_, Done> {
            let step = &steps[index];
            self.step(step, values, inside.of(step), &part)
        };
        let branches = self.at_once(steps.len(), limit, &part, branch).await?;
        let mut ran = Ran::default();
        for (step, done) in steps.iter().zip(branches.done) {
            match done {
                Some(done) => ran.know(step, &done),
                None => {
                    let why =
                        branches.failed.as_ref().map(Failed::skips).or_else(|| part.why().map(|why| stopped(&why)));
                    let why = why.expect("a branch is left out only after a failure or a stop");
                    let place = inside.of(step);
                    ran.failed.get_or_insert_with(|| Failed { step: place.path.clone(), failure: why.clone() });
                    self.skip(step, &place, &why);
                }
            }
        }
        ran.failed = branches.failed.or(ran.failed);
        Ok(ran)
    }

    /// Runs branches, so many at a time. When one fails the others are stopped, and no more begin.
    pub(super) async fn at_once<'s>(
        &'s self,
        count: usize,
        limit: usize,
        part: &Halt,
        branch: impl Fn(usize) -> Boxed<'s, Done>,
    ) -> Result<Branches, StoreError> {
        let begun = AtomicUsize::new(0);
        let numbered = |index| {
            let (branch, begun) = (branch(index), &begun);
            async move {
                begun.fetch_add(1, Ordering::Relaxed);
                let done = branch.await?;
                // Others may run for long; that this one is over is not to wait for them.
                if begun.fetch_sub(1, Ordering::Relaxed) > 1 {
                    self.ledger.write().await?;
                }
                Ok::<_, StoreError>((index, done))
            }
        };
        let mut branches = Branches { done: std::iter::repeat_with(|| None).take(count).collect(), failed: None };
        let mut waiting = 0..count;
        let mut running: FuturesUnordered<_> = waiting.by_ref().take(limit.max(1)).map(&numbered).collect();
        while let Some(ended) = running.next().await {
            let (index, done) = ended?;
            if done.stops && branches.failed.is_none() && part.why().is_none() {
                branches.failed.clone_from(&done.failed);
                let step = done.failed.as_ref().map(|failed| failed.step.as_str()).unwrap_or_default();
                part.stop(&Stop::Cancelled(format!("step `{step}` beside it failed")));
            }
            branches.failed = branches.failed.or_else(|| done.failed.clone().filter(|_| done.stops));
            branches.done[index] = Some(done);
            running.extend(waiting.next().filter(|_| part.why().is_none()).map(&numbered));
        }
        Ok(branches)
    }
}
