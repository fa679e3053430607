//! No statement reads a table from one end to the other.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

use crate::db::{FromRow, Result, Row, Statement};
use crate::testing::{
    MASTER, claimed, fresh, interrupted, joined, log, new, on_both, requeued, rows, running, sealed, step_skipped,
};
use crate::{
    CalendarChange, ExecutionFilter, ExecutionSecret, Expected, Fire, Firing, Hold, JobChange, NewExecution,
    NewSchedule, OfExecution, Outcome, Proviso, Prune, SecretKind, SecretRow, Seen, State, StepRef, Store, Tail,
    Transition, WhenFull,
};

static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Remembers a statement, unless a test made it.
#[track_caller]
pub(in crate::db) fn seen(text: &str) {
    if !Location::caller().file().contains("/test") {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned());
    }
}

/// More than any statement has.
const MOST_ARGUMENTS: usize = 40;

struct Line(String);

impl FromRow for Line {
    fn from_row(row: &Row) -> Result<Self> {
        row.get("detail").map(Self)
    }
}

on_both! {
    async fn everything_works_with_everything_else(store) {
        everything(store).await;
    }
}

/// Does everything that the store can do.
async fn everything(store: &Store) {
    let id = running(store).await;
    let member = store.execution(id).await.unwrap().unwrap().member;
    let facts = vec![
        log(id, 0, 0, b"a\nb\n"),
        rows(id, 0, 1, b"[1]\n"),
        step_skipped(id, 1),
        Transition::Contained { execution: id, position: 0, containment: "full".to_owned() },
        Transition::Checkpoint { execution: id, position: 0, token: "t".to_owned() },
        Transition::Child { execution: id, position: 0, child: id },
        Transition::LogDropped { execution: id, position: 0, bytes: 1 },
        Transition::Chart { execution: id, position: 0, chart: "c".to_owned(), definition: "{}".to_owned() },
        Transition::Bytes {
            execution: id,
            position: 0,
            artifact: "f".to_owned(),
            content_type: "text/plain".to_owned(),
            seq: 0,
            data: vec![1],
        },
    ];
    store.commit(facts).await.unwrap();
    refusals(store, id, member).await;
    let hold = Hold { execution: id, member: member.unwrap(), fence: 1 };
    store.commit_if(Proviso::Held(hold), vec![log(id, 0, 4, b"c")]).await.unwrap();
    accounts(store).await;
    reads(store, id, member).await;
    jobs_and_secrets(store).await;
    for when_full in [WhenFull::Queue, WhenFull::Skip, WhenFull::Replace] {
        let step = StepRef { execution: id, position: 0 };
        let execution = NewExecution { concurrency: 1, parent: Some(step), ..new(Uuid::now_v7()) };
        store.enqueue(execution, when_full, Vec::new()).await.unwrap();
    }
    store.request_cancel(id, 1).await.unwrap();
    store.commit(vec![requeued(id, member), Transition::Left { member: member.unwrap() }]).await.unwrap();
    let all = Some(1_i64);
    for of in [None, Some("web/name:nightly".to_owned())] {
        let project = of.is_none().then(|| "web".to_owned());
        let states = vec![State::Failed];
        let unless_others_do = all.is_some();
        let prune = Prune { project, job_key: of, states, ended_before: all, keep_newest: all, unless_others_do };
        store.prune(&prune, 9).await.unwrap();
    }
    store.prune(&Prune::default(), 9).await.unwrap();
}

async fn accounts(store: &Store) {
    store.account_put("web", "a", "t", None, "ops", 1).await.unwrap();
    store.account_put("web", "a", "t", None, "ops", 1).await.unwrap_err();
    store.account_put("web", "a", "t", Some(1), "ops", 1).await.unwrap();
    let seen = Some(Seen { accounts: 2, jobs: Some(store.standing_jobs().await.unwrap()) });
    store.account_delete("web", "a", Expected { version: Some(2), seen }, "ops", 1).await.unwrap();
    store.accounts().await.unwrap();
    store.accounts_revision().await.unwrap();
    store.account_history("web", "a").await.unwrap();
}

async fn refusals(store: &Store, id: Uuid, member: Option<Uuid>) {
    let stale = [
        claimed(id, member.unwrap()),
        interrupted(id, None),
        Transition::Left { member: member.unwrap() },
        Transition::Checkpoint { execution: id, position: 9, token: "t".to_owned() },
        Transition::Accepted { execution: id, position: 0 },
        Transition::TakenOver { execution: id, position: 0 },
        Transition::Abandoning { execution: id, position: 0, before: None, member: id },
        Transition::Abandoned { execution: id, position: 0, trouble: None },
    ];
    for transition in stale {
        store.commit(vec![transition]).await.unwrap_err();
    }
}

async fn reads(store: &Store, id: Uuid, member: Option<Uuid>) {
    store.executions(&ExecutionFilter::default(), 9).await.unwrap();
    for state in [None, Some(State::Running), Some(State::Succeeded), Some(State::Failed)] {
        for (project, job_key) in [(None, None), (Some("web"), None), (None, Some("web/name:nightly"))] {
            let (project, job_key) = (project.map(str::to_owned), job_key.map(str::to_owned));
            let filter = ExecutionFilter { project, job_key, state, before: Some(id), with_notifications: false };
            store.executions(&filter, 9).await.unwrap();
        }
    }
    for of in [None, member] {
        store.running_of(of).await.unwrap();
    }
    store.cancel_requests(member.unwrap()).await.unwrap();
    store.running_counts().await.unwrap();
    store.candidates(9, 1, &[]).await.unwrap();
    store.news(id, 1).await.unwrap();
    store.candidates(9, 1, &["[1]".to_owned()]).await.unwrap();
    store.queued_needs(9).await.unwrap();
    store.queued(&[id]).await.unwrap();
    store.frees_place(&[id]).await.unwrap();
    store.member_rows().await.unwrap();
    store.drain_member(id, true).await.unwrap();
    store.set_member_plugins(id, String::new()).await.unwrap();
    store.execution_by_suffix("abc").await.unwrap();
    store.execution_text(id).await.unwrap();
    store.execution_secrets(id).await.unwrap();
    store.children(id).await.unwrap();
    store.tables(id).await.unwrap();
    store.charts(id).await.unwrap();
    store.first_rows(id, 0, "results", 1).await.unwrap();
    store.artifact_bytes("web").await.unwrap();
    for position in [None, Some(0)] {
        store.log_tail(id, position, Tail::Lines(1)).await.unwrap();
    }
    for offset in [0, 2] {
        store.log_text(id).from(offset).page().await.unwrap().unwrap();
        store.log_text(id).from(offset).of_step(0).page().await.unwrap().unwrap();
    }
    store.log_end(id).await.unwrap();
    store.notifications_of(id).await.unwrap();
    store.notifying_candidates(9, 9, &[]).await.unwrap();
    store.notifying_candidates(9, 9, &["[]".to_owned()]).await.unwrap();
    store.usual_time("web/name:nightly", 9).await.unwrap();
    store.to_abandon(9).await.unwrap();
}

async fn jobs_and_secrets(store: &Store) {
    joined(store).await;
    let put = |expected| JobChange::Put {
        identity: "id:1".to_owned(),
        name: "a".to_owned(),
        group: None,
        description: None,
        text: "t".to_owned(),
        schedules: vec![NewSchedule { name: "s".to_owned(), definition: "{}".to_owned(), next_at: Some(5) }],
        expected,
    };
    let [name, text, definition] = ["c", "t", "{}"].map(str::to_owned);
    let calendars = vec![CalendarChange::Put { name: name.clone(), text, definition }, CalendarChange::Delete { name }];
    let job = store.apply_jobs("web", vec![put(None)], calendars, 1).await.unwrap().remove(0);
    schedules(store, job.id).await;
    store.apply_jobs("web", vec![put(Some(1))], Vec::new(), 1).await.unwrap();
    store.apply_jobs("web", vec![put(Some(9))], Vec::new(), 1).await.unwrap_err();
    store.jobs("web").await.unwrap();
    store.job("web", "a").await.unwrap();
    store.job_versions(job.id).await.unwrap();
    store.prune_job_versions(0, 9).await.unwrap();
    store.job_text(job.id, 1).await.unwrap();
    store.set_first_master_key(MASTER).await.unwrap();
    let (path, kind) = ("keys/a".to_owned(), SecretKind::Password);
    let row = SecretRow { path, version: 1, kind, sealed: sealed(), created_at: 1, updated_at: 1 };
    store.put_secret(row.clone(), None).await.unwrap();
    store.secret("keys/a").await.unwrap();
    store.secret_entry("keys/a").await.unwrap();
    store.secrets(None).await.unwrap();
    store.add_master_key(MASTER, "next").await.unwrap();
    store.master_keys().await.unwrap();
    store.secrets_under(MASTER, "", 1).await.unwrap();
    store.rewrap_secrets(vec![(row, sealed())]).await.unwrap();
    let secret = ExecutionSecret { name: "token".to_owned(), sealed: sealed() };
    let secret = OfExecution { execution: Uuid::nil(), secret };
    store.execution_secrets_under(MASTER, None, 1).await.unwrap();
    store.execution_secrets_under(MASTER, Some(&secret), 1).await.unwrap();
    store.rewrap_execution_secrets(vec![(secret, sealed())]).await.unwrap();
    store.delete_secret("keys/a").await.unwrap();
    store.drop_master_keys_before("next").await.unwrap();
    store.set_meta_if_absent("a", "b").await.unwrap();
    store.meta("a").await.unwrap();
}

async fn schedules(store: &Store, job: Uuid) {
    store.upcoming(9, 9).await.unwrap();
    let row = store.due_schedules(9).await.unwrap().schedules.remove(0);
    let outcome = Outcome::Missed { reason: "late".to_owned() };
    let firings = vec![Firing { due_at: 5, last_at: 5, times: 1, outcome }];
    let fire = Fire { schedule: row.id, version: 1, expected: 5, next_at: None, firings, at: 6 };
    assert_eq!(store.fire(vec![fire]).await.unwrap().len(), 1);
    store.schedules(None).await.unwrap();
    store.schedules(Some("web")).await.unwrap();
    store.schedules_of(job).await.unwrap();
    store.pause_schedule(row.id, 7).await.unwrap();
    store.resume_schedule(row.id, 1, None).await.unwrap();
    store.firings_of(job, 9).await.unwrap();
    store.prune_firings(9, 9).await.unwrap();
    store.calendars("web").await.unwrap();
}

#[tokio::test]
async fn every_statement_finds_its_rows_by_an_index() {
    let (_ground, store) = fresh().await;
    everything(&store).await;
    let texts = SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert!(texts.len() > 60, "{}", texts.len());
    let all_accounts = "account_version USING INDEX account_version_latest"; // they are needed together
    let all_schedules = "j USING INDEX job_name"; // so are these
    let small = [
        "member",
        "master_key",
        "CONSTANT",
        "keys",
        "k",
        "w",
        "walk",
        "kinds",
        "free",
        "turns",
        "surplus",
        "found",
        "latest",
        "upcoming",
        "(subquery",
        all_accounts,
        all_schedules,
    ];
    for text in texts.iter().filter(|text| !text.contains("SAVEPOINT") && !text.contains("BEGIN")) {
        if ["COMMIT", "ROLLBACK", "ROLLBACK TO piece"].contains(&text.as_str()) {
            continue;
        }
        assert!(!text.contains("SELECT *"), "PostgreSQL refuses it once a newer Windlass has added a column: {text}");
        assert!(!text.contains("LIMIT $") || text.contains(" + 0"), "SQLite plans it again each time: {text}");
        let explain = Statement::assembled(format!("EXPLAIN QUERY PLAN {text}"));
        let explain = (0..MOST_ARGUMENTS).fold(explain, |explain, _| explain.bind(None::<i64>));
        let explained = store.db().fetch_all::<Line>(explain).await;
        for Line(line) in explained.unwrap_or_else(|error| panic!("{text}: {error}")) {
            let Some(scanned) = line.strip_prefix("SCAN ") else { continue };
            // A page of a list walks along an index, and stops.
            let fine = (scanned.contains(" USING ") && text.contains("LIMIT"))
                || small.iter().any(|small| scanned.starts_with(small));
            assert!(fine, "{line}\n{text}");
        }
    }
}
