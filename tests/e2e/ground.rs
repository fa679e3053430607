//! What the tests stand on: started once for the whole test process, and gone with it.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;
use windlass_tests::{Context, Namespace, Outcome, StandIns, paths, python::Venv};

/// Stand-ins on loopback ports.
pub(crate) fn standins() -> &'static StandIns {
    static STANDINS: OnceLock<Outcome<StandIns>> = OnceLock::new();
    STANDINS.get_or_init(|| StandIns::start(&folder("standins")?)).as_ref().unwrap()
}

/// Stand-ins at the addresses of AWS, in a network namespace.
pub(crate) fn namespace() -> &'static Namespace {
    static NAMESPACE: OnceLock<Outcome<Namespace>> = OnceLock::new();
    let dev = Path::new(env!("CARGO_BIN_EXE_dev"));
    NAMESPACE.get_or_init(|| Namespace::start(dev, &folder("namespace")?)).as_ref().unwrap()
}

/// The interpreter that has boto3, with nothing of our environment.
pub(crate) fn python(command: impl FnOnce(&Path) -> Command, script: &str) -> Output {
    let venv = Venv::of("metadata").unwrap();
    let mut command = command(&venv.python());
    command.args(["-c", script]).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap()
}

/// What the script printed; it must have succeeded.
#[track_caller]
pub(crate) fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn folder(name: &str) -> Outcome<PathBuf> {
    let folder = paths::scratch()?.join(name);
    fs::create_dir_all(&folder).context(|| format!("make {}", folder.display()))?;
    Ok(folder)
}
