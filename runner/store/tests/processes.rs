//! Real processes on one data directory.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use windlass_store::Store;

const FOLDER: &str = "WINDLASS_STORE_TEST_FOLDER";
const KILLED: &str = "WINDLASS_STORE_TEST_KILLED";

#[tokio::main(flavor = "current_thread")]
async fn open_and_write(folder: &str) -> String {
    let mut line = String::new();
    println!("ready");
    std::io::stdin().read_line(&mut line).unwrap();
    let store = Store::open(Path::new(folder)).await.unwrap();
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

fn spawn(test: &str, variable: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(variable, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn processes_that_start_at_once_share_one_database() {
    for round in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("not/there/yet");
        let mut children: Vec<Child> = (0..6).map(|_| spawn("child", FOLDER, &data)).collect();
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
            assert!(child.wait().unwrap().success(), "round {round}");
        }
        assert_eq!(firsts.len(), 6);
        firsts.dedup();
        assert_eq!(firsts.len(), 1, "more than one database was made");
        let names: Vec<_> = std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(names.iter().all(|name| name.to_str().unwrap().starts_with("windlass.db")), "{names:?}");
    }
}

/// Does nothing on its own: the other test starts it as a process and kills it.
#[test]
fn writer() {
    let Ok(folder) = std::env::var(KILLED) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(Path::new(&folder)).await.unwrap();
        for number in 0_u32.. {
            store.set_meta_if_absent(&number.to_string(), "written").await.unwrap();
            println!("wrote={number}");
        }
    });
}

#[tokio::test]
async fn what_was_acknowledged_before_kill_9_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = spawn("writer", KILLED, folder.path());
    let output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut numbers = output.filter_map(|line| line.ok()?.split_once("wrote=")?.1.parse::<u32>().ok());
    assert!(numbers.any(|number| number == 50));
    child.kill().unwrap();
    child.wait().unwrap();
    let last = numbers.last().unwrap_or(50);
    let store = Store::open(folder.path()).await.unwrap();
    for number in 0..=last {
        assert!(store.meta(&number.to_string()).await.unwrap().is_some(), "{number} of {last} is lost");
    }
}
