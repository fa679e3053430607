use rusqlite::Connection;

use crate::db::migrations::{LATEST, postgres, sqlite};
use crate::db::{Statement, sql};
use crate::testing::{Ground, MASTER, ended, fresh, joined, running, step_ended};
use crate::{Durability, SecretKind, State, Store, StoreError, Transition};

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let (ground, store) = fresh().await;
    let id = running(&store).await;
    let mut db = Connection::open(ground.data_dir().join("windlass.db")).unwrap();
    assert_eq!(sqlite::version(&db).unwrap(), LATEST);
    assert_eq!(sqlite::migrate(&mut db).unwrap(), LATEST);
    assert!(store.execution(id).await.unwrap().is_some());
}

const OLD: &str = "INSERT INTO execution VALUES (X'0192000000007000800000000000000A', 'a0', 'web', 'j', 'steps: []', '{}', \
        'running', NULL, NULL, 1, 2, NULL); \
    INSERT INTO step_execution VALUES (X'0192000000007000800000000000000A', 0, 's', 'a/b', 'running', NULL, NULL, NULL, \
        NULL, 3, NULL); \
    INSERT INTO step_execution VALUES (X'0192000000007000800000000000000A', 1, 't', 'a/b', 'queued', NULL, NULL, NULL, \
        NULL, NULL, NULL); \
    INSERT INTO log_chunk VALUES (X'0192000000007000800000000000000A', 0, 0, 'stdout', 4, 5, 0, \
        X'28b52ffd2000010000'); \
    INSERT INTO meta VALUES ('master_key_id', '2b539fef64b9c772'); \
    INSERT INTO secret VALUES ('keys/a', 3, '2b539fef64b9c772', X'01', X'0203', 4, 5); \
    PRAGMA user_version = 1";

#[tokio::test]
async fn a_database_of_the_first_schema_keeps_what_is_in_it() {
    let ground = Ground::sqlite();
    std::fs::create_dir(ground.data_dir()).unwrap();
    let old = Connection::open(ground.data_dir().join("windlass.db")).unwrap();
    old.execute_batch(sqlite::STEPS[0]).unwrap();
    old.execute_batch(OLD).unwrap();
    old.close().unwrap();

    let store = ground.open().await;
    let row = store.running_of(None).await.unwrap().remove(0);
    assert_eq!((row.job_key.as_str(), row.state, row.attempt), ("web/name:j", State::Running, 1));
    assert_eq!(store.execution_text(row.id).await.unwrap().as_deref(), Some("steps: []"));
    let steps = store.steps(row.id).await.unwrap();
    assert_eq!((steps[0].path.as_str(), steps[0].started_at, steps[0].attempt), ("s", Some(3), 1));
    assert_eq!(store.log(row.id).await.unwrap().len(), 1);
    let secret = store.secret("keys/a").await.unwrap().unwrap();
    assert_eq!((secret.kind, secret.version, secret.sealed.ciphertext), (SecretKind::Password, 3, vec![2, 3]));
    assert_eq!(store.master_keys().await.unwrap(), [MASTER]);
    let (code, reason) = ("execution.interrupted".to_owned(), "it was begun by an older Windlass".to_owned());
    let settled = Transition::Interrupted { execution: row.id, member: None, at: 9, code, reason };
    store.commit(vec![settled]).await.unwrap();
    let states: Vec<State> = store.steps(row.id).await.unwrap().iter().map(|step| step.state).collect();
    assert_eq!(states, [State::Interrupted, State::Skipped]);
}

#[tokio::test]
async fn a_step_that_fails_leaves_the_schema_as_it_was() {
    let (ground, store) = fresh().await;
    for statement in ["PRAGMA user_version = 0", "DROP TABLE execution_secret"] {
        store.db().change(move |db| Box::pin(db.execute(sql(statement)))).await.unwrap();
    }
    let mut db = Connection::open(ground.data_dir().join("windlass.db")).unwrap();
    db.execute_batch("DROP TABLE meta").unwrap();
    sqlite::migrate(&mut db).unwrap_err(); // `execution` is in the way
    assert_eq!(sqlite::version(&db).unwrap(), 0);
    db.prepare("SELECT * FROM meta").unwrap_err();
}

#[tokio::test]
async fn a_newer_server_database_is_refused_and_left_alone() {
    let ground = Ground::postgres();
    let store = ground.open().await;
    store.db().change(|db| Box::pin(db.execute(sql("UPDATE windlass_schema SET version = 99")))).await.unwrap();
    let error = Store::open(&ground.location, Durability::Full).await.err().unwrap();
    assert!(matches!(&error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().starts_with("the database `postgresql://windlass@127.0.0.1:"), "{error}");
    let version = store.db().fetch_one::<i64>(sql("SELECT version FROM windlass_schema")).await;
    assert_eq!(version.unwrap(), 99);
}

/// What a newer Windlass may do to a database that this one serves, on either kind.
async fn goes_to(store: &Store, number: i64, serves: Option<i64>) {
    let version = match store.name().starts_with("postgresql") {
        true => format!("UPDATE windlass_schema SET version = {number}"),
        false => format!("PRAGMA user_version = {number}"),
    };
    let said =
        serves.map(|oldest| format!("INSERT INTO meta (name, value) VALUES ('schema.{number}.serves', '{oldest}')"));
    for statement in [version].into_iter().chain(said) {
        store
            .db()
            .change(move |db| Box::pin(async move { db.execute(Statement::assembled(statement)).await }))
            .await
            .unwrap();
    }
}

/// A step that is made up adds a column and a table; who runs goes on, and who begins may.
#[tokio::test]
async fn members_are_brought_up_to_date_one_after_another() {
    for ground in [Ground::sqlite(), Ground::postgres()] {
        let store = ground.open().await;
        let before = running(&store).await;
        store.steps(before).await.unwrap();
        for statement in [
            "ALTER TABLE step_execution ADD COLUMN later TEXT",
            "ALTER TABLE execution ADD COLUMN later TEXT",
            "ALTER TABLE member ADD COLUMN later TEXT",
            "CREATE TABLE later (number BIGINT NOT NULL PRIMARY KEY)",
        ] {
            store.db().change(move |db| Box::pin(db.execute(sql(statement)))).await.unwrap();
        }
        goes_to(&store, LATEST + 1, Some(LATEST)).await;
        let old = ground.open().await;
        for member in [&store, &old] {
            let id = running(member).await;
            member.commit(vec![step_ended(id, 0, State::Succeeded), ended(id, State::Succeeded)]).await.unwrap();
            assert_eq!(member.steps(before).await.unwrap().len(), 1);
            assert!(member.member_rows().await.unwrap().len() > 1);
        }
        for (number, serves) in [(LATEST + 2, Some(LATEST)), (LATEST + 3, None)] {
            goes_to(&store, number, serves).await;
            let error = Store::open(&ground.location, Durability::Full).await.err().unwrap();
            assert!(matches!(&error, StoreError::Newer { found, .. } if *found == number), "{error}");
        }
    }
}

#[tokio::test]
async fn a_step_that_does_not_say_so_lets_nobody_older_begin() {
    for serves in [None, Some(LATEST + 1)] {
        let ground = Ground::postgres();
        let store = ground.open().await;
        goes_to(&store, LATEST + 1, serves).await;
        let error = Store::open(&ground.location, Durability::Full).await.err().unwrap();
        assert!(matches!(&error, StoreError::Newer { .. }), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_open_an_empty_server_database_at_once() {
    let ground = Ground::postgres();
    let open = |_| {
        let location = ground.location.clone();
        tokio::spawn(async move {
            let store = Store::open(&location, Durability::Process).await.unwrap();
            joined(&store).await
        })
    };
    for task in (0..12).map(open).collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let store = ground.open().await;
    assert_eq!(store.members().await.unwrap().len(), 12);
    let rows = store.db().fetch_all::<i64>(sql("SELECT version FROM windlass_schema")).await;
    assert_eq!(rows.unwrap(), [LATEST]);
}

#[test]
fn both_have_the_same_steps() {
    assert_eq!(sqlite::STEPS.len(), postgres::STEPS.len());
    let names = |folder: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
    assert_eq!(names("sqlite").len(), sqlite::STEPS.len());
}
