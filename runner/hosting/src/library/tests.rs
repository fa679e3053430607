use super::*;
use rustix::fs::FallocateFlags;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use tempfile::TempDir;

const MANIFEST: &str = "apiVersion: windlass/v1
kind: Plugin
name: greet
version: \"1\"
title: Greetings
program: greet.sh
steps: [{name: hello, title: Hello, config: {type: object}, outputs: {type: object}}]
";

fn plugin() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let manifest = folder.path().join("greet.plugin.yaml");
    fs::write(&manifest, MANIFEST).unwrap();
    fs::write(folder.path().join("greet.sh"), "#!/bin/sh\n").unwrap();
    for name in ["greet.plugin.yaml", "greet.sh"] {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(0o644)).unwrap();
    }
    (folder, manifest)
}

#[test]
fn a_manifest_and_its_program_are_a_plugin() {
    let (_folder, manifest) = plugin();
    let library = Library::load(&manifest).unwrap();
    assert_eq!((library.identity.name.as_str(), library.identity.api.as_str()), ("greet", "windlass/v1"));
    assert_eq!(library.metadata().unwrap().steps[0].name, "hello");
    assert!(matches!(&library.form, Form::Program { name, .. } if name == "greet.sh"));
    let mut content = [0; 32];
    assert_eq!(library.memory.read_at(&mut content, 0).unwrap(), "#!/bin/sh\n".len());
}

#[test]
fn the_copy_in_memory_stays_as_it_was_hashed() {
    let (_folder, manifest) = plugin();
    let memory = Library::load(&manifest).unwrap().memory;
    let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
    let refused = [
        memory.write_at(b"x", 0).unwrap_err(),
        memory.write_at(b"x", 10).unwrap_err(),
        memory.set_len(0).unwrap_err(),
        memory.set_len(100).unwrap_err(),
        rustix::fs::fallocate(&memory, punch, 0, 4).unwrap_err().into(),
        rustix::fs::fcntl_add_seals(&memory, SealFlags::WRITE).unwrap_err().into(),
    ];
    for error in refused {
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied, "{error}");
    }
    let mut content = [0; 32];
    let length = memory.read_at(&mut content, 0).unwrap();
    assert_eq!(&content[..length], b"#!/bin/sh\n");
}

/// The recipe of the documentation, with the system's own tool.
#[test]
fn the_hash_is_that_of_both_files() {
    let (folder, manifest) = plugin();
    let by_hand = || {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", "sha256sum greet.plugin.yaml greet.sh | sha256sum"]).current_dir(folder.path());
        String::from_utf8(command.output().unwrap().stdout).unwrap()[..64].to_owned()
    };
    let first = by_hand();
    assert_eq!(Library::load(&manifest).unwrap().sha256, first);
    fs::write(folder.path().join("greet.sh"), "#!/bin/sh\nexit 1\n").unwrap();
    let second = Library::load(&manifest).unwrap().sha256;
    assert_eq!(second, by_hand());
    assert_ne!(first, second);
}

#[test]
fn the_program_is_checked_like_the_manifest() {
    let (folder, manifest) = plugin();
    let program = folder.path().join("greet.sh");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(Library::load(&manifest), Err(HostingError::Unsafe { path, .. }) if path == program));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(&manifest, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(matches!(Library::load(&manifest), Err(HostingError::Unsafe { path, .. }) if path == manifest));
}

#[test]
fn a_program_that_cannot_be_started_is_refused_with_its_place() {
    let (folder, manifest) = plugin();
    let program = folder.path().join("greet.sh");
    let refused = || Library::load(&manifest).unwrap_err().to_string();
    fs::write(&program, "echo hello\n").unwrap();
    assert!(refused().contains(":6:10: its program is neither an ELF file nor a script"), "{}", refused());
    fs::remove_file(&program).unwrap();
    assert!(refused().contains(":6:10: its program cannot be read: No such file"), "{}", refused());
    fs::create_dir(&program).unwrap();
    assert!(refused().contains(":6:10: its program cannot be used: it is no regular file"), "{}", refused());
}
