//! What is found in the folders: names and versions, duplicates, links, and files that come and go.

use super::{MISBEHAVE, Shelf, misbehave, replaced};
use crate::installation::assert_names;
use std::fs;
use std::os::unix::fs::symlink;
use windlass_tests::binaries;

#[test]
fn plugins_are_listed_with_name_version_and_state() {
    let (shelf, file) = Shelf::with(&misbehave());
    shelf.put("libwindlass_plugin_sts.so", &fs::read(binaries::built("libwindlass_plugin_sts.so").unwrap()).unwrap());
    let text = shelf.put("text.so", b"no library\n");
    shelf.put("README.md", b"nobody looks at this\n");

    let listed = shelf.listed(&file);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!((listed["name"].as_str(), listed["version"].as_str()), (Some("misbehave"), Some(version)));
    assert!(listed["refused"].is_null() && listed["api"].as_str().is_some_and(|api| api.starts_with("1.")), "{listed}");
    let refused = shelf.listed(&text);
    assert!(refused["name"].is_null() && refused["refused"].as_str().unwrap().contains("plugin.not-a-plugin"));

    let table = shelf.run(&["plugin", "list"]);
    assert_names(table.ok(), &["misbehave", "sts", version, " ok ", "text.so", "refused (plugin.not-a-plugin)"]);
    assert!(!table.stdout.contains("README"), "{}", table.stdout);
    shelf.run_job().ok();
}

#[test]
fn an_empty_or_missing_folder_has_no_plugins() {
    let shelf = Shelf::empty();
    assert_eq!(shelf.run(&["plugin", "list", "--output", "json"]).ok(), "[]\n");
    let missing = shelf.installation.run(&["--plugin-dir", "/nowhere/plugins", "plugin", "list"]);
    assert_eq!(missing.ok(), "");
    assert_names(&missing.stderr, &["no plugins in `/nowhere/plugins`"]);
    let shown = shelf.run(&["plugin", "show", "misbehave"]);
    assert_names(shown.failed(7, "plugin.not-found"), &["`misbehave`", shelf.folder.to_str().unwrap(), "`pluginDirs`"]);
}

#[test]
fn a_misspelt_name_comes_with_the_nearest() {
    let (shelf, _) = Shelf::with(&misbehave());
    let shown = shelf.run(&["plugin", "show", "misbehav"]);
    assert_names(shown.failed(7, "plugin.not-found"), &["`misbehav`", "did you mean `misbehave`?"]);
}

#[test]
fn two_files_of_one_plugin_are_refused() {
    let (shelf, first) = Shelf::with(&misbehave());
    let second = shelf.put("another-name.so", &misbehave());
    let paths = [&first, &second].map(|path| format!("`{}`", path.display()));
    for ended in [shelf.run_job(), shelf.run(&["plugin", "show", "misbehave"])] {
        assert_names(ended.failed(7, "plugin.duplicate"), &["`misbehave`", &paths[0], &paths[1], "remove one"]);
    }
    fs::remove_file(second).unwrap();
    shelf.run_job().ok();
}

#[test]
fn a_link_leads_to_the_file_that_is_checked() {
    let shelf = Shelf::empty();
    symlink(binaries::built(MISBEHAVE).unwrap(), shelf.folder.join("link.so")).unwrap();
    shelf.run_job().ok();
    symlink("/nowhere/plugin.so", shelf.folder.join("dangling.so")).unwrap();
    let refused = shelf.listed(&shelf.folder.join("dangling.so"));
    assert!(refused["refused"].as_str().unwrap().contains("cannot be read"), "{refused}");
    shelf.run_job().ok();
}

#[test]
fn a_replaced_file_counts_from_the_next_run() {
    let (shelf, file) = Shelf::with(&misbehave());
    shelf.run_job().ok();
    // Bytes behind the sections belong to nothing, so that the plugin is the same and its file is not.
    let new = [misbehave(), b"a newer build".to_vec()].concat();
    let other = shelf.put("new", &new);
    fs::rename(other, &file).unwrap();
    shelf.run_job().ok();
    fs::write(&file, b"broken").unwrap();
    shelf.run_job().failed(7, "plugin.not-a-plugin");
    let renamed = replaced(misbehave(), "\nname=misbehave\n", "\nname=mismanage\n");
    fs::write(&file, renamed).unwrap();
    shelf.run_job().failed(4, "job.unknown-step-type");
    fs::write(&file, misbehave()).unwrap();
    shelf.run_job().ok();
    let ran = shelf.installation.database("SELECT plugin_sha256 FROM step_execution ORDER BY started_at");
    assert_eq!(ran.len(), 3, "a refused plugin starts no execution");
    assert!(ran[0] == ran[2] && ran[0] != ran[1], "{ran:?}");
}
