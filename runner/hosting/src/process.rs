//! Starting a plugin host and ending it.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use windlass_plugin_api::frames::{
    BROKER_DESCRIPTOR, LIBRARY_DESCRIPTOR, PROGRAM_DESCRIPTOR, PROTOCOL, RunnerHello, ToHost,
};

use crate::cgroup::ControlGroup;
use crate::frames::{FrameReader, FrameWriter, encode};
use crate::lifeline::Pings;
use crate::scratch::Scratch;
use crate::surroundings::Launch;
use crate::{HostingError, Library, Lifeline, host_program};

/// How long a host may take to end by itself after its last frame.
const LAST_BREATH: Duration = Duration::from_secs(2);

/// How long a supervisor may take to end what it has started; it takes milliseconds, and needs more on a busy machine.
const CLEARED_WITHIN: Duration = Duration::from_secs(10);

/// What a plugin host may use.
#[derive(Clone, Debug)]
pub struct HostLimits {
    /// Address space in bytes.
    pub memory_bytes: u64,
    /// Log text, standard output, standard error and rows of one step, in bytes.
    pub output_bytes: u64,
    /// Processes and threads that a program and its children may be at a time.
    pub processes: u64,
}

/// A plugin host and the runner's ends of its socket and pipes. Dropping it kills the host's process group.
pub(crate) struct HostProcess {
    child: Child,
    group: Option<Pid>,
    pub(crate) frames: FrameReader,
    pub(crate) writer: FrameWriter,
    pub(crate) pings: Pings,
    pub(crate) stdout: Option<ChildStdout>,
    pub(crate) stderr: Option<ChildStderr>,
    /// Whether there are processes behind it that it ends; killed, it could not.
    supervises: bool,
    /// Goes before the scratch folder: what is in it could still write there.
    control_group: Option<ControlGroup>,
    scratch: Option<Scratch>,
}

impl HostProcess {
    /// Starts a host and sends the first frame, to which the plugin is attached.
    ///
    /// Nothing here may use `pre_exec`, a uid or a gid: that would fork, and a fork of a large runner costs tens of
    /// milliseconds; the host restricts itself.
    pub(crate) fn start(
        library: &Library,
        launch: Launch,
        lifeline: &Lifeline,
        describe: bool,
    ) -> Result<Self, HostingError> {
        let program = host_program::path()?;
        Self::try_start(&program, library, launch, lifeline, describe)
            .map_err(|source| HostingError::NotStarted { source })
    }

    fn try_start(
        program: &Path,
        library: &Library,
        launch: Launch,
        lifeline: &Lifeline,
        describe: bool,
    ) -> io::Result<Self> {
        let (pings, until_ms) = lifeline.hold();
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        let supervises = launch.program.is_some();
        let limits = &launch.confinement;
        let group = supervises.then(|| ControlGroup::create(limits.processes, limits.memory_bytes)).flatten();
        if group.is_none() {
            send_hello(&ours, library, &launch, until_ms, describe)?;
        }
        let mut child = Command::new(program)
            .arg0("windlass-plugin-host")
            .env_clear()
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(!supervises)
            .spawn()?;
        // It starts nothing before the first frame, so all that it starts is in its group.
        if let (Some(group), Some(pid)) = (&group, child.id()) {
            // The supervisor ends what it starts without a group too, and says that it has none.
            let _ = group.add(pid);
            send_hello(&ours, library, &launch, until_ms, describe)?;
        }
        ours.set_nonblocking(true)?;
        let (read, write) = UnixStream::from_std(ours)?.into_split();
        Ok(Self {
            group: child.id().and_then(|id| Pid::from_raw(id.cast_signed())),
            stdout: child.stdout.take(),
            stderr: child.stderr.take(),
            child,
            frames: FrameReader::new(read),
            writer: FrameWriter::new(write),
            pings,
            supervises,
            control_group: group,
            scratch: launch.scratch,
        })
    }

    /// Lets the host end by itself for a moment, then ends what is left of it.
    pub(crate) async fn end(&mut self) -> Option<ExitStatus> {
        match tokio::time::timeout(LAST_BREATH, self.child.wait()).await {
            Ok(status) => {
                self.signal(Signal::KILL);
                status.ok()
            }
            Err(_) => self.end_now().await,
        }
    }

    /// How many of the step's processes the kernel killed because together they needed more memory than they may have;
    /// known until [`Self::clear`].
    pub(crate) fn killed_for_memory(&self) -> u64 {
        self.control_group.as_ref().map_or(0, ControlGroup::killed_for_memory)
    }

    /// Kills whatever is left in the step's control group.
    pub(crate) fn clear(&mut self) {
        self.control_group = None;
    }

    /// Ends the host and all behind it, without asking them.
    pub(crate) async fn end_now(&mut self) -> Option<ExitStatus> {
        if self.supervises {
            // Without the runner it ends what it supervises, and itself.
            self.writer.shut_down().await;
            if let Ok(status) = tokio::time::timeout(CLEARED_WITHIN, self.child.wait()).await {
                return status.ok();
            }
        }
        self.signal(Signal::KILL);
        self.child.wait().await.ok()
    }

    /// The scratch folder of a program, which is gone when this is dropped.
    pub(crate) fn scratch(&self) -> Option<String> {
        self.scratch.as_ref().map(|scratch| scratch.path().to_string_lossy().into_owned())
    }

    /// Sends a signal to the host's process group.
    pub(crate) fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            // The group may be gone already.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for HostProcess {
    fn drop(&mut self) {
        if !self.supervises && self.child.id().is_some() {
            self.signal(Signal::KILL);
        }
    }
}

/// The socket is empty, so this does not block.
fn send_hello(
    socket: &std::os::unix::net::UnixStream,
    library: &Library,
    launch: &Launch,
    until_ms: u64,
    describe: bool,
) -> io::Result<()> {
    let plugin = if launch.program.is_some() { PROGRAM_DESCRIPTOR } else { LIBRARY_DESCRIPTOR };
    let mut attached = vec![(plugin, library.memory())];
    attached.extend(launch.broker.as_ref().map(|broker| (BROKER_DESCRIPTOR, broker.as_fd())));
    let hello = encode(&ToHost::Hello(RunnerHello {
        protocol: PROTOCOL,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        until_ms,
        confinement: launch.confinement.clone(),
        required: launch.required,
        describe,
        program: launch.program.clone(),
        descriptors: attached.iter().map(|(name, _)| (*name).to_owned()).collect(),
    }));
    let descriptors: Vec<BorrowedFd<'_>> = attached.iter().map(|(_, descriptor)| *descriptor).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    let sent = sendmsg(socket, &[IoSlice::new(&hello)], &mut ancillary, SendFlags::NOSIGNAL)?;
    if sent == hello.len() { Ok(()) } else { Err(io::Error::other("the socket took only a part of the first frame")) }
}

/// What an exit without a result means.
pub(crate) fn without_result(plugin: String, status: Option<ExitStatus>) -> HostingError {
    match status.and_then(|status| status.signal()) {
        Some(signal) => HostingError::Crashed { plugin, signal: signal_name(signal) },
        None => HostingError::NoResult { plugin, exit: status.and_then(|status| status.code()).unwrap_or(-1) },
    }
}

fn signal_name(number: i32) -> String {
    let known = [
        (libc::SIGABRT, "SIGABRT"),
        (libc::SIGBUS, "SIGBUS"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGILL, "SIGILL"),
        (libc::SIGKILL, "SIGKILL"),
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGSYS, "SIGSYS"),
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGTRAP, "SIGTRAP"),
    ];
    known.iter().find(|(known, _)| *known == number).map_or(format!("signal {number}"), |(_, name)| (*name).to_owned())
}
