use uuid::Uuid;

use super::*;
use crate::testing::{joined, new, on_both};
use crate::{
    Enqueued, Fire, Fired, Firing, FiringOutcome, JobChange, NewExecution, NewSchedule, Outcome, Scheduled, State,
    Store, WhenFull,
};

fn change(schedules: &[(&str, &str, Option<i64>)], expected: Option<i64>) -> JobChange {
    let schedule = |(name, definition, next_at): &(&str, &str, Option<i64>)| NewSchedule {
        name: (*name).to_owned(),
        definition: (*definition).to_owned(),
        next_at: *next_at,
    };
    JobChange::Put {
        identity: "name:nightly".to_owned(),
        name: "nightly".to_owned(),
        group: None,
        description: None,
        text: "steps: []".to_owned(),
        schedules: schedules.iter().map(schedule).collect(),
        expected,
    }
}

/// Applies the job at a moment, and returns its id.
async fn apply(store: &Store, at: i64, schedules: &[(&str, &str, Option<i64>)], expected: Option<i64>) -> Uuid {
    store.apply_jobs("web", vec![change(schedules, expected)], Vec::new(), at).await.unwrap().remove(0).id
}

/// Name and next due time of each of the job's schedules.
async fn next(store: &Store, job: Uuid) -> Vec<(String, Option<i64>)> {
    store.schedules_of(job).await.unwrap().into_iter().map(|row| (row.name, row.next_at)).collect()
}

fn named(expected: &[(&str, Option<i64>)]) -> Vec<(String, Option<i64>)> {
    expected.iter().map(|(name, next)| ((*name).to_owned(), *next)).collect()
}

fn starts(schedule: Uuid, due_at: i64, concurrency: i64, when_full: WhenFull) -> Firing {
    let scheduled = Some(Scheduled { schedule, at: due_at });
    let execution = Box::new(NewExecution { scheduled, concurrency, ..new(Uuid::now_v7()) });
    Firing { due_at, last_at: due_at, times: 1, outcome: Outcome::Starts { execution, when_full } }
}

fn fire_at(row: &ScheduleRow, due_at: i64, next_at: Option<i64>) -> Fire {
    let firings = vec![starts(row.id, due_at, 0, WhenFull::Queue)];
    Fire { schedule: row.id, version: row.version, expected: row.next_at.unwrap(), next_at, firings, at: due_at + 5 }
}

async fn records(store: &Store, job: Uuid) -> Vec<(i64, FiringOutcome)> {
    store.firings_of(job, 100).await.unwrap().into_iter().map(|row| (row.due_at, row.outcome)).collect()
}

on_both! {
    async fn what_is_due_comes_in_its_order(store) {
        let far = i64::MAX / 2;
        apply(store, 10, &[("a", "1", Some(200)), ("b", "2", Some(100)), ("c", "3", Some(far)), ("d", "4", None)], None).await;
        let due = store.due_schedules(9).await.unwrap();
        let names: Vec<_> = due.schedules.iter().map(|row| row.name.as_str()).collect();
        assert_eq!((names, due.next_at), (vec!["b", "a"], None));
        assert_eq!(store.due_schedules(1).await.unwrap().schedules.len(), 1);
        let fires = due.schedules.iter().map(|row| fire_at(row, row.next_at.unwrap(), None)).collect();
        assert_eq!(store.fire(fires).await.unwrap().len(), 2);
        let due = store.due_schedules(9).await.unwrap();
        assert_eq!((due.schedules.len(), due.next_at), (0, Some(far)));
        assert!(due.now > 1_700_000_000_000);
    }

    async fn a_due_time_has_one_record_however_many_fire(store) {
        let job = apply(store, 10, &[("a", "1", Some(100))], None).await;
        let row = store.schedules_of(job).await.unwrap().remove(0);
        let mut firing = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (store, fire) = (store.clone(), fire_at(&row, 100, Some(200)));
            firing.spawn(async move { store.fire(vec![fire]).await.unwrap() });
        }
        let fired: Vec<Fired> = firing.join_all().await.into_iter().flatten().collect();
        assert_eq!(fired.len(), 1);
        assert_eq!(records(store, job).await, [(100, FiringOutcome::Started)]);
        assert_eq!(next(store, job).await, named(&[("a", Some(200))]));
        let (execution, became) = &fired[0].executions[0];
        assert_eq!(*became, Enqueued::Queued);
        let row = store.execution(*execution).await.unwrap().unwrap();
        assert_eq!(row.scheduled, Some(Scheduled { schedule: fired[0].schedule, at: 100 }));
        assert_eq!(store.executions(&crate::ExecutionFilter::default(), 9).await.unwrap().len(), 1);
    }

    async fn where_as_many_run_as_may_it_is_skipped(store) {
        joined(store).await;
        let job = apply(store, 10, &[("a", "1", Some(100))], None).await;
        let row = store.schedules_of(job).await.unwrap().remove(0);
        let firings = vec![starts(row.id, 100, 1, WhenFull::Skip), starts(row.id, 150, 1, WhenFull::Skip)];
        let fire = Fire { schedule: row.id, version: 1, expected: 100, next_at: None, firings, at: 151 };
        let fired = store.fire(vec![fire]).await.unwrap();
        assert_eq!(records(store, job).await, [(150, FiringOutcome::Skipped), (100, FiringOutcome::Started)]);
        let skipped = store.execution(fired[0].executions[1].0).await.unwrap().unwrap();
        assert_eq!(skipped.state, State::Skipped);
    }

    async fn what_does_not_start_is_a_record_too(store) {
        let job = apply(store, 10, &[("a", "1", Some(100))], None).await;
        let row = store.schedules_of(job).await.unwrap().remove(0);
        let firing = |due_at, times, outcome| Firing { due_at, last_at: due_at + times - 1, times, outcome };
        let firings = vec![
            firing(100, 7, Outcome::Missed { reason: "nobody was there".to_owned() }),
            firing(120, 1, Outcome::Excluded { reason: "`holidays`".to_owned() }),
            firing(130, 1, Outcome::Failed { code: "job.invalid".to_owned(), reason: "no".to_owned() }),
        ];
        let fire = Fire { schedule: row.id, version: 1, expected: 100, next_at: Some(900), firings, at: 140 };
        assert!(store.fire(vec![fire]).await.unwrap()[0].executions.is_empty());
        let rows = store.firings_of(job, 2).await.unwrap();
        assert_eq!((rows[0].outcome, rows[0].code.as_deref()), (FiringOutcome::Failed, Some("job.invalid")));
        assert_eq!((rows[1].outcome, rows[1].reason.as_deref()), (FiringOutcome::Excluded, Some("`holidays`")));
        let missed = store.firings_of(job, 9).await.unwrap().remove(2);
        assert_eq!((missed.due_at, missed.last_at, missed.times), (100, 106, 7));
    }

    async fn schedules_follow_their_job(store) {
        let job = apply(store, 10, &[("a", "1", Some(100)), ("b", "2", Some(100)), ("c", "3", Some(100))], None).await;
        // Unchanged it goes on where it was; changed it begins anew; what is no longer there is not due.
        apply(store, 50, &[("a", "1", Some(300)), ("b", "other", Some(300))], Some(1)).await;
        assert_eq!(next(store, job).await, named(&[("a", Some(100)), ("b", Some(300))]));
        // It comes back with its history, and nothing of the time between.
        apply(store, 60, &[("a", "1", Some(400)), ("c", "3", Some(400))], Some(2)).await;
        assert_eq!(next(store, job).await, named(&[("a", Some(100)), ("c", Some(400))]));
        let stale = Fire { version: 2, ..fire_at(&store.schedules_of(job).await.unwrap()[0], 100, None) };
        assert!(store.fire(vec![stale]).await.unwrap().is_empty(), "its definition may be another");
        store.apply_jobs("web", vec![JobChange::Delete { identity: "name:nightly".to_owned(), expected: 3 }], Vec::new(), 70)
            .await
            .unwrap();
        assert_eq!(store.due_schedules(9).await.unwrap().schedules, []);
        assert_eq!(store.schedules(None).await.unwrap(), []);
        assert_eq!(records(store, job).await, []);
    }

    async fn what_had_come_already_is_not_lost(store) {
        let job = apply(store, 10, &[("a", "1", Some(100)), ("b", "2", Some(100))], None).await;
        apply(store, 150, &[("a", "other", Some(500))], Some(1)).await;
        assert_eq!(next(store, job).await, named(&[("a", Some(500))]), "what was due is not of the new definition");
        let missed = [(100, FiringOutcome::Missed), (100, FiringOutcome::Missed)];
        assert_eq!(records(store, job).await, missed, "of the one that was changed, and of the one that is gone");
        let mut why: Vec<_> = store.firings_of(job, 9).await.unwrap().into_iter().map(|row| row.reason.unwrap()).collect();
        why.sort_unstable();
        assert_eq!(why, ["the job lost the schedule before it fired", "the schedule was changed before it fired"]);
    }

    /// However it comes to that: a clock that was set back, or two that change the same at once.
    async fn what_has_a_record_is_not_due_again(store) {
        let job = apply(store, 10, &[("a", "1", Some(100)), ("b", "2", Some(100))], None).await;
        let rows = store.schedules_of(job).await.unwrap();
        store.fire(rows.iter().map(|row| fire_at(row, 100, Some(200))).collect()).await.unwrap();
        let id = rows[0].id;
        assert!(store.pause_schedule(id, 150).await.unwrap() && store.resume_schedule(id, 1, Some(100)).await.unwrap());
        let firings = vec![starts(id, 100, 9, WhenFull::Queue), starts(id, 150, 9, WhenFull::Queue)];
        let again = Fire { schedule: id, version: 1, expected: 100, next_at: Some(200), firings, at: 160 };
        let other = fire_at(&ScheduleRow { next_at: Some(200), ..rows[1].clone() }, 200, Some(300));
        let fired = store.fire(vec![again, other]).await.unwrap();
        assert_eq!(fired.iter().map(|fired| fired.executions.len()).collect::<Vec<_>>(), [1, 1]);
        let mut due: Vec<_> = records(store, job).await.into_iter().map(|(due, _)| due).collect();
        due.sort_unstable();
        assert_eq!(due, [100, 100, 150, 200]);
        assert_eq!(store.executions(&crate::ExecutionFilter::default(), 9).await.unwrap().len(), 4);
        // It can be changed and taken away all the same.
        assert!(store.pause_schedule(id, 170).await.unwrap() && store.resume_schedule(id, 1, Some(100)).await.unwrap());
        apply(store, 180, &[("a", "other", Some(500))], Some(1)).await;
        assert_eq!(next(store, job).await, named(&[("a", Some(500))]));
    }

    async fn a_paused_schedule_is_not_due(store) {
        let job = apply(store, 10, &[("a", "1", Some(100))], None).await;
        let id = store.schedules_of(job).await.unwrap()[0].id;
        assert!(store.pause_schedule(id, 50).await.unwrap());
        assert!(!store.pause_schedule(id, 60).await.unwrap());
        apply(store, 70, &[("a", "other", Some(500))], Some(1)).await;
        assert_eq!(next(store, job).await, named(&[("a", None)]));
        assert!(!store.resume_schedule(id, 1, Some(700)).await.unwrap(), "it has another definition by now");
        assert!(store.resume_schedule(id, 2, Some(700)).await.unwrap());
        assert!(!store.resume_schedule(id, 2, Some(800)).await.unwrap());
        assert_eq!(next(store, job).await, named(&[("a", Some(700))]));
    }

    async fn records_go_with_time(store) {
        let job = apply(store, 10, &[("a", "1", Some(100)), ("b", "2", Some(100))], None).await;
        let rows = store.schedules_of(job).await.unwrap();
        store.fire(rows.iter().map(|row| fire_at(row, 100, None)).collect()).await.unwrap();
        apply(store, 200, &[("a", "1", None)], Some(1)).await;
        assert_eq!(store.prune_firings(105, 9).await.unwrap(), 0);
        assert_eq!(store.prune_firings(106, 1).await.unwrap(), 1);
        assert_eq!(store.prune_firings(300, 9).await.unwrap(), 1);
        assert_eq!(store.prune_firings(300, 9).await.unwrap(), 0);
        assert_eq!(store.schedules(Some("web")).await.unwrap().len(), 1);
    }

    async fn calendars_are_applied_with_the_jobs(store) {
        let put = |name: &str, text: &str| CalendarChange::Put {
            name: name.to_owned(),
            text: text.to_owned(),
            definition: "{}".to_owned(),
        };
        let changes = vec![put("b", "1"), put("a", "2")];
        store.apply_jobs("web", vec![change(&[], None)], changes, 5).await.unwrap();
        let stale = store.apply_jobs("web", vec![change(&[], Some(9))], vec![put("a", "lost")], 6).await;
        stale.unwrap_err();
        let delete = CalendarChange::Delete { name: "b".to_owned() };
        store.apply_jobs("web", Vec::new(), vec![delete, put("c", "3")], 7).await.unwrap();
        let seen = store.calendars("web").await.unwrap();
        let seen: Vec<_> = seen.iter().map(|row| (row.name.as_str(), row.text.as_str(), row.changed_at)).collect();
        assert_eq!(seen, [("a", "2", 5), ("c", "3", 7)]);
        assert_eq!(store.calendars("api").await.unwrap(), []);
    }
}
