//! `cargo demo`: the whole way of jobs, from an empty machine, in one command.

mod counted;

use crate::{config, run};
use serde_json::Value;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use windlass_tests::{Context, Outcome, Problem, StandIns, binaries, paths, python::Venv, standins};

/// One account and one log group.
const ONE: &str = "config/examples/top-errors.yaml";

/// Two accounts in two regions each.
const SEVERAL: &str = "config/examples/refused-payments.yaml";

/// A query that counts.
const COUNTED: &str = "config/examples/requests-over-time.yaml";

const NEXT: &str = "\
What to try next:
  target/debug/windlass --help            every command has an example
  target/debug/windlass plugin list       the step types and where they come from
  target/debug/windlass --config target/demo/windlass.yaml execution list
                                          what has just run; `execution results ID` prints it again
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
    on_the_stand_ins(&file)?;
    let chart = with_a_chart(&file, &standins)?;
    drop(standins);
    println!("\nDone in {:.1} s; every server is stopped.", started.elapsed().as_secs_f32());
    println!("The chart, for a browser: {}. Logs and database: target/demo.", paths::shown(&chart));
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
fn fresh_folder() -> Outcome<PathBuf> {
    let folder = paths::target().join("demo");
    if folder.exists() {
        fs::remove_dir_all(&folder).context(|| format!("remove {}", folder.display()))?;
    }
    DirBuilder::new().mode(0o700).create(&folder).context(|| format!("make {}", folder.display()))?;
    Ok(folder)
}

fn introduce(standins: &StandIns) {
    let seeded = &standins.seeded;
    let (production, staging, payments) = (&seeded.managed_account, &seeded.staging.account, &seeded.payments);
    println!("\nNothing here is AWS. These stand-ins run on this machine and stop with the demo:");
    println!("  {}   ministack: IAM, STS and CloudWatch Logs; checks signatures,", standins.services_url());
    println!("                           trust policies and external IDs");
    println!("  {}   aws-export-credentials: the instance metadata service of EC2", standins.instance_url());
    println!("Account {} is where Windlass runs, with the role WindlassInstance.", seeded.managing_account);
    println!("Account {production} (`production`) has {} lines in the log group {}.", seeded.events, seeded.log_group);
    println!("It and account {staging} (`staging`) have {} payments each in {},", payments.of_each, payments.log_group);
    println!("in each of the regions {}.", payments.regions.join(" and "));
    println!("Sessions are not narrowed to what a step needs (`sessionPolicy: none`), since ministack asks for");
    println!("logs:StartQuery on `*`.");
}

/// What role is used, one account, then two accounts in two regions.
fn on_the_stand_ins(file: &Path) -> Outcome<()> {
    for arguments in [
        vec!["account", "explain", config::ACCOUNT, "--project", config::PROJECT],
        vec!["run", ONE, "--project", config::PROJECT],
        vec!["run", SEVERAL, "--project", config::PROJECT],
    ] {
        let mut command = windlass(file, &arguments);
        println!("\n$ {}", run::shown(&command));
        run::shown_to_user(&mut command)?;
    }
    Ok(())
}

/// A job that counts, and its chart; the picture's place.
fn with_a_chart(file: &Path, standins: &StandIns) -> Outcome<PathBuf> {
    let server = counted::server(&standins.seeded)?;
    println!(
        "\nThe stand-ins cannot count. For the next job CloudWatch Logs is played by a scripted server of this project,"
    );
    println!("a fake that knows a small part of the query language, with the same lines.");
    let mut command = windlass(file, &["run", COUNTED, "--project", config::PROJECT]);
    println!("\n$ {LOGS}={} {}", server.url(), run::shown(&command));
    run::shown_to_user(command.env(LOGS, server.url()))?;

    let picture = file.with_file_name("requests.svg");
    let mut command = windlass(file, &["execution", "chart", &latest(file)?]);
    println!("\n$ {} > {}", run::shown(&command), paths::shown(&picture));
    let opened = File::create(&picture).context(|| format!("make {}", picture.display()))?;
    run::shown_to_user(command.stdout(opened))?;
    Ok(picture)
}

/// Stands in the place of the configuration's `endpoints.logs`.
const LOGS: &str = "WINDLASS_ENDPOINTS_LOGS";

/// The last execution, as `windlass` itself names it: by the end of its id.
fn latest(file: &Path) -> Outcome<String> {
    let mut command = windlass(file, &["execution", "list", "--limit", "1", "--output", "json"]);
    let output = command.output().context(|| "list executions".to_owned())?;
    let rows: Value = serde_json::from_slice(&output.stdout).context(|| "read the list of executions".to_owned())?;
    let id = rows[0]["id"].as_str().ok_or_else(|| Problem::new("no execution was recorded").output(&output.stderr))?;
    Ok(id[id.len().saturating_sub(8)..].to_owned())
}

/// Settings of the user's own must not change what the demo shows.
fn windlass(file: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(binaries::folder("debug").join("windlass"));
    command.arg("--config").arg(file).args(arguments).current_dir(paths::root());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WINDLASS_")) {
        command.env_remove(name);
    }
    command
}
