//! What a server runs, records and keeps.

use std::time::Duration;

use super::*;
use crate::{Backend, Durability, Postgres, Retention, Server, StepLogAction};

const DAY: Duration = Duration::from_secs(86_400);

fn settings(body: &str) -> Settings {
    Sandbox::new(&with_header(body)).load().map_err(|error| windlass_errors::render(&error)).unwrap().settings
}

#[test]
fn the_defaults_are_a_server_of_its_own() {
    let loaded = Sandbox::new(&with_header("")).load().unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.database.backend, Backend::Sqlite);
    assert_eq!(settings.database.durability, Durability::Full);
    let thirty = Duration::from_secs(30);
    let lease = Duration::from_secs(15);
    assert_eq!(
        settings.server,
        Server { max_executions: 20, project_executions: 20, stop_grace: thirty, lease, labels: Vec::new() }
    );
    assert_eq!(settings.limits.step_log_bytes, 256 << 20);
    assert_eq!(settings.limits.step_log_action, StepLogAction::Truncate);
    assert_eq!(settings.limits.project_artifacts_bytes, 10 << 30);
    let (age, hour) = (90 * DAY, Duration::from_secs(3600));
    let retention = Retention { max_age: age, failed_max_age: age, max_count: 1000, interval: hour };
    assert_eq!(settings.retention, retention);

    let shown = loaded.shown();
    let value = |key: &str| shown.iter().find(|shown| shown.key == key).unwrap().value.clone();
    assert_eq!(value("database.url"), serde_json::Value::Null);
    assert_eq!(value("database.maxConnections"), serde_json::Value::Null, "SQLite has none");
    assert_eq!(value("server.projectExecutions"), 20);
    assert_eq!(value("retention.failed.maxAge"), "90d");
}

#[test]
fn a_database_has_an_address_and_a_file_with_its_password() {
    let url = "postgres://windlass@db.example/windlass?sslmode=verify-full";
    let sandbox = Sandbox::new(&with_header(&format!(
        "database:\n  url: {url}\n  passwordFile: db.password\n  durability: process\n"
    )));
    let loaded = sandbox.load().unwrap();
    let file = sandbox.path("etc/db.password");
    let expected = Postgres { url: url.to_owned(), key_file: None, password_file: Some(file), max_connections: 10 };
    assert_eq!(loaded.settings.database.backend, Backend::Postgres(expected));
    assert_eq!(loaded.settings.database.durability, Durability::Process);
    assert_eq!(origins(&loaded)["database.maxConnections"], "default");

    let environment = [("WINDLASS_DATABASE_PASSWORD_FILE", "mine"), ("WINDLASS_DATABASE_MAX_CONNECTIONS", "2")];
    let loaded = sandbox.load_with(&Overrides::default(), &environment).unwrap();
    let Backend::Postgres(postgres) = loaded.settings.database.backend else { panic!("a database was named") };
    assert_eq!(postgres.password_file, Some(sandbox.path("here/mine")), "relative to the current folder");
    assert_eq!((postgres.url.as_str(), postgres.max_connections), (url, 2));
}

#[test]
fn a_project_may_have_a_bound_of_its_own() {
    let of = |server: &str| {
        let settings =
            settings(&format!("server: {server}\nprojects: [{{name: web, maxExecutions: 7}}, {{name: other}}]\n"));
        ["web", "other", "gone"].map(|name| settings.project_executions(&ProjectName::parse(name).unwrap()))
    };
    assert_eq!(of("{}"), [7, 20, 20]);
    assert_eq!(of("{maxExecutions: 5}"), [7, 5, 5]);
    assert_eq!(of("{maxExecutions: 5, projectExecutions: 2}"), [7, 2, 2]);
}

#[test]
fn failed_executions_may_be_kept_longer_or_shorter() {
    let ages = |body: &str| {
        let retention = settings(&format!("retention: {body}\n")).retention;
        (retention.max_age, retention.failed_max_age)
    };
    assert_eq!(ages("{maxAge: 30d}"), (30 * DAY, 30 * DAY));
    assert_eq!(ages("{maxAge: 30d, failed: {}}"), (30 * DAY, 30 * DAY));
    assert_eq!(ages("{maxAge: 30d, failed: {maxAge: 180d}}"), (30 * DAY, 180 * DAY));
    assert_eq!(ages("{failed: {maxAge: 36h}}"), (90 * DAY, DAY * 3 / 2));

    let sandbox = Sandbox::new(&with_header("retention:\n  failed:\n    maxAge: 5d\n"));
    let file = sandbox.path("etc/windlass.yaml");
    assert_eq!(origins(&sandbox.load().unwrap())["retention.failed.maxAge"], format!("file {}:5", file.display()));
}
