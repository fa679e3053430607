//! PostgreSQL: Debian's server on a free loopback port and a Unix socket, with its files in a temporary folder.
//!
//! One server serves a test process, and each test has a database of its own. The server and its folder are gone when
//! the process is, however it ends.

use crate::wait::PATIENCE;
use crate::{Context, Guarded, Outcome, Port, Problem, Program, wait};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

const REMEDY: &str = "apt-get install postgresql";
/// Where Debian puts servers, a folder a version.
const DEBIAN: &str = "/usr/lib/postgresql";
const PROGRAMS: [&str; 5] = ["initdb", "postgres", "pg_isready", "createdb", "psql"];

/// Who owns everything in the server.
pub const USER: &str = "windlass";
/// The password that the server wants on loopback.
pub const PASSWORD: &str = "p@ss/word:of-tests";

/// What a server shows that speaks TLS, and whose clients it believes, PEM.
#[derive(Clone, Copy, Debug)]
pub struct Tls<'a> {
    /// The server's certificate.
    pub certificate: &'a str,
    /// Its private key.
    pub key: &'a str,
    /// The authority of clients.
    pub authority: &'a str,
}

/// Who comes over TLS; one with the name of [`CERTIFIED`] needs a certificate of that name and no password.
const TLS_ONLY: &str = "local all all trust
hostssl all certified 127.0.0.1/32 cert
hostssl all all 127.0.0.1/32 scram-sha-256
";
/// Who needs a client's certificate where TLS is spoken.
pub const CERTIFIED: &str = "certified";

/// A running server; dropping it ends it and removes its files.
#[derive(Debug)]
pub struct Postgres {
    server: Option<Guarded>,
    account: Option<Account>,
    programs: PathBuf,
    port: Port,
    folder: TempDir,
    databases: AtomicU32,
    /// Beside those that all have.
    settings: Vec<String>,
}

/// The account that the server runs as, since it refuses to be root.
#[derive(Clone, Copy, Debug)]
struct Account {
    user: u32,
    group: u32,
}

impl Postgres {
    /// The server of this process; the first who asks starts it.
    ///
    /// # Panics
    /// When it cannot be started, with what is to be done.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Postgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start().unwrap_or_else(|problem| panic!("{problem}")))
    }

    /// Installs the server from Debian's packages when there is none and this is root on such a machine.
    ///
    /// # Errors
    /// When there is none and it cannot be installed; with the command that does.
    pub fn install() -> Outcome<()> {
        let Err(missing) = programs() else { return Ok(()) };
        if !rustix::process::geteuid().is_root() {
            return Err(missing);
        }
        eprintln!("installing PostgreSQL's server from Debian's packages (once)");
        for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", "postgresql"]] {
            let mut command = Command::new("apt-get");
            command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null());
            succeeded("apt-get", command.output())?;
        }
        programs().map(drop)
    }

    /// Starts a server of one's own and waits until it answers.
    ///
    /// # Errors
    /// When none is installed, or it does not become ready.
    pub fn start() -> Outcome<Self> {
        let mut made = Self::prepare()?;
        made.up()?;
        Ok(made)
    }

    /// Starts a server that lets nobody in without TLS.
    ///
    /// # Errors
    /// As [`Postgres::start`].
    pub fn start_with_tls(tls: &Tls<'_>) -> Outcome<Self> {
        let mut made = Self::prepare()?;
        for (name, text) in [
            ("server.crt", tls.certificate),
            ("server.key", tls.key),
            ("clients.crt", tls.authority),
            ("pg_hba.conf", TLS_ONLY),
        ] {
            made.write(name, text)?;
        }
        made.settings = vec!["ssl=on".to_owned(), "ssl_ca_file=clients.crt".to_owned()];
        made.up()?;
        made.query("postgres", &format!("CREATE ROLE {CERTIFIED} SUPERUSER LOGIN"))?;
        Ok(made)
    }

    fn prepare() -> Outcome<Self> {
        let programs = programs()?;
        let account = rustix::process::geteuid().is_root().then(account).transpose()?;
        let folder = tempfile::Builder::new().prefix("windlass-pg-").tempdir();
        let folder = folder.context(|| "make a folder for PostgreSQL".to_owned())?;
        if let Some(Account { user, group }) = account {
            chown(folder.path(), Some(user), Some(group)).context(|| "give PostgreSQL its folder".to_owned())?;
        }
        let (port, databases) = (Port::take()?, AtomicU32::new(0));
        let made = Self { server: None, account, programs, port, folder, databases, settings: Vec::new() };
        made.fill()?;
        Ok(made)
    }

    /// Writes a file of the server, which nobody else may read.
    fn write(&self, name: &str, text: &str) -> Outcome<()> {
        let path = self.data().join(name);
        let written = std::fs::write(&path, text)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)))
            .and_then(|()| match self.account {
                Some(Account { user, group }) => chown(&path, Some(user), Some(group)),
                None => Ok(()),
            });
        written.context(|| format!("write {}", path.display()))
    }

    fn fill(&self) -> Outcome<()> {
        let password = self.folder.path().join("password");
        std::fs::write(&password, PASSWORD).context(|| format!("write {}", password.display()))?;
        let data = self.data();
        let output = self
            .command("initdb")
            .args([
                "--username",
                USER,
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--no-sync",
                "--encoding=UTF8",
            ])
            // Not the order of bytes, so that what depends on that order has to say so.
            .args(["--locale-provider=icu", "--icu-locale=en-US", "--locale=C.UTF-8"])
            .args([Path::new("--pwfile"), &password, Path::new("--pgdata"), &data])
            .output();
        succeeded("initdb", output)
    }

    /// Starts the server again after [`Postgres::down`].
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn up(&mut self) -> Outcome<()> {
        let number = self.port.number().to_string();
        let log = self.folder.path().join("log");
        let settings = [
            format!("port={number}"),
            "listen_addresses=127.0.0.1".to_owned(),
            format!("unix_socket_directories={}", self.folder.path().display()),
            "max_connections=200".to_owned(),
            "shared_buffers=64MB".to_owned(),
        ];
        let mut arguments: Vec<PathBuf> = self.wrapped("postgres");
        arguments.extend([PathBuf::from("-D"), self.data()]);
        arguments.extend(
            settings
                .into_iter()
                .chain(self.settings.clone())
                .flat_map(|setting| [PathBuf::from("-c"), PathBuf::from(setting)]),
        );
        let program = Program::new(arguments.remove(0)).args(arguments);
        // QUIT ends it at once, and lets it give its shared memory back.
        let program = program.stopped_by("QUIT").removing(self.folder.path());
        self.server = Some(Guarded::start("PostgreSQL", &program, &log)?);
        self.wait_ready()
    }

    /// Ends the server as if its machine had lost its power; what was committed stays.
    pub fn down(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.keep_files();
        }
    }

    fn wait_ready(&mut self) -> Outcome<()> {
        let Some(mut server) = self.server.take() else { return Ok(()) };
        let ready = wait::until("PostgreSQL's readiness", wait::PATIENCE, || {
            server.check()?;
            let output = self.client("pg_isready").arg("--quiet").output().context(|| "start pg_isready".to_owned())?;
            Ok(output.status.success().then_some(()))
        });
        let log = server.log().to_owned();
        self.server = Some(server);
        ready.map_err(|problem| problem.log(&log))
    }

    /// Makes an empty database and returns its name.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn fresh_database(&self) -> Outcome<String> {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        succeeded("createdb", self.client("createdb").arg(&name).output())?;
        Ok(name)
    }

    /// What a statement answers in a database, one row a line, columns separated by `|`.
    ///
    /// # Errors
    /// When the server refuses it.
    pub fn query(&self, database: &str, statement: &str) -> Outcome<String> {
        let mut command = self.client("psql");
        let options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
        let output = command.args(options).args(["--dbname", database, "--command", statement]).output();
        let output = output.context(|| "start psql".to_owned())?;
        let text = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        succeeded("psql", Ok(output))?;
        Ok(text)
    }

    /// Hears what is told on a channel of a database from now on.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn hearing(&self, database: &str, channel: &str) -> Outcome<Hearing> {
        let file = tempfile::NamedTempFile::new().context(|| "make a file".to_owned())?;
        let said = file.reopen().context(|| "open a file".to_owned())?;
        let mut command = self.client("psql");
        command.args(["--no-psqlrc", "--quiet", "--dbname", database]).stdin(Stdio::piped()).stdout(said);
        let mut hearing = Hearing { psql: command.spawn().context(|| "start psql".to_owned())?, said: file };
        hearing.ask(&format!("LISTEN {channel};\n\\echo listens\n"))?;
        wait::until("psql to listen", PATIENCE, || Ok(hearing.said()?.contains("listens").then_some(())))?;
        Ok(hearing)
    }

    /// The URL of a database, on loopback and without the password.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://{USER}@127.0.0.1:{}/{database}", self.port.number())
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of the server, as its account, with the way to get there.
    fn wrapped(&self, program: &str) -> Vec<PathBuf> {
        let program = self.programs.join(program);
        let Some(Account { user, group }) = self.account else { return vec![program] };
        let (user, group) = (format!("--reuid={user}"), format!("--regid={group}"));
        vec!["setpriv".into(), user.into(), group.into(), "--clear-groups".into(), "--".into(), program]
    }

    fn command(&self, program: &str) -> Command {
        let mut words = self.wrapped(program).into_iter();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// A program that talks to the server over its socket.
    fn client(&self, program: &str) -> Command {
        let mut command = self.command(program);
        command.env("PGHOST", self.folder.path()).env("PGPORT", self.port.number().to_string());
        command.env("PGUSER", USER).env("PGDATABASE", "postgres");
        command
    }
}

/// A connection that hears what is told.
#[derive(Debug)]
pub struct Hearing {
    psql: Child,
    said: tempfile::NamedTempFile,
}

impl Hearing {
    /// Waits until something is told.
    ///
    /// # Errors
    /// When nothing is.
    pub fn heard(mut self) -> Outcome<()> {
        wait::until("a hint", PATIENCE, || {
            // It looks for what was told when a statement is over.
            self.ask("SELECT 1;\n")?;
            Ok(self.said()?.contains("Asynchronous notification").then_some(()))
        })
    }

    fn ask(&mut self, text: &str) -> Outcome<()> {
        let stdin = self.psql.stdin.as_mut().ok_or_else(|| Problem::new("psql has no input"))?;
        stdin.write_all(text.as_bytes()).context(|| "write to psql".to_owned())
    }

    fn said(&self) -> Outcome<String> {
        std::fs::read_to_string(self.said.path()).context(|| "read what psql says".to_owned())
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        let _ended_already = self.psql.kill();
        let _status = self.psql.wait();
    }
}

/// The folder of the newest server that is installed.
fn programs() -> Outcome<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut debian: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    debian.sort_unstable();
    let found = std::env::split_paths(&path).chain(debian.into_iter().rev().map(|(_, folder)| folder));
    found
        .into_iter()
        .find(|folder| PROGRAMS.iter().all(|program| folder.join(program).is_file()))
        .ok_or_else(|| Problem::new("PostgreSQL is not installed").remedy(REMEDY))
}

/// `postgres` where there is such an account, else `nobody`.
fn account() -> Outcome<Account> {
    let text = std::fs::read_to_string("/etc/passwd").context(|| "read /etc/passwd".to_owned())?;
    let find = |name: &str| {
        text.lines().find_map(|line| {
            let mut members = line.strip_prefix(name)?.strip_prefix(':')?.split(':').skip(1);
            Some(Account { user: members.next()?.parse().ok()?, group: members.next()?.parse().ok()? })
        })
    };
    find("postgres").or_else(|| find("nobody")).ok_or_else(|| {
        Problem::new("PostgreSQL does not run as root, and there is neither an account `postgres` nor `nobody`")
    })
}

fn succeeded(program: &str, output: std::io::Result<Output>) -> Outcome<()> {
    let output = output.context(|| format!("start {program}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
    Err(Problem::new(format!("{program} failed ({})", output.status)).output(said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_apart_and_a_lost_server_comes_back_with_them() {
        let mut server = Postgres::start().unwrap();
        let (one, two) = (server.fresh_database().unwrap(), server.fresh_database().unwrap());
        server.query(&one, "CREATE TABLE t AS SELECT 7 AS n").unwrap();
        assert!(server.query(&two, "SELECT n FROM t").unwrap_err().to_string().contains("does not exist"));
        assert_eq!(server.query(&one, "SHOW fsync").unwrap(), "on");
        server.down();
        server.query(&one, "SELECT 1").unwrap_err();
        server.up().unwrap();
        assert_eq!(server.query(&one, "SELECT n FROM t").unwrap(), "7");
        let folder = server.folder.path().to_owned();
        drop(server);
        assert!(!folder.exists());
    }

    /// Re-runs this test binary as a process that starts a server and is then killed without a chance to clean up.
    #[test]
    fn nothing_is_left_of_a_server_whose_process_was_killed() {
        const ROLE: &str = "WINDLASS_TEST_POSTGRES_ROLE";
        if let Some(file) = std::env::var_os(ROLE) {
            let server = Postgres::shared();
            let pid = std::fs::read_to_string(server.data().join("postmaster.pid")).unwrap();
            let pid = pid.lines().next().unwrap().to_owned();
            let half = Path::new(&file).with_extension("half");
            std::fs::write(&half, format!("{pid} {}", server.folder.path().display())).unwrap();
            std::fs::rename(half, file).unwrap();
            std::thread::sleep(std::time::Duration::from_secs(600));
        }
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("what");
        let name = "postgres::tests::nothing_is_left_of_a_server_whose_process_was_killed";
        let mut parent = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(ROLE, &file)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let read = || Ok(std::fs::read_to_string(&file).ok());
        let text = wait::until("the server", wait::PATIENCE, read).unwrap();
        let (pid, files) = text.split_once(' ').unwrap();
        parent.kill().unwrap();
        parent.wait().unwrap();
        let process = Path::new("/proc").join(pid);
        let gone = || Ok((!process.exists() && !Path::new(files).exists()).then_some(()));
        wait::until("its end", wait::PATIENCE, gone).unwrap();
    }
}
