//! Servers killed at random moments under load: nothing is lost, nothing is stuck, nothing unsafe is done twice.

use windlass_tests::crashes::{Crashed, Database, run};

/// On each database; the soak does hundreds.
const KILLS: usize = 15;

fn check(crashed: &Crashed) {
    assert!(crashed.accepted > KILLS, "hardly anything was started: {crashed:?}");
    let succeeded: usize = crashed.ended.iter().filter(|(how, _)| how.ends_with(" succeeded")).map(|(_, n)| n).sum();
    assert!(succeeded > 0, "nothing succeeded: {crashed:?}");
    let interrupted = |job: &str| crashed.ended.get(&format!("{job} interrupted")).copied().unwrap_or_default();
    assert_eq!(interrupted("resumes") + interrupted("parallel"), 0, "what is to resume was given up: {crashed:?}");
}

#[test]
fn killed_servers_lose_nothing_on_sqlite() {
    check(&run(Database::Sqlite, KILLS, 1).unwrap());
}

#[test]
fn killed_servers_lose_nothing_on_postgresql() {
    check(&run(Database::Postgres, KILLS, 2).unwrap());
}
