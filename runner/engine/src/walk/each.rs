//! One step for each of several values.

use std::time::Instant;

use serde_json::{Map, Value};
use windlass_hosting::StepFailure;
use windlass_jobs::{Action, ForEach, Step, Values, items};
use windlass_store::{State, StoreError};

use super::attempts::has_failed;
use super::parallel::Branches;
use super::sequence::{Boxed, Done, stopped};
use super::{Facts, Place, Walk, Worker};
use crate::notice::Failed;
use crate::{Halt, failure};

/// What the record calls it.
const USES: &str = "forEach";

impl<W: Worker> Walk<'_, W> {
    pub(super) async fn each(
        &self,
        step: &Step,
        each: &ForEach,
        values: &Values,
        place: &Place,
        halt: &Halt,
    ) -> Result<Done, StoreError> {
        let items = match items(each, values, self.job) {
            Ok(items) => items,
            Err(error) => return Ok(self.unready(step, place, failure(&error))),
        };
        match self.ledger.past(&place.path).last() {
            Some(row) if row.state == State::Succeeded && row.outputs.is_some() => {
                return self.remembered(step, place, row).await;
            }
            Some(row) if has_failed(row.state) && !self.ledger.redoes(row) => {
                return self.remembered(step, place, row).await;
            }
            _ => {}
        }
        let position = self.begin(step, place, USES, 1, &Facts::default());
        let began = Instant::now();
        let part = halt.part();
        let one = |index: usize| -> Boxed<'_, Done> {
            let (values, place, part) = (values.with_item(&items[index], index), place.item(position, index), &part);
            Box::pin(async move {
                let mut done = self.single(step, &values, &place, part).await?;
                done.stops &= !step.continue_on_error;
                Ok(done)
            })
        };
        let Branches { done, failed } = self.at_once(items.len(), each.limit, &part, one).await?;
        let stop = || halt.why().map(|why| self.stopped_between(place, stopped(&why)));
        let failed = failed.or_else(|| if done.iter().any(Option::is_none) { stop() } else { None });
        let outputs = Value::Array(done.iter().flatten().map(|done| outputs(step, done)).collect());
        let outputs = Some(outputs).filter(|_| failed.is_none());
        // All had their turn; the first that failed tells how the step ended.
        let failed = failed.or_else(|| done.iter().flatten().find_map(|done| done.failed.clone()));
        self.finish(step, place, position, 1, began.elapsed(), outputs.as_ref(), failed.as_ref());
        Ok(Done::new(State::Succeeded, outputs).at(position).failed_by(failed))
    }

    fn stopped_between(&self, place: &Place, failure: StepFailure) -> Failed {
        Failed { step: place.path.clone(), failure }
    }
}

/// What later steps see of one item: its outputs, or those of each step in it.
fn outputs(step: &Step, done: &Done) -> Value {
    let of = |outputs: &Option<Value>| outputs.clone().unwrap_or(Value::Null);
    match &step.action {
        Action::Uses { .. } | Action::Job { .. } => of(&done.facts.outputs),
        Action::Parallel { .. } | Action::Steps(_) => {
            Value::Object(done.inner.iter().map(|(id, facts)| (id.clone(), of(&facts.outputs))).collect::<Map<_, _>>())
        }
    }
}
