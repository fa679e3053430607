//! A network namespace in which the metadata addresses of AWS are ours: the runner is tested with the endpoints that it
//! really uses on EC2 and ECS, and nothing else is reachable.
//!
//! A helper process (`dev in-namespace`) makes the namespace, starts the stand-ins inside and stays; commands join it.
//! As root it needs no more than that; for another user a user namespace gives the right.

use crate::{Context, Guarded, Outcome, Problem, Program, Seeded, StandIns, python::Venv, standins, wait};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const DOCUMENT: &str = "namespace.json";
const READY: Duration = wait::PATIENCE;
const REMEDY: &str = "run as root, or allow user namespaces: sysctl -w kernel.unprivileged_userns_clone=1 \
    kernel.apparmor_restrict_unprivileged_userns=0 (those that exist); in a container: --cap-add SYS_ADMIN,NET_ADMIN";

/// A namespace with running stand-ins; dropping it ends them.
#[derive(Debug)]
pub struct Namespace {
    /// What was made in its ministack.
    pub seeded: Seeded,
    services_url: String,
    helper: u64,
    user_namespace: bool,
    _server: Guarded,
}

impl Namespace {
    /// Makes one, with logs in `folder`; `dev` is the path of this package's `dev` program.
    ///
    /// # Errors
    /// When this process may not make a namespace (with the remedy), or a stand-in does not start.
    pub fn start(dev: &Path, folder: &Path) -> Outcome<Self> {
        let user_namespace = user_namespace_needed()?;
        for name in standins::ENVIRONMENTS {
            Venv::of(name)?; // inside, no registry can be reached
        }
        let flags: &[&str] = if user_namespace { &["-U", "-r", "-n"] } else { &["-n"] };
        let program = Program::new("unshare").args(flags).args([dev, Path::new("in-namespace"), folder]);
        let program = std::env::var_os("CARGO_TARGET_DIR").into_iter().fold(program, |program, folder| {
            program.env("CARGO_TARGET_DIR", folder) // the helper looks for the stand-ins where we installed them
        });
        let mut server = Guarded::start("namespace", &program, &folder.join("namespace.log"))?;
        let document = wait::until("the namespace's readiness", READY, || {
            server.check()?;
            Ok(fs::read_to_string(folder.join(DOCUMENT)).ok())
        })
        .map_err(|problem| problem.log(server.log()))?;
        let document: Value = serde_json::from_str(&document).context(|| format!("read {DOCUMENT}"))?;
        Ok(Self {
            seeded: Seeded::parse(&document["seeded"].to_string())?,
            services_url: document["servicesUrl"].as_str().unwrap_or_default().to_owned(),
            helper: document["pid"].as_u64().unwrap_or_default(),
            user_namespace,
            _server: server,
        })
    }

    /// A command that runs `program` inside; add arguments and environment as to any command.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.helper.to_string()]);
        if self.user_namespace {
            command.args(["--user", "--preserve-credentials"]);
        }
        command.arg("--").arg(program);
        command
    }

    /// Endpoint of STS, IAM and CloudWatch Logs, inside.
    #[must_use]
    pub fn services_url(&self) -> &str {
        &self.services_url
    }
}

/// That [`Namespace::start`] can work here.
///
/// # Errors
/// When a program or the right is missing, with the remedy.
pub fn check_right() -> Outcome<()> {
    user_namespace_needed().map(|_| ())
}

/// Whether this process must take a user namespace along to make a network namespace.
fn user_namespace_needed() -> Outcome<bool> {
    for tool in ["unshare", "nsenter", "ip"] {
        let found = Command::new(tool).arg(if tool == "ip" { "-V" } else { "--version" }).output();
        found.map_err(|error| {
            Problem::new(format!("`{tool}` did not start: {error}")).remedy("apt-get install util-linux iproute2")
        })?;
    }
    let works = |flags: &[&str]| Command::new("unshare").args(flags).arg("true").output();
    if works(&["-n"]).is_ok_and(|output| output.status.success()) {
        return Ok(false);
    }
    let output = works(&["-U", "-r", "-n"]).context(|| "start unshare".to_owned())?;
    if output.status.success() {
        return Ok(true);
    }
    Err(Problem::new("this process may not make a network namespace").output(&output.stderr).remedy(REMEDY))
}

/// The helper's whole life, in the new namespace: addresses, stand-ins, the document that says so, then waiting to be
/// killed with them.
///
/// # Errors
/// When an address cannot be added or a stand-in not started.
pub fn serve(folder: &Path) -> Outcome<()> {
    ip(&["link", "set", "lo", "up"])?;
    for address in [standins::INSTANCE_METADATA, standins::CONTAINER_METADATA] {
        ip(&["address", "add", &format!("{address}/32"), "dev", "lo"])?;
    }
    let standins = StandIns::start_link_local(folder)?;
    let document = json!({
        "pid": std::process::id(),
        "servicesUrl": standins.services_url(),
        "seeded": standins.seeded.document,
    });
    let written = folder.join("namespace.json.new");
    fs::write(&written, document.to_string()).context(|| format!("write {}", written.display()))?;
    fs::rename(&written, folder.join(DOCUMENT)).context(|| format!("rename {}", written.display()))?;
    loop {
        std::thread::park();
    }
}

fn ip(arguments: &[&str]) -> Outcome<()> {
    let output = Command::new("ip").args(arguments).output().context(|| "start ip".to_owned())?;
    if output.status.success() {
        return Ok(());
    }
    Err(Problem::new(format!("`ip {}` failed", arguments.join(" "))).output(&output.stderr))
}
