//! PostgreSQL over TLS, with authorities of the tests' own.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use windlass_errors::{Report, render};
use windlass_tests::postgres::{CERTIFIED, Postgres, Tls};

use crate::db::sql;
use crate::testing::at;
use crate::{Durability, Location, PostgresLocation, Store};

/// An authority, and how it signs.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        parameters.distinguished_name.push(DnType::CommonName, uuid::Uuid::now_v7().to_string());
        let key = KeyPair::generate().unwrap();
        let pem = parameters.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(parameters, key) }
    }

    /// A certificate for a server or a client of this name, and its key.
    fn signed(&self, name: &str) -> [String; 2] {
        let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        [parameters.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem()]
    }
}

/// A server whose certificate is for `localhost`, with the files of those who come.
struct Ground {
    server: Postgres,
    authority: Authority,
    folder: TempDir,
}

impl Ground {
    fn shared() -> &'static Self {
        static SHARED: OnceLock<Ground> = OnceLock::new();
        SHARED.get_or_init(|| {
            let authority = Authority::new();
            let [certificate, key] = authority.signed("localhost");
            let tls = Tls { certificate: &certificate, key: &key, authority: &authority.pem };
            let server = Postgres::start_with_tls(&tls).unwrap_or_else(|problem| panic!("{problem}"));
            let ground = Self { server, authority, folder: tempfile::tempdir().unwrap() };
            ground.file("authority.pem", &ground.authority.pem);
            ground
        })
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A certificate and its key in files, as parameters of a URL.
    fn client(&self, authority: &Authority, name: &str, file: &str) -> String {
        let [certificate, key] = authority.signed(name);
        let certificate = self.file(&format!("{file}.crt"), &certificate);
        let key = self.file(&format!("{file}.key"), &key);
        format!("&sslcert={}&sslkey={}", certificate.display(), key.display())
    }

    /// With the server's address written like this.
    async fn open(&self, user: &str, host: &str, parameters: &str) -> Result<Store, String> {
        let database = self.server.fresh_database().unwrap();
        open(&format!("postgresql://{user}@{host}:{}/{database}?{parameters}", self.server.port())).await
    }

    fn trusting(&self, mode: &str) -> String {
        format!("sslmode={mode}&sslrootcert={}", self.folder.path().join("authority.pem").display())
    }
}

async fn open(url: &str) -> Result<Store, String> {
    let location = PostgresLocation { ..at(url) };
    Store::open(&Location::Postgres(location), Durability::Full).await.map_err(|error| {
        assert_eq!(error.code().as_str(), "store.unavailable");
        render(&error)
    })
}

#[track_caller]
fn names(text: &str, names: &[&str]) {
    for name in names {
        assert!(text.contains(name), "no `{name}` in:\n{text}");
    }
}

async fn is_encrypted(store: &Store) -> bool {
    const SQL: &str = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    store.db().fetch_one(sql(SQL)).await.unwrap()
}

#[tokio::test]
async fn a_server_is_believed_that_a_private_authority_vouches_for() {
    let ground = Ground::shared();
    for (mode, host) in [("verify-full", "localhost"), ("verify-ca", "127.0.0.1"), ("require", "127.0.0.1")] {
        let store = ground.open("windlass", host, &ground.trusting(mode)).await.unwrap();
        assert!(is_encrypted(&store).await, "{mode}");
    }
}

#[tokio::test]
async fn a_server_of_another_name_or_authority_is_refused() {
    let ground = Ground::shared();
    let refused = ground.open("windlass", "127.0.0.1", &ground.trusting("verify-full")).await.err().unwrap();
    names(&refused, &["cannot open the database `postgresql://windlass@127.0.0.1:", "not valid for name"]);
    names(&refused, &["names the server as its certificate does", "`sslrootcert`", "`database.url`"]);
    let other = ground.file("other.pem", &Authority::new().pem);
    for parameters in [format!("sslmode=verify-ca&sslrootcert={}", other.display()), "sslmode=verify-full".to_owned()] {
        let refused = ground.open("windlass", "localhost", &parameters).await.err().unwrap();
        names(&refused, &["UnknownIssuer", "help: ", "`sslmode`", "`sslrootcert`", "`database.url`"]);
    }
}

#[tokio::test]
async fn a_connection_is_never_less_than_was_asked_for() {
    let plain = Postgres::shared();
    for mode in ["require", "verify-ca", "verify-full"] {
        let refused = open(&format!("{}?sslmode={mode}", plain.url("postgres"))).await.err().unwrap();
        names(&refused, &["server does not support TLS", "`sslmode`", "`database.url`"]);
    }
    let refused = Ground::shared().open("windlass", "localhost", "sslmode=disable").await.err().unwrap();
    names(&refused, &["no encryption", "help: the server does not let this user in", "`sslmode`"]);
}

#[tokio::test]
async fn a_client_shows_its_certificate() {
    let ground = Ground::shared();
    let trusting = ground.trusting("verify-full");
    let good = ground.client(&ground.authority, CERTIFIED, "good");
    let store = ground.open(CERTIFIED, "localhost", &format!("{trusting}{good}")).await.unwrap();
    assert!(is_encrypted(&store).await);

    let refused = ground.open(CERTIFIED, "localhost", &trusting).await.err().unwrap();
    names(&refused, &["valid client certificate", "`sslcert`", "`database.url`"]);
    let of_another = ground.client(&ground.authority, "somebody", "another");
    let refused = ground.open(CERTIFIED, "localhost", &format!("{trusting}{of_another}")).await.err().unwrap();
    names(&refused, &["certificate authentication failed", "`sslcert`", "`database.url`"]);
    let unknown = ground.client(&Authority::new(), CERTIFIED, "unknown");
    let refused = ground.open(CERTIFIED, "localhost", &format!("{trusting}{unknown}")).await.err().unwrap();
    names(&refused, &["help: ", "`sslcert`", "`database.url`"]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    for parameter in ["sslrootcert", "sslcert", "sslkey"] {
        let url = format!("postgresql://windlass@localhost:1/x?sslmode=verify-full&{parameter}=/nowhere/it.pem");
        let refused = open(&url).await.err().unwrap();
        names(&refused, &["cannot read `/nowhere/it.pem`", &format!("`database.url` names as `{parameter}`"), "PEM"]);
    }
    assert!(!Path::new("/nowhere").exists());
}
