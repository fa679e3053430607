//! The process in which a plugin's step runs, or which watches over the program that runs it.
//!
//! The runner starts it, with a socket on standard input; started by hand it says so and ends. It is a program of its own
//! because it is started for every step, and what it need not carry it need not load (docs/decisions/0004).
//!
//! The order is the point: descriptors are closed and the restrictions put on while there is a single thread and before
//! any byte of the plugin is mapped, since opening a library already runs its code. A library ([`library`]) runs in this
//! very process. A program ([`supervise`]) runs in children, which get their restrictions between fork and exec.

mod bpf;
mod deadline;
mod library;
mod restrict;
mod seccomp;
mod socket;
mod supervise;

use std::ffi::CStr;
use std::fmt::Display;

use windlass_plugin_api::frames::{FromHost, Refused};
use windlass_plugin_api::peer::Socket;

/// What process lists call it; the kernel takes 15 bytes.
const NAME: &CStr = c"windlass-plugin";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The exit code of a host whose runner is gone.
const RUNNER_GONE: i32 = 3;

fn main() {
    // Started from a descriptor, it would be called by that number in process lists.
    let _ = rustix::thread::set_name(NAME);
    restrict::one_heap();
    restrict::exit(serve());
}

fn serve() -> i32 {
    let Ok(mut opened) = socket::open() else {
        eprintln!("windlass-plugin-host is started by windlass, for each step; there is nothing to do by hand");
        return RUNNER_GONE;
    };
    match opened.hello.program.take() {
        Some(program) => supervise::run(opened, &program),
        None => library::run(opened),
    }
}

fn refuse(socket: &Socket, stage: &str, why: impl Display) -> i32 {
    socket.send(&FromHost::Refused(Refused { stage: stage.to_owned(), message: why.to_string() }));
    1
}
