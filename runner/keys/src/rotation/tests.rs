use std::fs;

use secrecy::{SecretSlice, SecretString};
use tempfile::TempDir;
use uuid::Uuid;
use windlass_errors::{Report, render};
use windlass_settings::KeyPath;
use windlass_store::{Cause, Enqueued, ExecutionSecret, JobText, NewExecution, SecretKind, SecretRow, Store, WhenFull};

use super::*;

struct Ground {
    folder: TempDir,
    store: Store,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open_folder(&folder.path().join("data")).await.unwrap();
        Self { folder, store }
    }

    /// Another process: it knows nothing yet.
    fn keys(&self) -> KeyStorage {
        self.keys_with("master.key")
    }

    fn keys_with(&self, file: &str) -> KeyStorage {
        KeyStorage::new(self.store.clone(), self.folder.path().join(file), &self.folder.path().join("data"))
    }

    fn lines(&self) -> usize {
        fs::read_to_string(self.folder.path().join("master.key")).unwrap().lines().count()
    }

    async fn known(&self) -> Vec<String> {
        self.store.master_keys().await.unwrap()
    }

    async fn under(&self, id: &str) -> usize {
        self.store.secrets_under(id, "", 9_999).await.unwrap().len()
    }

    /// So many passwords, with their numbers in them.
    async fn fill(&self, count: usize) {
        for number in 0..count {
            set(&self.keys(), number).await;
        }
    }

    /// Every one of them opens, for a process that knows nothing yet and for one that does.
    async fn all_open(&self, count: usize, known: &KeyStorage) {
        for number in 0..count {
            for keys in [&self.keys(), known] {
                let secret = keys.get(&at(number)).await.unwrap();
                assert_eq!(secret.expose_secret(), format!("secret {number}").as_bytes());
            }
        }
    }
}

fn at(number: usize) -> KeyPath {
    KeyPath::parse(&format!("keys/a/{number}")).unwrap()
}

async fn set(keys: &KeyStorage, number: usize) {
    let secret = SecretSlice::from(format!("secret {number}").into_bytes());
    keys.set(&at(number), SecretKind::Password, secret, true).await.unwrap();
}

#[tokio::test]
async fn everything_comes_under_the_next_key_and_the_old_one_is_given_up() {
    let ground = Ground::new().await;
    let before = ground.keys();
    assert_eq!(before.rotate_master_key(None).await.unwrap(), None);
    assert_eq!(before.prepare_master_key(None).await.unwrap(), None);
    assert_eq!(before.drop_old_master_keys().await.unwrap(), [""; 0]);
    ground.fill(40).await;
    before.get(&at(0)).await.unwrap();
    let old = ground.known().await.remove(0);

    let rotated = ground.keys().rotate_master_key(None).await.unwrap().unwrap();
    assert_eq!((rotated.secrets, rotated.typed, rotated.from.as_slice()), (40, 0, &[old.clone()][..]));
    assert_eq!((ground.under(&old).await, ground.under(&rotated.to).await), (0, 40));
    assert_eq!((ground.known().await, ground.lines()), (vec![old.clone(), rotated.to.clone()], 2));
    ground.all_open(40, &before).await;
    set(&before, 0).await;
    assert_eq!(ground.under(&old).await, 0, "who knew the old key writes with the new one");

    let again = ground.keys().rotate_master_key(None).await.unwrap().unwrap();
    assert_eq!(
        (again.secrets, again.to.as_str()),
        (0, rotated.to.as_str()),
        "no third key before the first is dropped"
    );
    let error = ground.keys().prepare_master_key(None).await.unwrap_err();
    assert_eq!(
        render(&error),
        format!(
            "error[key.master-in-use]: the master key {old} is still in use\n  help: first `windlass key rotate-master`, \
             then `windlass key rotate-master --drop-old`\n"
        )
    );
    assert_eq!(ground.keys().drop_old_master_keys().await.unwrap(), [old]);
    assert_eq!((ground.known().await, ground.lines()), (vec![rotated.to.clone()], 1));
    ground.all_open(40, &before).await;
    let third = ground.keys().rotate_master_key(None).await.unwrap().unwrap();
    assert_eq!((third.secrets, third.from), (40, vec![rotated.to]));
}

#[tokio::test]
async fn it_goes_on_from_wherever_it_was_cut_off() {
    let ground = Ground::new().await;
    ground.fill(40).await;
    let known = ground.keys();
    known.get(&at(0)).await.unwrap();
    let old = ground.known().await.remove(0);

    // After the file was written.
    let next = ground.keys().prepare_master_key(None).await.unwrap().unwrap();
    assert_eq!((ground.known().await.len(), ground.lines()), (1, 2));
    ground.all_open(40, &known).await;
    set(&ground.keys(), 0).await;
    assert_eq!(ground.under(&old).await, 40, "nothing is under a key that the database does not know");

    // After the database knew it.
    assert!(ground.store.add_master_key(&old, &next).await.unwrap());
    ground.all_open(40, &known).await;
    let error = ground.keys().drop_old_master_keys().await.unwrap_err();
    assert_eq!((error.code().as_str(), ground.lines()), ("key.master-in-use", 2));

    // After some were sealed anew.
    let rows = ground.store.secrets_under(&old, "", 7).await.unwrap();
    let (from, to) = (known.masters.get(&old).await.unwrap(), ground.keys().masters.get(&next).await.unwrap());
    let anew = |row: SecretRow| {
        let sealed = seal(&to, &identity(&row), open(&from, &identity(&row), &row.sealed).unwrap().expose_secret());
        (row, sealed)
    };
    ground.store.rewrap_secrets(rows.into_iter().map(anew).collect()).await.unwrap();
    ground.all_open(40, &known).await;
    let rotated = ground.keys().rotate_master_key(None).await.unwrap().unwrap();
    assert_eq!((rotated.secrets, rotated.to.as_str()), (33, next.as_str()));

    // After the database gave it up.
    assert!(ground.store.drop_master_keys_before(&next).await.unwrap());
    ground.all_open(40, &known).await;
    assert_eq!((ground.keys().drop_old_master_keys().await.unwrap(), ground.lines()), (vec![], 1));
    ground.all_open(40, &known).await;
}

/// The file still has the key that was given up; it does not come back as the next one.
#[tokio::test]
async fn a_key_that_was_given_up_does_not_come_back() {
    let ground = Ground::new().await;
    ground.fill(1).await;
    let rotated = ground.keys().rotate_master_key(None).await.unwrap().unwrap();
    ground.store.drop_master_keys_before(&rotated.to).await.unwrap();
    let next = ground.keys().rotate_master_key(None).await.unwrap().unwrap();
    assert!(!rotated.from.contains(&next.to), "{next:?}");
    assert_eq!((next.from, ground.lines()), (vec![rotated.to], 2));
}

#[tokio::test]
async fn a_record_that_does_not_open_keeps_the_old_key() {
    let ground = Ground::new().await;
    ground.fill(20).await;
    let row = ground.store.secret("keys/a/3").await.unwrap().unwrap();
    let mut bad = row.clone();
    bad.sealed.ciphertext[30] ^= 1;
    assert_eq!(ground.store.rewrap_secrets(vec![(row, bad.sealed)]).await.unwrap(), 1);
    let old = ground.known().await.remove(0);
    let error = ground.keys().rotate_master_key(None).await.unwrap_err();
    assert_eq!(error.to_string(), "the secret at `keys/a/3` is damaged or was moved there");
    assert_eq!(ground.under(&old).await, 1, "all others are sealed anew");
    assert_eq!(ground.keys().drop_old_master_keys().await.unwrap_err().code().as_str(), "key.master-in-use");
    set(&ground.keys(), 3).await;
    assert_eq!(ground.keys().rotate_master_key(None).await.unwrap().unwrap().secrets, 0);
    assert_eq!(ground.keys().drop_old_master_keys().await.unwrap(), [old]);
}

fn execution(id: Uuid) -> NewExecution {
    let text = JobText::Inline("steps: []".to_owned());
    NewExecution { id, ..NewExecution::of_job("web", "nightly", "name:nightly", text, Cause::Command, 1_000) }
}

async fn queued(ground: &Ground, options: &[&str]) -> Uuid {
    let id = Uuid::now_v7();
    let mut secrets: Vec<ExecutionSecret> = Vec::new();
    for option in options {
        secrets.push(ground.keys().seal_for(id, option, &SecretString::from(format!("typed {option}"))).await.unwrap());
    }
    let queued = ground.store.enqueue(execution(id), WhenFull::Queue, secrets).await.unwrap();
    assert!(matches!(queued, Enqueued::Queued), "{queued:?}");
    id
}

#[tokio::test]
async fn what_was_typed_comes_under_the_next_key_as_well() {
    let ground = Ground::new().await;
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(queued(&ground, &["a", "b"]).await);
    }
    let known = ground.keys();
    assert_eq!(known.typed_for(ids[0]).await.unwrap().len(), 2);
    let rotated = ground.keys().rotate_master_key(None).await.unwrap().unwrap();
    assert_eq!((rotated.secrets, rotated.typed), (0, 40));
    ground.keys().drop_old_master_keys().await.unwrap();
    for id in ids {
        for keys in [&known, &ground.keys()] {
            let typed = keys.typed_for(id).await.unwrap();
            assert_eq!(typed["a"].expose_secret(), "typed a");
            assert_eq!(typed["b"].expose_secret(), "typed b");
        }
    }
}

#[tokio::test]
async fn who_lacks_a_key_is_refused() {
    let ground = Ground::new().await;
    ground.keys().check_master_keys().await.unwrap();
    assert!(!ground.folder.path().join("master.key").exists(), "looking makes no key");
    ground.fill(1).await;
    ground.keys().check_master_keys().await.unwrap();
    let other = ground.keys_with("other.key");
    assert_eq!(other.check_master_keys().await.unwrap_err().code().as_str(), "key.master-missing");
    fs::copy(ground.folder.path().join("master.key"), ground.folder.path().join("other.key")).unwrap();
    other.check_master_keys().await.unwrap();

    // A copy without the new key; one with both is prepared for it.
    let next = ground.keys().prepare_master_key(None).await.unwrap().unwrap();
    fs::copy(ground.folder.path().join("master.key"), ground.folder.path().join("both.key")).unwrap();
    let old = ground.known().await.remove(0);
    ground.keys().rotate_master_key(None).await.unwrap();
    ground.keys_with("both.key").check_master_keys().await.unwrap();
    for error in [
        other.check_master_keys().await.unwrap_err(),
        other.get(&at(0)).await.unwrap_err(),
        other.rotate_master_key(None).await.unwrap_err(),
        other.prepare_master_key(None).await.unwrap_err(),
        other.drop_old_master_keys().await.unwrap_err(),
    ] {
        assert_eq!(error.code().as_str(), "key.master-mismatch");
        let said = format!("has id {old}, the database was written with {next}");
        assert!(error.to_string().contains(&said), "{error}");
    }
    ground.keys().drop_old_master_keys().await.unwrap();
    ground.keys_with("both.key").check_master_keys().await.unwrap();
    assert_eq!(ground.keys_with("both.key").get(&at(0)).await.unwrap().expose_secret(), b"secret 0");
}

/// Two that begin at once come to the same key.
#[tokio::test]
async fn begun_twice_at_once_it_is_one() {
    let ground = Ground::new().await;
    ground.fill(60).await;
    let rotations = [ground.keys(), ground.keys(), ground.keys()];
    let running =
        rotations.map(|keys| tokio::spawn(async move { keys.rotate_master_key(None).await.unwrap().unwrap() }));
    let mut secrets = 0;
    for rotation in running {
        let rotated = rotation.await.unwrap();
        assert_eq!(rotated.to, ground.known().await[1]);
        secrets += rotated.secrets;
    }
    assert_eq!((secrets, ground.lines()), (60, 2));
    ground.all_open(60, &ground.keys()).await;
}
