//! A plugin that is a library: this process restricts itself, loads it, and calls the step.

use std::os::fd::AsRawFd;
use std::path::PathBuf;

use windlass_plugin_api::frames::{Alive, CONTAIN_STAGE, FromHost, HostHello, Loaded, PROTOCOL, RunnerHello, Start};
use windlass_plugin_api::host::Plugin;
use windlass_plugin_api::peer::{Peer, Socket, functions};

use crate::deadline::Killed;
use crate::socket::Opened;
use crate::{RUNNER_GONE, VERSION, refuse, restrict};

/// Returns the exit code.
pub(crate) fn run(opened: Opened) -> i32 {
    let Opened { socket, hello, plugin, broker } = opened;
    let socket = Socket::new(socket);
    // Before anything else: from here on it ends in time, however far it gets.
    let mut deadline = match Killed::at(hello.until_ms) {
        Ok(deadline) => deadline,
        Err(why) => return refuse(&socket, "restrict", format_args!("deadline: {why}")),
    };
    match restrict::library(&hello.confinement) {
        Ok(levels) => {
            let containment = levels.containment(&hello.confinement);
            if containment > hello.required {
                return refuse(&socket, CONTAIN_STAGE, containment.as_str());
            }
            let restrictions = levels.into_map();
            let version = VERSION.to_owned();
            socket.send(&FromHost::Hello(HostHello { protocol: PROTOCOL, version, restrictions, containment }));
        }
        Err(why) => return refuse(&socket, "restrict", why),
    }
    // One that cannot be moved ends the process early, which is safe.
    let alive = move |alive: Alive| {
        let _ = deadline.move_to(alive.until_ms);
    };
    let peer = Peer::begin(socket, broker, alive, |started| restrict::exit(if started { RUNNER_GONE } else { 0 }));
    let path = PathBuf::from(format!("/proc/self/fd/{}", plugin.as_raw_fd()));
    match Plugin::open(&path, functions()) {
        Ok(plugin) => converse(peer, plugin, &hello),
        Err(error) => refuse(&peer.socket, "load", error),
    }
}

fn converse(peer: &Peer, plugin: Plugin, hello: &RunnerHello) -> i32 {
    if hello.describe {
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
