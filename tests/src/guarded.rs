//! Servers that cannot outlive us, however we die.
//!
//! Each runs under a small shell that holds the reading end of a pipe. When this process ends, by whatever signal, the
//! kernel closes the writing end and the shell kills the server. (`PR_SET_PDEATHSIG` would tie the server to the thread
//! that started it, and a test's thread ends before the test process does.)

use crate::{Context, Outcome, Problem};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

const WATCHER: &str = r#"
signal=$1
folder=$2
shift 2
"$@" </dev/null &
server=$!
exec 3<&0
( read -r keep <&3 || [ -z "$folder" ] || : >"$folder/.remove"; kill "-$signal" "$server" ) 2>/dev/null &
watcher=$!
wait "$server"
status=$?
kill -KILL "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
[ ! -e "$folder/.remove" ] || rm -rf "$folder"
exit $status
"#;

/// PostgreSQL, which is told to end at once, gives its own processes five seconds.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A server to start: it gets this environment and `PATH`, and nothing of ours.
#[derive(Debug)]
pub struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
    environment: Vec<(String, OsString)>,
    signal: &'static str,
    folder: PathBuf,
}

impl Program {
    /// A program without arguments.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let (arguments, environment, folder) = (Vec::new(), Vec::new(), PathBuf::new());
        Self { path: path.into(), arguments, environment, signal: "KILL", folder }
    }

    /// It is ended by this signal rather than by `KILL`; for one that has something to give back.
    #[must_use]
    pub fn stopped_by(mut self, signal: &'static str) -> Self {
        self.signal = signal;
        self
    }

    /// A folder that is removed after it was ended, unless [`Guarded::keep_files`] was said.
    #[must_use]
    pub fn removing(mut self, folder: &Path) -> Self {
        self.folder = folder.to_owned();
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }
}

/// A running server; dropping it kills it and waits for its end.
#[derive(Debug)]
pub struct Guarded {
    name: String,
    shell: Child,
    log: PathBuf,
}

impl Guarded {
    /// Starts a server with both of its output streams in the file `log`.
    ///
    /// # Errors
    /// When the log cannot be made or the shell not started. A server that ends at once shows in [`Guarded::check`].
    pub fn start(name: &str, program: &Program, log: &Path) -> Outcome<Self> {
        let file = File::create(log).context(|| format!("make {}", log.display()))?;
        let errors = file.try_clone().context(|| format!("share {}", log.display()))?;
        let shell = Command::new("/bin/sh")
            .args(["-c", WATCHER, name, program.signal])
            .arg(&program.folder)
            .arg(&program.path)
            .args(&program.arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(program.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(file)
            .stderr(errors)
            .process_group(0)
            .spawn()
            .context(|| format!("start {name}"))?;
        Ok(Self { name: name.to_owned(), shell, log: log.to_path_buf() })
    }

    /// That the server still runs.
    ///
    /// # Errors
    /// When it has ended: with its status and the last lines of its log.
    pub fn check(&mut self) -> Outcome<()> {
        match self.shell.try_wait().context(|| format!("look after {}", self.name))? {
            None => Ok(()),
            Some(status) => Err(self.ended(status)),
        }
    }

    /// Leaves the folder of [`Program::removing`] where it is.
    pub fn keep_files(&mut self) {
        if let Some(stdin) = &mut self.shell.stdin {
            let _it_has_ended = stdin.write_all(b"keep\n");
        }
    }

    fn ended(&self, status: ExitStatus) -> Problem {
        Problem::new(format!("{} ended ({status})", self.name)).log(&self.log)
    }

    /// Where its output goes.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let start = Instant::now();
        while matches!(self.shell.try_wait(), Ok(None)) {
            if start.elapsed() > STOP_LIMIT {
                let group = i32::try_from(self.shell.id()).ok().and_then(Pid::from_raw);
                let _gone = group.map(|group| kill_process_group(group, Signal::KILL));
                let _status = self.shell.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait;

    fn pid_in(log: &Path) -> String {
        let read = || Ok(std::fs::read_to_string(log).ok().filter(|text| text.ends_with('\n')));
        wait::until("the pid", wait::PATIENCE, read).unwrap().trim().to_owned()
    }

    fn wait_gone(pid: &str) {
        let path = PathBuf::from("/proc").join(pid);
        wait::until("its end", wait::PATIENCE, || Ok((!path.exists()).then_some(()))).unwrap();
    }

    #[test]
    fn a_dropped_server_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let server = Guarded::start("sleeper", &Program::new("sh").args(["-c", "echo $$; exec sleep 600"]), &log);
        let pid = pid_in(&log);
        drop(server);
        assert!(!Path::new("/proc").join(pid).exists());
    }

    #[test]
    fn an_ended_server_is_reported_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let program = Program::new("sh").args(["-c", "echo no such key; exit 7"]);
        let mut server = Guarded::start("refuser", &program, &folder.path().join("log")).unwrap();
        let ended = || Ok(server.check().err());
        let problem = wait::until("the end", wait::PATIENCE, ended).unwrap().to_string();
        assert!(problem.starts_with("refuser ended (exit status: 7)\n  | no such key"), "{problem}");
    }

    /// Re-runs this test binary as a parent that starts a server and is then killed without a chance to clean up.
    #[test]
    fn a_server_dies_with_a_parent_that_was_killed() {
        const ROLE: &str = "WINDLASS_TEST_GUARDED_LOG";
        if let Some(log) = std::env::var_os(ROLE) {
            let program = Program::new("sh").args(["-c", "echo $$; exec sleep 600"]);
            let _server = Guarded::start("sleeper", &program, Path::new(&log)).unwrap();
            std::thread::sleep(Duration::from_secs(600));
        }
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let name = "guarded::tests::a_server_dies_with_a_parent_that_was_killed";
        let mut parent = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(ROLE, &log)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let pid = pid_in(&log);
        parent.kill().unwrap();
        parent.wait().unwrap();
        wait_gone(&pid);
    }
}
