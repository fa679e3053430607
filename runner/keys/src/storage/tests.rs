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
    assert_eq!(keys.set(&at("keys/a/x"), SecretKind::Password, value("one"), false).await.unwrap(), 1);
    assert_eq!(keys.set(&at("keys/a/x"), SecretKind::Password, value("two"), true).await.unwrap(), 2);
    assert_eq!(keys.set(&at("keys/project/web/y"), SecretKind::Password, value("three"), true).await.unwrap(), 1);
    assert_eq!(open_in(folder.path()).await.get(&at("keys/a/x")).await.unwrap().expose_secret(), b"two");
    let entries = keys.list("keys/a/").await.unwrap();
    assert_eq!((entries.len(), entries[0].path.as_str(), entries[0].version), (1, "keys/a/x", Some(2)));
    assert!(entries[0].created_at > Some(1_600_000_000_000) && entries[0].updated_at >= entries[0].created_at);
    assert_eq!(keys.list("keys").await.unwrap().len(), 2);
    keys.delete(&at("keys/a/x")).await.unwrap();
    assert_eq!(keys.delete(&at("keys/a/x")).await.unwrap_err().code().as_str(), "key.not-found");
    assert_eq!(keys.set(&at("keys/a/x"), SecretKind::Password, value("four"), false).await.unwrap(), 1);
}

#[tokio::test]
async fn overwriting_must_be_asked_for() {
    let (_folder, keys) = fresh().await;
    keys.set(&at("keys/a"), SecretKind::Password, value("one"), false).await.unwrap();
    let error = keys.set(&at("keys/a"), SecretKind::Password, value("two"), false).await.unwrap_err();
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
    keys.set(&at("keys/aws/opps"), SecretKind::Password, value("one"), false).await.unwrap();
    keys.set(&at("keys/aws-ops"), SecretKind::Password, value("one"), false).await.unwrap();
    let error = refusal(&keys, "keys/aws/ops").await;
    assert_eq!(error.help().unwrap(), "did you mean `keys/aws/opps`?");
    let error = refusal(&keys, "keys/aws/prod").await;
    assert_eq!(error.help().unwrap(), "set it: `windlass key set keys/aws/prod`");
}

#[tokio::test]
async fn a_secret_has_a_greatest_length() {
    let (_folder, keys) = fresh().await;
    let error = keys.set(&at("keys/a"), SecretKind::Password, vec![1; LONGEST + 1].into(), false).await.unwrap_err();
    assert_eq!(error.to_string(), "the secret for `keys/a` has more than 65536 bytes");
    keys.set(&at("keys/a"), SecretKind::Password, vec![1; LONGEST].into(), false).await.unwrap();
    assert_eq!(keys.get(&at("keys/a")).await.unwrap().expose_secret(), vec![1; LONGEST]);
}

#[tokio::test]
async fn an_empty_secret_is_most_likely_a_mistake() {
    let (folder, keys) = fresh().await;
    let error = keys.set(&at("keys/a"), SecretKind::Password, value(""), false).await.unwrap_err();
    assert_eq!(error.to_string(), "the secret for `keys/a` is empty");
    assert!(!folder.path().join("master.key").exists());
}

#[tokio::test]
async fn a_record_opens_only_where_it_was_sealed() {
    let (_folder, keys) = fresh().await;
    keys.set(&at("keys/project/web/a"), SecretKind::Password, value("one"), false).await.unwrap();
    let first = keys.store.secret("keys/project/web/a").await.unwrap().unwrap();
    let moved = SecretRow { path: "keys/project/other/a".to_owned(), ..first.clone() };
    assert!(keys.store.put_secret(moved, None).await.unwrap());
    assert_eq!(refusal(&keys, "keys/project/other/a").await.code().as_str(), "key.damaged");

    keys.set(&at("keys/project/web/a"), SecretKind::Password, value("two"), true).await.unwrap();
    let old = SecretRow { version: 2, ..first };
    assert!(keys.store.put_secret(old, Some(2)).await.unwrap());
    assert_eq!(refusal(&keys, "keys/project/web/a").await.code().as_str(), "key.damaged");

    keys.set(&at("keys/b"), SecretKind::Password, value("three"), false).await.unwrap();
    let shown = keys.store.secret("keys/b").await.unwrap().unwrap();
    let shown = SecretRow { kind: SecretKind::PublicKey, ..shown };
    assert!(keys.store.put_secret(shown, Some(1)).await.unwrap());
    let error = keys.public_key(&at("keys/b")).await.unwrap_err();
    assert_eq!(error.code().as_str(), "key.damaged", "a password does not become what may be shown");
}

#[tokio::test]
async fn a_lost_master_key_is_never_made_anew() {
    let (folder, keys) = fresh().await;
    keys.set(&at("keys/a"), SecretKind::Password, value("one"), false).await.unwrap();
    let file = folder.path().join("master.key");
    let kept = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let keys = open_in(folder.path()).await;
    let error = refusal(&keys, "keys/a").await;
    assert_eq!(error.code().as_str(), "key.master-missing");
    assert!(error.help().unwrap().contains("from its backup"), "{error}");
    let error = keys.set(&at("keys/b"), SecretKind::Password, value("two"), false).await.unwrap_err();
    assert_eq!(error.code().as_str(), "key.master-missing");
    assert!(!file.exists());

    open_in(&folder.path().join("elsewhere"))
        .await
        .set(&at("keys/a"), SecretKind::Password, value("x"), false)
        .await
        .unwrap();
    fs::copy(folder.path().join("elsewhere/master.key"), &file).unwrap();
    assert_eq!(refusal(&keys, "keys/a").await.code().as_str(), "key.master-mismatch");
    let error = keys.set(&at("keys/b"), SecretKind::Password, value("two"), false).await.unwrap_err();
    assert_eq!(error.code().as_str(), "key.master-mismatch");

    fs::write(&file, kept).unwrap();
    assert_eq!(keys.get(&at("keys/a")).await.unwrap().expose_secret(), b"one");
}

#[tokio::test]
async fn a_master_key_that_was_put_there_is_taken() {
    let (folder, keys) = fresh().await;
    open_in(&folder.path().join("elsewhere"))
        .await
        .set(&at("keys/a"), SecretKind::Password, value("x"), false)
        .await
        .unwrap();
    fs::copy(folder.path().join("elsewhere/master.key"), folder.path().join("master.key")).unwrap();
    keys.set(&at("keys/a"), SecretKind::Password, value("one"), false).await.unwrap();
    assert_eq!(keys.get(&at("keys/a")).await.unwrap().expose_secret(), b"one");
}

#[tokio::test]
async fn overwriting_at_once_numbers_every_version() {
    let (_folder, keys) = fresh().await;
    let set = |number: usize| {
        let keys = keys.clone();
        tokio::spawn(async move {
            keys.set(&at("keys/a"), SecretKind::Password, value(&number.to_string()), true).await.unwrap()
        })
    };
    let mut versions = Vec::new();
    for task in (0..10).map(set).collect::<Vec<_>>() {
        versions.push(task.await.unwrap());
    }
    versions.sort_unstable();
    assert_eq!(versions, (1..=10).collect::<Vec<_>>());
    assert!(keys.get(&at("keys/a")).await.is_ok());
}

const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAAEC\n-----END CERTIFICATE-----\n";
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nAAEC\n-----END PRIVATE KEY-----\n";

#[tokio::test]
async fn only_a_public_key_is_shown() {
    let (_folder, keys) = fresh().await;
    for (path, kind, text) in [
        ("keys/password", SecretKind::Password, CERTIFICATE),
        ("keys/private", SecretKind::PrivateKey, PRIVATE),
        ("keys/public", SecretKind::PublicKey, CERTIFICATE),
    ] {
        keys.set(&at(path), kind, value(text), false).await.unwrap();
        assert_eq!(keys.get(&at(path)).await.unwrap().expose_secret(), text.as_bytes());
        assert_eq!(keys.entry(&at(path)).await.unwrap().kind, kind);
    }
    assert_eq!(keys.public_key(&at("keys/password")).await.unwrap(), None);
    assert_eq!(keys.public_key(&at("keys/private")).await.unwrap(), None);
    assert_eq!(keys.public_key(&at("keys/public")).await.unwrap().as_deref(), Some(CERTIFICATE));
    for error in [keys.public_key(&at("keys/c")).await.unwrap_err(), keys.entry(&at("keys/c")).await.unwrap_err()] {
        assert_eq!(error.code().as_str(), "key.not-found");
    }
}

#[tokio::test]
async fn what_is_of_another_kind_is_not_kept() {
    let (_folder, keys) = fresh().await;
    let error = keys.set(&at("keys/a"), SecretKind::PublicKey, value(PRIVATE), false).await.unwrap_err();
    assert_eq!(
        render(&error),
        "error[key.not-of-kind]: the value for `keys/a` is no public key: it is a `PRIVATE KEY`\n  \
         help: a public key is a line of OpenSSH, a `PUBLIC KEY` or a `CERTIFICATE` in PEM\n"
    );
    let error = keys.set(&at("keys/a"), SecretKind::PrivateKey, value("hunter2"), false).await.unwrap_err();
    assert_eq!(error.to_string(), "the value for `keys/a` is no private key: it is a line of text that is no key");
    assert_eq!(keys.list("keys").await.unwrap(), []);
}

#[tokio::test]
async fn a_replaced_secret_may_be_of_another_kind() {
    let (_folder, keys) = fresh().await;
    keys.set(&at("keys/a"), SecretKind::PrivateKey, value(PRIVATE), false).await.unwrap();
    keys.set(&at("keys/a"), SecretKind::PublicKey, value(CERTIFICATE), true).await.unwrap();
    let entry = keys.entry(&at("keys/a")).await.unwrap();
    assert_eq!((entry.kind, entry.version, entry.at_most_bytes), (SecretKind::PublicKey, Some(2), Some(64)));
    assert_eq!(keys.public_key(&at("keys/a")).await.unwrap().as_deref(), Some(CERTIFICATE));
}

/// Everything below `keys/aws` is `there`.
struct There;

impl Elsewhere for There {
    fn mounts(&self) -> Vec<&str> {
        vec!["keys/aws", "keys/project/web/aws"]
    }

    fn get<'a>(&'a self, _path: &'a KeyPath) -> crate::Reading<'a, SecretSlice<u8>> {
        Box::pin(async { Ok(value("there")) })
    }

    fn entry<'a>(&'a self, path: &'a KeyPath) -> crate::Reading<'a, KeyEntry> {
        Box::pin(async move { Err(KeyError::NotFound { path: path.to_string(), nearest: None }) })
    }

    fn list<'a>(&'a self, _folder: &'a str) -> crate::Reading<'a, Vec<KeyEntry>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

#[tokio::test]
async fn what_lies_below_a_mount_is_never_here() {
    const HERE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f here";
    let (_folder, keys) = fresh().await;
    for path in ["keys/aws/x", "keys/aws", "keys/awsome"] {
        keys.set(&at(path), SecretKind::PublicKey, value(HERE), false).await.unwrap();
    }
    let keys = keys.with(Arc::new(There));
    assert_eq!(keys.get(&at("keys/aws/x")).await.unwrap().expose_secret(), b"there");
    for path in ["keys/aws", "keys/awsome"] {
        assert_eq!(keys.get(&at(path)).await.unwrap().expose_secret(), HERE.as_bytes());
    }
    assert_eq!(keys.public_key(&at("keys/aws/x")).await.unwrap(), None);
    assert_eq!(keys.entry(&at("keys/aws/x")).await.unwrap_err().code().as_str(), "key.not-found");
    let paths: Vec<String> = keys.list("keys").await.unwrap().into_iter().map(|entry| entry.path).collect();
    assert_eq!(paths, ["keys/aws", "keys/awsome"]);
    assert_eq!(keys.list("keys/aws").await.unwrap(), []);
    assert_eq!(keys.list("keys/aws/").await.unwrap(), []);
    assert_eq!(keys.mounts("keys"), ["keys/aws", "keys/project/web/aws"]);
    assert_eq!(keys.mounts("keys/project/"), ["keys/project/web/aws"]);
    assert_eq!(keys.mounts("keys/aws"), Vec::<String>::new());
    let set = keys.set(&at("keys/aws/y"), SecretKind::Password, value("one"), true).await.unwrap_err();
    let deleted = keys.delete(&at("keys/aws/x")).await.unwrap_err();
    assert_eq!((set.code().as_str(), deleted.code().as_str()), ("key.mounted", "key.mounted"));
    assert!(render(&set).contains("`keys/aws/y` lies below the mount `keys/aws`, which is only read"));
}
