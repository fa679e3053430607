//! Files that are no plugins, or none for this runner: told apart before a byte of them runs.

use super::{MISBEHAVE, Shelf, misbehave, replaced};
use crate::installation::assert_names;
use std::fs;
use std::path::PathBuf;

/// The listing and a run refuse the file with this code, and say its path and all of `said`.
#[track_caller]
fn assert_refused(content: &[u8], code: &str, said: &[&str]) {
    let (shelf, file) = Shelf::with(content);
    let listed = shelf.listed(&file)["refused"].as_str().unwrap_or_default().to_owned();
    assert_names(&listed, &[code, file.to_str().unwrap()]);
    for ended in [shelf.run_job(), shelf.run(&["plugin", "show", "misbehave"])] {
        let error = ended.failed(7, code);
        assert_names(error, &[&format!("`{}`", file.display()), "help: "]);
        assert_names(error, said);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn what_is_no_library_is_no_plugin() {
    let executable = fs::read("/proc/self/exe").unwrap();
    let mut relocatable = misbehave();
    relocatable[16] = 1; // e_type: ET_REL
    for content in [&b"no library\n"[..], b"", b"\x7fELF\x02\x01\x01\0\0\0", b"#!/bin/sh\necho hello\n"] {
        assert_refused(content, "plugin.not-a-plugin", &["it is no ELF library"]);
    }
    assert_refused(&relocatable, "plugin.not-a-plugin", &["no shared library"]);
    assert_refused(&executable, "plugin.not-a-plugin", &["`.note.windlass`"]);
}

#[test]
fn a_library_of_the_system_is_no_plugin() {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let c_library =
        maps.lines().filter_map(|line| line.split_whitespace().last()).find(|path| path.contains("libc.so"));
    let content = fs::read(c_library.unwrap()).unwrap();
    assert_refused(&content, "plugin.not-a-plugin", &["it has no `.note.windlass` section"]);
}

/// A library that is cut short would end whoever opens it with SIGBUS.
#[test]
fn a_library_that_is_cut_short_is_damaged() {
    let whole = misbehave();
    for length in [64, 4096, 100_000, whole.len() / 2, whole.len() - 100, whole.len() - 1] {
        let shown = length.to_string();
        assert_refused(&whole[..length], "plugin.damaged", &["it is cut short, to ", &shown, "copy or build it again"]);
    }
}

/// Whatever a header says, the runner only ever refuses.
#[test]
fn a_header_of_nonsense_is_refused() {
    let whole = misbehave();
    for (at, bytes) in [
        (0x20, &[0xff; 8][..]), // e_phoff
        (0x28, &[0xff; 8]),     // e_shoff
        (0x28, &[0; 8]),        // e_shoff: no sections
        (0x36, &[1, 0]),        // e_phentsize
        (0x3a, &[0; 2]),        // e_shentsize
        (0x3e, &[0xff, 0xff]),  // e_shstrndx
    ] {
        let mut content = whole.clone();
        content[at..at + bytes.len()].copy_from_slice(bytes);
        let (shelf, file) = Shelf::with(&content);
        assert!(!shelf.listed(&file)["refused"].is_null(), "{at:#x} {bytes:?}");
        let ended = shelf.run_job();
        assert_eq!(ended.code, Some(7), "{at:#x} {bytes:?}: {}", ended.stderr);
    }
}

/// The section headers are right, and what the loader needs is not: found when the host opens it.
#[test]
fn a_library_with_damaged_code_fails_in_its_host_only() {
    let mut content = misbehave();
    let dynamic = content.len() / 3;
    content[0x1000..dynamic].fill(0);
    let (shelf, _) = Shelf::with(&content);
    let ended = shelf.run_job();
    assert_eq!(ended.code, Some(7), "{}", ended.stderr);
    assert_names(&ended.stderr, &["error[plugin."]);
    assert_eq!(ended.stderr.matches("error[").count(), 1, "{}", ended.stderr);
}

#[test]
fn another_architecture_is_named() {
    let here = format!("{}-linux", std::env::consts::ARCH);
    let machine = |class: u8, machine: u16| {
        let mut content = misbehave();
        content[4] = class; // e_ident[EI_CLASS]
        content[18..20].copy_from_slice(&machine.to_le_bytes()); // e_machine
        content
    };
    let (other, name) = if cfg!(target_arch = "x86_64") { (183, "aarch64-linux") } else { (62, "x86_64-linux") };
    let wanted = [&here, "build the plugin for"].map(str::to_owned);
    for (content, built_for) in [
        (machine(2, other), name),
        (machine(1, 3), "i386-linux"),
        (machine(2, 243), "machine 243"), // RISC-V
    ] {
        assert_refused(&content, "plugin.wrong-target", &[&format!("built for {built_for}"), &wanted[0], &wanted[1]]);
    }
}

#[test]
fn another_abi_is_named() {
    let content = replaced(misbehave(), "abi=1\napi=", "abi=2\napi=");
    let said = ["built for plugin ABI 2", "this runner needs ABI 1", "rebuild the plugin", "`windlass-plugin-api`"];
    assert_refused(&content, "plugin.wrong-abi", &said);
}

#[test]
fn a_damaged_note_is_refused() {
    for (text, by, said) in [
        ("abi=1\napi=", "abc=1\napi=", "no `abi`"),
        ("\nname=misbehave\n", "\nname=../../etc\n", "malformed name"),
        ("\nname=misbehave\n", "\nnome=misbehave\n", "no `name`"),
    ] {
        assert_refused(&replaced(misbehave(), text, by), "plugin.damaged", &[said, "copy or build it again"]);
    }
}

/// The note is what the runner looks at, the metadata what the plugin says of itself.
#[test]
fn a_note_with_another_name_is_told_by_the_metadata() {
    let (shelf, _) = Shelf::with(&replaced(misbehave(), "\nname=misbehave\n", "\nname=mismanage\n"));
    shelf.installation.job("steps: [{uses: mismanage/noop}]\n");
    for ended in [shelf.run_job(), shelf.run(&["plugin", "show", "mismanage"])] {
        let error = ended.failed(7, "plugin.protocol");
        assert_names(error, &["`mismanage`", "its note and its metadata disagree", "`misbehave`"]);
    }
}

/// Opening a named pipe would wait for ever, and reading a device never end.
#[test]
fn what_is_no_file_is_refused_at_once() {
    let shelf = Shelf::empty();
    let pipe = shelf.folder.join(MISBEHAVE);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let device = shelf.folder.join("zero.so");
    std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
    let folder: PathBuf = shelf.folder.join("folder.so");
    fs::create_dir(&folder).unwrap();
    for path in [pipe, device, folder] {
        let refused = shelf.listed(&path);
        assert_names(refused["refused"].as_str().unwrap(), &["plugin.not-a-plugin", path.to_str().unwrap()]);
    }
    assert_names(shelf.run_job().failed(7, "plugin.not-a-plugin"), &["it is no regular file"]);
}
