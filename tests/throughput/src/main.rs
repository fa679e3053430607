//! `windlass-throughput spawns COUNT AT-A-TIME SCRATCH PLUGIN-FOLDER` runs so many no-op steps in restricted hosts, and
//! nothing else: no job, no database. It is the limit that a server's jobs are held against.
//!
//! `windlass-throughput queue COUNT DATABASE PROJECT JOB` queues so many executions of a stored job. `DATABASE` is a data
//! directory or the URL of a PostgreSQL database. A command of the runner's own queues one and ends.
//!
//! `windlass-throughput hits COUNT SCRATCH` asks so often for credentials that are at hand.

mod hits;
mod queue;
mod spawns;

use std::process::ExitCode;

const USAGE: &str = "usage: windlass-throughput spawns COUNT AT-A-TIME SCRATCH PLUGIN-FOLDER\n       \
                     windlass-throughput queue COUNT DATABASE PROJECT JOB\n       \
                     windlass-throughput hits COUNT SCRATCH";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["spawns", count, at_a_time, scratch, plugins] => match (count.parse(), at_a_time.parse()) {
            (Ok(count), Ok(at_a_time)) => spawns::run(count, at_a_time, scratch, plugins).await,
            _ => Err(USAGE.to_owned()),
        },
        ["queue", count, database, project, job] => match count.parse() {
            Ok(count) => queue::run(count, database, project, job).await,
            Err(_) => Err(USAGE.to_owned()),
        },
        ["hits", count, scratch] => match count.parse() {
            Ok(count) => hits::run(count, scratch).await,
            Err(_) => Err(USAGE.to_owned()),
        },
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(said) => {
            println!("{said}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
