//! Files that steps left, taken out.

use crate::installation::{Installation, also_on_postgres, assert_names};
use crate::stored::{execution, installation, only};
use std::process::Command;
use windlass_tests::terminal;

const FILE: &str = "bytes.bin";

fn with_files(job: &str) -> (Installation, String) {
    let installation = installation("");
    installation.job(job);
    installation.run_job(&[]).ok();
    let id = only(&installation);
    (installation, id)
}

#[test]
fn a_file_comes_out_as_it_went_in() {
    let (installation, id) = with_files("steps: [{id: one, uses: misbehave/offer, with: {fileBytes: 1000000}}]\n");
    let expected: Vec<u8> = (0..=u8::MAX).cycle().take(1_000_000).collect();
    let printed = installation.command(&["execution", "file", &id, FILE]).output().unwrap();
    assert!(printed.status.success() && printed.stdout == expected, "{}", String::from_utf8_lossy(&printed.stderr));
    let to = installation.folder().join("taken.bin");
    let target = to.to_str().unwrap();
    execution(&installation, "file", &id, &[FILE, "--to", target]).ok();
    assert_eq!(std::fs::read(&to).unwrap(), expected);
    std::fs::write(&to, "mine").unwrap();
    let refused = execution(&installation, "file", &id, &[FILE, "--to", target]);
    assert_names(refused.failed(4, "execution.unwritable-file"), &[target, "there already"]);
    assert_eq!(std::fs::read(&to).unwrap(), b"mine");
    let unknown = execution(&installation, "file", &id, &["bytes.bim"]);
    assert_names(unknown.failed(4, "execution.unknown-result"), &["`bytes.bim`", "`bytes.bin`"]);
}

#[test]
fn one_of_several_is_named_by_its_step() {
    let step = |id: &str, bytes: u32| format!("{{id: {id}, uses: misbehave/offer, with: {{fileBytes: {bytes}}}}}");
    let (installation, id) = with_files(&format!("steps: [{}, {}]\n", step("one", 10), step("other", 20)));
    let refused = execution(&installation, "file", &id, &[FILE, "--to", "x"]);
    assert_names(refused.failed(4, "execution.ambiguous-result"), &["--step one", "--step other"]);
    let to = installation.folder().join("taken.bin");
    execution(&installation, "file", &id, &[FILE, "--step", "other", "--to", to.to_str().unwrap()]).ok();
    assert_eq!(std::fs::metadata(&to).unwrap().len(), 20);
}

/// A terminal would obey what is in it.
#[test]
fn a_file_is_not_sent_to_a_terminal() {
    let (installation, id) = with_files("steps: [{uses: misbehave/offer, with: {fileBytes: 1000}}]\n");
    let command: Command = installation.command(&["execution", "file", &id, FILE]);
    let (status, seen) = terminal::run(command, 80).unwrap();
    assert_eq!(status.code(), Some(2));
    assert_names(&seen, &["--to FILE"]);
}

also_on_postgres! {
    a_file_comes_out_as_it_went_in,
}
