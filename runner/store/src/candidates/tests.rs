use std::time::{Duration, Instant};

use super::*;
use crate::testing::{claimed, ended, joined, new, on_both, requeued};
use crate::{NewExecution, State, StepRef, Transition, job_key};

/// Ids that sort by their number.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + (number << 64))
}

fn number(id_of: Uuid) -> u128 {
    (id_of.as_u128() - id(0).as_u128()) >> 64
}

fn queue(number: u128, project: &str, job: &str, concurrency: i64) -> NewExecution {
    let job_key = job_key(project, &format!("name:{job}"));
    NewExecution { project: project.to_owned(), job_key, concurrency, queued_at: number as i64, ..new(id(number)) }
}

async fn commit(store: &Store, executions: impl IntoIterator<Item = NewExecution>) {
    let queued = executions.into_iter().map(|execution| Transition::Queued { execution, secrets: Vec::new() });
    store.commit(queued.collect()).await.unwrap();
}

async fn candidates(store: &Store, limit: i64, now: i64) -> Vec<u128> {
    store.candidates(limit, now, &[]).await.unwrap().iter().map(|candidate| number(candidate.id)).collect()
}

on_both! {
    /// Who lacks something leaves out what needs it, and the others keep their order.
    async fn what_a_member_cannot_take_is_left_out(store) {
        let needs = ["[]", "[\"label:gpu\"]", "[\"label:eu\",\"label:gpu\"]", "[\"label:gpu\"]", "[]"];
        let all = needs.iter().enumerate().map(|(number, needs)| {
            let execution = NewExecution { needs: (*needs).to_owned(), ..queue(number as u128, "web", "a", 0) };
            Transition::Queued { execution, secrets: Vec::new() }
        });
        store.commit(all.collect()).await.unwrap();
        assert_eq!(store.queued_needs(9).await.unwrap(), [needs[2], needs[1], needs[0]]);
        assert_eq!(store.queued_needs(2).await.unwrap().len(), 2);
        for (not, left) in [(vec![], vec![0, 1, 2, 3, 4]), (vec![1], vec![0, 2, 4]), (vec![2, 1], vec![0, 4]), (vec![0], vec![1, 2, 3])] {
            let not: Vec<String> = not.iter().map(|number: &usize| needs[*number].to_owned()).collect();
            let found = store.candidates(9, 1_000, &not).await.unwrap();
            assert_eq!(found.iter().map(|it| it.id).collect::<Vec<_>>(), left.iter().map(|it| id(*it)).collect::<Vec<_>>());
        }
    }

    async fn projects_take_turns_and_the_oldest_is_first_in_each(store) {
        assert!(candidates(store, 9, 100).await.is_empty());
        let web = (0..5).map(|number| queue(number, "web", if number % 2 == 0 { "a" } else { "b" }, 0));
        commit(store, web.chain([queue(5, "api", "x", 0), queue(6, "api", "x", 0), queue(7, "cron", "y", 0)])).await;
        assert_eq!(candidates(store, 99, 100).await, [0, 5, 7, 1, 6, 2, 3, 4]);
        assert_eq!(candidates(store, 4, 100).await, [0, 5, 7, 1]);
        assert_eq!(candidates(store, 0, 100).await, [0; 0]);
        let first = store.candidates(1, 100, &[]).await.unwrap().remove(0);
        assert_eq!((first.project.as_str(), first.job_key.as_str(), first.resume), ("web", "web/name:a", false));
    }

    async fn rows_are_read_together(store) {
        let member = joined(store).await;
        commit(store, (0..40).map(|number| queue(number, "web", "a", 0))).await;
        store.commit(vec![claimed(id(7), member)]).await.unwrap();
        let asked: Vec<Uuid> = (0..41).rev().map(id).collect();
        let mut rows = store.queued(&asked).await.unwrap();
        rows.sort_by_key(|row| row.id);
        assert_eq!(rows.iter().map(|row| number(row.id)).collect::<Vec<_>>(), (0..7).chain(8..40).collect::<Vec<_>>());
        assert_eq!(rows[0], store.execution(id(0)).await.unwrap().unwrap());
        assert!(store.queued(&[]).await.unwrap().is_empty());
    }

    /// Two may run; nobody had to wait for one that ran beside nothing or whose job is not queued.
    async fn an_end_frees_a_place_when_another_had_to_wait_for_it(store) {
        let member = joined(store).await;
        commit(store, (0..3).map(|number| queue(number, "web", "a", 2)).chain([queue(3, "web", "b", 2), queue(4, "web", "b", 0)])).await;
        for number in [0, 1, 3, 4] {
            store.commit(vec![claimed(id(number), member)]).await.unwrap();
        }
        let frees = async |number| store.frees_place(&[id(number)]).await.unwrap();
        store.commit(vec![ended(id(3), State::Succeeded)]).await.unwrap();
        assert!(!frees(3).await, "nothing of its job waits");
        store.commit(vec![ended(id(0), State::Succeeded)]).await.unwrap();
        assert!(frees(0).await && store.frees_place(&[id(3), id(0)]).await.unwrap());
        store.commit(vec![ended(id(1), State::Succeeded)]).await.unwrap();
        assert!(!frees(1).await, "there was a place already");
        assert!(!store.frees_place(&[]).await.unwrap());
    }

    async fn never_more_of_a_job_than_may_run(store) {
        let member = joined(store).await;
        commit(store, (0..6).map(|number| queue(number, "web", "two", 2))).await;
        commit(store, (6..8).map(|number| queue(number, "web", "free", 0))).await;
        assert_eq!(candidates(store, 9, 100).await, [0, 1, 6, 7]);
        store.commit(vec![Transition::Claimed { execution: id(0), member, fence: 1, at: 50 }]).await.unwrap();
        assert_eq!(candidates(store, 9, 100).await, [1, 6, 7]);
        store.commit(vec![Transition::Claimed { execution: id(1), member, fence: 1, at: 50 }]).await.unwrap();
        assert_eq!(candidates(store, 9, 100).await, [6, 7]);
        store.commit(vec![ended(id(0), State::Failed)]).await.unwrap();
        assert_eq!(candidates(store, 9, 100).await, [2, 6, 7]);
    }

    async fn what_must_wait_is_no_candidate_and_holds_up_nobody(store) {
        let step = StepRef { execution: id(3), position: 0 };
        let later = |number, at| NewExecution { not_before: Some(at), ..queue(number, "web", "a", 0) };
        let child = NewExecution { parent: Some(step), ..queue(2, "web", "a", 0) };
        commit(store, [later(0, 60), later(1, 90), child, queue(3, "web", "a", 0), queue(70, "web", "a", 0)]).await;
        assert_eq!(candidates(store, 9, 59).await, [3, 70], "a clock that was put back holds up nobody");
        assert_eq!(candidates(store, 9, 60).await, [3, 0, 70]);
        assert_eq!(candidates(store, 9, 90).await, [3, 0, 70, 1]);
    }

    async fn what_goes_on_keeps_its_place(store) {
        let member = joined(store).await;
        commit(store, (0..3).map(|number| queue(number, "web", "a", 0))).await;
        store.commit(vec![claimed(id(0), member), requeued(id(0), Some(member))]).await.unwrap();
        let found = store.candidates(9, 5_000, &[]).await.unwrap();
        let found: Vec<_> = found.iter().map(|candidate| (number(candidate.id), candidate.resume)).collect();
        assert_eq!(found, [(0, true), (1, false), (2, false)]);
    }

    async fn a_long_queue_costs_hardly_more_than_a_short_one(store) {
        let best = async |limit| {
            let mut best = Duration::MAX;
            for _ in 0..7 {
                let start = Instant::now();
                candidates(store, limit, 99_999).await;
                best = best.min(start.elapsed());
            }
            best
        };
        commit(store, (0..64).map(|number| queue(number, "web", "a", 0))).await;
        commit(store, (10_000..10_010).map(|number| queue(number, "api", &format!("j{number}"), 1))).await;
        let member = joined(store).await;
        store.commit(vec![Transition::Claimed { execution: id(10_000), member, fence: 1, at: 99_999 }]).await.unwrap();
        let short = best(64).await;
        commit(store, (64..10_000).map(|number| queue(number, "web", "a", 0))).await;
        assert_eq!(candidates(store, 4, 99_999).await, [0, 10_001, 1, 10_002]);
        let long = best(64).await;
        println!("{}: 64 of 74 in {short:?}, of 10,010 in {long:?}", store.name());
        assert!(long < short * 6 + Duration::from_millis(5), "64 of 74 in {short:?}, of 10,010 in {long:?}");
    }
}

/// PostgreSQL would have said of a queue that it knows as empty that any index will do.
#[tokio::test]
async fn what_a_look_costs_does_not_depend_on_how_many_wait() {
    let ground = crate::testing::Ground::postgres();
    let store = ground.open().await;
    store.db().change(|db| Box::pin(db.execute(sql("ANALYZE execution")))).await.unwrap();
    commit(&store, (0..1_000).map(|number| queue(number, "web", "a", 0))).await;
    let (rows, plan) = crate::testing::examined(&store, &SQL.replace("$1", "1000").replace("$2", "10")).await;
    assert!((10..1_000).contains(&rows), "{rows} rows: {plan}");
}
