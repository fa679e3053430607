//! CloudWatch Logs for the job that counts: no stand-in knows `stats`.

use jiff::Timestamp;
use std::process::Command;
use windlass_tests::scripted::{Event, Query, Script, Status};
use windlass_tests::{Context, Outcome, Problem, ScriptedLogs, Seeded, paths, python::Venv};

/// More than the job looks back, so that its first five minutes are whole.
const SPREAD_MS: i64 = 70 * 60 * 1000;

const DECOMPRESS: &str = "import gzip, shutil, sys; shutil.copyfileobj(gzip.open(sys.argv[1]), sys.stdout.buffer)";

/// A scripted server with the access-log lines, whose queries run a while before they are complete.
pub(super) fn server(seeded: &Seeded) -> Outcome<ScriptedLogs> {
    let lines = lines()?;
    let (first, count) = (Timestamp::now().as_millisecond() - SPREAD_MS, lines.lines().count());
    let event = |(number, line)| {
        let after = number as i64 * SPREAD_MS / count as i64;
        Event::new(&seeded.log_group, "web-1", first + after, line)
    };
    let events = lines.lines().enumerate().map(event).collect();
    let query = Query::over_events().first_found(Status::Running, 2, 4);
    ScriptedLogs::start(Script::new().account(&seeded.managed_account).events(events).query(query))
}

fn lines() -> Outcome<String> {
    let mut python = Command::new(Venv::of("metadata")?.python());
    let output = python.args(["-c", DECOMPRESS]).arg(paths::access_log()).env_clear().output();
    let output = output.context(|| "read the access-log lines".to_owned())?;
    if !output.status.success() {
        return Err(Problem::new("the access-log lines cannot be read").output(&output.stderr));
    }
    String::from_utf8(output.stdout).context(|| "read the access-log lines".to_owned())
}
