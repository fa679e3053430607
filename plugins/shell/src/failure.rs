//! What each end that is no success means to the person who wrote the job.
//!
//! Deliberately absent: lines that the command printed. The log has them, masked as a whole; a piece of one might be a
//! piece of a secret, which no masking knows.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use windlass_plugin_api::StepError;

use crate::find::Missing;
use crate::options::Sandbox;
use crate::signals;

const SANDBOX: &str = "the step's sandbox may be what denied it: see `sandbox` of the step, and `shell.allowUnconfined` \
                       of the configuration";

/// What programs say of EACCES and EPERM (errno(3)), in lower case.
const DENIED: [&str; 2] = ["permission denied", "operation not permitted"];
const LIMITS: &str = "the limits of a step may be what it ran into: see `limits.stepMemory`, the address space of each \
                      process, and `limits.stepProcesses` of the configuration";
/// What programs say of ENOMEM and EAGAIN (errno(3)), in lower case.
const EXHAUSTED: [&str; 6] = [
    "cannot allocate memory",
    "cannot fork",
    "out of memory",
    "memoryerror",
    "eagain",
    "resource temporarily unavailable",
];

/// A configuration that its schema could not refuse.
pub(crate) fn invalid(message: impl Into<String>) -> StepError {
    StepError::new("step.invalid-config", message)
}

/// The command did not begin.
pub(crate) fn not_started(message: impl Into<String>) -> StepError {
    StepError::new("shell.not-started", message)
}

/// A file or folder of the step's cannot be used.
pub(crate) fn unusable(what: &str, path: &Path, error: &io::Error) -> StepError {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => not_started(format!("there is no {what} `{path}`")),
        io::ErrorKind::PermissionDenied => {
            not_started(format!("the {what} `{path}` may not be used: {error}")).with_help(SANDBOX)
        }
        _ => not_started(format!("the {what} `{path}` cannot be used: {error}")),
    }
}

/// There is no such program.
pub(crate) fn missing(named: &str, missing: &Missing, path: Option<&OsStr>) -> StepError {
    let nearest = match missing {
        Missing::NotExecutable(file) => return not_executable(file),
        Missing::NotFound(nearest) => nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`?")),
    };
    if named.contains('/') {
        let error = StepError::new("shell.not-found", format!("there is no program `{named}`"));
        return error.with_help(nearest.unwrap_or_else(|| "check the path".to_owned()));
    }
    let error = StepError::new("shell.not-found", format!("there is no program `{named}` on the search path"));
    let path = match path {
        Some(path) if !path.is_empty() => format!("`PATH` is `{}`", path.display()),
        _ => "`PATH` is empty; the configuration sets it as `shell.path`".to_owned(),
    };
    match nearest {
        Some(nearest) => error.with_help(format!("{nearest} {path}")),
        None if named.contains(char::is_whitespace) => {
            error.with_help(format!("each word is an item of its own, as in `[ls, -l]`; {path}"))
        }
        None => error.with_help(path),
    }
}

fn not_executable(file: &Path) -> StepError {
    not_started(format!("`{}` may not be executed", file.display()))
        .with_help("set its execute permission, or run it with the step type `shell/script`, which needs none")
}

/// The kernel did not start a program that is there. `interpreter` is what its first line names.
pub(crate) fn refused(program: &Path, interpreter: Option<&str>, error: &io::Error) -> StepError {
    let named = program.display();
    match (error.kind(), interpreter) {
        (io::ErrorKind::NotFound, Some(interpreter)) => {
            not_started(format!("`{named}` names the interpreter `{interpreter}`, which is not there"))
        }
        (io::ErrorKind::NotFound, None) => {
            not_started(format!("`{named}` needs a loader or library that is not there: {error}"))
        }
        (io::ErrorKind::PermissionDenied, _) => {
            not_started(format!("`{named}` may not be started: {error}")).with_help(SANDBOX)
        }
        (io::ErrorKind::ArgumentListTooLong, _) => {
            not_started(format!("the arguments and variables of `{named}` are too long for the system: {error}"))
                .with_help("hand long values over by `stdin`; one may have 128 KiB, all together some MiB")
        }
        _ if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) => {
            not_started(format!("`{named}` is no program of this machine: {error}"))
                .with_help("a script needs a `#!` line, or the step type `shell/script`")
        }
        _ => not_started(format!("`{named}` cannot be started: {error}")),
    }
}

/// How a command ended that did not succeed, and what is known of the reason.
pub(crate) struct End<'a> {
    /// What the message calls it.
    pub(crate) named: &'a str,
    /// The last of its standard error.
    pub(crate) said: &'a [u8],
    /// What the job says of the sandbox.
    pub(crate) sandbox: Sandbox,
    /// The command's `PATH`.
    pub(crate) path: Option<&'a OsStr>,
}

impl End<'_> {
    /// It ended with a code that is no success.
    pub(crate) fn with_code(&self, code: i32) -> StepError {
        let error = StepError::new("shell.exit-code", format!("{} ended with exit code {code}", self.named));
        let meaning = match code {
            126 => "a shell gives 126 when it may not execute a command; the log says which".to_owned(),
            127 => {
                let path = self.path.unwrap_or_default().display();
                format!("a shell gives 127 when it finds no such command; the log says which, and `PATH` is `{path}`")
            }
            _ => match code.checked_sub(128).and_then(signals::name) {
                Some(signal) => format!("a shell gives {code} when `{signal}` ended a command; the log says more"),
                None => "the log says why; a code that is no failure belongs into `successCodes`".to_owned(),
            },
        };
        let said = String::from_utf8_lossy(self.said).to_lowercase();
        let has = |words: &[&str]| words.iter().any(|words| said.contains(words));
        let meaning = if has(&EXHAUSTED) { format!("{meaning}; {LIMITS}") } else { meaning };
        self.help(error, meaning, has(&DENIED))
    }

    /// A signal ended it, which nobody here sent.
    pub(crate) fn by_signal(&self, signal: i32) -> StepError {
        let name = signals::name(signal).map_or_else(|| format!("signal {signal}"), |name| format!("`{name}`"));
        let error = StepError::new("shell.killed", format!("{} was ended by {name}", self.named));
        let (meaning, denied) = match signals::name(signal) {
            Some("SIGKILL") => ("it was ended from outside: the machine may have run out of memory", false),
            Some("SIGSYS") => ("it made a system call that is not allowed", true),
            Some("SIGABRT" | "SIGSEGV" | "SIGBUS") => {
                ("it crashed, or ran out of the memory that a step may use (`limits.stepMemory`)", false)
            }
            _ => ("the log says more", false),
        };
        self.help(error, meaning.to_owned(), denied)
    }

    fn help(&self, error: StepError, meaning: String, denied: bool) -> StepError {
        if denied && self.sandbox != Sandbox::Unconfined {
            return error.with_help(format!("{meaning}; {SANDBOX}"));
        }
        error.with_help(meaning)
    }
}

#[cfg(test)]
mod tests;
