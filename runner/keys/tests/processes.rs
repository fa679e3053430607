//! Real processes on one key storage, and what is left of a secret in the files.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use windlass_keys::{KeyStorage, SecretKind};
use windlass_settings::KeyPath;
use windlass_store::Store;

const FOLDER: &str = "WINDLASS_KEYS_TEST_FOLDER";
/// Set for a child that puts another master key in the place of the one that is used.
const ROTATES: &str = "WINDLASS_KEYS_TEST_ROTATES";

async fn open(folder: &Path) -> (Store, KeyStorage) {
    let data_dir = folder.join("data");
    let store = Store::open_folder(&data_dir).await.unwrap();
    (store.clone(), KeyStorage::new(store, folder.join("key/master.key"), &data_dir))
}

async fn set(folder: &Path, name: &str, value: &str) {
    let (_, keys) = open(folder).await;
    let path = KeyPath::parse(&format!("keys/{name}")).unwrap();
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    keys.set(&path, SecretKind::Password, value.as_bytes().to_vec().into(), false).await.unwrap();
}

/// Does nothing on its own: the other test starts it as a process.
#[test]
fn child() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let me = std::process::id().to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    if std::env::var_os(ROTATES).is_some() {
        runtime.block_on(async { open(Path::new(&folder)).await.1.rotate_master_key(None).await.unwrap() });
        return;
    }
    runtime.block_on(set(Path::new(&folder), &me, &me));
}

fn start(folder: &Path) -> Child {
    child_of(folder).spawn().unwrap()
}

fn child_of(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture"]).env(FOLDER, folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

#[tokio::test]
async fn first_secrets_set_at_once_share_one_master_key() {
    for round in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let mut children: Vec<Child> = (0..4).map(|_| start(folder.path())).collect();
        for child in &mut children {
            let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
            assert!(lines.any(|line| line.unwrap().ends_with("ready")));
            std::thread::spawn(move || lines.count()); // read on, so that the child never waits
        }
        for child in &mut children {
            child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        }
        let (_, keys) = open(folder.path()).await;
        for child in &mut children {
            assert!(child.wait().unwrap().success(), "round {round}");
            let path = KeyPath::parse(&format!("keys/{}", child.id())).unwrap();
            let secret = keys.get(&path).await.unwrap();
            assert_eq!(secret.expose_secret(), child.id().to_string().as_bytes());
        }
        assert_eq!(fs::read_dir(folder.path().join("key")).unwrap().count(), 1, "a draft is left");
    }
}

#[tokio::test]
async fn no_file_of_the_data_directory_holds_the_secret() {
    let secret = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let folder = tempfile::tempdir().unwrap();
    let (store, keys) = open(folder.path()).await;
    let path = KeyPath::parse("keys/aws/central").unwrap();
    keys.set(&path, SecretKind::Password, secret.to_vec().into(), false).await.unwrap();
    keys.set(&path, SecretKind::Password, secret.to_vec().into(), true).await.unwrap();
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = STANDARD.encode(secret);
    let master = fs::read_to_string(folder.path().join("key/master.key")).unwrap();
    let (_, master) = master.trim_end().rsplit_once(':').unwrap();
    let master_bytes = STANDARD.decode(master).unwrap();
    let never: [&[u8]; 6] =
        [secret, &secret[..12], hex.as_bytes(), base64.as_bytes(), master.as_bytes(), &master_bytes];
    let mut seen = 0;
    let mut scan = |when: &str| {
        for entry in fs::read_dir(folder.path().join("data")).unwrap() {
            let entry = entry.unwrap();
            let bytes = fs::read(entry.path()).unwrap();
            seen += usize::from(bytes.windows(path.as_str().len()).any(|window| window == path.as_str().as_bytes()));
            for form in never {
                let found = bytes.windows(form.len()).any(|window| window.eq_ignore_ascii_case(form));
                assert!(!found, "{when}: {} holds {}", entry.path().display(), String::from_utf8_lossy(form));
            }
        }
    };
    scan("while it is in the write-ahead log");
    keys.delete(&path).await.unwrap();
    store.close().await;
    scan("after closing");
    assert!(seen > 0, "the scan reads the right files");
}

fn numbered(number: usize) -> KeyPath {
    KeyPath::parse(&format!("keys/many/{number:03}")).unwrap()
}

async fn put(keys: &KeyStorage, number: usize) {
    let secret = format!("secret {number}").into_bytes();
    keys.set(&numbered(number), SecretKind::Password, secret.into(), true).await.unwrap();
}

/// Killed again and again in the middle, while others read and write: whatever is there opens at any moment, and in the
/// end everything is under the new key.
#[tokio::test]
async fn a_change_of_the_master_key_that_is_killed_loses_nothing() {
    const MANY: usize = 300;
    let folder = tempfile::tempdir().unwrap();
    let (store, keys) = open(folder.path()).await;
    for number in 0..MANY {
        put(&keys, number).await;
    }
    let users = keys.clone();
    let used = tokio::spawn(async move {
        for number in (0..MANY).cycle() {
            let secret = users.get(&numbered(number)).await.unwrap();
            assert_eq!(secret.expose_secret(), format!("secret {number}").as_bytes());
            put(&users, (number * 7) % MANY).await;
        }
    });
    let old = store.master_keys().await.unwrap().remove(0);
    let left = async || store.secrets_under(&old, "", 9_999).await.unwrap().len();
    let (mut halfway, mut killed) = (0, MANY);
    loop {
        let mut child = child_of(folder.path()).env(ROTATES, "1").stdout(Stdio::null()).spawn().unwrap();
        let ended = loop {
            let now = left().await;
            if now < killed && now > 0 {
                killed = now;
                child.kill().unwrap();
                child.wait().unwrap();
                halfway += 1;
                break None;
            }
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
        };
        let (_, fresh) = open(folder.path()).await;
        for number in 0..MANY {
            let secret = fresh.get(&numbered(number)).await.unwrap();
            assert_eq!(secret.expose_secret(), format!("secret {number}").as_bytes(), "{killed} are left");
        }
        if let Some(status) = ended {
            assert!(status.success());
            break;
        }
    }
    assert!(halfway > 0, "it was never killed in the middle");
    assert!(!used.is_finished(), "{:?}", used.await);
    used.abort();
    assert_eq!(left().await, 0);
    assert_eq!(keys.drop_old_master_keys().await.unwrap(), [old]);
    let (_, fresh) = open(folder.path()).await;
    assert_eq!(fresh.get(&numbered(MANY - 1)).await.unwrap().expose_secret(), b"secret 299");
}
