//! Running the targets of `tests/fuzz` for longer than `cargo test` does.

use crate::run;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use windlass_tests::{Outcome, Problem, binaries, paths};

/// How many targets run at a time: some are two processes.
pub(crate) const AT_A_TIME: u64 = 2;
/// Beside the time of the targets: the build, their seeds, and making an input that failed smaller.
const REST: Duration = Duration::from_secs(25 * 60);
/// What `tests/fuzz/src/hold.rs` reads.
const SECONDS: &str = "WINDLASS_FUZZ_SECONDS";
const RANDOM: &str = "WINDLASS_FUZZ_RANDOM";

/// What the targets read.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fuzzed {
    pub(crate) targets: u64,
    pub(crate) inputs: u64,
}

/// Runs every target so long, with new inputs each time or always the same, and with what the harness says in `log`. It takes the packages of the whole workspace, so that
/// nothing is built again with other features.
///
/// # Errors
/// The targets that failed, each with its input.
pub(crate) fn run(each: Duration, random: bool, log: &Path) -> Outcome<Fuzzed> {
    let mut command = Command::new(binaries::cargo());
    command.args(["test", "--locked", "--workspace", "--test", "fuzz", "--", "--show-output", "--test-threads"]);
    command.arg(AT_A_TIME.to_string()).env(SECONDS, each.as_secs_f64().to_string()).env(binaries::ALREADY_BUILT, "1");
    if random {
        command.env(RANDOM, "1");
    }
    let limit = REST + each * u32::try_from(TARGETS).expect("targets are few");
    let ended = run::logged(command.current_dir(paths::root()), log, limit);
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let fuzzed = Fuzzed::of(&text);
    // A target whose input took too long ended all of them, and the log's last lines say which.
    ended.map_err(|problem| match text.split_once("\nfailures:\n") {
        Some((_, failures)) => Problem::new("fuzz targets failed").detail(failures.trim().to_owned()),
        None => problem.log(log),
    })?;
    match fuzzed.targets {
        TARGETS => Ok(fuzzed),
        others => Err(Problem::new(format!("{others} fuzz targets ran instead of {TARGETS}")).log(log)),
    }
}

/// How many there are; one that is not found would be missed by nobody.
pub(crate) const TARGETS: u64 = 16;

impl Fuzzed {
    /// From the lines `TARGET: N inputs`.
    fn of(log: &str) -> Self {
        let counts = log.lines().filter_map(|line| line.strip_suffix(" inputs")?.split_once(": ")?.1.parse().ok());
        counts.fold(Self::default(), |all, inputs: u64| Self { targets: all.targets + 1, inputs: all.inputs + inputs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_the_targets_say() {
        let log = "running 2 tests\ntest a ... ok\n\nsuccesses:\n\n---- a stdout ----\na: 120 inputs\n\n\
            ---- b stdout ----\nb: 3 inputs\nno inputs\n\ntest result: ok. 2 passed; 0 failed\n";
        assert_eq!(Fuzzed::of(log), Fuzzed { targets: 2, inputs: 123 });
        assert_eq!(Fuzzed::of("nothing ran"), Fuzzed::default());
    }
}
