//! The first frame of a plugin host, with its descriptors, and what follows it: the real host, a process for each input.

use std::fs::{self, File, Permissions};
use std::io::{IoSlice, Read as _, Write as _};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Pid, Resource, Rlimit, geteuid, prlimit};
use serde_json::{Value, json};
use tempfile::TempDir;
use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_plugin_api::frames::{
    BROKER_DESCRIPTOR, Confinement, Containment, Files, FromHost, LIBRARY_DESCRIPTOR, NetworkAccess,
    PROGRAM_DESCRIPTOR, PROTOCOL, Program, RunnerHello, ToHost,
};
use windlass_tests::binaries;

use crate::packets::pair;

/// Of this process, which only passes on.
const BOUNDS: Bounds = Bounds { base: 16 << 20, each: 24 };
/// Seconds of processor time, after which the system ends it.
const MOST_WORK: u64 = 20;
/// What the host bounds itself by.
const MEMORY: u64 = 1 << 30;
const PROCESSES: u64 = 64;
const NOBODY: u32 = 65534;
const LIBRARY: &str = "libwindlass_plugin_misbehave.so";
/// The program of the seeds; what is changed about its arguments and environment means nothing to it.
const SCRIPT: &str = "#!/bin/sh\nread -r start <&3\necho '{\"done\":{\"outputs\":{\"ok\":true}}}' >&3\n";

#[test]
fn the_first_frame_of_a_host() {
    let ground = Ground::new();
    let seeds = ground.seeds();
    for (seed, expected) in seeds.iter().zip(["loaded", "done", "done"]) {
        let ended = ground.run(&seed.bytes(), Until::LastFrame);
        let last = ended.frames.last().map(String::as_str).unwrap_or_default();
        assert!(last.contains(expected), "{:?}: {:?}", ended.status, ended.frames);
        assert!(ended.status.success(), "{:?}", ended.status);
    }
    hold(
        "the_first_frame_of_a_host",
        BOUNDS,
        |case: &Case| case.apply(&seeds),
        |input| {
            // The kind of host that a frame asks for decides what comes along with it.
            if let Some(hello) = ground.is_safe(input) {
                let lives = lives(hello.as_ref(), input);
                ground.check(hello.as_ref(), lives, &ground.run(input, Until::Sent));
            }
        },
    );
}

struct Ground {
    host: PathBuf,
    library: File,
    program: File,
    scratch: TempDir,
}

/// When this end says that it is gone.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    LastFrame,
    Sent,
}

struct Ended {
    status: ExitStatus,
    frames: Vec<String>,
}

impl Ground {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        fs::set_permissions(scratch.path(), Permissions::from_mode(0o711)).unwrap();
        let folder = scratch.path().join("own");
        fs::create_dir(&folder).unwrap();
        if geteuid().is_root() {
            chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let library = memory(&fs::read(binaries::built(LIBRARY).unwrap()).unwrap());
        let host = binaries::built("windlass-plugin-host").unwrap();
        Self { host, library, program: memory(SCRIPT.as_bytes()), scratch }
    }

    fn scratch(&self) -> String {
        self.scratch.path().join("own").to_str().unwrap().to_owned()
    }

    fn seeds(&self) -> Vec<Seed> {
        let hello = |files: Files, describe: bool, program: Option<Program>, broker: bool| {
            let plugin = if program.is_some() { PROGRAM_DESCRIPTOR } else { LIBRARY_DESCRIPTOR };
            let descriptors = [plugin].into_iter().chain(broker.then_some(BROKER_DESCRIPTOR));
            let network = NetworkAccess::Brokered;
            let hello = RunnerHello {
                protocol: PROTOCOL,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                until_ms: boottime_ms() + 3_600_000,
                confinement: Confinement { memory_bytes: MEMORY, processes: PROCESSES, files, network },
                required: Containment::Open,
                describe,
                program,
                descriptors: descriptors.map(str::to_owned).collect(),
            };
            json!(ToHost::Hello(hello))
        };
        let execution = json!({"id": "0", "project": "web", "job": "j", "step": "s"});
        let start = |step: &str| json!({"start": {"step": step, "config": {}, "execution": execution, "region": null, "endpoints": {}}});
        let program = || {
            let environment =
                [("PATH", "/usr/bin:/bin"), ("LANG", "C")].map(|(name, value)| (name.into(), value.into()));
            Program { name: "script".to_owned(), arguments: vec!["a".to_owned()], environment: environment.into() }
        };
        let programs = || Files::Programs { scratch: self.scratch() };
        let lines = |frames: &[Value]| Seed::Lines(frames.iter().map(Value::to_string).collect());
        vec![
            lines(&[hello(Files::Libraries, true, None, false)]),
            lines(&[
                hello(Files::Libraries, false, None, true),
                start("noop"),
                json!({"alive": {"untilMs": boottime_ms() + 3_600_000}}),
            ]),
            lines(&[hello(programs(), false, Some(program()), true), start("any"), json!({"cancel": {"graceMs": 1}})]),
        ]
    }

    /// The first frame, if it is one. Nothing when a host would empty another folder than the test's own, which it does to
    /// whatever the runner names: the host reads the frame by the same type, so it takes it for the same.
    fn is_safe(&self, input: &[u8]) -> Option<Option<RunnerHello>> {
        let line = input.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let Ok(ToHost::Hello(hello)) = serde_json::from_slice(line) else { return Some(None) };
        let safe = hello.confinement.files.scratch().is_none_or(|scratch| scratch == self.scratch());
        safe.then_some(Some(hello))
    }

    fn run(&self, input: &[u8], until: Until) -> Ended {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut command = Command::new(&self.host);
        command.env_clear().stdin(OwnedFd::from(theirs)).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        drop(command);
        let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
        // It may have ended already.
        let _ = prlimit(Some(pid), Resource::Cpu, Rlimit { current: Some(MOST_WORK), maximum: Some(MOST_WORK) });
        let (first, rest) =
            input.split_at(input.iter().position(|byte| *byte == b'\n').map_or(input.len(), |at| at + 1));
        self.send_first(&ours, first);
        let (mut sender, rest) = (ours.try_clone().unwrap(), rest.to_vec());
        // Nobody may read any more.
        let sending = std::thread::spawn(move || {
            drop(sender.write_all(&rest));
            if until == Until::Sent {
                drop(sender.shutdown(std::net::Shutdown::Write));
            }
        });
        let mut text = Vec::new();
        // A host that leaves something unread resets the connection.
        let _ = (&ours).read_to_end(&mut text);
        sending.join().unwrap();
        let status = child.wait().unwrap();
        let text = String::from_utf8(text).unwrap();
        Ended { status, frames: text.lines().map(str::to_owned).collect() }
    }

    fn send_first(&self, socket: &UnixStream, frame: &[u8]) {
        let (_broker, theirs) = pair();
        let program = matches!(serde_json::from_slice(frame), Ok(ToHost::Hello(RunnerHello { program: Some(_), .. })));
        let plugin = if program { &self.program } else { &self.library };
        let broker = String::from_utf8_lossy(frame).contains("\"broker\"").then_some(&theirs);
        let descriptors: Vec<_> = [plugin.as_fd()].into_iter().chain(broker.map(|it| it.as_fd())).collect();
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut attached = SendAncillaryBuffer::new(&mut space);
        assert!(attached.push(SendAncillaryMessage::ScmRights(&descriptors)));
        // The host may be gone before it took all of it.
        let sent = sendmsg(socket, &[IoSlice::new(frame)], &mut attached, SendFlags::NOSIGNAL).unwrap_or(frame.len());
        let _ = (&*socket).write_all(&frame[sent..]);
    }

    fn check(&self, hello: Option<&RunnerHello>, lives: bool, ended: &Ended) {
        let Ended { status, frames } = ended;
        for (number, frame) in frames.iter().enumerate() {
            let frame: FromHost<'_> = serde_json::from_str(frame).expect("a host sends frames");
            let greets = matches!(frame, FromHost::Hello(_));
            assert!(greets == (number == 0) || matches!(frame, FromHost::Refused(_)), "{frames:?}");
        }
        let asked = hello.is_some_and(|hello| hello.protocol == PROTOCOL);
        assert!(asked || frames.is_empty(), "it answered what is no first frame: {frames:?}");
        // With other limits it may have too little to live on.
        let limits = hello
            .is_none_or(|hello| hello.confinement.memory_bytes == MEMORY && hello.confinement.processes == PROCESSES);
        assert!(status.signal().is_none() || !limits || !lives, "it ended with {status}: {frames:?}");
    }
}

/// Whether the runner lets the host live until it has read everything; the system ends it otherwise.
fn lives(hello: Option<&RunnerHello>, input: &[u8]) -> bool {
    let later = boottime_ms() + 60_000;
    let of_line = |line: &[u8]| match serde_json::from_slice::<ToHost>(line) {
        Ok(ToHost::Alive(alive)) => Some(alive.until_ms),
        _ => None,
    };
    let moved = input.split(|byte| *byte == b'\n').filter_map(of_line);
    hello.map(|hello| hello.until_ms).into_iter().chain(moved).all(|until| until > later)
}

/// By the clock that hosts live by.
fn boottime_ms() -> u64 {
    let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_BOOTTIME).unwrap();
    u64::try_from(now.tv_sec()).unwrap() * 1000
}

fn memory(content: &[u8]) -> File {
    let flags = MemfdFlags::CLOEXEC;
    let memory = memfd_create("fuzz", flags | MemfdFlags::EXEC).or_else(|_| memfd_create("fuzz", flags));
    let mut memory = File::from(memory.unwrap());
    memory.write_all(content).unwrap();
    memory
}
