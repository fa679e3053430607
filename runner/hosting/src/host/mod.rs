//! What runs in the child: a process that takes its rights away, opens one library, and runs one step.
//!
//! The order is the point: descriptors are closed and the restrictions put on while there is a single thread and before
//! any byte of the plugin is mapped, since opening a library already runs its code.

mod restrict;
mod seccomp;
mod services;
mod socket;

use std::fmt::Display;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use windlass_plugin_api::frames::{FromHost, HostHello, PROTOCOL, Refused, Start};
use windlass_plugin_api::host::Plugin;

use services::Services;
use socket::Socket;

/// The exit code of a host whose runner is gone.
const RUNNER_GONE: i32 = 3;

/// Runs the plugin host and ends the process. Called before anything else of the binary has started.
pub fn main() -> ! {
    let code = serve();
    restrict::exit(code)
}

fn serve() -> i32 {
    let Ok((socket, hello, library)) = Socket::open() else { return RUNNER_GONE };
    let restrictions = match restrict::apply(&hello) {
        Ok(restrictions) => restrictions,
        Err(why) => return refuse(&socket, "restrict", why),
    };
    socket.send(&FromHost::Hello(HostHello { protocol: PROTOCOL, restrictions }));
    let services = Services::begin(socket, hello.deadline_ms);
    run(services, &library)
}

fn run(services: &'static Services, library: &OwnedFd) -> i32 {
    let path = PathBuf::from(format!("/proc/self/fd/{}", library.as_raw_fd()));
    let plugin = match Plugin::open(&path, services::functions()) {
        Ok(plugin) => plugin,
        Err(error) => return refuse(&services.socket, "load", error),
    };
    let metadata = plugin.metadata();
    if metadata.is_empty() {
        return refuse(&services.socket, "load", "it cannot describe itself: making its metadata panicked");
    }
    services.socket.send_line(&format!("{{\"ready\":{metadata}}}"));
    let Some(start) = services.wait_for_start() else { return 0 };
    services.socket.send_line(&plugin.run(&encode(&start)));
    0
}

fn encode(start: &Start) -> String {
    serde_json::to_string(start).expect("a start frame was read from JSON, so it is JSON again")
}

fn refuse(socket: &Socket, stage: &str, why: impl Display) -> i32 {
    socket.send(&FromHost::Refused(Refused { stage: stage.to_owned(), message: why.to_string() }));
    1
}
