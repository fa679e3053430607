use std::net::Ipv6Addr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use super::Checker;
use crate::layers::{Merged, MergedDatabase};
use crate::text::parse_count;
use crate::{Backend, Database, DatabaseUrlError, Durability, Postgres};

/// One may be taken for good by what waits for news; more than a hundred is what a whole server offers by default
/// (PostgreSQL manual, `max_connections`).
const CONNECTIONS: RangeInclusive<u32> = 2..=100;
const DEFAULT_CONNECTIONS: u32 = 10;

/// The parameters that a URL may have (PostgreSQL manual, "Parameter Key Words"), and none that names the database,
/// its user or a password a second time. The mode `allow` is left out: the driver takes it for `disable`.
const PARAMETERS: [&str; 6] = ["application_name", "options", "sslcert", "sslkey", "sslmode", "sslrootcert"];
const SSL_MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];

impl Checker<'_> {
    pub(super) fn database(&mut self, merged: &Merged) -> Option<Database> {
        let database = &merged.database;
        let durability = self.value("database.durability", &database.durability, Durability::parse);
        let backend = match &database.url {
            Some(url) => self.postgres(url, database).map(Backend::Postgres),
            None => self.sqlite(database),
        };
        Some(Database { backend: backend?, durability: durability? })
    }

    fn postgres(&mut self, url: &str, database: &MergedDatabase) -> Option<Postgres> {
        let checked = check_url(url).map_err(|wrong| {
            let hint = match wrong {
                DatabaseUrlError::Password => Some(
                    "write it into a file that only its owner may read, and name that as `passwordFile` of `database`",
                ),
                DatabaseUrlError::Scheme => Some("leave `url` out for SQLite in `dataDir`"),
                DatabaseUrlError::Form(_) => None,
            };
            self.fault_key("database.url", wrong.to_string(), hint.map(str::to_owned));
        });
        let password_file = match &database.password_file {
            Some(file) => self.path("database.passwordFile", file).map(Some),
            None => Some(None),
        };
        let connections = match &database.max_connections {
            Some(text) => self.value("database.maxConnections", text, |text| parse_count(text, CONNECTIONS)),
            None => Some(DEFAULT_CONNECTIONS),
        };
        checked.ok()?;
        let (url, key_file) = (url.to_owned(), key_file(url));
        Some(Postgres { url, key_file, password_file: password_file?, max_connections: connections? })
    }

    /// What only PostgreSQL has is an error without it: it would silently have no effect.
    fn sqlite(&mut self, database: &MergedDatabase) -> Option<Backend> {
        let given = [("passwordFile", &database.password_file), ("maxConnections", &database.max_connections)];
        for (key, _) in given.into_iter().filter(|(_, value)| value.is_some()) {
            let hint = "it belongs to PostgreSQL: give its `url`, or leave this out".to_owned();
            let message = format!("`{key}` has no effect without `url`");
            self.fault_key(&format!("database.{key}"), message, Some(hint));
        }
        Some(Backend::Sqlite)
    }
}

/// `postgres://[user@]host[:port]/database[?parameters]`
pub(crate) fn check_url(url: &str) -> Result<(), DatabaseUrlError> {
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
        return Err(DatabaseUrlError::Scheme);
    };
    check_no_password(rest)?;
    // Beside `@`, which was looked at, what a URI may hold (RFC 3986, section 2), but for a fragment.
    if !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%:/?[]@!$&'()*+,;=".contains(&b)) {
        return Err(wrong("a character in it cannot stand in an address; write it as `%` and two digits"));
    }
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (authority, name) = rest.split_once('/').ok_or_else(|| wrong(DatabaseUrlError::FORM))?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if name.is_empty() || name.contains(['/', '@']) || !is_server(host) {
        return Err(wrong(DatabaseUrlError::FORM));
    }
    query.map_or(Ok(()), check_parameters)
}

fn wrong(why: impl Into<String>) -> DatabaseUrlError {
    DatabaseUrlError::Form(why.into())
}

/// A password that is not encoded may hold any character, so that the last `@` counts, wherever it is.
fn check_no_password(rest: &str) -> Result<(), DatabaseUrlError> {
    let in_user = rest.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'));
    let in_query = rest.split_once('?').is_some_and(|(_, query)| query.to_lowercase().contains("password"));
    if in_user || in_query { Err(DatabaseUrlError::Password) } else { Ok(()) }
}

/// A host with or without a port, or the folder of a socket, encoded.
fn is_server(text: &str) -> bool {
    if let Some(folder) = text.strip_prefix("%2F").or_else(|| text.strip_prefix("%2f")) {
        return !folder.is_empty() && !folder.contains([':', '[', ']']);
    }
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, after)) if address.parse::<Ipv6Addr>().is_ok() => ("ipv6", after),
        Some(_) => return false,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let host_is_fine = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let port_is_fine = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    host_is_fine && (port.is_empty() || port.strip_prefix(':').is_some_and(port_is_fine))
}

fn check_parameters(query: &str) -> Result<(), DatabaseUrlError> {
    for parameter in query.split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !PARAMETERS.contains(&name) {
            return Err(wrong(format!("behind `?` it may have `{}`", PARAMETERS.join("`, `"))));
        }
        if name == "sslmode" && !SSL_MODES.contains(&value) {
            return Err(wrong(format!("`sslmode` is one of `{}`", SSL_MODES.join("`, `"))));
        }
        if value.is_empty() {
            return Err(wrong(format!("`{name}` has no value")));
        }
    }
    let given =
        |name: &str| query.split('&').any(|parameter| parameter.split_once('=').is_some_and(|(it, _)| it == name));
    if given("sslcert") != given("sslkey") {
        return Err(wrong("`sslcert` and `sslkey` are given together, or neither is"));
    }
    // A key in the place of its file's name would be a secret in an address, and a step could read it there.
    if keys(query).any(|file| !file.is_absolute()) {
        return Err(wrong("`sslkey` is the absolute path of a file"));
    }
    Ok(())
}

/// The file that counts: of a parameter that is given twice, the last one does.
fn key_file(url: &str) -> Option<PathBuf> {
    url.split_once('?').and_then(|(_, query)| keys(query).last())
}

fn keys(query: &str) -> impl Iterator<Item = PathBuf> {
    let all = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "sslkey");
    all.map(|(_, value)| PathBuf::from(value.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_server_and_a_database() {
        for good in [
            "postgres://windlass@db.example.com/windlass",
            "postgresql://db:5433/windlass",
            "postgres://wind%40lass@[::1]:5432/windlass",
            "postgres://[::1]/windlass",
            "postgres://windlass@%2Frun%2Fpostgresql/windlass",
            "postgres://db/w?sslmode=verify-full&sslrootcert=/etc/ssl/db.pem&application_name=windlass",
            "postgres://db/w?options=-c%20search_path%3Dwindlass",
            "postgres://db/w?sslcert=client.pem&sslkey=%2Fetc%2Fwindlass%2Fclient.key",
        ] {
            assert_eq!(check_url(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "windlass.db",
            "sqlite:///var/lib/windlass.db",
            "mysql://db/windlass",
            "Postgres://db/windlass",
            "postgres:db/windlass",
            "postgres://",
            "postgres://db",
            "postgres://db/",
            "postgres:///windlass",
            "postgres://windlass@/windlass",
            "postgres://db/a/b",
            "postgres://a,b/windlass",
            "postgres://db:/windlass",
            "postgres://db:0/windlass",
            "postgres://db:70000/windlass",
            "postgres://db:port/windlass",
            "postgres://[::g]/windlass",
            "postgres://[::1]5432/windlass",
            "postgres://%2F/windlass",
            "postgres://db/wind lass",
            "postgres://db/windlass#x",
            "postgres://db/wíndlass",
            "postgres://db/w?",
            "postgres://db/w?sslmode",
            "postgres://db/w?sslmode=",
            "postgres://db/w?sslmode=full",
            "postgres://db/w?sslcert=/client.pem",
            "postgres://db/w?sslkey=/client.key",
            "postgres://db/w?sslcert=/client.pem&sslkey=client.key",
            "postgres://db/w?sslcert=/client.pem&sslkey=-----BEGIN%20PRIVATE%20KEY-----AAAA-----END%20PRIVATE%20KEY-----",
            "postgres://db/w?user=other",
            "postgres://db/w?host=/run/postgresql",
            "postgres://db/w?%70assword=hunter2",
        ] {
            assert!(check_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_file_of_the_key_is_the_one_that_the_driver_reads() {
        let key = |url: &str| key_file(url).map(|file| file.display().to_string());
        assert_eq!(key("postgres://db/w?sslkey=/a&sslmode=require&sslkey=/b%20c+d").as_deref(), Some("/b c d"));
        assert_eq!(key("postgres://db/w?sslcert=/a"), None);
    }

    #[test]
    fn a_password_is_refused_however_it_is_written_and_never_repeated() {
        for bad in [
            "postgres://me:hunter2@db/w",
            "postgres://me:@db/w",
            "postgres://:hunter2@db/w",
            "postgres://me:hunter/2@db/w",
            "postgres://me:hunter?2@db/w",
            "postgres://me:hunter@2@db/w",
            "postgres://me:hunter 2#@db/w",
            "postgres://db/w?password=hunter2",
            "postgres://db/w?sslmode=require&sslpassword=hunter2",
        ] {
            assert_eq!(check_url(bad), Err(DatabaseUrlError::Password), "{bad}");
        }
    }
}
