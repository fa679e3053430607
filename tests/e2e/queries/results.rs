//! The example job on real lines: what comes out, in each form.

use super::{column, document};
use crate::ground::{printed, python, standins};
use crate::installation::{Ended, Installation, assert_names};
use std::process::Command;
use windlass_tests::{paths, terminal};

fn installation() -> Installation {
    let standins = standins();
    let key = &standins.seeded.reader_user;
    super::installation(&key.access_key_id, &key.secret_access_key, &standins.services_url())
}

fn example(installation: &Installation, arguments: &[&str]) -> Command {
    let job = paths::root().join("config/examples/top-errors.yaml");
    installation.command(&[&["run", job.to_str().unwrap(), "--project", "web"], arguments].concat())
}

fn run(arguments: &[&str]) -> Ended {
    Ended::from(example(&installation(), arguments).output().unwrap())
}

/// What a script says that uses Python's own readers.
fn ask(script: &str) -> String {
    printed(&python(|python| Command::new(python), script))
}

/// Counted with Python from the file that was loaded.
fn lines_with_status(status: u16) -> usize {
    let count = format!("sum('\" {status} ' in line for line in gzip.open('{}', 'rt'))", paths::access_log().display());
    ask(&format!("import gzip; print({count})")).parse().unwrap()
}

#[test]
fn json_is_one_document() {
    let ended = run(&["--output", "json"]);
    ended.ok();
    let document = document(&ended);
    assert_eq!((&document["state"], &document["project"]), (&"succeeded".into(), &"web".into()));
    assert_eq!((&document["steps"][0]["state"], &document["steps"][0]["error"]), (&"succeeded".into(), &().into()));
    let (messages, times) = (column(&document, "@message"), column(&document, "@timestamp"));
    assert_eq!(messages.len(), 20, "the option's default");
    assert!(messages.iter().all(|message| message.contains("\" 404 ")), "{messages:?}");
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    let outputs = &document["steps"][0]["outputs"];
    assert_eq!((&outputs["rowCount"], &outputs["truncated"]), (&20.into(), &true.into()));
    assert_eq!(outputs["statistics"]["recordsMatched"], lines_with_status(404));
    assert_eq!(outputs["statistics"]["recordsScanned"], standins().seeded.events);
}

#[test]
fn options_reach_the_query() {
    let ended = run(&["--option", "status=405", "-o", "limit=2000", "--output", "json"]);
    ended.ok();
    let document = document(&ended);
    let messages = column(&document, "@message");
    assert_eq!(messages.len(), lines_with_status(405));
    assert!(messages.iter().all(|message| message.contains("\" 405 ")));
    assert_eq!(document["steps"][0]["outputs"]["truncated"], false);
}

#[test]
fn csv_has_a_header_and_the_rows() {
    let installation = installation();
    let ended = Ended::from(example(&installation, &["-o", "limit=7", "--output", "csv"]).output().unwrap());
    let file = installation.write("rows.csv", ended.ok());
    let script =
        format!("import csv, json; print(json.dumps(list(csv.reader(open('{}', newline='')))))", file.display());
    let rows: Vec<Vec<String>> = serde_json::from_str(&ask(&script)).unwrap();
    assert_eq!(rows[0], ["@timestamp", "@message"]);
    assert_eq!(rows.len(), 1 + 7);
    assert!(rows[1..].iter().all(|row| row.len() == 2 && row[1].contains("\"GET /") || row[1].contains("\"POST /")));
}

#[test]
fn a_table_is_as_wide_as_it_must_be_when_nobody_says_otherwise() {
    let ended = run(&["-o", "limit=7"]);
    let lines: Vec<&str> = ended.ok().lines().collect();
    assert_eq!(lines.len(), 7 + 4, "one line a row, three of the frame and the header: {lines:?}");
    assert_names(lines[1], &["@timestamp", "@message"]);
}

#[test]
fn a_table_fits_the_columns() {
    let installation = installation();
    let mut command = example(&installation, &["-o", "limit=7"]);
    let ended = Ended::from(command.env("COLUMNS", "80").output().unwrap());
    let widest = ended.ok().lines().map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| (60..=80).contains(&widest)), "{widest:?}\n{}", ended.stdout);
    assert_names(&ended.stdout, &["@timestamp", "@message"]);
}

#[test]
fn a_table_fits_the_terminal() {
    let installation = installation();
    let (status, seen) = terminal::run(example(&installation, &["-o", "limit=7", "--quiet"]), 100).unwrap();
    assert_eq!(status.code(), Some(0), "{seen}");
    let widest = seen.lines().map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| (80..=100).contains(&widest)), "{widest:?}\n{seen}");
}

/// Standard output is data alone, so that it can be piped.
#[test]
fn talk_goes_to_standard_error() {
    let installation = installation();
    let ended = Ended::from(example(&installation, &["--output", "csv"]).output().unwrap());
    assert!(ended.ok().starts_with("@timestamp,@message\n"), "{}", ended.stdout);
    assert_names(&ended.stderr, &["requests: cloudwatch-logs/query", "started query", "20 rows", "succeeded"]);
    let quiet = Ended::from(example(&installation, &["--output", "csv", "--quiet"]).output().unwrap());
    assert_eq!((quiet.ok().lines().count(), quiet.stderr.as_str()), (21, ""));
}

/// The example's query, changed.
fn run_changed(installation: &Installation, from: &str, to: &str) -> Ended {
    let example = std::fs::read_to_string(paths::root().join("config/examples/top-errors.yaml")).unwrap();
    assert!(example.contains(from), "{example}");
    installation.write("job.yaml", example.replace(from, to));
    installation.run_job(&[])
}

#[test]
fn an_unknown_log_group() {
    let ended = run_changed(&installation(), "/demo/nginx/access", "/demo/nginx/acess");
    let error = ended.failed(1, "cloudwatch-logs.log-group-not-found");
    assert_names(
        error,
        &[
            "step `requests`",
            "log group `/demo/nginx/acess`",
            "region `us-east-1`",
            "did you mean `/demo/nginx/access`",
        ],
    );
}

#[test]
fn a_region_outside_the_accounts() {
    let installation = installation();
    let ended = run_changed(&installation, "timeout: 5m", "region: eu-west-1");
    let error = ended.failed(5, "account.region-refused");
    let place = installation.place_of("prod, source");
    assert_names(error, &["`prod`", "project `web`", "`eu-west-1`; the step says so", &place, "`us-east-1`"]);
}

#[test]
fn a_role_that_may_not_query() {
    let (standins, path) = (standins(), "keys/project/web/operator");
    let (seeded, services) = (&standins.seeded, standins.services_url());
    let (key, role, id) = (&seeded.operator_user, &seeded.powerless_role, &seeded.external_id);
    let source = format!("{{access-key: {{accessKeyId: {}, secretAccessKey: {path}}}}}", key.access_key_id);
    let account =
        format!("{{name: prod, source: {source}, assumeRole: '{role}', externalId: {id}, regions: [us-east-1]}}");
    let installation = Installation::new(&format!(
        "projects: [{{name: web, defaultAccount: prod, accounts: [{account}]}}]\nendpoints: {{logs: '{services}', sts: '{services}'}}\n"
    ));
    installation.set_key(path, &key.secret_access_key);
    let ended = Ended::from(example(&installation, &[]).output().unwrap());
    let error = ended.failed(1, "cloudwatch-logs.access-denied");
    let prints = "`windlass account policy prod --job web/top-errors` prints";
    assert_names(error, &["step `requests`", "`logs:StartQuery` in region `us-east-1`", "WindlassPowerless", prints]);
}
