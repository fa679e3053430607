//! Jobs as files again.

use super::NOOP;
use crate::installation::{Ended, Installation, assert_names};
use crate::stored::stored;
use std::fs;

fn export(installation: &Installation, more: &[&str]) -> Ended {
    let folder = installation.folder().join("out");
    installation.run(&[&["project", "export", folder.to_str().unwrap(), "--project", "web"], more].concat())
}

#[test]
fn files_come_back_as_they_were_and_others_are_not_overwritten() {
    let grouped = format!("group: team/x # as it is written\n{NOOP}");
    let installation = stored(&[("a", &grouped), ("b", NOOP)]);
    assert_names(export(&installation, &[]).ok(), &["team/x/a.yaml", "written"]);
    let [a, b] = ["team/x/a.yaml", "b.yaml"].map(|file| installation.folder().join("out").join(file));
    assert_eq!(fs::read(&a).unwrap(), fs::read(installation.folder().join("jobs/a.yaml")).unwrap());
    assert_names(export(&installation, &[]).ok(), &["as it was"]);
    fs::write(&a, "mine").unwrap();
    fs::remove_file(&b).unwrap();
    let refused = export(&installation, &[]);
    assert_names(refused.failed(3, "project.folder"), &["team/x/a.yaml`", "another text", "`--overwrite`"]);
    assert!(!b.exists(), "nothing is written when something is refused");
    export(&installation, &["--overwrite"]).ok();
    assert!(b.exists() && fs::read_to_string(&a).unwrap().contains("team/x"));
}

#[test]
fn names_that_come_to_one_name_of_a_file_get_files_of_their_own() {
    let installation = crate::stored::installation("");
    crate::stored::set(&installation, &[]);
    for (file, name) in [("1", "a/b"), ("2", "a_b"), ("3", "a\\b")] {
        let name = serde_json::json!(name);
        installation
            .write(&format!("jobs/{file}.yaml"), format!("apiVersion: windlass/v1\nkind: Job\nname: {name}\n{NOOP}"));
    }
    super::project(&installation, "apply", &[]).ok();
    export(&installation, &[]).ok();
    let mut files: Vec<String> = fs::read_dir(installation.folder().join("out"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort_unstable();
    assert_eq!(files, ["a_b-2.yaml", "a_b-3.yaml", "a_b.yaml"]);
    assert_names(&fs::read_to_string(installation.folder().join("out/a_b.yaml")).unwrap(), &["name: \"a_b\""]);
}

crate::installation::also_on_postgres! {
    files_come_back_as_they_were_and_others_are_not_overwritten,
    names_that_come_to_one_name_of_a_file_get_files_of_their_own,
}
