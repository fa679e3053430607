//! Servers that are killed at random moments while jobs are started, and what has to hold when the last one has settled
//! everything. The binary, the database, the signals and the steps are real; each step leaves a line in a file, which nobody
//! but the step writes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::{Context, Outcome, Postgres, Problem, Random, binaries, interrupt, processes, wait};

/// The longest time between the start of a server and its end.
const LIFE: Duration = Duration::from_millis(2500);
/// How long what a killed server ran may take to end.
const GONE_WITHIN: Duration = Duration::from_secs(20);
/// How long the last server may take to bring everything to an end.
const SETTLED_WITHIN: Duration = Duration::from_secs(240);
/// Three steps that may not be done twice, and leave a line each.
const MARK: &str = "echo \"$EXECUTION $STEP\" >> \"$MARKS\"; sleep 0.0$((RANDOM % 10))";

/// Where the database of a run lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// In the data directory.
    Sqlite,
    /// In a PostgreSQL server of its own.
    Postgres,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Crashed {
    /// Servers that were killed.
    pub kills: usize,
    /// Executions that were accepted.
    pub accepted: usize,
    /// How they ended, by job and state.
    pub ended: BTreeMap<String, usize>,
}

/// Kills so many servers while jobs are started, lets the last one finish, and checks what is recorded and what was done.
///
/// # Errors
/// The first thing that does not hold, with the seed.
pub fn run(database: Database, kills: usize, seed: u64) -> Outcome<Crashed> {
    let ground = Ground::prepare(database)?;
    let crashed = ground.run(kills, &mut Random::new(seed));
    crashed.map_err(|problem| Problem::new(format!("{database:?}, seed {seed}: {problem}")).detail(ground.logs()))
}

struct Ground {
    folder: TempDir,
    config: PathBuf,
    windlass: PathBuf,
}

impl Ground {
    fn prepare(database: Database) -> Outcome<Self> {
        let windlass = binaries::windlass()?;
        let folder = tempfile::tempdir().context(|| "make a folder".to_owned())?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut text = format!(
            "apiVersion: windlass/v1\nkind: Configuration\ndataDir: {}\nmasterKeyFile: {}\npluginDirs: [{}]\n\
             projects: [{{name: web}}]\nserver: {{maxExecutions: 6, stopGrace: 60s}}\n",
            path("data"),
            path("master.key"),
            binaries::folder("debug").display(),
        );
        if database == Database::Postgres {
            let server = Postgres::shared();
            let name = server.fresh_database()?;
            let password = folder.path().join("password");
            write(&password, crate::postgres::PASSWORD)?;
            restrict(&password)?;
            text += &format!("database: {{url: '{}', passwordFile: {}}}\n", server.url(&name), password.display());
        }
        let config = folder.path().join("windlass.yaml");
        write(&config, &text)?;
        let ground = Self { folder, config, windlass };
        ground.jobs()?;
        Ok(ground)
    }

    /// Jobs of each policy, one with everything parallel, and one whose steps may be repeated.
    fn jobs(&self) -> Outcome<()> {
        let jobs = self.folder.path().join("jobs");
        fs::create_dir(&jobs).context(|| "make a folder".to_owned())?;
        let marks = self.folder.path().join("marks").display().to_string();
        let step = |id: &str, indent: &str| {
            format!(
                "{indent}- id: {id}\n{indent}  uses: shell/command\n{indent}  with:\n{indent}    command: [bash, -c, '{}']\n\
                 {indent}    env: {{EXECUTION: '${{{{ execution.id }}}}', STEP: {id}, MARKS: {marks}}}\n",
                MARK.replace('\'', "''"),
            )
        };
        let three = |indent: &str| ["one", "two", "three"].map(|id| step(id, indent)).concat();
        let bodies = [
            ("fails", "onInterrupted: fail\n", three("  ")),
            ("resumes", "onInterrupted: resume\n", three("  ")),
            ("restarts", "onInterrupted: restart\nallowRepeat: true\n", three("  ")),
            (
                "parallel",
                "onInterrupted: resume\n",
                format!("  - id: all\n    parallel:\n      limit: 2\n      steps:\n{}", three("        ")),
            ),
            ("noops", "onInterrupted: restart\n", "  - uses: misbehave/noop\n  - uses: misbehave/noop\n".to_owned()),
        ];
        for (name, policy, steps) in bodies {
            let head =
                format!("apiVersion: windlass/v1\nkind: Job\nname: {name}\n{policy}concurrency: {{limit: 100}}\n");
            write(&jobs.join(format!("{name}.yaml")), &format!("{head}steps:\n{steps}"))?;
        }
        let jobs = jobs.display().to_string();
        self.windlass(&["project", "apply", &jobs, "--project", "web", "--yes"]).map(drop)
    }

    fn run(&self, kills: usize, random: &mut Random) -> Outcome<Crashed> {
        let stop = AtomicBool::new(false);
        let mut starts = random.clone();
        let accepted = std::thread::scope(|scope| {
            let starter = scope.spawn(|| self.start_jobs(&mut starts, &stop));
            let killed = (0..kills).try_for_each(|_| self.live_and_die(random));
            stop.store(true, Ordering::Relaxed);
            let accepted = starter.join().map_err(|_| Problem::new("the thread that starts jobs panicked"))??;
            killed.map(|()| accepted)
        })?;
        let executions = self.settle()?;
        let mut crashed = Crashed { kills, accepted: accepted.len(), ended: BTreeMap::new() };
        for id in &accepted {
            if !executions.iter().any(|execution| execution["id"] == id.as_str()) {
                return Err(Problem::new(format!("execution {id} was accepted and is not recorded")));
            }
        }
        for execution in &executions {
            let word = |name: &str| execution[name].as_str().unwrap_or_default().to_owned();
            *crashed.ended.entry(format!("{} {}", word("job"), word("state"))).or_default() += 1;
        }
        self.check_marks(&executions)?;
        Ok(crashed)
    }

    /// Starts jobs one after another; returns the executions that were accepted.
    fn start_jobs(&self, random: &mut Random, stop: &AtomicBool) -> Outcome<Vec<String>> {
        let jobs = ["fails", "resumes", "restarts", "parallel", "noops"];
        let mut accepted = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            interrupt::check()?;
            let job = jobs[random.below(jobs.len())];
            let id = self.windlass(&["job", "start", job, "--project", "web"])?;
            accepted.push(id.trim().to_owned());
        }
        Ok(accepted)
    }

    /// A server that lives for a while; what it ran is gone soon after it.
    fn live_and_die(&self, random: &mut Random) -> Outcome<()> {
        let mut server = self.server()?;
        // Chaos is what this is for: the moment is drawn, and nothing is expected to have happened by then.
        std::thread::sleep(random.up_to(LIFE));
        let left = processes::descendants(server.id());
        let killed = server.kill().and_then(|()| server.wait());
        killed.context(|| "kill the server".to_owned())?;
        wait::until("the end of what a killed server ran", GONE_WITHIN, || {
            Ok(left.iter().all(|process| !process.runs()).then_some(()))
        })
    }

    /// Lets a last server bring everything to an end; returns all executions.
    fn settle(&self) -> Outcome<Vec<Value>> {
        let mut server = self.server()?;
        let settled = wait::until("the end of all executions", SETTLED_WITHIN, || {
            let executions = self.executions()?;
            let ended = |execution: &Value| !matches!(execution["state"].as_str(), Some("queued" | "running"));
            Ok(executions.iter().all(ended).then_some(executions))
        });
        let killed = server.kill().and_then(|()| server.wait());
        killed.context(|| "end the server".to_owned())?;
        settled
    }

    fn executions(&self) -> Outcome<Vec<Value>> {
        let text = self.windlass(&["execution", "list", "--project", "web", "--limit", "10000", "--output", "json"])?;
        serde_json::from_str(&text).context(|| format!("read the list of executions: {text}"))
    }

    /// No step was done twice in one execution, and none was done that is not recorded.
    fn check_marks(&self, executions: &[Value]) -> Outcome<()> {
        let text = fs::read_to_string(self.folder.path().join("marks")).unwrap_or_default();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for line in text.lines() {
            *seen.entry(line).or_default() += 1;
        }
        for (line, count) in seen {
            let id = line.split(' ').next().unwrap_or_default();
            if !executions.iter().any(|execution| execution["id"] == id) {
                return Err(Problem::new(format!("`{line}` was done and its execution is not recorded")));
            }
            if count > 1 {
                return Err(Problem::new(format!("`{line}` was done {count} times")));
            }
        }
        Ok(())
    }

    fn server(&self) -> Outcome<Child> {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.folder.path().join("server.log"));
        let log = log.context(|| "open the server's log".to_owned())?;
        let mut command = self.command(&["server"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().context(|| "start the server".to_owned())
    }

    fn windlass(&self, arguments: &[&str]) -> Outcome<String> {
        let output = self.command(arguments).stdin(Stdio::null()).output().context(|| "start windlass".to_owned())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let what = format!("`windlass {}` failed ({})", arguments.join(" "), output.status);
        Err(Problem::new(what).output(&output.stderr))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.windlass);
        command.arg("--config").arg(&self.config).args(arguments).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// The end of the servers' log.
    fn logs(&self) -> String {
        let text = fs::read_to_string(self.folder.path().join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).context(|| format!("write {}", path.display()))
}

fn restrict(path: &Path) -> Outcome<()> {
    use std::os::unix::fs::PermissionsExt;
    let only_us = fs::Permissions::from_mode(0o600);
    fs::set_permissions(path, only_us).context(|| format!("restrict {}", path.display()))
}
