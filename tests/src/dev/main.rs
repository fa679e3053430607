//! The program behind `cargo demo`, `cargo verify`, `cargo soak` and `cargo bench-all`.
//!
//! Deliberately absent: everything that a user of Windlass needs. This builds and drives the real binary from outside.

mod bench;
mod config;
mod demo;
mod fuzz;
mod run;
mod soak;
mod verify;

use std::path::Path;
use std::process::ExitCode;
use windlass_tests::{Outcome, Problem, interrupt, netns, old_kernel};

const USAGE: &str = "\
usage:
  cargo demo                          run jobs against stand-ins of AWS on loopback
  cargo verify [--without STEP]...    everything that CI checks
  cargo soak --minutes N --seed S     random kills, plugin faults and hostile input, for as long as you like
  cargo bench-all [NAME]...           measure against the limits and against what people use today; all, or some";

const FAILED: u8 = 1;
const MISUSED: u8 = 2;
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    if command == "in-namespace" {
        return ended(netns::serve(Path::new(&rest.join(" "))).map(|()| true));
    }
    if command == "without-landlock" {
        return ended(old_kernel::become_program(rest).map(|()| true));
    }
    interrupt::install();
    match (command, rest) {
        ("demo", []) => ended(demo::run().map(|()| true)),
        ("bench-all", rest) => bench::named(rest).map_or_else(misused, |some| ended(bench::run(&some).map(|()| true))),
        ("verify", rest) => verify::without(rest).map_or_else(misused, |without| ended(verify::run(&without))),
        ("soak", rest) => soak::parse(rest).map_or_else(misused, |plan| ended(soak::run(&plan).map(|()| true))),
        _ => misused(Problem::new(USAGE)),
    }
}

fn ended(outcome: Outcome<bool>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(FAILED),
        Err(_) if interrupt::requested() => {
            eprintln!("interrupted; everything that was started is stopped");
            ExitCode::from(INTERRUPTED)
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::from(FAILED)
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the end of an error's way")]
fn misused(problem: Problem) -> ExitCode {
    eprintln!("{problem}");
    ExitCode::from(MISUSED)
}
