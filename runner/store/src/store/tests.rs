use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use windlass_errors::{Report, render};

use super::*;
use crate::db::sql;
use crate::testing::{Ground, fresh, running};

const FILE: &str = "windlass.db";

async fn pragma(store: &Store, pragma: &'static str) -> i64 {
    store.db().change(move |db| Box::pin(db.fetch_one(sql(pragma)))).await.unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[tokio::test]
async fn only_we_may_read_what_is_made() {
    let (folder, store) = fresh().await;
    running(&store).await;
    let data = folder.data_dir();
    assert_eq!(mode(&data), 0o700);
    for file in ["windlass.db", "windlass.db-wal", "windlass.db-shm"] {
        assert_eq!(mode(&data.join(file)), 0o600, "{file}");
    }
    assert_eq!(fs::read_dir(&data).unwrap().count(), 3, "the draft is gone");
}

#[tokio::test]
async fn the_database_is_set_up_for_durability() {
    let (_folder, store) = fresh().await;
    for (name, expected) in [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1), ("PRAGMA busy_timeout", 5000)] {
        assert_eq!(pragma(&store, name).await, expected, "{name}");
    }
    let mode = store.db().change(|db| Box::pin(db.fetch_one::<String>(sql("PRAGMA journal_mode")))).await;
    assert_eq!(mode.unwrap(), "wal");
}

#[tokio::test]
async fn a_store_that_need_not_survive_its_machine_does_not_wait_for_the_disk() {
    let ground = Ground::sqlite();
    let store = Store::open(&ground.location, Durability::Process).await.unwrap();
    assert_eq!(pragma(&store, "PRAGMA synchronous").await, 1);
}

#[tokio::test]
async fn opening_again_reads_only_and_finds_everything() {
    let (folder, store) = fresh().await;
    let id = running(&store).await;
    store.close().await;
    let data = folder.data_dir();
    let before = fs::metadata(data.join(FILE)).unwrap();
    let store = Store::open_folder(&data).await.unwrap();
    assert!(store.execution(id).await.unwrap().is_some());
    assert_eq!(fs::metadata(data.join("windlass.db-wal")).unwrap().len(), 0, "opening wrote something");
    let after = fs::metadata(data.join(FILE)).unwrap();
    assert_eq!((before.mtime(), before.mtime_nsec()), (after.mtime(), after.mtime_nsec()));
}

#[tokio::test]
async fn what_was_committed_is_there_without_closing() {
    let (folder, store) = fresh().await;
    let id = running(&store).await;
    let second = Store::open_folder(&folder.data_dir()).await.unwrap();
    assert!(second.execution(id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let (_folder, store) = fresh().await;
    store.clone().close().await;
    for error in [store.meta("x").await.unwrap_err(), store.set_meta_if_absent("x", "y").await.unwrap_err()] {
        assert_eq!(error.code().as_str(), "store.unavailable");
    }
}

async fn refused(data: &Path) -> StoreError {
    match Store::open_folder(data).await {
        Ok(_) => panic!("it was opened"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_and_left_alone() {
    let (folder, store) = fresh().await;
    store.db().change(|db| Box::pin(db.execute(sql("PRAGMA user_version = 99")))).await.unwrap();
    store.close().await;
    let error = refused(&folder.data_dir()).await;
    assert_eq!(error.code().as_str(), "store.newer");
    assert!(error.to_string().contains("has schema 99, and this Windlass knows schemas up to"), "{error}");
}

#[tokio::test]
async fn other_files_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE);
    fs::write(&file, "this is some text, and it is longer than the header of a database ".repeat(4)).unwrap();
    let text = render(&refused(folder.path()).await);
    assert!(text.contains("cannot open the database") && text.contains("not a database"), "{text}");
    assert!(text.contains("help: the file is damaged or no database"), "{text}");
    fs::write(&file, "").unwrap();
    assert!(matches!(refused(folder.path()).await, StoreError::Foreign { .. }));
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    assert_eq!(refused(folder.path()).await.code().as_str(), "store.unavailable");
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let text = render(&refused(&file.join("data")).await);
    assert!(text.starts_with("error[store.unavailable]: cannot create the data directory `"), "{text}");
    assert!(text.contains("file/data`\n  cause: ") && text.contains("--data-dir"), "{text}");
    let error = refused(Path::new("/proc/self")).await; // a folder in which not even root may make a file
    assert!(matches!(error, StoreError::CreateFile { .. }), "{error:?}");
}

#[tokio::test]
async fn many_open_a_fresh_folder_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let open = |number: usize| {
        let data = folder.path().join("data");
        tokio::spawn(async move {
            let store = Store::open_folder(&data).await.unwrap();
            store.set_meta_if_absent("first", &number.to_string()).await.unwrap()
        })
    };
    let mut values = Vec::new();
    for task in (0..16).map(open).collect::<Vec<_>>() {
        values.push(task.await.unwrap());
    }
    values.dedup();
    assert_eq!(values.len(), 1, "two databases were made: {values:?}");
}
