//! Rows of a query as a CSV file, beside a boto3 script that does the same and the bare SDK; and how much memory the runner and
//! its plugin host take together, which must not grow with the rows.
//!
//! CloudWatch Logs is played by the scripted server (a fake, as `windlass_tests::scripted` says), by the same one for all: no
//! stand-in gives more than one page of rows. Its own time on the machine's cores is in everybody's figures.

use super::measure::{Contender, Figures, compare};
use super::row::{Amount, Figure, Goal, Row};
use super::{Measured, windlass};
use crate::config;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use windlass_tests::processes::{Process, plugin_hosts};
use windlass_tests::scripted::{Event, Script};
use windlass_tests::{Context, Outcome, Problem, ScriptedLogs, binaries, interrupt, paths, python::Venv};

const JOB: &str = "tests/bench/export.yaml";
const GROUP: &str = "/bench/export";
const QUERY: &str = "fields @timestamp, @message | sort @timestamp asc";
const REGION: &str = "us-east-1";
/// As many as AWS returns for one query.
const ROWS: usize = 100_000;
const MORE_ROWS: usize = 400_000;
const ROUNDS: usize = 5;
/// Of runner and host together.
const MEMORY_GOAL_MIB: u64 = 100;
const PAUSE: Duration = Duration::from_millis(10);

pub(super) fn measure() -> Outcome<Measured> {
    let scripts = Venv::of("awscli")?;
    let (server, ground) = (serve(ROWS)?, Ground::prepare()?);
    let config = ground.config(&server)?;
    let figures = compare(&contenders(&config, &server, &scripts), ROUNDS)?;
    let mut all = Measured::default();
    all.details.extend(figures.iter().map(|figures| figures.detail("export 100,000 rows")));
    let [ours, bare, boto3] = <[Figures; 3]>::try_from(figures).expect("there are three contenders");
    all.rows.push(Row {
        what: "export 100,000 rows, wall".to_owned(),
        ours: ours.side(Figure::Wall),
        limit: bare.side(Figure::Wall),
        present: Some(boto3.side(Figure::Wall)),
        amount: Some(Amount::Lines(ROWS as u64)),
        goal: Some(Goal::PartOfPresent(1.0)),
    });
    all.details.push(memory(&config, ROWS)?);
    let server = serve(MORE_ROWS)?;
    all.details.push(memory(&ground.config(&server)?, MORE_ROWS)?);
    Ok(all)
}

/// A server with so many events in the last half hour, of about 100 bytes.
fn serve(rows: usize) -> Outcome<ScriptedLogs> {
    let now = jiff::Timestamp::now().as_millisecond();
    let event = |number: usize| {
        let at = now - 1_800_000 + (number * 1_700_000 / rows) as i64;
        let message =
            format!("192.0.2.{} GET /shop/items/{number} 200 request took {} ms, line", number % 250, number % 977);
        Event::new(GROUP, &format!("stream-{}", number % 4), at, &message)
    };
    ScriptedLogs::start(Script::new().events((0..rows).map(event).collect()))
}

/// A folder with a configuration and the key.
struct Ground(tempfile::TempDir);

impl Ground {
    fn prepare() -> Outcome<Self> {
        tempfile::tempdir().context(|| "make a folder".to_owned()).map(Self)
    }

    fn config(&self, server: &ScriptedLogs) -> Outcome<PathBuf> {
        let config = config::write_scripted(self.0.path(), "release", &server.url())?;
        let secret = self.0.path().join("secret");
        fs::write(&secret, "scripted").context(|| format!("write {}", secret.display()))?;
        let mut set = windlass(&config);
        crate::run::shown_to_user(set.args(["key", "set", "--overwrite", config::SECRET_PATH, "--file"]).arg(secret))?;
        Ok(config)
    }
}

fn export(config: &Path) -> Command {
    let mut command = windlass(config);
    command.args(["run", JOB, "--project", config::PROJECT, "--output", "csv", "--quiet"]);
    command
}

fn contenders<'a>(config: &'a Path, server: &ScriptedLogs, scripts: &Venv) -> Vec<Contender<'a>> {
    let expected = (" ms, line", ROWS);
    let environment = [
        ("AWS_ACCESS_KEY_ID", "AKIASCRIPTED".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "scripted".to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_ENDPOINT_URL", server.url()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ];
    let other = |name: &'static str, program: PathBuf, arguments: Vec<String>| {
        let environment = environment.clone();
        let command = move || {
            let mut command = Command::new(&program);
            command.args(&arguments).env_clear().envs(environment.clone());
            command
        };
        Contender { name, command: Box::new(command), expected }
    };
    let script = paths::root().join("tests/bench/export_boto3.py").display().to_string();
    let bare = [&server.url(), GROUP, QUERY, &ROWS.to_string(), REGION].map(str::to_owned);
    vec![
        Contender { name: "windlass", command: Box::new(|| export(config)), expected },
        other("bare SDK", binaries::folder("release").join("windlass-bare-sdk"), bare.to_vec()),
        other("boto3", scripts.python(), vec![script, GROUP.to_owned(), QUERY.to_owned(), "3600".to_owned()]),
    ]
}

/// Exports once more and looks at what runner and host take at most, each at its own moment.
fn memory(config: &Path, rows: usize) -> Outcome<String> {
    let null = File::options().write(true).open("/dev/null").context(|| "open /dev/null".to_owned())?;
    let mut child = export(config).stdin(Stdio::null()).stdout(null).spawn().context(|| "start windlass".to_owned())?;
    let mut peaks: BTreeMap<u32, u64> = BTreeMap::new();
    let status = loop {
        let hosts = plugin_hosts(child.id()).into_iter().chain(Process::of(child.id()));
        for (pid, peak) in hosts.filter_map(|process| Some((process.pid, peak_kib(process)?))) {
            let known = peaks.entry(pid).or_default();
            *known = peak.max(*known);
        }
        interrupt::check()?;
        match child.try_wait().context(|| "wait for windlass".to_owned())? {
            Some(status) => break status,
            None => std::thread::sleep(PAUSE),
        }
    };
    if !status.success() || peaks.len() != 2 {
        return Err(Problem::new(format!("the export failed ({status}), or had not one host: {peaks:?}")));
    }
    let runner = peaks.get(&child.id()).copied().unwrap_or_default() / 1024;
    let both = peaks.values().sum::<u64>() / 1024;
    let verdict = if both < MEMORY_GOAL_MIB { "met" } else { "missed" };
    Ok(format!(
        "export {rows} rows: peak {runner} MiB of the runner, {} MiB of its host, {both} MiB together (goal: less than {MEMORY_GOAL_MIB}: {verdict})",
        both - runner
    ))
}

/// The most resident memory that a process has had (proc(5), `VmHWM`).
pub(super) fn peak_kib(process: Process) -> Option<u64> {
    let status = fs::read_to_string(process.file("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}
