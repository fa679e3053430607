//! Credentials that are at hand: what a step waits for that asks again, beside a look into a map.

use super::Measured;
use super::measure::Middle;
use super::row::{Goal, Row, Side};
use serde_json::Value;
use std::process::Command;
use std::time::Duration;
use windlass_tests::{Context, Outcome, Problem, binaries, interrupt};

/// What one round asks for.
const HITS: u64 = 1_000;
const ROUNDS: usize = 15;
/// 10 µs each.
const GOAL: Goal = Goal::AboveLimit(Duration::from_millis(10));

pub(super) fn measure() -> Outcome<Measured> {
    let folder = tempfile::tempdir().context(|| "make a folder".to_owned())?;
    let (mut hits, mut looks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut command = Command::new(binaries::folder("release").join("windlass-throughput"));
        command.args(["hits", &HITS.to_string()]).arg(folder.path()).env_clear();
        let output = command.output().context(|| "start windlass-throughput".to_owned())?;
        let said: Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| Problem::new(format!("no JSON of hits: {error}")).output(&output.stderr))?;
        hits.push(Duration::from_nanos(said["hits_ns"].as_u64().unwrap_or_default()));
        looks.push(Duration::from_nanos(said["looks_ns"].as_u64().unwrap_or_default()));
        interrupt::check()?;
    }
    let each = |times: &[Duration]| {
        let mut times = times.to_vec();
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e6 / HITS as f64
    };
    let details = vec![format!(
        "credentials at hand: {:.2} µs each, a look into a map {:.2} µs (goal: less than 10 µs)",
        each(&hits),
        each(&looks)
    )];
    let row = Row {
        what: "1,000 times credentials at hand".to_owned(),
        ours: Side { name: "windlass", time: Middle::of(hits) },
        limit: Side { name: "map look-up", time: Middle::of(looks) },
        present: None,
        amount: None,
        goal: Some(GOAL),
    };
    Ok(Measured { rows: vec![row], details })
}
