//! That the search finds what is there: the same secret, put into each kind of place.

use crate::ground::{printed, python};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fs;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use windlass_tests::leaks::{Find, Sampler, Search, Secret};
use windlass_tests::wait;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

fn search() -> Search {
    Search::new([&Secret::new("it", SECRET)])
}

/// A shell that reads the secret and hands it to a child, and all that it starts.
struct Parent(Child);

impl Parent {
    fn start(script: &str) -> Self {
        let mut command = Command::new("sh");
        let mut child = command.args(["-c", script]).stdin(Stdio::piped()).process_group(0).spawn().unwrap();
        writeln!(child.stdin.take().unwrap(), "{SECRET}").unwrap();
        Self(child)
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        let _gone = kill_process_group(Pid::from_child(&self.0), Signal::KILL);
        let _status = self.0.wait();
    }
}

/// What a sampler catches of a process that this script starts.
fn caught(script: &str) -> Find {
    let parent = Parent::start(script);
    let sampler = Sampler::start(parent.0.id());
    let find = || Ok(search().samples(&sampler.seen()).pop());
    wait::until("the secret", wait::PATIENCE, find).unwrap()
}

#[test]
fn in_the_environment_of_a_child() {
    let find = caught("read -r secret; TOKEN=$secret sleep 600; :");
    assert!(find.place.starts_with("the environment of process"), "{find:?}");
}

#[test]
fn on_the_command_line_of_a_child() {
    let find = caught("read -r secret; sh -c 'sleep 600; :' sh \"$secret\"; :");
    assert!(find.place.starts_with("the command line of process"), "{find:?}");
}

#[test]
fn in_a_file() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("core.4711");
    fs::write(&file, [&[0; 5000][..], SECRET.as_bytes(), &[0; 5000]].concat()).unwrap();
    let finds = search().folder(folder.path(), &[]).unwrap();
    assert_eq!(finds.iter().map(|find| find.place.as_str()).collect::<Vec<_>>(), [file.to_str().unwrap()]);
}

/// Makes a table with two values, the second of which is written while the first is in the database file already.
fn database(folder: &Path, first: &[u8], second: &[u8]) -> String {
    for (name, bytes) in [("first", first), ("second", second)] {
        fs::write(folder.join(name), bytes).unwrap();
    }
    let script = format!(
        "import os, sqlite3
connection = sqlite3.connect('{0}/windlass.db')
connection.execute('PRAGMA journal_mode = WAL')
connection.execute('CREATE TABLE chunk (data)')
connection.execute('INSERT INTO chunk VALUES (?)', [open('{0}/first', 'rb').read()])
connection.commit()
connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
connection.execute('INSERT INTO chunk VALUES (?)', [open('{0}/second', 'rb').read()])
connection.commit()
print(os.path.getsize('{0}/windlass.db-wal'), flush=True)
os._exit(0)",
        folder.display()
    );
    printed(&python(|python| Command::new(python), &script))
}

/// Compressed, and longer than a page, so that neither shows in the bytes of a file; one of them in the write-ahead log.
#[test]
fn in_compressed_values_of_a_database() {
    let folder = TempDir::new().unwrap();
    let noise: Vec<u8> = (0..20_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let chunk = zstd::encode_all(&*[&noise, SECRET.as_bytes(), &noise].concat(), 1).unwrap();
    let wal: usize = database(folder.path(), &chunk, &chunk).parse().unwrap();
    assert!(wal > chunk.len() / 2, "the second value is in the write-ahead log only");
    let found: Vec<String> =
        search().database(&folder.path().join("windlass.db")).unwrap().into_iter().map(|find| find.place).collect();
    assert_eq!(found, ["chunk.data, row 0", "chunk.data, row 1"]);
}
