use super::*;
use crate::testing::{Ground, MASTER, fresh, log, new, rows, running, sealed};
use crate::{CalendarChange, ExecutionSecret, JobChange, NewSchedule, Transition};
use uuid::Uuid;

async fn filled(store: &Store) -> Uuid {
    let id = running(store).await;
    store.set_first_master_key(MASTER).await.unwrap();
    store.set_meta_if_absent("a", "b").await.unwrap();
    store.account_put("web", "a", "t", None, "ops", 1).await.unwrap();
    let put = JobChange::Put {
        identity: "id:1".to_owned(),
        name: "a".to_owned(),
        group: None,
        description: None,
        text: "t\u{e4}".to_owned(),
        schedules: vec![NewSchedule { name: "s".to_owned(), definition: "{}".to_owned(), next_at: Some(5) }],
        expected: None,
    };
    let [name, text, definition] = ["c", "t", "{}"].map(str::to_owned);
    let calendar = CalendarChange::Put { name, text, definition };
    store.apply_jobs("web", vec![put], vec![calendar], 1).await.unwrap();
    let secrets = vec![ExecutionSecret { name: "token".to_owned(), sealed: sealed() }];
    let all = (0..1_500).map(|number| log(id, 0, number, b"line\n"));
    let queued = Transition::Queued { execution: new(Uuid::now_v7()), secrets };
    store.commit(all.chain([rows(id, 0, 1, b"[1]\n"), queued]).collect()).await.unwrap();
    id
}

#[tokio::test]
async fn everything_is_copied_once_or_not_at_all() {
    let (_folder, store) = fresh().await;
    let id = filled(&store).await;
    let ground = Ground::postgres();
    let target = ground.open().await;
    let told = std::sync::Mutex::new(0);
    let tell = |table: &str, rows: u64| {
        let mut told = told.lock().unwrap();
        *told = rows.max(*told);
        assert!(!table.is_empty());
    };
    assert!(store.copy_to(&target, &tell).await.unwrap() > 1_510);
    assert_eq!(*told.lock().unwrap(), 1_500);
    assert_eq!(target.execution(id).await.unwrap(), store.execution(id).await.unwrap());
    assert_eq!(target.steps(id).await.unwrap(), store.steps(id).await.unwrap());
    assert_eq!(target.log(id).await.unwrap(), store.log(id).await.unwrap());
    assert_eq!(target.accounts().await.unwrap(), store.accounts().await.unwrap());
    assert_eq!(target.jobs("web").await.unwrap(), store.jobs("web").await.unwrap());
    assert_eq!(target.schedules(None).await.unwrap(), store.schedules(None).await.unwrap());
    assert_eq!(target.calendars("web").await.unwrap(), store.calendars("web").await.unwrap());
    assert_eq!(target.meta("a").await.unwrap().as_deref(), Some("b"));
    assert_eq!(target.lapsed_members().await.unwrap().len(), 1, "what it ran is to be settled");

    let error = store.copy_to(&target, &|_, _| ()).await.unwrap_err();
    assert!(error.to_string().contains("there is something in table `"), "{error}");
    let error = target.copy_to(&store, &|_, _| ()).await.unwrap_err();
    assert!(error.to_string().contains("from SQLite to PostgreSQL only"), "{error}");
}

/// A copy that fails in the middle leaves nothing.
#[tokio::test]
async fn a_copy_that_fails_leaves_nothing() {
    let (_folder, store) = fresh().await;
    filled(&store).await;
    let ground = Ground::postgres();
    let target = ground.open().await;
    const SMALLER: &str = "ALTER TABLE step_execution ADD CHECK (position > 0)";
    target.db().change(|db| Box::pin(db.execute(crate::db::sql(SMALLER)))).await.unwrap();
    let error = windlass_errors::render(&store.copy_to(&target, &|_, _| ()).await.unwrap_err());
    assert!(error.contains("cause: table `step_execution`, rows 1 to 1: "), "{error}");
    assert!(target.members().await.unwrap().is_empty() && target.jobs("web").await.unwrap().is_empty());
    assert_eq!(target.meta("a").await.unwrap(), None);
    running(&store).await; // and writing goes on here
}

/// A Windlass before this one has kept zero bytes in SQLite, and PostgreSQL takes none.
#[tokio::test]
async fn what_postgresql_does_not_take_is_copied_as_it_is_kept_now() {
    let (_folder, store) = fresh().await;
    let id = filled(&store).await;
    for old in [
        "UPDATE step_execution SET reason = CAST(X'610062' AS TEXT)",
        "UPDATE job SET description = CAST(X'610062' AS TEXT)",
    ] {
        store.db().change(move |db| Box::pin(db.execute(crate::db::sql(old)))).await.unwrap();
    }
    assert_eq!(store.jobs("web").await.unwrap()[0].description.as_deref(), Some("a\0b"));
    let ground = Ground::postgres();
    let target = ground.open().await;
    store.copy_to(&target, &|_, _| ()).await.unwrap();
    assert_eq!(target.steps(id).await.unwrap()[0].reason.as_deref(), Some("a\u{fffd}b"));
    assert_eq!(target.jobs("web").await.unwrap()[0].description.as_deref(), Some("a\u{fffd}b"));
}
