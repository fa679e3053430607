//! Several servers on one database of PostgreSQL, each with a data directory of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod chaos;
mod lost;
mod members;
mod moved;

use serde_json::json;
use windlass_tests::Postgres;
use windlass_tests::cluster::Cluster;

/// Machines whose members are taken for lost after three seconds.
const LEASE: &str = "server: {lease: 3s, stopGrace: 5s}\n";

fn cluster() -> Cluster {
    Cluster::on(Postgres::shared(), LEASE).unwrap()
}

/// A job whose step says that it waits, writes the time into a file again and again, and ends when `open` is there.
fn gate(cluster: &Cluster, rest: &str) -> String {
    let folder = cluster.shared("");
    let text = format!(
        "cd '{}'; echo waiting; until [ -e open ]; do date +%s%3N >next; mv next beat; sleep 0.02; done; echo went through",
        folder.display()
    );
    let step = json!({ "id": "wait", "uses": "shell/script", "with": { "script": text } });
    format!("{rest}steps: {}\n", json!([step]))
}

/// When the step of [`gate`] was last there, in milliseconds since 1970.
fn last_beat(cluster: &Cluster) -> i64 {
    std::fs::read_to_string(cluster.shared("beat")).unwrap().trim().parse().unwrap()
}
