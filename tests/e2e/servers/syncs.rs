//! How often an execution waits for the disk. Each transaction of SQLite is one wait (its "PRAGMA synchronous" page: in WAL
//! mode with FULL the log is synced after each), and a server says at its end how many it made.

use crate::stored::{serve_once, start, stored};

/// A job of one step is written when it is asked for, when its step begins, and when all is over.
#[test]
fn an_execution_with_one_step_is_three_transactions() {
    let installation = stored(&[("noop", "concurrency: {limit: 9}\nsteps: [{uses: misbehave/noop}]\n")]);
    // The first run of all makes the plugin known to the database.
    start(&installation, "noop", &[]);
    serve_once(&installation);
    let commits = |count: usize| {
        (0..count).for_each(|_| drop(start(&installation, "noop", &[])));
        let ended = installation.run_with(&["server", "--once"], &[("WINDLASS_SERVER_MAX_EXECUTIONS", "1")]);
        ended.ok();
        let said = ended.stderr.rsplit_once("commits=").expect("a server says how many transactions it made").1;
        said.trim().parse::<usize>().unwrap()
    };
    let (one, six) = (commits(1), commits(6));
    assert_eq!(six - one, 5 * 2, "to ask for it is the third, and another process's: one: {one}, six: {six}");
}

/// Those that run at the same time share waits.
#[test]
fn executions_at_the_same_time_share_transactions() {
    let installation = stored(&[("noop", "concurrency: {limit: 99}\nsteps: [{uses: misbehave/noop}]\n")]);
    let ids: Vec<String> = (0..12).map(|_| start(&installation, "noop", &[])).collect();
    let ended = serve_once(&installation);
    let said = ended.stderr.rsplit_once("commits=").unwrap().1;
    assert!(said.trim().parse::<usize>().unwrap() <= 2 * ids.len() + 3, "{said}");
    let rows = installation.database("SELECT count(*) FROM execution WHERE state = 'succeeded'");
    assert_eq!(rows, [[12]]);
}
