use std::fs;

use tempfile::TempDir;
use windlass_errors::{Report, render};

use super::*;

async fn fresh() -> (TempDir, KeyStorage) {
    let folder = tempfile::tempdir().unwrap();
    let keys = open_in(folder.path()).await;
    (folder, keys)
}

async fn open_in(folder: &Path) -> KeyStorage {
    let data_dir = folder.join("data");
    let store = Store::open_folder(&data_dir).await.unwrap();
    KeyStorage::new(store, folder.join("master.key"), &data_dir)
}

fn at(path: &str) -> KeyPath {
    KeyPath::parse(path).unwrap()
}

fn value(text: &str) -> SecretSlice<u8> {
    text.as_bytes().to_vec().into()
}

async fn refusal(keys: &KeyStorage, path: &str) -> KeyError {
    match keys.get(&at(path)).await {
        Ok(_) => panic!("it was given"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_secret_from_set_to_deleted() {
    let (folder, keys) = fresh().await;
    assert_eq!(keys.set(&at("keys/a/x"), value("one"), false).await.unwrap(), 1);
    assert_eq!(keys.set(&at("keys/a/x"), value("two"), true).await.unwrap(), 2);
    assert_eq!(keys.set(&at("keys/project/web/y"), value("three"), true).await.unwrap(), 1);
    assert_eq!(open_in(folder.path()).await.get(&at("keys/a/x")).await.unwrap().expose_secret(), b"two");
    let entries = keys.list(Some("keys/a/")).await.unwrap();
    assert_eq!((entries.len(), entries[0].path.as_str(), entries[0].version), (1, "keys/a/x", 2));
    assert!(entries[0].created_at > 1_600_000_000_000 && entries[0].updated_at >= entries[0].created_at);
    assert_eq!(keys.list(None).await.unwrap().len(), 2);
    keys.delete(&at("keys/a/x")).await.unwrap();
    assert_eq!(keys.delete(&at("keys/a/x")).await.unwrap_err().code().as_str(), "key.not-found");
    assert_eq!(keys.set(&at("keys/a/x"), value("four"), false).await.unwrap(), 1);
}

#[tokio::test]
async fn overwriting_must_be_asked_for() {
    let (_folder, keys) = fresh().await;
    keys.set(&at("keys/a"), value("one"), false).await.unwrap();
    let error = keys.set(&at("keys/a"), value("two"), false).await.unwrap_err();
    assert_eq!(
        render(&error),
        "error[key.exists]: a secret is already at `keys/a`\n  help: to replace it: `windlass key set --overwrite keys/a`\n"
    );
    assert_eq!(keys.get(&at("keys/a")).await.unwrap().expose_secret(), b"one");
}

#[tokio::test]
async fn a_path_that_holds_nothing_helps_along() {
    let (folder, keys) = fresh().await;
    let text = render(&refusal(&keys, "keys/aws/ops").await);
    assert_eq!(
        text,
        "error[key.not-found]: no secret at `keys/aws/ops`\n  help: set it: `windlass key set keys/aws/ops`\n"
    );
    assert!(!folder.path().join("master.key").exists(), "looking makes no key");
    keys.set(&at("keys/aws/opps"), value("one"), false).await.unwrap();
    keys.set(&at("keys/aws-ops"), value("one"), false).await.unwrap();
    let error = refusal(&keys, "keys/aws/ops").await;
    assert_eq!(error.help().unwrap(), "did you mean `keys/aws/opps`?");
    let error = refusal(&keys, "keys/aws/prod").await;
    assert_eq!(error.help().unwrap(), "set it: `windlass key set keys/aws/prod`");
}

#[tokio::test]
async fn a_secret_has_a_greatest_length() {
    let (_folder, keys) = fresh().await;
    let error = keys.set(&at("keys/a"), vec![1; LONGEST + 1].into(), false).await.unwrap_err();
    assert_eq!(error.to_string(), "the secret for `keys/a` has more than 65536 bytes");
    keys.set(&at("keys/a"), vec![1; LONGEST].into(), false).await.unwrap();
    assert_eq!(keys.get(&at("keys/a")).await.unwrap().expose_secret(), vec![1; LONGEST]);
}

#[tokio::test]
async fn an_empty_secret_is_most_likely_a_mistake() {
    let (folder, keys) = fresh().await;
    let error = keys.set(&at("keys/a"), value(""), false).await.unwrap_err();
    assert_eq!(error.to_string(), "the secret for `keys/a` is empty");
    assert!(!folder.path().join("master.key").exists());
}

#[tokio::test]
async fn a_record_opens_only_where_it_was_sealed() {
    let (_folder, keys) = fresh().await;
    keys.set(&at("keys/project/web/a"), value("one"), false).await.unwrap();
    let first = keys.store.secret("keys/project/web/a").await.unwrap().unwrap();
    let moved = SecretRow { path: "keys/project/other/a".to_owned(), ..first.clone() };
    assert!(keys.store.put_secret(moved, None).await.unwrap());
    assert_eq!(refusal(&keys, "keys/project/other/a").await.code().as_str(), "key.damaged");

    keys.set(&at("keys/project/web/a"), value("two"), true).await.unwrap();
    let old = SecretRow { version: 2, ..first };
    assert!(keys.store.put_secret(old, Some(2)).await.unwrap());
    assert_eq!(refusal(&keys, "keys/project/web/a").await.code().as_str(), "key.damaged");
}

#[tokio::test]
async fn a_lost_master_key_is_never_made_anew() {
    let (folder, keys) = fresh().await;
    keys.set(&at("keys/a"), value("one"), false).await.unwrap();
    let file = folder.path().join("master.key");
    let kept = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let keys = open_in(folder.path()).await;
    let error = refusal(&keys, "keys/a").await;
    assert_eq!(error.code().as_str(), "key.master-missing");
    assert!(error.help().unwrap().contains("from its backup"), "{error}");
    let error = keys.set(&at("keys/b"), value("two"), false).await.unwrap_err();
    assert_eq!(error.code().as_str(), "key.master-missing");
    assert!(!file.exists());

    open_in(&folder.path().join("elsewhere")).await.set(&at("keys/a"), value("x"), false).await.unwrap();
    fs::copy(folder.path().join("elsewhere/master.key"), &file).unwrap();
    assert_eq!(refusal(&keys, "keys/a").await.code().as_str(), "key.master-mismatch");
    let error = keys.set(&at("keys/b"), value("two"), false).await.unwrap_err();
    assert_eq!(error.code().as_str(), "key.master-mismatch");

    fs::write(&file, kept).unwrap();
    assert_eq!(keys.get(&at("keys/a")).await.unwrap().expose_secret(), b"one");
}

#[tokio::test]
async fn a_master_key_that_was_put_there_is_taken() {
    let (folder, keys) = fresh().await;
    open_in(&folder.path().join("elsewhere")).await.set(&at("keys/a"), value("x"), false).await.unwrap();
    fs::copy(folder.path().join("elsewhere/master.key"), folder.path().join("master.key")).unwrap();
    keys.set(&at("keys/a"), value("one"), false).await.unwrap();
    assert_eq!(keys.get(&at("keys/a")).await.unwrap().expose_secret(), b"one");
}

#[tokio::test]
async fn overwriting_at_once_numbers_every_version() {
    let (_folder, keys) = fresh().await;
    let set = |number: usize| {
        let keys = keys.clone();
        tokio::spawn(async move { keys.set(&at("keys/a"), value(&number.to_string()), true).await.unwrap() })
    };
    let mut versions = Vec::new();
    for task in (0..10).map(set).collect::<Vec<_>>() {
        versions.push(task.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>());
    assert!(keys.get(&at("keys/a")).await.is_ok());
}
