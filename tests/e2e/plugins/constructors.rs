//! Opening a library already runs its code: what a constructor does happens in a host, and after the restrictions.

use super::{MISBEHAVE, Shelf};
use std::process::Command;

/// A library in C with the note of plugin `misbehave` and a constructor.
const LIBRARY: &str = r#"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
struct note { unsigned owner_length, descriptor_length, kind; char owner[12]; char descriptor[256]; };
__attribute__((section(".note.windlass"), used, aligned(4)))
static const struct note note = {9, 256, 1, "Windlass", "abi=1\napi=1.0.0\ntarget=TARGET\nname=misbehave\nversion=1\n"};
__attribute__((constructor)) static void constructor(void) { BODY; }
"#;

fn shelf(body: &str) -> Shelf {
    let shelf = Shelf::empty();
    let source = shelf.installation.write("plugin.c", LIBRARY.replace("TARGET", target()).replace("BODY", body));
    let library = shelf.folder.join(MISBEHAVE);
    let output = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    shelf
}

/// As `windlass_plugin_api::note` writes it.
fn target() -> &'static str {
    if cfg!(target_arch = "x86_64") { "x86_64-linux" } else { "aarch64-linux" }
}

#[test]
fn one_that_aborts_ends_its_host_only() {
    let error = shelf("abort()").run_job();
    assert!(error.failed(7, "plugin.crashed").contains("ended by SIGABRT"), "{error:?}");
}

#[test]
fn one_that_exits_with_zero_is_no_success() {
    let error = shelf("_exit(0)").run_job();
    assert!(error.failed(7, "plugin.no-result").contains("exited with code 0"), "{error:?}");
}

/// It aborts when it can open what a restricted host cannot; what is no plugin otherwise is refused after that.
#[test]
fn one_finds_the_restrictions_in_place() {
    let error = shelf(r#"if (open("/etc/passwd", O_RDONLY) >= 0) abort()"#).run_job();
    error.failed(7, "plugin.damaged");
}

/// A folder that a host may read: so the check above aborts when it should.
#[test]
fn the_check_above_would_notice() {
    let error = shelf(r#"if (open("/lib", O_RDONLY) >= 0) abort()"#).run_job();
    error.failed(7, "plugin.crashed");
}
