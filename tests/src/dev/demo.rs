//! `cargo demo`: the whole way of a job, from an empty machine, in one command.

use crate::{config, run};
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use windlass_tests::{Context, Outcome, Problem, StandIns, binaries, paths, python::Venv, standins};

/// The job that the demo runs.
const JOB: &str = "config/examples/top-errors.yaml";

const NEXT: &str = "\
What to try next:
  target/debug/windlass --help            every command has an example
  target/debug/windlass plugin list       the step types and where they come from
  $EDITOR config/examples/top-errors.yaml change the query, then `cargo demo` again
  cargo verify                            everything that CI checks";

pub(crate) fn run() -> Outcome<()> {
    let lock = lock()?;
    println!("Building (development profile) ...");
    run::shown_to_user(
        Command::new(binaries::cargo()).args(["build", "--locked", "--workspace"]).current_dir(paths::root()),
    )?;
    for name in standins::ENVIRONMENTS {
        Venv::of(name)?;
    }
    let started = Instant::now();
    let folder = fresh_folder()?;
    let standins = StandIns::start(&folder)?;
    introduce(&standins);
    let file = config::write_demo(&folder, &standins)?;
    for arguments in [
        vec!["account", "explain", config::ACCOUNT, "--project", config::PROJECT],
        vec!["run", JOB, "--project", config::PROJECT],
    ] {
        windlass(&file, &arguments)?;
    }
    drop(standins);
    println!(
        "\nDone in {:.1} s; every server is stopped. Logs and database: target/demo.",
        started.elapsed().as_secs_f32()
    );
    println!("\n{NEXT}");
    drop(lock);
    Ok(())
}

fn lock() -> Outcome<File> {
    fs::create_dir_all(paths::target()).context(|| "make the target folder".to_owned())?;
    let lock = File::create(paths::target().join("demo.lock")).context(|| "make target/demo.lock".to_owned())?;
    lock.try_lock().map_err(|_| Problem::new("another `cargo demo` runs in this checkout"))?;
    Ok(lock)
}

/// Nothing of the last run is left, and nobody else may look at the keys in it.
fn fresh_folder() -> Outcome<std::path::PathBuf> {
    let folder = paths::target().join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder).context(|| format!("remove {}", folder.display()))?;
    }
    DirBuilder::new().mode(0o700).create(&folder).context(|| format!("make {}", folder.display()))?;
    Ok(folder)
}

fn introduce(standins: &StandIns) {
    let seeded = &standins.seeded;
    println!("\nNothing here is AWS. These stand-ins run on this machine and stop with the demo:");
    println!("  {}   ministack: IAM, STS and CloudWatch Logs; checks signatures,", standins.services_url());
    println!("                           trust policies and external IDs");
    println!("  {}   aws-export-credentials: the instance metadata service of EC2", standins.instance_url());
    println!("Account {} is where Windlass runs, with the role WindlassInstance.", seeded.managing_account);
    println!("Account {} has {} lines in the log group {}.", seeded.managed_account, seeded.events, seeded.log_group);
}

/// Settings of the user's own must not change what the demo shows.
fn windlass(file: &Path, arguments: &[&str]) -> Outcome<()> {
    let mut command = Command::new(binaries::folder("debug").join("windlass"));
    command.arg("--config").arg(file).args(arguments).current_dir(paths::root());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WINDLASS_")) {
        command.env_remove(name);
    }
    println!("\n$ {}", run::shown(&command));
    run::shown_to_user(&mut command)
}
