use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use windlass_errors::exit;
use windlass_settings::{DatabaseUrlError, Postgres};
use windlass_store::{Durability, Location, PostgresLocation};

use crate::arguments::Global;
use crate::problem::Problem;
use crate::{setup, show};

#[derive(Subcommand)]
pub(crate) enum Store {
    /// Copy the database of this data directory to an empty one of PostgreSQL
    ///
    /// No server may run meanwhile. Everything is copied in one transaction: interrupted, nothing is there. The database that is
    /// copied stays as it is; the configuration decides which one is used.
    #[command(after_help = "Example:\n  \
        windlass store copy --to postgresql://windlass@db.example.com/windlass --password-file db.password")]
    Copy(Copy),
}

#[derive(Args)]
pub(crate) struct Copy {
    /// The empty database, as `database.url` names it; no password belongs in it
    #[arg(long, value_name = "URL")]
    to: String,
    /// The file with the password of its user
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(crate) async fn run(global: &Global, command: Store) -> Result<u8, Problem> {
    let Store::Copy(arguments) = command;
    check(&arguments.to)?;
    let desk = setup::desk(global).await?;
    nobody_works(&desk).await?;
    let password = arguments.password_file.as_deref();
    let password = password.map(|file| setup::password("--password-file", file)).transpose()?;
    let location = PostgresLocation { url: arguments.to, password, max_connections: 2 };
    let target = windlass_store::Store::open(&Location::Postgres(location), Durability::Full).await?;
    let terminal = std::io::stderr().is_terminal();
    let told = |table: &str, rows: u64| {
        if terminal {
            // That progress cannot be shown is no reason to stop.
            let _ = write!(std::io::stderr(), "\r\x1b[K{table}: {rows} rows");
        }
    };
    let copied = desk.store.copy_to(&target, &told).await;
    if terminal {
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
    let rows = copied?;
    show::talk(format_args!("{rows} rows are in `{}`; name it as `database.url` to use it", target.name()));
    Ok(exit::OK)
}

/// As `database.url` is checked; what is repeated of it could be a password.
fn check(url: &str) -> Result<(), Problem> {
    Postgres::check_url(url).map_err(|wrong| {
        let message = format!("`--to`: {wrong}");
        match wrong {
            DatabaseUrlError::Password => {
                let help = "write it into a file that only its owner may read, and name that as `--password-file`; \
                            whoever lists processes has seen this one: change it";
                Problem::with_help("config.invalid", message, help)
            }
            DatabaseUrlError::Scheme | DatabaseUrlError::Form(_) => Problem::coded("config.invalid", message),
        }
    })
}

async fn nobody_works(desk: &setup::Desk) -> Result<(), Problem> {
    let (members, lapsed) = (desk.store.members().await?, desk.store.lapsed_members().await?);
    let Some(lives) = members.iter().find(|member| desk.member.seems_alive(member, &lapsed)) else { return Ok(()) };
    let message = format!("process {} on `{}` works on the database `{}`", lives.pid, lives.host, desk.store.name());
    Err(Problem::with_help("store.not-copied", message, "stop it, and copy again"))
}
