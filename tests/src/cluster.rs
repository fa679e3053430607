//! Members on a database of PostgreSQL, each with a data directory of its own, as on several machines.

use crate::processes::{Process, descendants};
use crate::wait::{self, PATIENCE};
use crate::{Context as _, Outcome, Postgres, Problem, binaries, postgres};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// An empty database with what its members have in common: the master key and the folder of jobs.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    database: String,
    url: String,
    /// Of every configuration, beside where things are.
    lines: String,
}

/// One machine: where its configuration and its data are.
#[derive(Debug)]
pub struct Machine {
    configuration: PathBuf,
    folder: PathBuf,
}

/// A server of one machine; it is killed when this is dropped.
#[derive(Debug)]
pub struct Member {
    child: Child,
    log: PathBuf,
}

impl Cluster {
    /// On an empty database; every configuration has these lines.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn on(server: &Postgres, lines: &str) -> Outcome<Self> {
        let folder = tempfile::Builder::new().prefix("windlass-cluster-").tempdir();
        let folder = folder.context(|| "make a folder for a cluster".to_owned())?;
        let database = server.fresh_database()?;
        let password = folder.path().join("password");
        write(&password, postgres::PASSWORD)?;
        fs::set_permissions(&password, fs::Permissions::from_mode(0o600))
            .context(|| "protect a password".to_owned())?;
        let url = server.url(&database);
        fs::create_dir(folder.path().join("shared")).context(|| "make a folder".to_owned())?;
        Ok(Self { folder, database, url, lines: lines.to_owned() })
    }

    /// The database's name on its server.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// A file that steps of all machines may read and write.
    #[must_use]
    pub fn shared(&self, name: &str) -> PathBuf {
        self.folder.path().join("shared").join(name)
    }

    /// A machine that reaches the database directly; its configuration has these lines as well.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn machine(&self, name: &str, lines: &str) -> Outcome<Machine> {
        self.machine_at(name, &self.url, lines)
    }

    /// A machine that reaches the database through a [proxy](crate::Proxy) with this port.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn machine_through(&self, name: &str, port: u16, lines: &str) -> Outcome<Machine> {
        let (before, after) = self.url.rsplit_once(':').ok_or_else(|| Problem::new("a URL has a port"))?;
        let path = after.split_once('/').map_or("", |(_, path)| path);
        self.machine_at(name, &format!("{before}:{port}/{path}"), lines)
    }

    fn machine_at(&self, name: &str, url: &str, lines: &str) -> Outcome<Machine> {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder).context(|| format!("make {}", folder.display()))?;
        let configuration = folder.join("windlass.yaml");
        let quoted = |path: &Path| serde_json::json!(path).to_string();
        let text = format!(
            "apiVersion: windlass/v1\nkind: Configuration\ndataDir: {}\nmasterKeyFile: {}\npluginDirs: [{}]\n\
             database: {{url: '{url}', passwordFile: {}}}\nprojects: [{{name: web}}]\nshell: {{path: {}}}\n{}\n{lines}\n",
            quoted(&folder.join("data")),
            quoted(&self.folder.path().join("master.key")),
            quoted(&binaries::folder("debug")),
            quoted(&self.folder.path().join("password")),
            serde_json::json!(std::env::var("PATH").unwrap_or_default()),
            self.lines,
        );
        write(&configuration, &text)?;
        Ok(Machine { configuration, folder })
    }
}

impl Machine {
    /// Its configuration, for a test that needs another.
    #[must_use]
    pub fn configuration(&self) -> &Path {
        &self.configuration
    }

    /// `windlass --config ... ARGUMENTS` on this machine, with nothing of our environment.
    ///
    /// # Errors
    /// When there is no built binary.
    pub fn command(&self, arguments: &[&str]) -> Outcome<Command> {
        let mut command = Command::new(binaries::windlass()?);
        command.arg("--config").arg(&self.configuration).args(arguments).current_dir(&self.folder);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
        Ok(command)
    }

    /// What a command that succeeds prints.
    ///
    /// # Errors
    /// When it does not succeed.
    pub fn run(&self, arguments: &[&str]) -> Outcome<String> {
        let output = self.command(arguments)?.output().context(|| "start windlass".to_owned())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Problem::new(format!("windlass {} failed ({})", arguments.join(" "), output.status)).output(&output.stderr))
    }

    /// Makes these the jobs of the project `web`: a name, and what follows it in the file.
    ///
    /// # Errors
    /// When they are refused.
    pub fn apply(&self, jobs: &[(&str, &str)]) -> Outcome<()> {
        let folder = self.folder.join("jobs");
        fs::create_dir_all(&folder).context(|| format!("make {}", folder.display()))?;
        for (name, rest) in jobs {
            let text = format!("apiVersion: windlass/v1\nkind: Job\nname: {name}\n{rest}");
            write(&folder.join(format!("{name}.yaml")), &text)?;
        }
        let folder = folder.to_string_lossy();
        self.run(&["project", "apply", &folder, "--project", "web", "--yes"]).map(drop)
    }

    /// Queues a job of the project `web`; the execution's id.
    ///
    /// # Errors
    /// When it is refused.
    pub fn queue(&self, job: &str) -> Outcome<String> {
        Ok(self.run(&["job", "start", job, "--project", "web"])?.trim().to_owned())
    }

    /// All that is recorded of an execution.
    ///
    /// # Errors
    /// When there is none.
    pub fn shown(&self, execution: &str) -> Outcome<serde_json::Value> {
        let text = self.run(&["execution", "show", execution, "--output", "json"])?;
        serde_json::from_str(&text).map_err(|error| Problem::new(format!("{error}: {text}")))
    }

    /// Waits until an execution stands there.
    ///
    /// # Errors
    /// When it does not come to it.
    pub fn comes_to(&self, execution: &str, state: &str) -> Outcome<serde_json::Value> {
        let look = || Ok(Some(self.shown(execution)?).filter(|shown| shown["state"] == state));
        wait::until(&format!("execution {execution} as {state}"), PATIENCE, look)
    }

    /// A server on this machine that is ready.
    ///
    /// # Errors
    /// When it does not become so.
    pub fn serve(&self) -> Outcome<Member> {
        let log = self.folder.join("log");
        let file =
            File::options().create(true).append(true).open(&log).context(|| format!("open {}", log.display()))?;
        let length = file.metadata().map_or(0, |file| file.len());
        let mut command = self.command(&["server"])?;
        let child = command.stdout(Stdio::null()).stderr(file).spawn().context(|| "start windlass".to_owned())?;
        let member = Member { child, log };
        let from = usize::try_from(length).unwrap_or(usize::MAX);
        let ready = || Ok(member.said().get(from..).is_some_and(|said| said.contains(" ready")).then_some(()));
        wait::until("the server's readiness", PATIENCE, ready).map_err(|problem| problem.log(&member.log))?;
        Ok(member)
    }
}

impl Member {
    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that the servers of its machine have said.
    #[must_use]
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it has said this.
    ///
    /// # Errors
    /// When it does not.
    pub fn says(&self, words: &str) -> Outcome<()> {
        let look = || Ok(self.said().contains(words).then_some(()));
        wait::until(words, PATIENCE, look).map_err(|problem| problem.log(&self.log))
    }

    /// Waits for the processes that it has started, and those that these have.
    ///
    /// # Errors
    /// When there are none.
    pub fn hosts(&self) -> Outcome<Vec<Process>> {
        let look = || Ok(Some(descendants(self.pid())).filter(|hosts| !hosts.is_empty()));
        wait::until("its processes", PATIENCE, look)
    }

    /// Sends it a signal: `STOP` and `CONT` play a machine that stands still, `KILL` one that is lost, `TERM` ends it in
    /// good order.
    ///
    /// # Errors
    /// When it has ended.
    pub fn signal(&self, signal: Signal) -> Outcome<()> {
        kill_process(Pid::from_child(&self.child), signal).map_err(|error| Problem::new(format!("kill: {error}")))
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn ended(mut self) -> Outcome<Option<i32>> {
        Ok(self.child.wait().context(|| "wait for windlass".to_owned())?.code())
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
    }
}

fn write(path: &Path, text: &str) -> Outcome<()> {
    fs::write(path, text).context(|| format!("write {}", path.display()))
}
