//! PostgreSQL, for more than one machine.

use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::ExposeSecret;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection as _, Postgres, Transaction};

use super::Database;
use super::database::Backend;
use super::migrations::LATEST;
use super::migrations::postgres::{may_serve, migrate, version};
use super::notices::Telling;
use crate::{Durability, PostgresLocation, StoreError};

/// How long to wait for the server, and for one of the connections to it.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 4 } else { 10 });
/// How soon the server gives up a session whose process was stopped or cut off, so that its locks keep nobody waiting.
const ABANDONED: [(&str, &str); 5] = [
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_user_timeout", "20s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "2"),
];
/// Each statement was written for an index, in whose order it takes few rows, and is used again and again. PostgreSQL knows less:
/// of a queue that was empty a minute ago it takes all rows by any index and sorts them, for each row that it wants. And looking
/// for another plan each time, or compiling one, takes longer than the statement.
const PLANS: [(&str, &str); 4] =
    [("plan_cache_mode", "force_generic_plan"), ("enable_seqscan", "off"), ("enable_sort", "off"), ("jit", "off")];
/// Between two tries to reach a server that is away.
const PAUSE: Duration = Duration::from_millis(50);
/// How many prepared statements a connection keeps; more than there are texts.
const STATEMENTS: usize = 256;

impl Database {
    pub(crate) async fn open_postgres(location: &PostgresLocation, durability: Durability) -> Result<Self, StoreError> {
        let options = options(location, durability)?;
        look_at_files(&location.url)?;
        let name = name(&options);
        prepare(&options, &name).await?;
        let pool = PgPoolOptions::new()
            .max_connections(location.max_connections.max(1))
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        Ok(Self { backend: Backend::Postgres(pool), name, commits: Arc::default(), telling: Telling::default() })
    }
}

/// Begins a transaction. Nothing has happened yet, so a server that is away for a moment is waited for, and connections that
/// it has closed meanwhile are given up one by one.
pub(super) async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    let until = Instant::now() + PATIENCE;
    loop {
        match pool.begin().await {
            Err(error) if is_away(&error) && Instant::now() < until => tokio::time::sleep(PAUSE).await,
            begun => return begun,
        }
    }
}

/// Whether there was no server, or one that is starting or stopping.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(said) => has_stopped(&**said),
        _ => false,
    }
}

/// Whether the server ends sessions, its own or all.
pub(super) fn has_stopped(said: &dyn DatabaseError) -> bool {
    said.code().is_some_and(|code| code.starts_with("57P"))
}

fn options(location: &PostgresLocation, durability: Durability) -> Result<PgConnectOptions, StoreError> {
    if !["postgresql://", "postgres://"].iter().any(|scheme| location.url.starts_with(scheme)) {
        return Err(StoreError::Url);
    }
    let options: PgConnectOptions = location.url.parse().map_err(|_| StoreError::Url)?;
    let options = options.application_name("windlass").statement_cache_capacity(STATEMENTS).disable_statement_logging();
    let options = match &location.password {
        Some(password) => options.password(password.expose_secret()),
        None => options,
    };
    let options = options.options(ABANDONED).options(PLANS);
    Ok(match durability {
        Durability::Full => options,
        Durability::Process => options.options([("synchronous_commit", "off")]),
    })
}

/// Says which file of TLS cannot be read; the driver would only say that one cannot.
fn look_at_files(url: &str) -> Result<(), StoreError> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let parameters = ["sslrootcert", "sslcert", "sslkey"];
        let Some(parameter) = parameters.into_iter().find(|parameter| *parameter == name) else { continue };
        let path = PathBuf::from(value.into_owned());
        if let Err(source) = std::fs::File::open(&path) {
            return Err(StoreError::UrlFile { parameter, path, source });
        }
    }
    Ok(())
}

/// Where the database is, as a URL without a password.
pub(crate) fn name(options: &PgConnectOptions) -> String {
    let user = options.get_username();
    let database = options.get_database().unwrap_or(user);
    match options.get_socket() {
        Some(socket) => format!("postgresql://{user}@{}/{database}", socket.display()),
        None => format!("postgresql://{user}@{}:{}/{database}", options.get_host(), options.get_port()),
    }
}

/// Sees that the server can be reached and brings the schema up to date.
async fn prepare(options: &PgConnectOptions, name: &str) -> Result<(), StoreError> {
    let database = || name.to_owned();
    let unopened = |source: sqlx::Error| StoreError::Open { database: database(), source: source.into() };
    let connecting = tokio::time::timeout(PATIENCE, options.connect()).await;
    let mut connection = connecting.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map_err(unopened)?;
    let mut found = version(&mut connection).await.map_err(unopened)?;
    if found < LATEST {
        let failed =
            |source: sqlx::Error| StoreError::Migrate { database: database(), to: LATEST, source: source.into() };
        found = migrate(&mut connection).await.map_err(failed)?;
    }
    if found > LATEST && !may_serve(&mut connection, found).await.map_err(unopened)? {
        return Err(StoreError::Newer { database: database(), found, known: LATEST });
    }
    let _ = connection.close().await; // nothing is open on it
    Ok(())
}

/// What to do, by SQLSTATE (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
pub(super) fn help(sqlstate: &str) -> Option<&'static str> {
    Some(match sqlstate {
        "28P01" | "28000" => {
            "the server does not let this user in: check the user, the password, `sslmode` and `sslcert` in `database.url`, \
             and the server's pg_hba.conf"
        }
        "3D000" => "create the database first, owned by this user: `createdb --owner USER NAME`",
        // `plan_cache_mode` is from 12.
        "42704" => "the server is too old: PostgreSQL 12 or newer is needed",
        "42501" => "this user must own the database, or may create tables in its first schema",
        "53100" => "free some space on the disk of the database server",
        "53200" => "the database server is out of memory; see its log",
        "53300" => "the server has no connection left: lower `maxConnections` or raise the server's `max_connections`",
        "57P01" | "57P02" | "57P03" => "the database server is starting or stopping; try again when it is up",
        "25006" => "this server only reads; name the primary server",
        "XX001" | "XX002" => "the database server reports damage; restore from a backup",
        _ => return None,
    })
}

/// What to do when the server says nothing.
pub(super) fn unreached(error: &sqlx::Error) -> Option<&'static str> {
    let of_tls = match error {
        sqlx::Error::Tls(_) => true,
        // What the handshake says comes as this.
        sqlx::Error::Io(error) => error.kind() == ErrorKind::InvalidData,
        _ => false,
    };
    Some(match error {
        _ if of_tls => {
            "either side does not accept the other's certificate, or the server does not speak TLS: see `sslmode`, \
             `sslrootcert` and `sslcert` in `database.url`, and that it names the server as its certificate does"
        }
        _ => "check that the database server runs, and that the URL names its host and port",
    })
}
