//! A step that does nothing, in a host that is started for it and restricted, beside the start of a program that does
//! nothing. The runner's own figure for each step goes from the start of its host until the host's end was waited for.

use super::Measured;
use super::local::Local;
use super::measure::Middle;
use super::row::{Goal, Row, Side};
use serde_json::Value;
use std::process::Command;
use std::time::{Duration, Instant};
use windlass_tests::{Context, Outcome, Problem, interrupt};

/// What one round starts of each.
const STARTS: usize = 300;
const ROUNDS: usize = 7;
const GOAL: Goal = Goal::TimesLimit(4.5);

pub(super) fn measure() -> Outcome<Measured> {
    let local = Local::prepare()?;
    let job = local.job("noop", [("noop", ""); STARTS])?;
    // The first round warms caches, and makes the plugin known to the runner.
    round(&mut local.run(&job), &mut Vec::new(), &mut Vec::new())?;
    let (mut steps, mut spawns) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        round(&mut local.run(&job), &mut steps, &mut spawns)?;
    }
    let details = vec![detail("windlass", &mut steps), detail("posix_spawn", &mut spawns)];
    let row = Row {
        what: "no-op step, wall".to_owned(),
        ours: Side { name: "windlass", time: Middle::of(steps) },
        limit: Side { name: "/bin/true", time: Middle::of(spawns) },
        present: None,
        amount: None,
        goal: Some(GOAL),
    };
    Ok(Measured { rows: vec![row], details })
}

fn round(job: &mut Command, steps: &mut Vec<Duration>, spawns: &mut Vec<Duration>) -> Outcome<()> {
    let output = job.output().context(|| "start windlass".to_owned())?;
    steps.extend(times(&output.stdout).map_err(|problem| problem.output(&output.stderr))?);
    for _ in 0..STARTS {
        spawns.push(spawn()?);
    }
    interrupt::check()
}

/// How long each step took; all must have succeeded.
fn times(results: &[u8]) -> Outcome<Vec<Duration>> {
    let results: Value =
        serde_json::from_slice(results).context(|| "read the results of the no-op steps".to_owned())?;
    let steps = results["steps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let succeeded = steps.iter().filter(|step| step["state"] == "succeeded");
    let times: Vec<Duration> =
        succeeded.filter_map(|step| step["seconds"].as_f64()).map(Duration::from_secs_f64).collect();
    if times.len() == STARTS {
        Ok(times)
    } else {
        Err(Problem::new(format!("{} no-op steps succeeded instead of {STARTS}", times.len())))
    }
}

/// An absolute path and no hook of ours before the program starts: std then uses `posix_spawn(3)`, which does not
/// copy this process.
fn spawn() -> Outcome<Duration> {
    let mut command = Command::new("/bin/true");
    command.env_clear();
    let start = Instant::now();
    let status = command.status().context(|| "start /bin/true".to_owned())?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(Problem::new(format!("/bin/true failed ({status})"))) }
}

fn detail(name: &str, times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1000.0;
    format!(
        "no-op step, {name}: p5 {:.2} ms, p50 {:.2} ms, p95 {:.2} ms, {} starts",
        at(5),
        at(50),
        at(95),
        times.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(steps: usize, state: &str) -> Vec<u8> {
        let step = serde_json::json!({ "state": state, "seconds": 0.001 });
        serde_json::json!({ "steps": vec![step; steps] }).to_string().into_bytes()
    }

    #[test]
    fn only_a_whole_job_counts() {
        assert_eq!(times(&results(STARTS, "succeeded")).unwrap(), [Duration::from_millis(1); STARTS]);
        let problem = times(&results(STARTS, "failed")).unwrap_err().to_string();
        assert_eq!(problem, "0 no-op steps succeeded instead of 300");
        assert!(times(&results(STARTS - 1, "succeeded")).is_err());
        assert!(times(b"").is_err());
    }

    #[test]
    fn details_are_percentiles() {
        let mut times: Vec<Duration> = (0..=100).rev().map(Duration::from_millis).collect();
        let text = detail("windlass", &mut times);
        assert_eq!(text, "no-op step, windlass: p5 5.00 ms, p50 50.00 ms, p95 95.00 ms, 101 starts");
    }
}
