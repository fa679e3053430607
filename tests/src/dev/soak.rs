//! `cargo soak`: what takes longer than CI has. Every fault of a plugin, and every end of the runner, in an order drawn
//! from a seed, again and again until the time is over. Each must end as it should, leave no process behind and leave this
//! process no descriptor. The figures go to `docs/soak.md`.

mod cases;
mod ground;
mod leftovers;
mod one_runner;
mod record;

use crate::fuzz::{self, Fuzzed};
use cases::{CASES, Case};
use ground::Ground;
use record::Record;
use std::time::{Duration, Instant};
use windlass_tests::chaos;
use windlass_tests::crashes::{self, Crashed, Database};
use windlass_tests::{Context, Outcome, Problem, Random, interrupt, paths};

/// How long processes may live on after the runner.
const LEFT_WITHIN: Duration = Duration::from_secs(10);
/// How many faults one process has when the user does not say.
const FAULTS: u64 = 1000;
/// Which part of its minutes a soak fuzzes when the user does not say.
const FUZZ_PART: u64 = 3;
/// How many servers are killed when the user does not say, half of them on each database.
const KILLS: usize = 200;
/// How many minutes things happen to the machines of a cluster when the user does not say.
const CHAOS: u64 = 10;
const USAGE: &str =
    "usage: cargo soak --minutes N --seed S [--faults K] [--fuzz-minutes M] [--kills L] [--chaos-minutes C]";

/// What the user asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    minutes: u64,
    seed: u64,
    faults: u64,
    /// Servers that are killed under load.
    kills: usize,
    /// How long all fuzz targets take together.
    fuzz_minutes: u64,
    /// How long things happen to the machines of a cluster.
    chaos_minutes: u64,
}

/// # Errors
/// When the arguments are other than both flags, each with a number.
pub(crate) fn parse(arguments: &[String]) -> Outcome<Plan> {
    let (mut minutes, mut seed, mut faults, mut fuzz, mut kills) = (None, None, Some(FAULTS), None, None);
    let mut chaos = None;
    for pair in arguments.chunks(2) {
        let slot = match pair.first().map(String::as_str) {
            Some("--minutes") => &mut minutes,
            Some("--seed") => &mut seed,
            Some("--faults") => &mut faults,
            Some("--fuzz-minutes") => &mut fuzz,
            Some("--kills") => &mut kills,
            Some("--chaos-minutes") => &mut chaos,
            _ => return Err(Problem::new(USAGE)),
        };
        *slot = Some(pair.get(1).and_then(|number| number.parse().ok()).ok_or_else(|| Problem::new(USAGE))?);
    }
    match (minutes, seed, faults) {
        (Some(minutes), Some(seed), Some(faults)) => {
            let kills = kills.map_or(KILLS, |kills| usize::try_from(kills).unwrap_or(KILLS));
            let (fuzz_minutes, chaos_minutes) = (fuzz.unwrap_or(minutes / FUZZ_PART), chaos.unwrap_or(CHAOS));
            Ok(Plan { minutes, seed, faults, kills, fuzz_minutes, chaos_minutes })
        }
        _ => Err(Problem::new(USAGE)),
    }
}

/// Fuzzes for its part of the time, then runs all cases in a new order each time, until the time is over or one fails; all
/// of them at least once.
///
/// # Errors
/// The first case that did not end as it should, with its number and the seed.
pub(crate) fn run(plan: &Plan) -> Outcome<()> {
    let ground = Ground::prepare()?;
    leftovers::adopt_orphans()?;
    let mut random = Random::new(plan.seed);
    let mut record = Record::new(plan.minutes, plan.seed);
    record.fuzzed(fuzzed(plan.fuzz_minutes)?);
    let killed = killed(plan.kills, plan.seed)?;
    let played = chaos::play(minutes(plan.chaos_minutes), plan.seed)?;
    let minutes_played = plan.chaos_minutes;
    record.killed(format!(
        "{killed}\nThree members on PostgreSQL, {minutes_played} min of faults of machines: {played}."
    ));
    let (start, limit) = (Instant::now(), minutes(plan.minutes.saturating_sub(plan.fuzz_minutes)));
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
    let took = start.elapsed();
    record.long_lived(one_runner::run(plan.faults, plan.seed)?);
    leftovers::no_process(LEFT_WITHIN)?;
    record.write(took)
}

/// What killed servers left, in words.
fn killed(kills: usize, seed: u64) -> Outcome<String> {
    let mut words = Vec::new();
    for database in [Database::Sqlite, Database::Postgres] {
        let Crashed { kills, accepted, ended } = crashes::run(database, kills / 2, seed)?;
        let ended: Vec<String> = ended.iter().map(|(how, count)| format!("{count} {how}")).collect();
        words.push(format!(
            "{database:?}: {kills} servers killed under load, {accepted} executions accepted, none lost or stuck, no unsafe \
             step done twice ({}).",
            ended.join(", ")
        ));
    }
    Ok(words.join("\n"))
}

/// What the fuzz targets did in these minutes, in words.
fn fuzzed(all: u64) -> Outcome<String> {
    if all == 0 {
        return Ok("Nothing was fuzzed.".to_owned());
    }
    let each = minutes(all) * u32::try_from(fuzz::AT_A_TIME).expect("few") / u32::try_from(fuzz::TARGETS).expect("few");
    let log = paths::target().join("soak-fuzz.log");
    std::fs::write(&log, "").context(|| format!("write {}", log.display()))?;
    let Fuzzed { targets, inputs } = fuzz::run(each, true, &log)?;
    Ok(format!("Fuzzed: {targets} targets for {} s each, {inputs} inputs, none of which failed.", each.as_secs()))
}

fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
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
        let plan = |minutes, faults, fuzz_minutes| Plan {
            minutes,
            seed: 7,
            faults,
            kills: KILLS,
            fuzz_minutes,
            chaos_minutes: CHAOS,
        };
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(parse(&words("--seed 7 --minutes 2")).unwrap(), plan(2, FAULTS, 0));
        let all = "--minutes 9 --seed 7 --faults 100 --fuzz-minutes 60";
        assert_eq!(parse(&words(all)).unwrap(), plan(9, 100, 60));
        assert_eq!(parse(&words("--minutes 9 --seed 7")).unwrap(), plan(9, FAULTS, 3), "a third of the time");
        assert_eq!(parse(&words("--minutes 9 --seed 7 --fuzz-minutes")).unwrap_err().to_string(), USAGE);
        assert_eq!(parse(&words("--minutes 2")).unwrap_err().to_string(), USAGE);
        assert_eq!(parse(&words("--minutes two --seed 7")).unwrap_err().to_string(), USAGE);
    }
}
