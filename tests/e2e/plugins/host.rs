//! The program that plugins run in: it belongs to the runner, and is looked for beside it.

use super::{Shelf, copy_program, misbehave};
use crate::installation::{Ended, assert_names};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const HOST: &str = "windlass-plugin-host";

/// An installed runner: `bin/windlass` in the folder of the shelf, its host at this place seen from there.
fn installed(host: Option<&str>) -> (Shelf, PathBuf) {
    let (shelf, _) = Shelf::with(&misbehave());
    let bin = shelf.installation.folder().join("bin");
    copy_program("windlass", &bin.join("windlass"));
    if let Some(place) = host {
        copy_program(HOST, &bin.join(place));
    }
    (shelf, bin)
}

fn run(shelf: &Shelf, bin: &Path) -> Ended {
    let job = shelf.installation.folder().join("job.yaml");
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--plugin-dir", shelf.folder.to_str().unwrap()];
    let command = Command::new(bin.join("windlass"));
    Ended::from(shelf.installation.arguments_for(command, &arguments).output().unwrap())
}

#[test]
fn it_lies_beside_the_runner_or_in_its_library_folder() {
    for place in [HOST, "../lib/windlass/windlass-plugin-host"] {
        let (shelf, bin) = installed(Some(place));
        run(&shelf, &bin).ok();
    }
}

#[test]
fn a_runner_without_it_says_what_to_install() {
    let (shelf, bin) = installed(None);
    let ended = run(&shelf, &bin);
    let said = ["`windlass-plugin-host`", bin.to_str().unwrap(), "install `windlass-plugin-host` of the same version"];
    assert_names(ended.failed(7, "plugin.host-failed"), &said);
}

#[test]
fn one_that_others_may_write_is_refused() {
    let (shelf, bin) = installed(Some(HOST));
    let host = bin.join(HOST);
    fs::set_permissions(&host, Permissions::from_mode(0o757)).unwrap();
    let ended = run(&shelf, &bin);
    assert_names(ended.failed(7, "plugin.unsafe-file"), &[&format!("`{}`", host.display()), "written by everybody"]);
}
