//! Real processes on one database.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use secrecy::SecretString;
use windlass_store::{Durability, Location, PostgresLocation, Store};
use windlass_tests::postgres::{PASSWORD, Postgres};

const FOLDER: &str = "WINDLASS_STORE_TEST_FOLDER";
const KILLED: &str = "WINDLASS_STORE_TEST_KILLED";

/// The database at a data directory or a URL.
async fn open(place: &str) -> Store {
    let location = if place.starts_with("postgresql:") {
        let password = Some(SecretString::from(PASSWORD));
        Location::Postgres(PostgresLocation { url: place.to_owned(), password, max_connections: 2 })
    } else {
        Location::Sqlite { data_dir: place.into() }
    };
    Store::open(&location, Durability::Full).await.unwrap()
}

fn empty_server_database() -> String {
    let server = Postgres::shared();
    server.url(&server.fresh_database().unwrap())
}

#[tokio::main(flavor = "current_thread")]
async fn open_and_write(place: &str) -> String {
    let mut line = String::new();
    println!("ready");
    std::io::stdin().read_line(&mut line).unwrap();
    let store = open(place).await;
    let me = std::process::id().to_string();
    for number in 0..20 {
        store.set_meta_if_absent(&format!("{me}-{number}"), &me).await.unwrap();
    }
    store.set_meta_if_absent("first", &me).await.unwrap()
}

/// Does nothing on its own: the other test starts it as a process.
#[test]
fn child() {
    if let Ok(folder) = std::env::var(FOLDER) {
        println!("first={}", open_and_write(&folder));
    }
}

fn spawn(test: &str, variable: &str, place: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, place)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn processes_that_start_at_once_share_one_database() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("not/there/yet");
        start_at_once(data.to_str().unwrap());
        let names: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| name.to_str().unwrap().starts_with("windlass.db")), "{names:?}");
    }
    start_at_once(&empty_server_database());
}

fn start_at_once(place: &str) {
    let mut children: Vec<Child> = (0..6).map(|_| spawn("child", FOLDER, place)).collect();
    let mut outputs: Vec<_> =
        children.iter_mut().map(|child| BufReader::new(child.stdout.take().unwrap()).lines()).collect();
    for output in &mut outputs {
        assert!(output.any(|line| line.unwrap().ends_with("ready")));
    }
    for child in &mut children {
        child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    let mut firsts = Vec::new();
    for (child, output) in children.iter_mut().zip(outputs) {
        firsts.extend(output.filter_map(|line| Some(line.unwrap().split_once("first=")?.1.to_owned())));
        assert!(child.wait().unwrap().success(), "{place}");
    }
    assert_eq!(firsts.len(), 6);
    firsts.dedup();
    assert_eq!(firsts.len(), 1, "more than one database was made");
}

/// Does nothing on its own: the other test starts it as a process and kills it.
#[test]
fn writer() {
    let Ok(place) = std::env::var(KILLED) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = open(&place).await;
        for number in 0_u32.. {
            store.set_meta_if_absent(&number.to_string(), "written").await.unwrap();
            println!("wrote={number}");
        }
    });
}

#[tokio::test]
async fn what_was_acknowledged_before_kill_9_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for place in [folder.path().to_str().unwrap(), &empty_server_database()] {
        let mut child = spawn("writer", KILLED, place);
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut numbers = output.filter_map(|line| line.ok()?.split_once("wrote=")?.1.parse::<u32>().ok());
        assert!(numbers.any(|number| number == 50));
        child.kill().unwrap();
        child.wait().unwrap();
        let last = numbers.last().unwrap_or(50);
        let store = open(place).await;
        for number in 0..=last {
            assert!(store.meta(&number.to_string()).await.unwrap().is_some(), "{number} of {last} is lost in {place}");
        }
    }
}
