use std::time::Duration;

use windlass_errors::render;

use crate::db::{Connection, Result, sql};
use crate::testing::{fresh, log, on_both, running, step_started};
use crate::{State, Store, StoreError};

/// Keeps the writer busy for as long as it takes until all of `waiting` have brought their work.
async fn together<T: Send + 'static>(store: &Store, waiting: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<T> {
    let (go, ready) = tokio::sync::oneshot::channel::<()>();
    let (begun, holds) = tokio::sync::oneshot::channel::<()>();
    let busy = store.clone();
    let holding = tokio::spawn(async move {
        let hold = async move {
            begun.send(()).unwrap();
            Ok(ready.await.is_ok())
        };
        busy.db().change(move |_| Box::pin(hold)).await.unwrap()
    });
    holds.await.unwrap();
    let tasks: Vec<_> = waiting.into_iter().map(tokio::spawn).collect();
    tokio::time::sleep(Duration::from_millis(20)).await;
    go.send(()).unwrap();
    assert!(holding.await.unwrap());
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

async fn insert(store: Store, name: String) -> Result<()> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES ($1, 'x')";
    store.db().change(move |db| Box::pin(async move { db.execute(sql(SQL).bind(name)).await.map(|_| ()) })).await
}

#[tokio::test]
async fn what_waits_is_committed_together() {
    let (_ground, store) = fresh().await;
    let before = store.commits();
    let done = together(&store, (0..50).map(|n| insert(store.clone(), n.to_string())).collect()).await;
    assert!(done.iter().all(std::result::Result::is_ok));
    let commits = store.commits() - before;
    assert!((2..=4).contains(&commits), "{commits}");
    assert_eq!(store.db().fetch_one::<i64>(sql("SELECT count(*) FROM meta")).await.unwrap(), 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_refused_is_undone_alone() {
    let (_ground, store) = fresh().await;
    let id = running(&store).await;
    let commit = |position: i32| {
        let (store, good) = (store.clone(), position % 3 != 0);
        // The second one is there already.
        let second = if good { log(id, position, 0, b"x") } else { step_started(id, 0) };
        async move { store.commit(vec![step_started(id, position), second]).await }
    };
    let done = together(&store, (1..40).map(commit).collect()).await;
    for (done, position) in done.iter().zip(1..) {
        let refused = matches!(done, Err(StoreError::StaleTransition { .. }));
        assert_eq!((done.is_ok(), refused), (position % 3 != 0, position % 3 == 0), "{position}: {done:?}");
    }
    let steps: Vec<i32> = store.steps(id).await.unwrap().iter().map(|step| step.position).collect();
    assert_eq!(steps, (0..40).filter(|position| *position == 0 || position % 3 != 0).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_that_fails_fails_alone_and_a_lost_transaction_fails_all() {
    let (_ground, store) = fresh().await;
    let work = |number: usize| {
        let store = store.clone();
        async move {
            if number == 3 {
                let bad = store.db().change(|db| Box::pin(db.execute(sql("INSERT INTO nowhere VALUES (1)")))).await;
                return bad.map(|_| ());
            }
            insert(store, number.to_string()).await
        }
    };
    let done = together(&store, (0..8).map(work).collect()).await;
    assert_eq!(
        done.iter().map(std::result::Result::is_ok).collect::<Vec<_>>(),
        (0..8).map(|n| n != 3).collect::<Vec<_>>()
    );

    let work = |number: usize| {
        let store = store.clone();
        async move {
            if number == 3 {
                // What SQLite does by itself when it must.
                return store.db().change(|db| Box::pin(async move { lose(db).await })).await;
            }
            insert(store, format!("again {number}")).await
        }
    };
    let done = together(&store, (0..8).map(work).collect()).await;
    assert!(done.iter().all(std::result::Result::is_err), "{done:?}");
    assert_eq!(store.db().fetch_one::<i64>(sql("SELECT count(*) FROM meta")).await.unwrap(), 7);
    insert(store.clone(), "after".to_owned()).await.unwrap();
}

async fn lose(db: &mut Connection) -> Result<()> {
    db.execute(sql("ROLLBACK")).await?;
    db.execute(sql("INSERT INTO nowhere VALUES (1)")).await.map(|_| ())
}

#[tokio::test]
async fn a_full_disk_fails_one_commit_and_loses_nothing() {
    let (_ground, store) = fresh().await;
    let id = running(&store).await;
    // SQLite takes the present size when it is larger.
    store.db().change(|db| Box::pin(db.fetch_one::<i64>(sql("PRAGMA max_page_count = 1")))).await.unwrap();
    let noise: Vec<u8> = (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let error = store.commit(vec![log(id, 0, 0, b"first"), log(id, 0, 5, &noise)]).await.unwrap_err();
    let text = render(&error);
    assert!(text.starts_with("error[store.unavailable]: cannot write what happened to an execution"), "{text}");
    assert!(text.contains("windlass.db`") && text.contains("disk is full") && text.contains("help: free"), "{text}");
    assert!(store.log(id).await.unwrap().is_empty());
    store.commit(vec![log(id, 0, 0, &noise)]).await.unwrap();
    assert_eq!(store.log(id).await.unwrap()[0].data, noise);
}

on_both! {
    async fn a_dropped_commit_is_done_whole_or_not_at_all(store) {
        let id = running(store).await;
        for seq in 0..50 {
            let commit = store.commit(vec![log(id, 0, seq, b"dropped"), log(id, 0, seq + 1_000, b"dropped")]);
            let _ = tokio::time::timeout(Duration::from_micros(seq as u64 * 20), commit).await;
        }
        store.commit(vec![log(id, 0, 5_000, b"kept")]).await.unwrap();
        let log = store.log(id).await.unwrap();
        let (low, high) = log[..log.len() - 1].split_at((log.len() - 1) / 2);
        assert!(low.iter().zip(high).all(|(low, high)| low.seq + 1_000 == high.seq), "half a transaction was kept");
        assert_eq!(log.last().unwrap().data, b"kept");
    }

    async fn many_write_and_read_at_once(store) {
        let id = running(store).await;
        let tasks: Vec<_> = (1..65).map(|position| {
            let store = store.clone();
            tokio::spawn(async move {
                let data = vec![position as u8; 3_000 * position as usize]; // some are large enough to be packed elsewhere
                let seq = i64::from(position) * 1_000_000;
                store.commit(vec![step_started(id, position), log(id, position, seq, &data)]).await.unwrap();
                let mut pages = store.log_text(id).of_step(position);
                assert_eq!(pages.page().await.unwrap().unwrap()[0].chunk.data, data);
                store.commit(vec![crate::testing::step_ended(id, position, State::Succeeded)]).await.unwrap();
            })
        }).collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(store.log(id).await.unwrap().len(), 64);
    }
}
