//! Jobs on their way through a server: many that wait, beside as many bare restricted hosts at the same time and nothing
//! else; one that nobody else is in the way of, from being asked for to its recorded end, beside the disk's own time for what
//! has to be durable on the way; and ten steps beside one.

use super::Measured;
use super::local::Local;
use super::measure::{Figures, Middle, Sample, timed};
use super::row::{Figure, Goal, Row, Side};
use serde_json::Value;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};
use windlass_tests::{Context, Outcome, Postgres, Problem, binaries, interrupt, usage};

/// Executions of one round.
const JOBS: usize = 1000;
const ROUNDS: usize = 5;
/// How many run at a time, there and here.
const AT_A_TIME: usize = 8;
/// Part of the rate of the bare hosts.
const RATE: f64 = 0.75;
/// Of one job, all told.
const CPU: Duration = Duration::from_micros(1500);
/// Single executions that are started one after another.
const SINGLE: usize = 60;
/// Times that an execution with one step waits for the disk: asked for, begun, over.
const SYNCS: u32 = 3;

/// A server's folder, on one of the databases.
struct Ground {
    local: Local,
    /// As `windlass-throughput` calls it.
    database: String,
    name: &'static str,
}

pub(super) fn measure() -> Outcome<Measured> {
    let sqlite = Ground::sqlite()?;
    let postgres = Ground::postgres()?;
    let mut all = Measured::default();
    let (mut bare, mut ours) = (Vec::new(), [const { Vec::new() }; 2]);
    for round in 0..=ROUNDS {
        let spawns = spawns(&sqlite.local)?;
        let served = [sqlite.serve()?, postgres.serve()?];
        // The first round warms caches, and makes the plugin known to the runner.
        if round > 0 {
            bare.push(spawns);
            ours.iter_mut().zip(served).for_each(|(samples, sample)| samples.push(sample));
        }
    }
    let bare = Figures::of("bare hosts", &bare, None);
    all.details.push(bare.detail("1,000 hosts"));
    for (ground, samples) in [&sqlite, &postgres].into_iter().zip(&ours) {
        let figures = Figures::of("windlass", samples, None);
        all.details.push(figures.detail(&format!("1,000 jobs on {}", ground.name)));
        all.rows.push(Row {
            what: format!("1,000 jobs, {}, wall", ground.name),
            ours: figures.side(Figure::Wall),
            limit: bare.side(Figure::Wall),
            present: None,
            amount: None,
            goal: Some(Goal::TimesLimit(1.0 / RATE)),
        });
        let each = samples.iter().map(|sample| sample.cpu / u32::try_from(JOBS).unwrap_or(u32::MAX));
        let hosts = figures_each(&bare);
        all.rows.push(Row {
            what: format!("a job of them, {}, CPU", ground.name),
            ours: Side { name: "windlass", time: Middle::of(each.collect()) },
            limit: hosts,
            present: None,
            amount: None,
            goal: Some(Goal::AboveLimit(CPU.saturating_sub(hosts.time.median))),
        });
    }
    let (row, detail) = single(&sqlite)?;
    all.rows.push(row);
    all.details.push(detail);
    all.rows.push(ten_steps(&sqlite)?);
    Ok(all)
}

/// Executions of earlier rounds are kept: removing them is not what is measured.
fn limits() -> String {
    format!("server: {{maxExecutions: {AT_A_TIME}}}\nretention: {{maxCount: 1000000}}\n")
}

fn figures_each(figures: &Figures) -> Side {
    let Side { name, time } = figures.side(Figure::Cpu);
    let median = time.median / u32::try_from(JOBS).unwrap_or(u32::MAX);
    Side { name, time: Middle { median, ..time } }
}

impl Ground {
    fn sqlite() -> Outcome<Self> {
        let local = Local::prepare()?;
        local.configure(&limits())?;
        let database = local.folder().join("data").display().to_string();
        Self { local, database, name: "SQLite" }.with_jobs()
    }

    fn postgres() -> Outcome<Self> {
        let server = Postgres::shared();
        Self::on(&server.url(&server.fresh_database()?))?.with_jobs()
    }

    /// A machine of its own with this database.
    fn on(url: &str) -> Outcome<Self> {
        let with_password = url.replacen('@', &format!(":{}@", encoded(windlass_tests::postgres::PASSWORD)), 1);
        let local = Local::prepare()?;
        let password = local.folder().join("password");
        write_secret(&password, windlass_tests::postgres::PASSWORD)?;
        local.configure(&format!("{}database: {{url: '{url}', passwordFile: {}}}\n", limits(), password.display()))?;
        Ok(Self { local, database: with_password, name: "PostgreSQL" })
    }

    fn with_jobs(self) -> Outcome<Self> {
        let folder = self.local.folder().join("jobs");
        std::fs::create_dir_all(&folder).context(|| "make a folder".to_owned())?;
        for (name, steps) in [("noop", 1), ("ten", 10)] {
            let steps = "  - uses: misbehave/noop\n".repeat(steps);
            let head = format!("apiVersion: windlass/v1\nkind: Job\nname: {name}\nconcurrency: {{limit: 1000}}\n");
            let file = folder.join(format!("{name}.yaml"));
            std::fs::write(&file, format!("{head}steps:\n{steps}")).context(|| "write a job".to_owned())?;
        }
        let folder = folder.display().to_string();
        self.windlass(&["project", "apply", &folder, "--project", "web", "--yes"])?;
        Ok(self)
    }

    /// Lets a server run a full queue until it is empty.
    fn serve(&self) -> Outcome<Sample> {
        let count = JOBS.to_string();
        let mut queue = Command::new(binaries::folder("release").join("windlass-throughput"));
        output(queue.args(["queue", &count, &self.database, "web", "noop"]))?;
        let sample = timed("windlass server", self.local.windlass(&["server", "--once"]))?;
        let left = self.executions("queued")?.len() + self.executions("running")?.len();
        if left == 0 { Ok(sample) } else { Err(Problem::new(format!("{left} executions are left"))) }
    }

    fn executions(&self, state: &str) -> Outcome<Vec<Value>> {
        let text = self.windlass(&["execution", "list", "--state", state, "--limit", "10000", "--output", "json"])?;
        serde_json::from_str(&text).context(|| "read the list of executions".to_owned())
    }

    fn windlass(&self, arguments: &[&str]) -> Outcome<String> {
        output(&mut self.local.windlass(arguments))
    }

    fn server(&self) -> Outcome<Server> {
        let child = self.local.windlass(&["server"]).stderr(std::process::Stdio::null()).spawn();
        Ok(Server(child.context(|| "start the server".to_owned())?))
    }

    /// How long each of so many executions took, one after another.
    fn one_by_one(&self, job: &str, took: fn(&Value) -> Option<f64>) -> Outcome<Vec<Duration>> {
        let mut ids = Vec::new();
        for _ in 0..SINGLE {
            let id = self.windlass(&["job", "start", job, "--project", "web", "--wait"])?;
            ids.push(id.trim().to_owned());
            interrupt::check()?;
        }
        let ended = self.executions("succeeded")?;
        let mine = ended.iter().filter(|row| ids.iter().any(|id| row["id"] == id.as_str()));
        let times: Vec<Duration> = mine.filter_map(took).map(Duration::from_secs_f64).collect();
        if times.len() == SINGLE {
            Ok(times)
        } else {
            Err(Problem::new(format!("{} of {SINGLE} executions are in the list", times.len())))
        }
    }
}

/// What one, two and four members on one database of PostgreSQL do with the same queue, on the cores of this machine.
pub(super) fn members() -> Outcome<Measured> {
    let mut all = Measured::default();
    for count in [1, 2, 4] {
        let server = Postgres::shared();
        let url = server.url(&server.fresh_database()?);
        let first = Ground::on(&url)?.with_jobs()?;
        let others = (1..count).map(|_| Ground::on(&url)).collect::<Outcome<Vec<_>>>()?;
        let (mut rates, mut each) = (Vec::new(), Duration::ZERO);
        for round in 0..=ROUNDS {
            let (wall, cpu) = first.serve_with(&others)?;
            if round > 0 {
                rates.push(wall);
                each += cpu / u32::try_from(JOBS * ROUNDS).unwrap_or(u32::MAX);
            }
        }
        let middle = Middle::of(rates);
        all.details.push(format!(
            "{count} members on PostgreSQL: {:.0} jobs/s \u{b1}{:.0}%, {:.1} ms of the members' CPU for each",
            JOBS as f64 / middle.median.as_secs_f64(),
            middle.spread * 100.0,
            each.as_secs_f64() * 1e3
        ));
    }
    Ok(all)
}

impl Ground {
    /// Lets this member and others run a full queue until it is empty.
    fn serve_with(&self, others: &[Self]) -> Outcome<(Duration, Duration)> {
        let count = JOBS.to_string();
        let mut queue = Command::new(binaries::folder("release").join("windlass-throughput"));
        output(queue.args(["queue", &count, &self.database, "web", "noop"]))?;
        let begun = Instant::now();
        let start = |ground: &Self| {
            let mut command = ground.local.windlass(&["server", "--once"]);
            command.stderr(std::process::Stdio::null()).spawn().context(|| "start a server".to_owned())
        };
        let mut members = std::iter::once(self).chain(others).map(start).collect::<Outcome<Vec<_>>>()?;
        let mut cpu = Duration::ZERO;
        for member in &mut members {
            let (status, usage) = usage::wait(member).context(|| "wait for a server".to_owned())?;
            if !status.success() {
                return Err(Problem::new(format!("a server failed ({status})")));
            }
            cpu += usage.cpu();
        }
        let wall = begun.elapsed();
        interrupt::check()?;
        let left = self.executions("queued")?.len() + self.executions("running")?.len();
        if left == 0 { Ok((wall, cpu)) } else { Err(Problem::new(format!("{left} executions are left"))) }
    }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// From being asked for to the recorded end. The record has milliseconds, so it is the mean that tells.
fn single(ground: &Ground) -> Outcome<(Row, String)> {
    let _server = ground.server()?;
    let times = ground.one_by_one("noop", |row| Some(time(row, "ended")? - time(row, "queued")?))?;
    let sync = sync(ground.local.folder())?;
    let mean = times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap_or(1);
    let middle = Middle::of(times);
    let row = Row {
        what: "no-op job, asked to ended".to_owned(),
        ours: Side { name: "windlass", time: Middle { median: mean, ..middle } },
        limit: Side { name: "3 syncs", time: Middle { median: sync.median * SYNCS, ..sync } },
        present: None,
        amount: None,
        goal: Some(Goal::AboveLimit(Duration::from_millis(2))),
    };
    Ok((row, format!("a sync of 4 KiB at the end of a file: {:.0} us", sync.median.as_secs_f64() * 1e6)))
}

fn ten_steps(ground: &Ground) -> Outcome<Row> {
    let _server = ground.server()?;
    let took = |row: &Value| Some(time(row, "ended")? - time(row, "started")?);
    let (one, ten) = (ground.one_by_one("noop", took)?, ground.one_by_one("ten", took)?);
    let mean = |times: &[Duration]| times.iter().sum::<Duration>() / u32::try_from(times.len()).unwrap_or(1);
    let side = |name, times: Vec<Duration>| Side { name, time: Middle { median: mean(&times), ..Middle::of(times) } };
    Ok(Row {
        what: "ten steps, begun to ended".to_owned(),
        ours: side("windlass", ten),
        limit: side("one step", one),
        present: None,
        amount: None,
        goal: Some(Goal::TimesLimit(8.0)),
    })
}

/// Seconds of the day of a time in the list; nothing here is measured over midnight.
fn time(row: &Value, name: &str) -> Option<f64> {
    let (_, clock) = row[name].as_str()?.trim_end_matches('Z').split_once('T')?;
    clock.split(':').try_fold(0.0, |seconds, part| Some(seconds * 60.0 + part.parse::<f64>().ok()?))
}

/// As many hosts, so many at a time, and nothing else.
fn spawns(local: &Local) -> Outcome<Sample> {
    let (count, at_a_time) = (JOBS.to_string(), AT_A_TIME.to_string());
    let mut command = Command::new(binaries::folder("release").join("windlass-throughput"));
    command.args(["spawns", &count, &at_a_time]).arg(local.folder()).arg(binaries::folder("release"));
    timed("bare hosts", command)
}

/// What the disk takes for a small piece at the end of a file to be durable.
fn sync(folder: &Path) -> Outcome<Middle> {
    let measure = || -> std::io::Result<Vec<Duration>> {
        let mut file = File::create(folder.join("synced"))?;
        let mut times = Vec::new();
        for _ in 0..200 {
            let start = Instant::now();
            file.write_all(&[1; 4096])?;
            file.sync_data()?;
            times.push(start.elapsed());
        }
        Ok(times)
    };
    measure().map(Middle::of).context(|| "sync a file".to_owned())
}

fn output(command: &mut Command) -> Outcome<String> {
    let output = command.output().context(|| "start a program".to_owned())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(Problem::new(format!("{command:?} failed ({})", output.status)).output(&output.stderr))
}

fn write_secret(path: &Path, text: &str) -> Outcome<()> {
    use std::os::unix::fs::OpenOptionsExt;
    let open = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    open.and_then(|mut file| file.write_all(text.as_bytes())).context(|| format!("write {}", path.display()))
}

/// A password as a part of a URL (RFC 3986, "Percent-Encoding").
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
