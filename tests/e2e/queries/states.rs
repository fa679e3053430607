//! How a query goes at AWS, played by the scripted server.

use super::{QUERY, column, document, scripted};
use crate::installation::assert_names;
use windlass_tests::scripted::{Query, Refusal, Script, Status, numbered_rows};
use windlass_tests::terminal;

/// Scheduled, then running with the first row, then complete with all three.
fn slow() -> Script {
    let rows = numbered_rows(3);
    let query = Query::ends(Status::Complete, rows.clone());
    Script::new().query(query.first(Status::Scheduled, 1, &[]).first(Status::Running, 1, &rows[..1]))
}

#[test]
fn it_is_watched_to_its_end_and_each_row_arrives_once() {
    let (server, installation) = scripted(slow());
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    assert_eq!(column(&document(&ended), "@message"), ["line 0", "line 1", "line 2"]);
    assert_eq!(document(&ended)["steps"][0]["outputs"]["statistics"]["recordsMatched"], 3);
    let told: Vec<Option<usize>> =
        ["is scheduled", "is running", "3 rows"].map(|words| ended.stderr.find(words)).into();
    assert!(told.iter().all(Option::is_some) && told.is_sorted(), "{}", ended.stderr);
    assert_eq!((server.calls_of("GetQueryResults").len(), server.calls_of("StopQuery").len()), (3, 0));
}

#[test]
fn a_terminal_shows_what_it_does_now() {
    let (_server, installation) = scripted(slow());
    let (status, seen) = terminal::run(installation.job_command(&[]), 80).unwrap();
    assert_eq!(status.code(), Some(0), "{seen}");
    assert_names(&seen, &["Scheduled: 0 of 0 records matched", "Running: 1 of 1 records matched", "Complete: 3 of 3"]);
    let (last_status, rest) = seen.rsplit_once("\r\x1b[2K").unwrap();
    assert!(
        last_status.contains("Complete: 3 of 3") && rest.contains("succeeded"),
        "the status is wiped off: {seen:?}"
    );
}

#[test]
fn more_rows_than_an_answer_holds() {
    let (server, installation) = scripted(Script::new().query(Query::ends(Status::Complete, numbered_rows(10_001))));
    installation.job(&QUERY.replace("fields @message", "fields @message, limit: 20000"));
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    let document = document(&ended);
    let messages = column(&document, "@message");
    assert!(messages.iter().enumerate().all(|(number, message)| *message == format!("line {number}")));
    assert_eq!((messages.len(), server.calls_of("GetQueryResults").len()), (10_001, 2));
}

#[test]
fn ends_that_are_no_success() {
    for (status, code, words) in [
        (Status::Failed, "cloudwatch-logs.query-failed", "failed at AWS"),
        (Status::Timeout, "cloudwatch-logs.query-timeout", "ran longer than AWS lets a query run"),
        (Status::Cancelled, "cloudwatch-logs.query-cancelled", "was stopped at AWS by somebody else"),
    ] {
        let query = Query::ends(status, Vec::new()).first(Status::Running, 1, &numbered_rows(2));
        let (server, installation) = scripted(Script::new().query(query));
        let ended = installation.run_job(&["--output", "json"]);
        let error = ended.failed(1, code);
        assert_names(error, &["step `lines`", "query `00000000-0000-4000-8000-000000000001`", words, "help: "]);
        let document = document(&ended);
        assert_eq!((&document["state"], &document["steps"][0]["error"]["code"]), (&"failed".into(), &code.into()));
        assert_eq!(server.calls_of("StopQuery").len(), 0, "it has ended already");
    }
}

#[test]
fn a_malformed_query_is_shown_with_a_mark_under_the_place() {
    let (_server, installation) =
        scripted(Script::new().query(Query::malformed("unexpected symbol found filtr", 18..23)));
    installation.job(&QUERY.replace("query: fields @message", "query: \"fields @message\\n| filtr level\""));
    let ended = installation.run_job(&[]);
    let error = ended.failed(1, "cloudwatch-logs.malformed-query");
    assert_names(error, &["step `lines`", "unexpected symbol found filtr"]);
    let lines: Vec<&str> = error.lines().collect();
    let at = lines.iter().position(|line| line.contains("| filtr level")).expect("the line of the query is shown");
    let (start, marks) = (lines[at].find("filtr"), lines[at + 1]);
    assert_eq!((marks.find('^'), marks.trim()), (start, "^^^^^"), "{error}");
}

#[test]
fn a_throttled_call_is_made_again() {
    let query = Query::ends(Status::Complete, numbered_rows(1));
    let script = Script::new().query(query).refuse("StartQuery", Refusal::Throttling, 1);
    let (server, installation) = scripted(script.refuse("GetQueryResults", Refusal::Throttling, 1));
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    assert_eq!(column(&document(&ended), "@message"), ["line 0"]);
    assert_eq!((server.calls_of("StartQuery").len(), server.calls_of("GetQueryResults").len()), (2, 2));
}
