//! Those who receive: Python programs of `tests/standins`, each on a port of its own with a record of what came.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use windlass_tests::{Guarded, Port, Program, paths, python::Venv, wait};

/// The secret of the signatures that the receiver of webhooks verifies.
pub(crate) const SIGNING: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
/// The user of the SMTP server.
pub(crate) const USER: &str = "windlass";
/// The user's password.
pub(crate) const PASSWORD: &str = "pässword of the mail server 7f3a";

/// A running receiver; dropping it ends it.
pub(crate) struct Receiver {
    folder: TempDir,
    port: Port,
    server: Guarded,
}

impl Receiver {
    /// Of webhooks, at `http://127.0.0.1:PORT`.
    pub(crate) fn webhooks() -> Self {
        Self::start("webhooks.py", TempDir::new().unwrap(), &[SIGNING])
    }

    /// The fake of Slack, behind a proxy at `http://127.0.0.1:PORT`.
    pub(crate) fn slack() -> Self {
        let folder = TempDir::new().unwrap();
        let [certificate, key] = certificate(folder.path(), "hooks.slack.com");
        Self::start("slack.py", folder, &[&certificate, &key])
    }

    /// The SMTP server, `localhost:PORT`, with this security.
    pub(crate) fn smtp(security: &str) -> Self {
        Self::smtp_with(security, &[])
    }

    /// One that offers this mechanism of authentication only.
    pub(crate) fn smtp_with(security: &str, mechanism: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let [certificate, key] = certificate(folder.path(), "localhost");
        Self::start("smtp.py", folder, &[&[security, &certificate, &key, USER, PASSWORD], mechanism].concat())
    }

    fn start(script: &str, folder: TempDir, arguments: &[&str]) -> Self {
        let port = Port::take().unwrap();
        let record = folder.path().join("record");
        fs::write(&record, "").unwrap();
        let program = Program::new(Venv::of("receivers").unwrap().python())
            .args([paths::standins().join(script)])
            .args([port.number().to_string()])
            .args([&record])
            .args(arguments);
        let server = Guarded::start(script, &program, &folder.path().join("log")).unwrap();
        let mut started = Self { folder, port, server };
        wait::until(script, wait::PATIENCE, || {
            started.server.check()?;
            Ok(TcpStream::connect((Ipv4Addr::LOCALHOST, started.port())).ok())
        })
        .map_err(|problem| problem.log(started.server.log()))
        .unwrap();
        started
    }

    pub(crate) fn port(&self) -> u16 {
        self.port.number()
    }

    /// What has come, in its order.
    pub(crate) fn received(&self) -> Vec<Value> {
        let record = fs::read_to_string(self.folder.path().join("record")).unwrap();
        record.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The certificate of its authority.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}

/// A certificate for `name` and its key, as files in `folder`, which has the one of their authority as well.
fn certificate(folder: &Path, name: &str) -> [String; 2] {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    fs::write(folder.join("authority.pem"), authority.self_signed(&key).unwrap().pem()).unwrap();
    let (own, issuer) = (KeyPair::generate().unwrap(), Issuer::new(authority, key));
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    [("certificate.pem", certificate.pem()), ("key.pem", own.serialize_pem())].map(|(name, text)| {
        let path = folder.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    })
}
