//! Schedules: how late a job begins when many fall due in one second, what many schedules cost a server that waits, and how
//! much memory it takes for them.

use super::Measured;
use super::local::Local;
use super::measure::Middle;
use super::row::{Goal, Row, Side};
use crate::config;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use windlass_tests::processes::Process;
use windlass_tests::{Context, Outcome, Problem, interrupt};

/// Jobs that fall due in one second.
const TOGETHER: usize = 100;
const ROUNDS: usize = 5;
const LATENESS: Duration = Duration::from_millis(150);
/// Schedules of one job; a job has at most so many.
const OF_A_JOB: usize = 50;
/// How many schedules a server waits for.
const FEW: usize = 1_000;
const MANY: usize = 100_000;
/// How long it is watched.
const WATCHED: Duration = Duration::from_secs(20);
/// What a minute of waiting for [`FEW`] may cost.
const IDLE: Duration = Duration::from_millis(100);

pub(super) fn measure() -> Outcome<Measured> {
    let mut all = Measured::default();
    let (row, detail) = lateness()?;
    all.rows.push(row);
    all.details.push(detail);
    for count in [FEW, MANY] {
        all.details.push(waiting(count)?);
        interrupt::check()?;
    }
    Ok(all)
}

/// From the second in which all are due to the begin of each, the latest but one of a hundred.
fn lateness() -> Outcome<(Row, String)> {
    let local = Local::prepare()?;
    local.configure(&format!("server: {{maxExecutions: {TOGETHER}, projectExecutions: {TOGETHER}}}\n"))?;
    let folder = local.folder().join("jobs");
    fs::create_dir(&folder).context(|| "make a folder".to_owned())?;
    let mut begins = Vec::new();
    let mut ends = Vec::new();
    let server = Server::start(&local)?;
    for round in 0..=ROUNDS {
        let due = Timestamp::from_second(Timestamp::now().as_second() + 4).context(|| "tell the time".to_owned())?;
        for number in 0..TOGETHER {
            let text = format!(
                "apiVersion: windlass/v1\nkind: Job\nname: at-{number}\nschedules: [{{at: '{due}'}}]\n\
                 steps: [{{uses: misbehave/noop}}]\n"
            );
            fs::write(folder.join(format!("{number}.yaml")), text).context(|| "write a job".to_owned())?;
        }
        output(&local, &["project", "apply", &folder.display().to_string(), "--project", config::PROJECT, "--yes"])?;
        let rows = until_begun(&local, (round + 1) * TOGETHER)?;
        let of_round = rows.iter().filter(|row| time(row, "scheduledAt") == Some(due));
        let late = |name: &'static str| {
            let late = |row: &&Value| Duration::try_from(time(row, name)?.duration_since(due)).ok();
            let mut late: Vec<Duration> = of_round.clone().filter_map(|row| late(&row)).collect();
            late.sort_unstable();
            late
        };
        let (started, ended) = (late("started"), late("ended"));
        if started.len() != TOGETHER {
            return Err(Problem::new(format!("{} of {TOGETHER} jobs began", started.len())));
        }
        // The first makes the plugin known to the runner.
        if round > 0 {
            ends.push(ended[TOGETHER - 2]);
            begins.push(started[TOGETHER - 2]);
        }
        interrupt::check()?;
    }
    drop(server);
    let detail = format!(
        "{TOGETHER} schedules due in one second: the 99th begins {:.0} ms and is over {:.0} ms after it",
        Middle::of(begins.clone()).median.as_secs_f64() * 1e3,
        Middle::of(ends).median.as_secs_f64() * 1e3
    );
    let row = Row {
        what: format!("{TOGETHER} due at once, the 99th begins"),
        ours: Side { name: "windlass", time: Middle::of(begins) },
        limit: Side { name: "the second itself", time: Middle { median: Duration::ZERO, spread: 0.0 } },
        present: None,
        amount: None,
        goal: Some(Goal::AboveLimit(LATENESS)),
    };
    Ok((row, detail))
}

/// What a server costs that has so many schedules, none of them due.
fn waiting(count: usize) -> Outcome<String> {
    let local = Local::prepare()?;
    local.configure("")?;
    let folder = local.folder().join("jobs");
    fs::create_dir(&folder).context(|| "make a folder".to_owned())?;
    let far = Timestamp::now() + SignedDuration::from_hours(24 * 30);
    for number in 0..count / OF_A_JOB {
        let mut text = format!("apiVersion: windlass/v1\nkind: Job\nname: job-{number}\nschedules:\n");
        for schedule in 0..OF_A_JOB {
            let zoned = far.to_zoned(jiff::tz::TimeZone::UTC);
            let _infallible = writeln!(
                text,
                "  - {{name: s{schedule}, cron: '{} {} {} {} *', timeZone: Europe/Berlin}}",
                (number + schedule) % 60,
                schedule % 24,
                zoned.day(),
                zoned.month()
            );
        }
        text.push_str("steps: [{uses: misbehave/noop}]\n");
        fs::write(folder.join(format!("{number}.yaml")), text).context(|| "write a job".to_owned())?;
    }
    let begun = Instant::now();
    output(&local, &["project", "apply", &folder.display().to_string(), "--project", config::PROJECT, "--yes"])?;
    let applied = begun.elapsed();
    let server = Server::start(&local)?;
    let process = Process::of(server.0.id()).ok_or_else(|| Problem::new("the server has ended"))?;
    std::thread::sleep(Duration::from_secs(3));
    let before = cpu(process)?;
    std::thread::sleep(WATCHED);
    let minute = (cpu(process)? - before).mul_f64(60.0 / WATCHED.as_secs_f64());
    let memory = super::export::peak_kib(process).unwrap_or_default() / 1024;
    let verdict = match count {
        FEW if minute < IDLE => " (goal 100 ms: met)",
        FEW => " (goal 100 ms: missed)",
        _ => "",
    };
    Ok(format!(
        "{count} schedules, none due: {:.0} ms of CPU a minute{verdict}, peak {memory} MiB; applied in {:.1} s",
        minute.as_secs_f64() * 1e3,
        applied.as_secs_f64()
    ))
}

/// A server, for as long as this lives.
struct Server(Child);

impl Server {
    fn start(local: &Local) -> Outcome<Self> {
        let child = local.windlass(&["server"]).stderr(Stdio::null()).stdout(Stdio::null()).spawn();
        child.context(|| "start the server".to_owned()).map(Self)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn until_begun(local: &Local, count: usize) -> Outcome<Vec<Value>> {
    for _ in 0..300 {
        let listed =
            output(local, &["execution", "list", "--state", "succeeded", "--limit", "10000", "--output", "json"])?;
        let rows: Vec<Value> = serde_json::from_str(&listed).context(|| "read the executions".to_owned())?;
        if rows.len() >= count {
            return Ok(rows);
        }
        interrupt::check()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(Problem::new("the jobs did not begin in half a minute"))
}

fn time(row: &Value, name: &str) -> Option<Timestamp> {
    row[name].as_str()?.parse().ok()
}

fn output(local: &Local, arguments: &[&str]) -> Outcome<String> {
    let output = local.windlass(arguments).output().context(|| "start windlass".to_owned())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Problem::new(format!("{arguments:?} failed ({})", output.status)).output(&output.stderr))
}

/// The time on a core that a process has had (proc(5), `utime` and `stime` in ticks of 10 ms).
fn cpu(process: Process) -> Outcome<Duration> {
    let stat = fs::read_to_string(process.file("stat")).context(|| "read what the server has used".to_owned())?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok()).unwrap_or_default();
    Ok(Duration::from_millis((ticks(11) + ticks(12)) * 10))
}
