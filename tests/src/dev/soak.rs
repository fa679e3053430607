//! `cargo soak`: what takes longer than CI has. Every fault of a plugin, and every end of the runner, in an order drawn
//! from a seed, again and again until the time is over. Each must end as it should, leave no process behind and leave this
//! process no descriptor. The figures go to `docs/soak.md`.

mod cases;
mod ground;
mod leftovers;
mod one_runner;
mod random;
mod record;

use cases::{CASES, Case};
use ground::Ground;
use random::Random;
use record::Record;
use std::time::{Duration, Instant};
use windlass_tests::{Outcome, Problem, interrupt};

/// How long processes may live on after the runner.
const LEFT_WITHIN: Duration = Duration::from_secs(10);
/// How many faults one process has when the user does not say.
const FAULTS: u64 = 1000;
const USAGE: &str = "usage: cargo soak --minutes N --seed S [--faults K]";

/// What the user asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    minutes: u64,
    seed: u64,
    faults: u64,
}

/// # Errors
/// When the arguments are other than both flags, each with a number.
pub(crate) fn parse(arguments: &[String]) -> Outcome<Plan> {
    let (mut minutes, mut seed, mut faults) = (None, None, Some(FAULTS));
    for pair in arguments.chunks(2) {
        let slot = match pair.first().map(String::as_str) {
            Some("--minutes") => &mut minutes,
            Some("--seed") => &mut seed,
            Some("--faults") => &mut faults,
            _ => return Err(Problem::new(USAGE)),
        };
        *slot = pair.get(1).and_then(|number| number.parse().ok());
    }
    match (minutes, seed, faults) {
        (Some(minutes), Some(seed), Some(faults)) => Ok(Plan { minutes, seed, faults }),
        _ => Err(Problem::new(USAGE)),
    }
}

/// Runs all cases in a new order each time, until the time is over or one fails; all of them at least once.
///
/// # Errors
/// The first case that did not end as it should, with its number and the seed.
pub(crate) fn run(plan: &Plan) -> Outcome<()> {
    let ground = Ground::prepare()?;
    leftovers::adopt_orphans()?;
    let mut random = Random::new(plan.seed);
    let mut record = Record::new(plan.minutes, plan.seed);
    let (start, limit) = (Instant::now(), Duration::from_secs(plan.minutes * 60));
    let mut deck: Vec<&Case> = Vec::new();
    while record.cases() < CASES.len() || start.elapsed() < limit {
        interrupt::check()?;
        if deck.is_empty() {
            deck = random.shuffled(CASES);
        }
        let case = deck.pop().expect("there are cases");
        let number = record.cases() + 1;
        let ended = one(&ground, case, &mut random);
        let (took, peak_kib) = ended.map_err(|problem| {
            Problem::new(format!("`{}`, case {number} of seed {}: {problem}", case.name(), plan.seed))
        })?;
        record.add(case.name(), took, peak_kib);
    }
    record.long_lived(one_runner::run(plan.faults, plan.seed)?);
    record.write(start.elapsed())
}

/// How long the case took, with the end of everything that it started, and the peak memory of its largest process.
fn one(ground: &Ground, case: &Case, random: &mut Random) -> Outcome<(Duration, i64)> {
    let (start, descriptors) = (Instant::now(), leftovers::descriptors()?);
    let peak_kib = ground.run(case, random)?;
    leftovers::no_process(LEFT_WITHIN)?;
    let took = start.elapsed();
    let now = leftovers::descriptors()?;
    if now != descriptors {
        return Err(Problem::new(format!("this process had the descriptors {descriptors:?}, and has {now:?} now")));
    }
    Ok((took, peak_kib))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_both_numbers() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parse(&words("--seed 7 --minutes 2")).unwrap(), Plan { minutes: 2, seed: 7, faults: FAULTS });
        assert_eq!(parse(&words("--minutes 2")).unwrap_err().to_string(), USAGE);
        assert_eq!(parse(&words("--minutes two --seed 7")).unwrap_err().to_string(), USAGE);
    }
}
