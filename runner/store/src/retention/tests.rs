use super::*;
use crate::db::sql;
use crate::testing::{claimed, done, ended, joined, log, new, on_both, rows, running, step_ended, step_started};
use crate::{NewExecution, StepRef, Transition};

/// Ids that sort by their number.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + (number << 64))
}

async fn prune(store: &Store, prune: Prune, batch: i64) -> Vec<u128> {
    let pruned = store.prune(&prune, batch).await.unwrap();
    pruned.executions.iter().map(|of| (of.as_u128() - id(0).as_u128()) >> 64).collect()
}

on_both! {
    async fn the_oldest_that_are_not_wanted_go_first(store) {
        let member = joined(store).await;
        for number in 0..10 {
            let (project, job_key) = if number < 8 { ("web", "web/a") } else { ("api", "api/a") };
            let execution = NewExecution { project: project.to_owned(), job_key: job_key.to_owned(), ..new(id(number)) };
            let state = if number % 2 == 0 { State::Succeeded } else { State::Failed };
            done(store, execution, member, state).await;
        }
        let web = Prune { project: Some("web".to_owned()), ..Prune::default() };
        assert_eq!(prune(store, Prune { ended_before: Some(2_000), ..web.clone() }, 9).await, [0; 0]);
        let good = Prune { states: vec![State::Succeeded], ended_before: Some(2_001), ..web.clone() };
        assert_eq!(prune(store, good, 2).await, [0, 2]);
        let one_job = Prune { job_key: Some("web/a".to_owned()), keep_newest: Some(3), ..Prune::default() };
        assert_eq!(prune(store, one_job.clone(), 9).await, [1, 3, 4]);
        assert_eq!(prune(store, one_job, 9).await, [0; 0]);
        let each = Prune { keep_newest: Some(1), ..Prune::default() };
        assert_eq!(prune(store, each, 9).await, [5, 6, 8]);
        let all = Prune { states: vec![State::Failed, State::Cancelled], ..Prune::default() };
        assert_eq!(prune(store, all, 9).await, [7, 9]);
    }

    async fn what_has_not_ended_stays_and_so_do_its_relatives(store) {
        let member = joined(store).await;
        let (parent, child) = (id(1), id(2));
        let step = StepRef { execution: parent, position: 0 };
        let of_step = NewExecution { parent: Some(step), ..new(child) };
        let queued = |execution| Transition::Queued { execution, secrets: Vec::new() };
        store.commit(vec![queued(new(parent)), claimed(parent, member), step_started(parent, 0)]).await.unwrap();
        store.commit(vec![queued(of_step), claimed(child, member), ended(child, State::Failed)]).await.unwrap();
        assert_eq!(prune(store, Prune::default(), 9).await, [0; 0]);
        store.commit(vec![step_ended(parent, 0, State::Failed), ended(parent, State::Failed)]).await.unwrap();
        let late = NewExecution { parent: Some(step), ..new(id(3)) };
        store.commit(vec![queued(late)]).await.unwrap();
        assert_eq!(prune(store, Prune::default(), 9).await, [2], "a child of it still waits");
        store.commit(vec![ended(id(3), State::Cancelled)]).await.unwrap();
        assert_eq!(prune(store, Prune::default(), 9).await, [1, 3]);
    }

    async fn long_logs_go_in_pieces(store) {
        let (long, short, other) = (running(store).await, running(store).await, running(store).await);
        let pieces = (0..700).map(|seq| log(long, 0, seq, b"x"));
        store.commit(pieces.chain((0..300).map(|seq| rows(long, seq, 1, b"1"))).collect()).await.unwrap();
        store.commit(vec![log(short, 0, 0, b"x"), log(other, 0, 0, b"stays")]).await.unwrap();
        for id in [long, short] {
            store.commit(vec![step_ended(id, 0, State::Failed), ended(id, State::Failed)]).await.unwrap();
        }
        let before = store.commits();
        let pruned = store.prune(&Prune::default(), 9).await.unwrap();
        assert_eq!(pruned, Pruned { executions: vec![long, short], chunks: 1_001 });
        assert_eq!(store.commits() - before, 4);
        for table in ["execution", "step_execution", "log_chunk"] {
            let count = crate::db::Statement::assembled(format!("SELECT count(*) FROM {table}"));
            assert_eq!(store.db().fetch_one::<i64>(count).await.unwrap(), 1, "{table}");
        }
        for table in ["SELECT count(*) FROM artifact", "SELECT count(*) FROM artifact_chunk"] {
            assert_eq!(store.db().fetch_one::<i64>(sql(table)).await.unwrap(), 0, "{table}");
        }
        assert_eq!(store.log(other).await.unwrap()[0].data, b"stays");
    }
}

/// Each execution would be looked at for each other one of its job, if the end of those that are kept were not found first.
#[tokio::test]
async fn the_newest_of_a_job_are_counted_once() {
    const JOBS: u128 = 10;
    const EACH: u128 = 200;
    let ground = crate::testing::Ground::postgres();
    let store = ground.open().await;
    let queued = (0..JOBS * EACH).map(|number| Transition::Queued {
        execution: NewExecution { job_key: format!("web/{}", number % JOBS), ..new(id(number)) },
        secrets: Vec::new(),
    });
    store.commit(queued.collect()).await.unwrap();
    let all_have_ended = sql("UPDATE execution SET ended_at = 1, state = 'succeeded'");
    store.db().change(move |db| Box::pin(db.execute(all_have_ended))).await.unwrap();

    let keep = Prune { keep_newest: Some(1_000), ..Prune::default() };
    assert_eq!(keep.text().matches('$').count(), 2);
    let text = keep.text().replace("$1", "1000").replace("$2", "9");
    let (rows, plan) = crate::testing::examined(&store, &text).await;
    assert!((JOBS * EACH..10 * JOBS * EACH).contains(&rows), "{rows} rows: {plan}");
}

/// Several servers come to the same conclusion at once, and somebody at the command line wants all of it.
#[tokio::test]
async fn who_removes_what_others_remove_waits_or_leaves_it_to_them() {
    let ground = crate::testing::Ground::postgres();
    let (store, other) = (ground.open().await, ground.open().await);
    let member = joined(&store).await;
    done(&store, new(id(1)), member, State::Succeeded).await;
    let (locked, is_locked) = tokio::sync::oneshot::channel();
    let (release, released) = tokio::sync::oneshot::channel::<()>();
    let removing = other.db().change(move |db| {
        Box::pin(async move {
            db.lock_key(WHAT).await?;
            locked.send(()).unwrap();
            released.await.unwrap();
            Ok(())
        })
    });
    let here = async {
        is_locked.await.unwrap();
        let leaves = Prune { unless_others_do: true, ..Prune::default() };
        assert_eq!(prune(&store, leaves, 9).await, [0; 0]);
        let waiting = prune(&store, Prune::default(), 9);
        tokio::pin!(waiting);
        let at_work = async {
            const WAITS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
            while store.db().fetch_one::<i64>(sql(WAITS)).await.unwrap() == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = &mut waiting => panic!("it did not wait"),
            () = at_work => release.send(()).unwrap(),
        }
        assert_eq!(waiting.await, [1]);
    };
    let (done, ()) = tokio::join!(removing, here);
    done.unwrap();
}
