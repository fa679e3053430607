//! That what scripts are made of works under the filter for programs, which is put on real processes here.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output};

use super::*;

#[expect(unsafe_code, reason = "only between fork and exec can a child alone be given a filter")]
fn run(network: NetworkAccess, script: &str) -> Output {
    let filter = filter(network, true);
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", script]).current_dir(folder.path());
    let restrict = move || {
        rustix::thread::set_no_new_privs(true)?;
        apply_filter(&filter).map_err(|_| io::ErrorKind::Other.into())
    };
    // SAFETY: what runs there are two system calls.
    unsafe { command.pre_exec(restrict) };
    command.output().unwrap()
}

#[track_caller]
fn prints(script: &str, wanted: &str) {
    for network in [Brokered, Direct] {
        let output = run(network, script);
        let [stdout, stderr] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
        assert_eq!(stdout, wanted, "with {network:?}: {stderr}");
    }
}

#[test]
fn shells_start_programs_and_pipe() {
    prints("printf 'b\\na\\n' | sort | tr a-z A-Z; (sleep 0 & wait); sh -c 'echo $((1 + 1))'", "A\nB\n2\n");
    prints("diff <(echo a) <(echo a) && mkdir -p d && touch d/f && find . -name f | xargs ls", "./d/f\n");
}

#[test]
fn python_starts_threads_and_programs() {
    prints(
        "python3 - <<'end'
import asyncio, concurrent.futures, multiprocessing, os, subprocess, tempfile
print(subprocess.run(['echo', 'a program'], capture_output=True, text=True).stdout, end='')
with concurrent.futures.ThreadPoolExecutor() as threads: print(sum(threads.map(len, ['a', 'bc'])))
with multiprocessing.get_context('fork').Pool(2) as processes: print(processes.map(abs, [-1, 2]))
async def main():
    child = await asyncio.create_subprocess_exec('echo', 'a child', stdout=asyncio.subprocess.PIPE)
    print((await child.communicate())[0])
asyncio.run(main())
end",
        "a program\n3\n[1, 2]\nb'a child\\n'\n",
    );
}

#[test]
fn git_commits() {
    let identity = "-c user.name=a -c user.email=a@example.com -c commit.gpgsign=false";
    prints(
        &format!("git init -q . && touch f && git add f && git {identity} commit -qm first && git log --format=%s"),
        "first\n",
    );
}

/// The control: the filter is on.
#[test]
fn what_is_denied_is_denied_to_all_of_them() {
    prints("unshare --user true 2>/dev/null || echo no", "no\n");
    let connects = "python3 -c 'import socket; socket.socket()' 2>/dev/null && echo yes || echo no";
    assert_eq!(run(Brokered, connects).stdout, b"no\n");
    assert_eq!(run(Direct, connects).stdout, b"yes\n");
}
