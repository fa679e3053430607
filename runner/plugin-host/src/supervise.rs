//! A plugin that is a program: this process starts it, passes its frames on, and sees that nothing outlives it.
//!
//! The supervisor stays outside the program's Landlock domain and its filter of system calls, so that the program can
//! neither signal nor trace it. It has a single thread, which waits for everything at once: a program that has used up
//! its processes or memory cannot keep it from doing its work.
//!
//! It is the child subreaper (prctl(2)): whatever a descendant leaves behind becomes its child, whatever session or
//! process group it went to. The step is over when the program has ended, has sent its last frame and lingers, when the
//! runner is gone, does not extend its time, or wants the end (SIGTERM). Then all descendants are killed, the scratch folder is emptied,
//! and the supervisor ends as the program did, with its exit code or by its signal.
//!
//! The program finds its frames on descriptor 3 and the broker on 4; 0 is `/dev/null`, 1 and 2 are the pipes. Its
//! folder is the scratch folder. It is executed from the sealed memory file. A script, too, whose interpreter gets
//! `/dev/fd/5` as its file and so does not see the folder that the script came from.
//!
//! Deliberately absent: judging frames beyond where they end; the runner does that.

mod child;
mod end;
mod message;
mod prepared;
mod relay;
mod signals;
mod tree;
mod wire;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use windlass_plugin_api::frames::{
    CONTAIN_STAGE, Describe, FromHost, HostHello, Loaded, PROTOCOL, Program, Refused, RunnerHello, ToHost,
};

use crate::deadline::Awaited;
use crate::restrict::{self, Levels};
use crate::socket::Opened;
use crate::{RUNNER_GONE, VERSION};
use child::{Failure, Started};
use message::line_of;
use prepared::Prepared;
use relay::{Ending, Relay};
use signals::Signals;
use wire::Wire;

/// The longest first line of a script that is looked at; the kernel takes 255 bytes.
const FIRST_LINE: usize = 256;

/// How long a runner may take to read why nothing was started.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// Returns the exit code, if it does not end by a signal.
pub(crate) fn run(opened: Opened, program: &Program) -> i32 {
    let Opened { socket, hello, plugin, broker } = opened;
    let mut runner = Wire::new(socket);
    let (started, frames, mut signals, deadline) = match begin(&hello, program, plugin, broker, &mut runner) {
        Ok(begun) => begun,
        Err(refused) => {
            runner.queue(&line_of(&FromHost::Refused(refused)));
            runner.flush_until(LAST_WORDS);
            return 1;
        }
    };
    let mut program = Wire::new(frames);
    if hello.describe {
        program.queue(&line_of(&ToHost::Describe(Describe {})));
    } else {
        runner.queue(&line_of(&FromHost::Loaded(Loaded { metadata: None })));
    }
    let mut relay = Relay::new(runner, program, started.pid, deadline);
    let ending = relay.pass_on(&mut signals);
    tree::kill_all(&mut relay.reaper, &mut signals);
    relay.pass_on_the_rest(&ending);
    if let Some(scratch) = hello.confinement.files.scratch() {
        end::empty(scratch.as_ref());
    }
    match ending {
        Ending::RunnerGone => RUNNER_GONE,
        Ending::Broke(_) => 1,
        Ending::Over => end::like(relay.reaper.status),
    }
}

type Begun = (Started, OwnedFd, Signals, Awaited);

/// Everything until the program runs. What goes wrong is told to the runner.
fn begin(
    hello: &RunnerHello,
    program: &Program,
    plugin: OwnedFd,
    broker: Option<OwnedFd>,
    runner: &mut Wire,
) -> Result<Begun, Refused> {
    let restrict = |message: String| Refused { stage: "restrict".to_owned(), message };
    let system = |what: &str, error: rustix::io::Errno| restrict(format!("{what}: {error}"));
    let placeholders = prepared::hold_places().map_err(|error| system("descriptors", error))?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).map_err(|e| system("child subreaper", e))?;
    let deadline = Awaited::at(hello.until_ms).map_err(|error| restrict(format!("deadline: {error}")))?;
    let signals = Signals::block().map_err(|error| restrict(format!("signals: {error}")))?;
    let mut levels = restrict::supervisor(&hello.confinement).map_err(restrict)?;
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
        .map_err(|error| system("frames", error))?;
    let plugin = File::from(plugin);
    let interpreter = interpreter(&plugin);
    let prepared = Prepared::new(
        hello,
        program,
        interpreter.as_deref(),
        plugin,
        [Some(theirs), broker],
        placeholders,
        &mut levels,
    )
    .map_err(restrict)?;
    let containment = levels.containment(&hello.confinement);
    if containment > hello.required {
        return Err(Refused { stage: CONTAIN_STAGE.to_owned(), message: containment.as_str().to_owned() });
    }
    if deadline.left().is_zero() {
        return Err(restrict("its time was over before it began".to_owned()));
    }
    let started = child::start(prepared).map_err(|failure| refused(failure, interpreter.as_deref()))?;
    runner.queue(&line_of(&FromHost::Hello(greeting(hello, levels))));
    Ok((started, ours, signals, deadline))
}

fn greeting(hello: &RunnerHello, levels: Levels) -> HostHello {
    let containment = levels.containment(&hello.confinement);
    HostHello { protocol: PROTOCOL, version: VERSION.to_owned(), restrictions: levels.into_map(), containment }
}

/// What the first line of a script names: its interpreter, or for `/usr/bin/env NAME` that name.
fn interpreter(program: &File) -> Option<String> {
    let mut first = [0; FIRST_LINE];
    let length = program.read_at(&mut first, 0).ok()?;
    let line = first[..length].strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    match words.next()? {
        env if env.ends_with("/env") => words.find(|word| !word.starts_with('-') && !word.contains('=')),
        other => Some(other),
    }
    .map(str::to_owned)
}

fn refused(failure: Failure, interpreter: Option<&str>) -> Refused {
    let Failure { stage, error } = failure;
    if stage != child::Stage::Execute {
        return Refused { stage: "restrict".to_owned(), message: format!("{}: {error}", stage.name()) };
    }
    let hint = match interpreter {
        Some(interpreter) => format!("; can this user start its interpreter `{interpreter}`?"),
        None => String::new(),
    };
    Refused { stage: "load".to_owned(), message: format!("it cannot be started: {error}{hint}") }
}
