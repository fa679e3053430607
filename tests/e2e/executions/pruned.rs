//! Removing executions that have ended.

use crate::installation::assert_names;
use crate::stored::{serve_once, start, stored};
use serde_json::Value;

#[test]
fn what_is_asked_for_is_removed_and_nothing_else() {
    let noop = "steps: [{uses: misbehave/noop}]\n";
    let installation =
        stored(&[("a", noop), ("b", noop), ("bad", "steps: [{uses: misbehave/fault, with: {kind: panic}}]\n")]);
    for job in ["a", "a", "a", "b", "bad"] {
        start(&installation, job, &[]);
    }
    serve_once(&installation);
    let waits = start(&installation, "a", &[]);
    let prune = |arguments: &[&str]| -> i64 {
        let ended = installation.run(&[&["execution", "prune", "--output", "json"], arguments].concat());
        serde_json::from_str::<Value>(ended.ok()).unwrap()["executions"].as_i64().unwrap()
    };
    let count = || installation.database("SELECT count(*) FROM execution").remove(0).remove(0);
    assert_eq!((prune(&["--older-than", "1d"]), count()), (0, 6.into()));
    assert_eq!((prune(&["--keep", "0", "--dry-run"]), count()), (5, 6.into()));
    assert_eq!((prune(&["--keep", "2", "--project", "web", "--job", "a"]), count()), (2, 4.into()));
    assert_eq!((prune(&["--keep", "0", "--state", "failed"]), count()), (1, 3.into()));
    assert_eq!((prune(&["--older-than", "0s", "--project", "api"]), count()), (0, 3.into()));
    assert_eq!((prune(&["--older-than", "0s"]), count()), (2, 1.into()));
    let left = installation.run(&["execution", "list", "--output", "json"]);
    assert_names(left.ok(), &[&waits]);
    assert_eq!(installation.run(&["execution", "prune"]).code, Some(2));
}
