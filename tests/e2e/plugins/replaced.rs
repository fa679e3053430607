//! Files that change while they are used: a running execution keeps what it began with, the next one takes what is there.

use super::{MISBEHAVE, NOOP, Shelf, copy_program, misbehave, replaced};
use crate::installation::Ended;
use crate::started::Started;
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

const RUNS: usize = 24;

fn changed() -> Vec<u8> {
    replaced(misbehave(), "Misbehaves on request, for tests.", "misbehaves on request, for tests.")
}

/// As a package manager puts a file in place: written beside, then renamed (rename(2) is atomic).
fn put(shelf: &Shelf, content: &[u8]) {
    let beside = shelf.put("beside", content);
    fs::rename(beside, shelf.folder.join(MISBEHAVE)).unwrap();
}

#[test]
fn under_load_each_execution_has_one_version_or_the_other() {
    let (old, new) = (misbehave(), changed());
    let (shelf, _) = Shelf::with(&old);
    let over = AtomicBool::new(false);
    let (shelf, over) = (&shelf, &over);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for version in [&new, &old].into_iter().cycle() {
                put(shelf, version);
                if over.load(Ordering::SeqCst) {
                    return;
                }
            }
        });
        let runs: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| (0..RUNS / 3).for_each(|_| assert_eq!(shelf.run_job().code, Some(0)))))
            .collect();
        let ended: Vec<_> = runs.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::SeqCst);
        assert!(ended.iter().all(Result::is_ok), "a run failed");
    });
    let rows = shelf.installation.database("SELECT plugin_sha256 FROM step_execution WHERE state = 'succeeded'");
    let hashes: BTreeSet<String> = rows.iter().map(|row| row[0].to_string()).collect();
    assert_eq!((rows.len(), hashes.len()), (RUNS, 2), "both versions were used, and nothing else");
}

/// An upgrade replaces the runner, its host and the plugins while executions go on. The steps that are still to come run in
/// hosts of the version that their runner is.
#[test]
fn an_upgrade_does_not_reach_a_running_execution() {
    let (shelf, _) = Shelf::with(&misbehave());
    let bin = shelf.installation.folder().join("bin");
    for program in ["windlass", "windlass-plugin-host"] {
        copy_program(program, &bin.join(program));
    }
    let go = shelf.installation.folder().join("go");
    copy_program("windlass-plugin-shell", &shelf.folder.join("windlass-plugin-shell"));
    let wait = format!("{{script: 'echo waiting; until [ -e {} ]; do sleep 0.02; done'}}", go.display());
    shelf.installation.job(&format!(
        "steps:\n  - {{id: first, uses: shell/script, with: {wait}}}\n  - {{id: second, uses: misbehave/noop}}\n"
    ));
    let mut run = Started::start(&shelf.installation, command(&shelf, &bin));
    run.says("first| waiting");
    for file in [bin.join("windlass"), bin.join("windlass-plugin-host"), shelf.folder.join(MISBEHAVE)] {
        let beside = file.with_extension("new");
        fs::write(&beside, "this is no program").unwrap();
        fs::rename(&beside, &file).unwrap();
    }
    fs::write(&go, "").unwrap();
    assert_eq!(
        run.wait().code(),
        Some(0),
        "{}",
        fs::read_to_string(shelf.installation.folder().join("stderr")).unwrap()
    );
    shelf.installation.job(NOOP);
    shelf.run_job().failed(7, "plugin.not-a-plugin");
}

fn command(shelf: &Shelf, bin: &Path) -> Command {
    let job = shelf.installation.folder().join("job.yaml");
    let folder = shelf.folder.to_str().unwrap();
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--plugin-dir", folder];
    shelf.installation.arguments_for(Command::new(bin.join("windlass")), &arguments)
}

/// What is written into the file itself, as `cp` does, reaches no step that runs already, since its bytes were copied.
#[test]
fn a_file_that_is_overwritten_reaches_no_running_step() {
    let (shelf, file) = Shelf::with(&misbehave());
    shelf.installation.job("steps: [{id: it, uses: misbehave/fault, with: {kind: sleep-until-cancelled}}]\n");
    let folder = shelf.folder.to_str().unwrap();
    let run = Started::start(&shelf.installation, shelf.installation.job_command(&["--plugin-dir", folder]));
    run.says("waiting until it is cancelled");
    fs::write(&file, vec![0xcc; misbehave().len()]).unwrap();
    fs::write(&file, b"").unwrap();
    run.signal(Signal::INT);
    let ended: Ended = run.ended();
    ended.failed(130, "step.cancelled");
}
