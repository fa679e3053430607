//! An installation of the runner for one test: its own folders, its own configuration, and the built binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crate::ground::{printed, python};
use serde_json::Value;
use std::cell::Cell;
use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use windlass_tests::{Postgres, binaries, postgres};

/// Folders that end with the test.
pub(crate) struct Installation {
    folder: TempDir,
    configuration: PathBuf,
    /// The name of its database, when that is one of the PostgreSQL server.
    database: Option<String>,
}

thread_local! {
    static ON_POSTGRES: Cell<bool> = const { Cell::new(false) };
}

/// Plays a scenario whose installations have their databases on a PostgreSQL server.
pub(crate) fn on_postgres(scenario: fn()) {
    ON_POSTGRES.set(true);
    let played = std::panic::catch_unwind(scenario);
    ON_POSTGRES.set(false);
    played.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// Tests of a file that are done on a PostgreSQL server as well; alone they are done with SQLite.
macro_rules! also_on_postgres {
    ($($scenario:ident,)*) => {
        mod on_postgres {$(
            #[test]
            fn $scenario() {
                $crate::installation::on_postgres(super::$scenario);
            }
        )*}
    };
}
pub(crate) use also_on_postgres;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Installation {
    /// One whose configuration has these lines beside its places. Plugins are those that were built.
    pub(crate) fn new(lines: &str) -> Self {
        binaries::windlass().unwrap();
        let folder = TempDir::new().unwrap();
        let configuration = folder.path().join("windlass.yaml");
        let path = |name: &str| serde_json::json!(folder.path().join(name)).to_string();
        let mut text = format!(
            "apiVersion: windlass/v1\nkind: Configuration\ndataDir: {}\nmasterKeyFile: {}\npluginDirs: [{}]\n{lines}",
            path("data"),
            path("master.key"),
            serde_json::json!(binaries::folder("debug")),
        );
        let database = ON_POSTGRES.get().then(|| Postgres::shared().fresh_database().unwrap());
        if let Some(name) = &database {
            let password = folder.path().join("password");
            fs::write(&password, postgres::PASSWORD).unwrap();
            fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
            let url = Postgres::shared().url(name);
            text += &format!("\ndatabase: {{url: '{url}', passwordFile: {}}}\n", path("password"));
        }
        fs::write(&configuration, text).unwrap();
        Self { folder, configuration, database }
    }

    /// Its folder; `data` and `master.key` are in it once they are made.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into its folder.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Adds parameters to the address of its database on the PostgreSQL server.
    pub(crate) fn add_to_database_url(&self, parameters: &str) {
        let url = Postgres::shared().url(self.database.as_deref().unwrap());
        let text = fs::read_to_string(&self.configuration).unwrap();
        fs::write(&self.configuration, text.replace(&url, &format!("{url}{parameters}"))).unwrap();
    }

    /// Where `text` first stands in its configuration, as errors name it: `path:line:column`.
    #[track_caller]
    pub(crate) fn place_of(&self, text: &str) -> String {
        let configuration = fs::read_to_string(&self.configuration).unwrap();
        let at = configuration.find(text).unwrap_or_else(|| panic!("no `{text}` in:\n{configuration}"));
        let before = &configuration[..at];
        let (line, column) =
            (before.matches('\n').count() + 1, before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1);
        format!("{}:{line}:{column}", self.configuration.display())
    }

    /// Writes a job file: `rest` follows `apiVersion`, `kind` and `name: test`.
    pub(crate) fn job(&self, rest: &str) -> PathBuf {
        self.write("job.yaml", format!("apiVersion: windlass/v1\nkind: Job\nname: test\n{rest}"))
    }

    /// `windlass --config ... ARGUMENTS`, with nothing of our environment.
    pub(crate) fn command(&self, arguments: &[&(impl AsRef<OsStr> + ?Sized)]) -> Command {
        self.arguments_for(Command::new(binaries::windlass().unwrap()), arguments)
    }

    /// The same arguments for a command that runs `windlass` elsewhere, such as in a network namespace.
    pub(crate) fn arguments_for(&self, mut command: Command, arguments: &[&(impl AsRef<OsStr> + ?Sized)]) -> Command {
        command.arg("--config").arg(&self.configuration).args(arguments);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).stdin(Stdio::null());
        command
    }

    /// Runs `windlass ARGUMENTS` to its end.
    pub(crate) fn run(&self, arguments: &[&(impl AsRef<OsStr> + ?Sized)]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    /// Runs `windlass ARGUMENTS` with these variables.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ended {
        Ended::from(self.command(arguments).envs(variables.iter().copied()).output().unwrap())
    }

    /// Runs `windlass run job.yaml --project web`, with more arguments.
    pub(crate) fn run_job(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.job_command(arguments).output().unwrap())
    }

    /// The command of [`Self::run_job`].
    pub(crate) fn job_command(&self, arguments: &[&str]) -> Command {
        let job = self.folder.path().join("job.yaml");
        let mut all = vec!["run", job.to_str().unwrap(), "--project", "web"];
        all.extend(arguments);
        self.command(&all)
    }

    /// Asks or changes its database, which is not there before the first run: the rows as JSON, blobs as text.
    pub(crate) fn database(&self, statement: &str) -> Vec<Vec<Value>> {
        if let Some(name) = &self.database {
            return on_server(name, statement);
        }
        let script = format!(
            "import json, sqlite3
database = sqlite3.connect('file:{}?mode=rw', uri=True, timeout=10)
print(json.dumps(database.execute({}).fetchall(), default=str))
database.commit()",
            self.folder().join("data/windlass.db").display(),
            serde_json::json!(statement),
        );
        serde_json::from_str(&printed(&python(|python| Command::new(python), &script))).unwrap()
    }

    /// Stores a secret through standard input.
    pub(crate) fn set_key(&self, path: &str, secret: &str) {
        let mut command = self.command(&["key", "set", path]);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    }
}

/// What a statement says on the PostgreSQL server: the rows as JSON.
fn on_server(database: &str, statement: &str) -> Vec<Vec<Value>> {
    if !statement.starts_with("SELECT") {
        Postgres::shared().query(database, statement).unwrap();
        return Vec::new();
    }
    let rows = format!(
        "SELECT coalesce(json_agg((SELECT json_agg(value) FROM json_each(to_json(it)))), '[]') FROM ({statement}) it"
    );
    serde_json::from_str(&Postgres::shared().query(database, &rows).unwrap()).unwrap()
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// It succeeded; what it printed.
    #[track_caller]
    pub(crate) fn ok(&self) -> &str {
        assert_eq!(self.code, Some(0), "stderr:\n{}", self.stderr);
        &self.stdout
    }

    /// It failed with this exit code, and its error begins `error[CODE]`; the error's text.
    #[track_caller]
    pub(crate) fn failed(&self, exit: u8, code: &str) -> &str {
        assert_eq!(self.code, Some(exit.into()), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        let start = self.stderr.find("error[").unwrap_or_else(|| panic!("no error in:\n{}", self.stderr));
        let error = &self.stderr[start..];
        assert!(error.starts_with(&format!("error[{code}]")), "{error}");
        assert!(error.lines().count() <= 24, "an error fits one screen:\n{error}");
        error
    }
}

/// The text has each of these in it.
#[track_caller]
pub(crate) fn assert_names(text: &str, names: &[&str]) {
    for name in names {
        assert!(text.contains(name), "no `{name}` in:\n{text}");
    }
}
