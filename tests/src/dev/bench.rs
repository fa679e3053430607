//! `cargo bench-all`: one table of what Windlass costs, beside the limit and beside what people use today, all measured
//! in the same minutes on the same machine. Only ratios are goals; absolute figures are the machine's.

mod connect;
mod export;
mod hits;
mod local;
mod logs;
mod measure;
mod noop;
mod query;
mod queue;
mod row;
mod schedules;
mod table;

use crate::run;
use row::Row;
use std::path::Path;
use std::process::Command;
use windlass_tests::{Outcome, Problem, binaries, interrupt, paths};

/// What the benches run, all of the release build.
const PACKAGES: &[&str] = &[
    "windlass",
    "windlass-plugin-host",
    "windlass-plugin-cloudwatch-logs",
    "windlass-plugin-misbehave",
    "windlass-plugin-escape",
    "windlass-plugin-shell",
    "windlass-bare-sdk",
    "windlass-throughput",
];

/// One group of rows that share their preparation.
pub(crate) struct Bench {
    name: &'static str,
    measure: fn() -> Outcome<Measured>,
}

/// What a bench found.
#[derive(Default)]
struct Measured {
    rows: Vec<Row>,
    /// Lines below the table: figures that no goal is set for.
    details: Vec<String>,
}

const BENCHES: &[Bench] = &[
    Bench { name: "query", measure: query::measure },
    Bench { name: "export", measure: export::measure },
    Bench { name: "noop", measure: noop::measure },
    Bench { name: "queue", measure: queue::measure },
    Bench { name: "members", measure: queue::members },
    Bench { name: "schedules", measure: schedules::measure },
    Bench { name: "credentials", measure: hits::measure },
    Bench { name: "connections", measure: connect::measure },
    Bench { name: "logs", measure: logs::measure },
];

/// The benches with these names; all when there are none.
///
/// # Errors
/// When there is none of a name.
pub(crate) fn named(names: &[String]) -> Outcome<Vec<&'static Bench>> {
    let find = |name: &String| {
        let known = || BENCHES.iter().map(|bench| format!("`{}`", bench.name)).collect::<Vec<_>>().join(", ");
        BENCHES
            .iter()
            .find(|bench| bench.name == name)
            .ok_or_else(|| Problem::new(format!("there is no bench `{name}`; there are {}", known())))
    };
    if names.is_empty() { Ok(BENCHES.iter().collect()) } else { names.iter().map(find).collect() }
}

/// Measures and prints the table. A missed goal is printed, not an error: machines differ.
///
/// # Errors
/// When something cannot be built, started or measured.
pub(crate) fn run(benches: &[&Bench]) -> Outcome<()> {
    let mut build = Command::new(binaries::cargo());
    build.args(["build", "--release", "--locked"]).args(PACKAGES.iter().flat_map(|name| ["--package", name]));
    run::shown_to_user(build.current_dir(paths::root()))?;
    let mut all = Measured::default();
    for bench in benches {
        eprintln!("measuring: {}", bench.name);
        let measured = (bench.measure)()?;
        all.rows.extend(measured.rows);
        all.details.extend(measured.details);
        interrupt::check()?;
    }
    print!("{}", table::render(&all));
    Ok(())
}

/// The runner of the release build, with nothing of our environment.
fn windlass(config: &Path) -> Command {
    let mut command = Command::new(binaries::folder("release").join("windlass"));
    command.arg("--config").arg(config).env_clear().current_dir(paths::root());
    command
}
