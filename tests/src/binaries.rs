//! The binaries under test, built first: an end-to-end test must never pass or fail on an old build.

use crate::{Outcome, Problem, paths};
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Set by `cargo verify`, which has built everything and tests that very build.
pub const ALREADY_BUILT: &str = "WINDLASS_TESTS_BUILT";

/// The runner of the development profile.
///
/// # Errors
/// When the workspace does not build.
pub fn windlass() -> Outcome<PathBuf> {
    built("windlass")
}

/// A file of `target/debug`, by name; plugins are `libNAME.so`.
///
/// # Errors
/// When the workspace does not build, or builds no such file.
pub fn built(name: &str) -> Outcome<PathBuf> {
    static BUILD: OnceLock<Result<(), String>> = OnceLock::new();
    BUILD.get_or_init(|| build().map_err(|problem| problem.to_string())).clone().map_err(Problem::new)?;
    let path = folder("debug").join(name);
    if path.exists() { Ok(path) } else { Err(Problem::new(format!("the build made no `{}`", paths::shown(&path)))) }
}

/// The folder of a plugin that was built with the first `windlass-plugin-api`. It is a workspace of its own, so it is built
/// here whatever was built before.
///
/// # Errors
/// When it does not build.
pub fn first_plugin() -> Outcome<PathBuf> {
    let target = paths::target().join("first-plugin");
    let mut command = Command::new(cargo());
    command.args(["build", "--quiet", "--locked", "--target-dir"]).arg(&target);
    run(command.current_dir(paths::root().join("tests/first-plugin")))?;
    Ok(target.join("debug"))
}

/// Where a profile, `debug` or `release`, puts the runner and its plugins.
#[must_use]
pub fn folder(profile: &str) -> PathBuf {
    paths::target().join(profile)
}

fn build() -> Outcome<()> {
    if std::env::var_os(ALREADY_BUILT).is_some() {
        return Ok(());
    }
    run(Command::new(cargo()).args(["build", "--quiet", "--workspace"]).current_dir(paths::root()))
}

fn run(command: &mut Command) -> Outcome<()> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(Problem::new("`cargo build` failed").output(&output.stderr)),
        Err(error) => Err(Problem::new(format!("cargo did not start: {error}"))),
    }
}

/// The Cargo that started us, so that a pinned toolchain stays the same one.
#[must_use]
pub fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}
