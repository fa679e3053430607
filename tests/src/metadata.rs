//! aws-export-credentials (a Python package, Apache-2.0) as the instance metadata server (IMDSv2 only) and as the container
//! credentials server. Both give out real role sessions of ministack, so its STS knows the keys.

use crate::{Context, Guarded, Outcome, Program, Seeded, http, paths, python::Venv, wait};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

const READY: Duration = wait::PATIENCE;

/// A running metadata or container server; dropping it ends it.
#[derive(Debug)]
pub struct MetadataServer {
    address: SocketAddr,
    server: Guarded,
}

/// The path under which the container server answers; every other one gets a broken answer from it.
pub const CONTAINER_PATH: &str = "/creds";

impl MetadataServer {
    /// Starts the instance metadata server; it gives out sessions of the instance role.
    ///
    /// # Errors
    /// When it cannot be installed or does not become ready.
    pub fn instance(address: SocketAddr, ministack: &str, seeded: &Seeded, folder: &Path) -> Outcome<Self> {
        Self::instance_for(None, address, ministack, seeded, folder)
    }

    /// The same with sessions of another lifetime than STS gives by itself, in seconds. Each request opens one.
    ///
    /// # Errors
    /// As [`Self::instance`].
    pub fn instance_for(
        seconds: Option<u32>,
        address: SocketAddr,
        ministack: &str,
        seeded: &Seeded,
        folder: &Path,
    ) -> Outcome<Self> {
        let ready = |address| {
            let ttl = [("x-aws-ec2-metadata-token-ttl-seconds", "60")];
            http::request(address, "PUT", "/latest/api/token", &ttl)
        };
        let profiles = profiles_of(seeded, seconds);
        Self::start("instance", address, &["--imds", &address.to_string()], ministack, &profiles, folder, ready)
    }

    /// Starts the container credentials server; it gives out sessions of the task role to who sends `token`.
    ///
    /// # Errors
    /// When it cannot be installed or does not become ready.
    pub fn container(
        address: SocketAddr,
        token: &str,
        ministack: &str,
        seeded: &Seeded,
        folder: &Path,
    ) -> Outcome<Self> {
        let ready = |address| http::request(address, "GET", CONTAINER_PATH, &[("authorization", token)]);
        let arguments = ["--container", &address.to_string(), token];
        Self::start("task", address, &arguments, ministack, &profiles_of(seeded, None), folder, ready)
    }

    fn start(
        profile: &str,
        address: SocketAddr,
        arguments: &[&str],
        ministack: &str,
        text: &str,
        folder: &Path,
        ready: impl Fn(SocketAddr) -> Option<(u16, String)>,
    ) -> Outcome<Self> {
        let profiles = folder.join("metadata-profiles");
        fs::write(&profiles, text).context(|| format!("write {}", profiles.display()))?;
        let program = Program::new(Venv::of("metadata")?.python())
            .args([paths::standins().join("metadata.py").as_os_str(), "--profile".as_ref(), profile.as_ref()])
            .args(arguments)
            .env("AWS_CONFIG_FILE", &profiles)
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_ENDPOINT_URL", ministack)
            .env("AWS_EC2_METADATA_DISABLED", "true");
        let name = format!("{profile}-metadata");
        let mut server = Guarded::start(&name, &program, &folder.join(format!("{name}.log")))?;
        wait::until(&format!("the {profile} metadata server's readiness"), READY, || {
            server.check()?;
            Ok(ready(address).filter(|(status, _)| *status == 200))
        })
        .map_err(|problem| problem.log(server.log()))?;
        Ok(Self { address, server })
    }

    /// Where it answers, without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where it logs each call.
    #[must_use]
    pub fn log(&self) -> &Path {
        self.server.log()
    }
}

/// EC2 and ECS assume these roles for their instances and tasks; here a user of the same account does.
fn profiles_of(seeded: &Seeded, seconds: Option<u32>) -> String {
    let region = &seeded.region;
    // botocore itself takes no less than 900.
    let lifetime = |seconds| format!("duration_seconds = {seconds}\nparameter_validation = false\n");
    let lifetime = seconds.map(lifetime).unwrap_or_default();
    let role = |name: &str, arn: &str, session: &str| {
        let source = "source_profile = host\n";
        let role = format!("region = {region}\nrole_arn = {arn}\nrole_session_name = {session}\n");
        format!("[profile {name}]\n{role}{source}{lifetime}")
    };
    let host = format!(
        "[profile host]\nregion = {region}\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        seeded.host_user.access_key_id, seeded.host_user.secret_access_key
    );
    let instance = role("instance", &seeded.instance_role, "i-0123456789abcdef0");
    let task = role("task", &seeded.task_role, "0123456789abcdef0123456789abcdef");
    format!("{host}\n{instance}\n{task}")
}
