//! Removing executions that have ended.

use crate::installation::assert_names;
use crate::stored::{apply, serve, serve_once, start, stored};
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

#[test]
fn a_server_removes_versions_of_jobs_that_nobody_needs() {
    let job = |n: u32| format!("steps: [{{id: s{n}, uses: misbehave/noop}}]\n");
    let installation = stored(&[("a", &job(1))]);
    start(&installation, "a", &[]);
    serve_once(&installation);
    for n in 2..5 {
        apply(&installation, &[("a", &job(n))]);
    }
    // The second and the third were replaced long ago; an execution of the first is kept.
    installation.database("UPDATE job_version SET created_at = version");
    let server = serve(&installation, "server-");
    server.says("removed what is no longer kept executions=0 job_versions=2");
    let kept = installation.database("SELECT version FROM job_version ORDER BY version");
    assert_eq!(kept, [[1], [4]]);
}

crate::installation::also_on_postgres! {
    what_is_asked_for_is_removed_and_nothing_else,
    a_server_removes_versions_of_jobs_that_nobody_needs,
}
