//! The commands of `docs/keys.md` do what they should, one after another.

use super::kinds::{PRIVATE, PUBLIC};
use crate::installation::{Ended, assert_names};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use windlass_tests::binaries;

#[test]
fn the_commands_of_the_page_work_in_their_order() {
    let installation = crate::stored::installation("");
    installation.write("id_ed25519", PRIVATE);
    installation.write("id_ed25519.pub", PUBLIC);
    // `windlass` as somebody has it in their path.
    let configured = format!(
        "#!/bin/sh\nexec '{}' --config '{}' \"$@\"\n",
        binaries::windlass().unwrap().display(),
        installation.folder().join("windlass.yaml").display()
    );
    fs::create_dir(installation.folder().join("bin")).unwrap();
    let program = installation.write("bin/windlass", configured);
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());

    let page = include_str!("../../../docs/keys.md");
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let commands: Vec<&str> = blocks.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let mut shell = Command::new("sh");
        shell.args(["-c", command]).current_dir(installation.folder()).env_clear().env("PATH", &path);
        let ended = Ended::from(shell.output().unwrap());
        assert_eq!(ended.code, Some(0), "`{command}`: {}", ended.stderr);
        if command.contains("show") {
            assert_names(&ended.stdout, &["keys/project/web/"]);
        }
    }
    let listed = installation.run(&["key", "list", "-r"]);
    assert_names(listed.ok(), &["keys/project/web/token", "keys/project/web/deploy.pub"]);
}
