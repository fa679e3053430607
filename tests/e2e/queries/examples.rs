//! The example jobs that ask several accounts, and that count.

use super::{column, document, installation};
use crate::ground::standins;
use crate::installation::{Ended, Installation};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_tests::scripted::{Event, Script};
use windlass_tests::{ScriptedLogs, paths};

fn run(installation: &Installation, example: &str, arguments: &[&str]) -> Ended {
    let job = paths::root().join("config/examples").join(example);
    installation.run(&[&["run", job.to_str().unwrap(), "--project", "web", "--output", "json"], arguments].concat())
}

/// Accounts `production` and `staging`, each a role that asks for an external ID of its own, as in the demo.
fn two_accounts() -> Installation {
    let (standins, seeded) = (standins(), &standins().seeded);
    let (services, regions) = (standins.services_url(), seeded.payments.regions.join(", "));
    let account = |name: &str, role: &str, external_id: &str| {
        format!(
            "{{name: {name}, source: ec2-instance-role, assumeRole: '{role}', externalId: {external_id}, \
             sessionPolicy: none, regions: [{regions}]}}"
        )
    };
    Installation::new(&format!(
        "projects: [{{name: web, accounts: [{}, {}]}}]\nendpoints: {{imds: '{}', sts: '{services}', logs: '{services}'}}\n",
        account("production", &seeded.reader_role, &seeded.external_id),
        account("staging", &seeded.staging.role, &seeded.staging.external_id),
        standins.instance_url(),
    ))
}

#[test]
fn refused_payments_come_from_both_accounts_in_both_regions() {
    let payments = &standins().seeded.payments;
    let installation = two_accounts();
    let ended = run(&installation, "refused-payments.yaml", &["--option", "limit=1000"]);
    ended.ok();
    let document = document(&ended);
    let rows = document["steps"][0]["tables"]["results"].as_array().unwrap();
    assert_eq!(rows.len() as u64, 4 * payments.of_each / 3, "a third is refused");
    assert!(rows.iter().all(|row| row["logGroup"] == payments.log_group), "{rows:?}");
    let times = column(&document, "@timestamp");
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    let place = |row: &Value| [&row["account"], &row["region"]].map(|text| text.as_str().unwrap().to_owned());
    let place_of = |account: &str, region: &String| [account.to_owned(), region.clone()];
    let each =
        ["production", "staging"].map(|account| payments.regions.iter().map(move |region| place_of(account, region)));
    assert_eq!(rows.iter().map(place).collect::<BTreeSet<_>>(), each.into_iter().flatten().collect());

    let ended = run(&installation, "refused-payments.yaml", &[]);
    ended.ok();
    let first = &self::document(&ended)["steps"][0];
    assert_eq!(first["tables"]["results"].as_array().unwrap()[..], rows[..12], "the latest of all places");
    assert_eq!(first["outputs"]["truncated"], true);
}

#[test]
fn requests_are_counted_in_whole_five_minutes_and_drawn() {
    let lines = |number: i64| if number % 2 == 0 { "\"GET /\" 502 1" } else { "\"GET /\" 200 1" };
    let now = Timestamp::now().as_millisecond();
    let event = |number: i64| {
        Event::new("/demo/nginx/access", "web-1", now - number * 30_000, &format!("a {} b", lines(number)))
    };
    let server = ScriptedLogs::start(Script::new().events((0..160).map(event).collect())).unwrap();
    let installation = installation("AKIASCRIPTED", "scripted", &server.url());
    let ended = run(&installation, "requests-over-time.yaml", &[]);
    ended.ok();
    let document = document(&ended);
    let rows = document["steps"][0]["tables"]["results"].as_array().unwrap();
    assert_eq!((rows.len(), &rows[0]["requests"]), (12, &json!(5)), "every second line of ten: {rows:?}");
    assert!(rows.iter().all(|row| row["requests"] == 5), "{rows:?}");
    let chart: Value =
        serde_json::from_str(installation.database("SELECT definition FROM chart")[0][0].as_str().unwrap()).unwrap();
    assert_eq!((&chart["kind"], &chart["x"], &chart["y"]), (&json!("line"), &json!("bin(5m)"), &json!(["requests"])));
}
