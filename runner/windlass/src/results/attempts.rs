use std::collections::{BTreeMap, BTreeSet};

use windlass_engine::StepEnd;
use windlass_store::State;

/// The positions of the steps whose results count: of a step that was tried again its last attempt, and nothing of a group's
/// attempts before its last one.
pub(super) fn that_count(steps: &[StepEnd]) -> BTreeSet<i32> {
    let mut last: BTreeMap<&str, &StepEnd> = BTreeMap::new();
    for step in steps.iter().filter(|step| step.state != State::Skipped) {
        last.entry(&step.step).and_modify(|known| *known = later(known, step)).or_insert(step);
    }
    let counts = |step: &&&StepEnd| {
        groups(&step.step).all(|(group, attempt)| last.get(group).is_none_or(|known| known.attempt == attempt))
    };
    last.values().filter(counts).map(|step| step.position).collect()
}

fn later<'a>(one: &'a StepEnd, other: &'a StepEnd) -> &'a StepEnd {
    if other.position > one.position { other } else { one }
}

/// The groups that a path leads through, each with the number of its attempt: of `deploy#2.east.check` these are `deploy` in
/// its second and `deploy#2.east` in its first.
fn groups(path: &str) -> impl Iterator<Item = (&str, i32)> {
    let ends = path.match_indices('.').map(|(end, _)| (&path[..end], &path[end + 1..]));
    // What handles a failure is beside the attempts.
    let groups = ends.filter(|(_, inside)| !inside.starts_with("onError."));
    groups.map(|(group, _)| match group.rsplit_once('#') {
        Some((name, attempt)) if !attempt.contains('.') => (name, attempt.parse().unwrap_or(1)),
        _ => (group, 1),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn counting(steps: &[(&str, i32)]) -> Vec<i32> {
        let one = |(position, (path, attempt)): (usize, &(&str, i32))| StepEnd {
            step: (*path).to_owned(),
            position: i32::try_from(position).unwrap(),
            uses: String::new(),
            attempt: *attempt,
            state: State::Failed,
            outputs: None,
            failure: None,
            took: Duration::ZERO,
        };
        let steps: Vec<StepEnd> = steps.iter().enumerate().map(one).collect();
        that_count(&steps).into_iter().collect()
    }

    #[test]
    fn of_a_step_the_last_attempt_counts() {
        assert_eq!(counting(&[("a", 1), ("b", 1), ("b", 2), ("c", 1)]), [0, 2, 3]);
    }

    #[test]
    fn of_a_group_the_steps_of_its_last_attempt_count() {
        let tried = [("g", 1), ("g.a", 1), ("g.b", 1), ("g", 2), ("g#2.a", 1), ("g#2.a", 2), ("other", 1)];
        assert_eq!(counting(&tried), [3, 5, 6]);
        let nested = [("g", 1), ("g.h", 1), ("g.h.a", 1), ("g.h", 2), ("g.h#2.a", 1), ("g", 2), ("g#2.h", 1)];
        assert_eq!(counting(&nested), [5, 6]);
        assert_eq!(
            counting(&[("e", 1), ("e[0]", 1), ("e[0].a", 1), ("e[0]", 2), ("e[0]#2.a", 1), ("e[1]", 1)]),
            [0, 3, 4, 5]
        );
    }

    /// A group that goes on after an interruption keeps the number of its attempt, and the steps in it theirs.
    #[test]
    fn what_a_group_did_before_it_went_on_counts() {
        assert_eq!(counting(&[("g", 1), ("g.a", 1), ("g", 1), ("g.b", 1)]), [1, 2, 3]);
    }

    #[test]
    fn what_handles_a_failure_counts_whatever_the_attempt() {
        assert_eq!(counting(&[("a", 1), ("a", 2), ("a.onError.tell", 1)]), [1, 2]);
    }
}
