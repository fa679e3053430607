//! The process in which a plugin's step runs: it takes its rights away, opens one library, and runs one step.
//!
//! The runner starts it, with a socket on standard input; started by hand it says so and ends. It is a program of its own
//! because it is started for every step, and what it need not carry it need not load (docs/decisions/0004).
//!
//! The order is the point: descriptors are closed and the restrictions put on while there is a single thread and before
//! any byte of the plugin is mapped, since opening a library already runs its code.

mod bpf;
mod restrict;
mod seccomp;
mod socket;

use std::ffi::CStr;
use std::fmt::Display;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::Duration;

use windlass_plugin_api::frames::{FromHost, HostHello, Loaded, PROTOCOL, Refused, Start};
use windlass_plugin_api::host::Plugin;
use windlass_plugin_api::peer::{Peer, Socket, functions};

use socket::Opened;

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
    let Ok(opened) = socket::open() else {
        eprintln!("windlass-plugin-host is started by windlass, for each step; there is nothing to do by hand");
        return RUNNER_GONE;
    };
    let restrictions = match restrict::apply(&opened.hello.confinement) {
        Ok(restrictions) => restrictions,
        Err(why) => return refuse(&opened.socket, "restrict", why),
    };
    let containment = restrict::containment(&opened.hello.confinement, &restrictions);
    let hello = HostHello { protocol: PROTOCOL, version: VERSION.to_owned(), restrictions, containment };
    opened.socket.send(&FromHost::Hello(hello));
    run_library(opened)
}

fn run_library(opened: Opened) -> i32 {
    let deadline = Duration::from_millis(opened.hello.deadline_ms.max(1));
    let peer = Peer::begin(opened.socket, opened.broker, Some(deadline), |started| {
        restrict::exit(if started { RUNNER_GONE } else { 0 })
    });
    let path = PathBuf::from(format!("/proc/self/fd/{}", opened.plugin.as_raw_fd()));
    let plugin = match Plugin::open(&path, functions()) {
        Ok(plugin) => plugin,
        Err(error) => return refuse(&peer.socket, "load", error),
    };
    if opened.hello.describe {
        let metadata = plugin.metadata();
        if metadata.is_empty() {
            return refuse(&peer.socket, "load", "it cannot describe itself: making its metadata panicked");
        }
        peer.socket.send_line(&format!("{{\"loaded\":{{\"metadata\":{metadata}}}}}"));
        return 0;
    }
    peer.socket.send(&FromHost::Loaded(Loaded { metadata: None }));
    match peer.wait_for_start() {
        Some(start) => peer.socket.send_line(&plugin.run(&encode(&start))),
        None => refuse(&peer.socket, "start", "a library was asked to describe itself too late") == 0,
    };
    0
}

fn encode(start: &Start) -> String {
    serde_json::to_string(start).expect("a start frame was read from JSON, so it is JSON again")
}

fn refuse(socket: &Socket, stage: &str, why: impl Display) -> i32 {
    socket.send(&FromHost::Refused(Refused { stage: stage.to_owned(), message: why.to_string() }));
    1
}
