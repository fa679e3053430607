//! ministack (a Python package, MIT): IAM, STS, CloudWatch Logs, CloudFormation, Secrets Manager, Parameter
//! Store, KMS, SNS and SQS on loopback, with signatures, trust policies and external IDs enforced (`AUTH=true`).

use crate::{Context, Guarded, Outcome, Problem, Program, Seeded, http, paths, python::Venv, wait};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const READY: Duration = wait::PATIENCE;

/// A running ministack; dropping it ends it.
#[derive(Debug)]
pub struct Ministack {
    address: SocketAddr,
    server: Guarded,
}

impl Ministack {
    /// Starts one with its files and its log in `folder`, and waits until it answers.
    ///
    /// # Errors
    /// When it cannot be installed or does not become ready.
    pub fn start(address: SocketAddr, folder: &Path) -> Outcome<Self> {
        let program = Program::new(Venv::of("ministack")?.python())
            .args(["-m", "ministack"])
            .env("AUTH", "true")
            .env("BIND_HOST", address.ip().to_string())
            .env("GATEWAY_PORT", address.port().to_string())
            .env("SERVICES", "iam,sts,logs,cloudformation,secretsmanager,ssm,kms,sns,sqs")
            .env("HOME", folder)
            .env("TMPDIR", folder);
        let server = Guarded::start("ministack", &program, &folder.join("ministack.log"))?;
        let mut started = Self { address, server };
        started.wait_ready()?;
        Ok(started)
    }

    /// Ready is both: its own log says that it listens (not another's server on that port), and it answers.
    fn wait_ready(&mut self) -> Outcome<()> {
        let listening = format!("Running on http://{}", self.address);
        wait::until("ministack's readiness", READY, || {
            self.server.check()?;
            let said = std::fs::read_to_string(self.server.log()).is_ok_and(|log| log.contains(&listening));
            let answer = http::request(self.address, "GET", "/_ministack/health", &[]);
            Ok((said && answer.is_some_and(|(status, _)| status == 200)).then_some(()))
        })
        .map_err(|problem| problem.log(self.server.log()))
    }

    /// Makes the two accounts, their roles and users, and loads the access-log lines.
    ///
    /// # Errors
    /// When the script fails, with what it said.
    pub fn seed(&self) -> Outcome<Seeded> {
        let script = paths::standins().join("seed.py");
        let output = Command::new(Venv::of("metadata")?.python())
            .arg(&script)
            .arg(self.url())
            .arg(paths::access_log())
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .context(|| "start seed.py".to_owned())?;
        if !output.status.success() {
            return Err(Problem::new("seed.py failed").output(&output.stderr));
        }
        Seeded::parse(&String::from_utf8_lossy(&output.stdout))
    }

    /// The endpoint of all its services.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it logs each call.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.server.log().to_path_buf()
    }
}
