//! `cargo soak`: what takes longer than CI has. Cases are drawn at random from a seed until the time is over; each must
//! end as it should and leave no process behind. The figures go to `docs/soak.md`.

mod cases;
mod random;
mod record;

use cases::{CASES, Ground};
use random::Random;
use record::Record;
use std::time::{Duration, Instant};
use windlass_tests::{Outcome, Problem, interrupt};

const USAGE: &str = "usage: cargo soak --minutes N --seed S";

/// What the user asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    minutes: u64,
    seed: u64,
}

/// # Errors
/// When the arguments are other than both flags, each with a number.
pub(crate) fn parse(arguments: &[String]) -> Outcome<Plan> {
    let (mut minutes, mut seed) = (None, None);
    for pair in arguments.chunks(2) {
        let slot = match pair.first().map(String::as_str) {
            Some("--minutes") => &mut minutes,
            Some("--seed") => &mut seed,
            _ => return Err(Problem::new(USAGE)),
        };
        *slot = pair.get(1).and_then(|number| number.parse().ok());
    }
    match (minutes, seed) {
        (Some(minutes), Some(seed)) => Ok(Plan { minutes, seed }),
        _ => Err(Problem::new(USAGE)),
    }
}

/// Draws and runs cases until the time is over or one fails.
///
/// # Errors
/// The first case that did not end as it should, with its number and the seed.
pub(crate) fn run(plan: &Plan) -> Outcome<()> {
    let ground = Ground::prepare()?;
    let mut random = Random::new(plan.seed);
    let mut record = Record::new(plan.minutes, plan.seed);
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(plan.minutes * 60) {
        interrupt::check()?;
        let case = random.choose(CASES);
        let began = Instant::now();
        (case.run)(&ground, &mut random)
            .and_then(|()| ground.nothing_left())
            .map_err(|problem| Problem::new(format!("`{}`, case {}: {problem}", case.name, record.cases() + 1)))?;
        record.add(case.name, began.elapsed());
    }
    record.write(start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wants_both_numbers() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parse(&words("--seed 7 --minutes 2")).unwrap(), Plan { minutes: 2, seed: 7 });
        assert_eq!(parse(&words("--minutes 2")).unwrap_err().to_string(), USAGE);
        assert_eq!(parse(&words("--minutes two --seed 7")).unwrap_err().to_string(), USAGE);
    }
}
