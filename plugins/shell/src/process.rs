use std::io::{self, Seek as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::fs::{MemfdFlags, memfd_create};
use tokio::process::{Child, Command};
use windlass_plugin_api::{Context, StepError};

use crate::capture::Capture;
use crate::failure::{self, End};
use crate::find;
use crate::first_line::FirstLine;
use crate::group::{Group, all_end_soon};
use crate::options::{Options, Output};
use crate::outputs::{LIMIT, Outputs};
use crate::place::Place;
use crate::tee::Tee;

/// How much of standard error is looked at for the reason of a failure.
const LAST: usize = 8 * 1024;

/// A command as it is started.
pub(crate) struct CommandLine {
    /// What messages call it.
    pub(crate) named: String,
    program: PathBuf,
    /// The program's name as the job has it, and its arguments.
    words: Vec<String>,
}

impl CommandLine {
    /// Finds the program, which is the first of the words.
    pub(crate) fn find(named: String, words: Vec<String>, place: &Place) -> Result<Self, StepError> {
        let first = words.first().ok_or_else(|| failure::invalid("a command needs at least one word"))?;
        if words.iter().any(|word| word.contains('\0')) {
            return Err(failure::invalid("a word of the command has a zero byte, which no argument can have"));
        }
        let path = place.environment.get("PATH");
        let program =
            find::program(first, path, &place.folder).map_err(|missing| failure::missing(first, &missing, path))?;
        Ok(Self { named, program, words })
    }
}

/// Runs a command to its end.
pub(crate) async fn run(
    line: &CommandLine,
    place: &Place,
    options: &Options,
    context: &Context,
) -> Result<Outputs, StepError> {
    let broken = |error: io::Error| StepError::new("step.failed", format!("cannot watch over {}: {error}", line.named));
    let mut running = Running::start(line, place, options)?;
    let status = tokio::select! {
        status = running.child.wait() => status.map_err(broken)?,
        () = context.cancelled() => return Err(running.stop().await),
    };
    if !all_end_soon().await {
        context.warn(format!("{} left processes in the background; they end with the step", line.named));
    }
    let stdout = running.stdout.and_then(|tee| tee.stop().kept());
    let stderr = running.stderr.stop().kept().unwrap_or_default();
    let end = End { named: &line.named, said: &stderr, sandbox: options.sandbox, path: place.environment.get("PATH") };
    let code = exit_code(status, options, &end)?;
    Outputs::of(&line.named, code, options.output, stdout)
}

fn exit_code(status: ExitStatus, options: &Options, end: &End<'_>) -> Result<i32, StepError> {
    match (status.code(), status.signal()) {
        (Some(code), _) if options.success_codes.iter().any(|success| i32::from(*success) == code) => Ok(code),
        (Some(code), _) => Err(end.with_code(code)),
        (None, signal) => Err(end.by_signal(signal.unwrap_or_default())),
    }
}

struct Running {
    child: Child,
    group: Group,
    stdout: Option<Tee>,
    stderr: Tee,
}

impl Running {
    fn start(line: &CommandLine, place: &Place, options: &Options) -> Result<Self, StepError> {
        let prepared = |error: io::Error| failure::not_started(format!("{} has no outputs: {error}", line.named));
        let mut command = Command::new(&line.program);
        command.arg0(&line.words[0]).args(&line.words[1..]).current_dir(&place.folder).process_group(0);
        command.env_clear().envs(place.environment.iter());
        command.stdin(stdin(options).map_err(prepared)?);
        Group::adopt_orphans().map_err(prepared)?;
        let (stderr, end) = Tee::start(rustix::stdio::stderr(), Capture::last(LAST)).map_err(prepared)?;
        command.stderr(end);
        let stdout = match options.output {
            Output::None => None,
            Output::Text | Output::Json | Output::Lines => {
                let (stdout, end) = Tee::start(rustix::stdio::stdout(), Capture::first(LIMIT)).map_err(prepared)?;
                command.stdout(end);
                Some(stdout)
            }
        };
        let child = command.spawn().map_err(|error| refused(&line.program, &error))?;
        let group = Group::of(child.id()).map_err(prepared)?;
        Ok(Self { child, group, stdout, stderr })
    }

    /// Asks it to end and waits for that, for as long as the runner waits.
    async fn stop(mut self) -> StepError {
        self.group.terminate();
        // Whatever it ended with: it is over.
        let _ = self.child.wait().await;
        self.group.ended().await;
        for tee in self.stdout.into_iter().chain([self.stderr]) {
            tee.stop();
        }
        StepError::cancelled()
    }
}

/// A file in memory: it needs nobody to write it while the command reads, and none of it reaches a disk.
fn stdin(options: &Options) -> io::Result<Stdio> {
    let Some(text) = &options.stdin else { return Ok(Stdio::null()) };
    let mut file = std::fs::File::from(memfd_create("stdin", MemfdFlags::CLOEXEC)?);
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

fn refused(program: &Path, error: &io::Error) -> StepError {
    let interpreter = match crate::script::first_line(program) {
        Ok(FirstLine::Interpreter(words)) => words.into_iter().next(),
        _ => None,
    };
    failure::refused(program, interpreter.as_deref(), error)
}
