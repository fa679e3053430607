//! `cargo verify`: everything that CI checks, step by step. A step that cannot run has failed; only `--without` skips.

mod failures;
mod report;
mod steps;

use report::{Report, Result as StepResult};
use std::collections::BTreeSet;
use std::fs;
use std::time::Instant;
use steps::STEPS;
use windlass_tests::{Context, Outcome, Problem, interrupt, paths};

/// The steps that the arguments skip.
///
/// # Errors
/// When an argument is not `--without` with the name of a step.
pub(crate) fn without(arguments: &[String]) -> Outcome<BTreeSet<String>> {
    let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    let usage = || Problem::new(format!("usage: cargo verify [--without STEP]...\nsteps: {}", names.join(", ")));
    arguments
        .chunks(2)
        .map(|pair| match pair {
            [flag, name] if flag == "--without" && names.contains(&name.as_str()) => Ok(name.clone()),
            [flag, name] if flag == "--without" => {
                Err(Problem::new(format!("there is no step `{name}`; steps: {}", names.join(", "))))
            }
            _ => Err(usage()),
        })
        .collect()
}

/// Runs every step that is not skipped, the later ones too when one fails.
///
/// Returns whether all of them passed; the counting line is then the last one printed.
///
/// # Errors
/// When the user interrupted, or a log cannot be written.
pub(crate) fn run(without: &BTreeSet<String>) -> Outcome<bool> {
    let folder = paths::target().join("verify");
    fs::create_dir_all(&folder).context(|| format!("make {}", folder.display()))?;
    let mut report = Report::default();
    for step in STEPS {
        if without.contains(step.name) {
            report.add(step.name, StepResult::Skipped);
            continue;
        }
        let log = folder.join(format!("{}.log", step.name));
        fs::write(&log, "").context(|| format!("write {}", log.display()))?;
        report.announce(step.name, step.what);
        let start = Instant::now();
        let outcome = (step.run)(&log);
        interrupt::check()?;
        report.add(step.name, StepResult::of(outcome, start.elapsed(), &log));
    }
    report.print_summary();
    Ok(report.failed() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn takes_known_steps_only() {
        let taken = without(&arguments(&["--without", "docs", "--without", "shear"])).unwrap();
        assert_eq!(taken.into_iter().collect::<Vec<_>>(), ["docs", "shear"]);
        let problem = without(&arguments(&["--without", "tests"])).unwrap_err().to_string();
        assert!(problem.starts_with("there is no step `tests`; steps: tools, fmt, "), "{problem}");
        assert!(without(&arguments(&["--without"])).is_err());
    }
}
