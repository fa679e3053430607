use std::collections::BTreeMap;
use std::io;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Step, StepError, StepInfo};

use crate::{ending, flood, forge, look};

/// What to do wrong.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Fault {
    /// Nothing.
    None,
    /// Panics in the step.
    Panic,
    /// Panics in a thread of its own, then succeeds.
    PanicInThread,
    /// Calls `abort`.
    Abort,
    /// Writes to an address that is not mapped.
    Segfault,
    /// Calls itself until the stack is full.
    StackOverflow,
    /// Ends the process with code 0 and without a result.
    ExitZero,
    /// Takes memory until there is none; succeeds when it got `bytes`.
    OutOfMemory {
        /// The most to take.
        #[serde(default = "eight_gibibytes")]
        bytes: u64,
    },
    /// Never ends and does not hear of a cancellation.
    Hang {
        /// Also ignores SIGTERM.
        #[serde(default)]
        ignore_signals: bool,
    },
    /// Ends as it should when it is cancelled, and not before.
    SleepUntilCancelled,
    /// Writes that much to standard output.
    FloodStdout {
        /// In lines of 128.
        #[serde(default = "gibibyte")]
        bytes: u64,
    },
    /// Sends that many log lines.
    FloodLog {
        /// Each of 1000 characters.
        #[serde(default = "million")]
        count: u64,
    },
    /// Writes one line to standard output.
    LongLine {
        /// Its length.
        #[serde(default = "sixteen_mebibytes")]
        bytes: u64,
    },
    /// Writes a line to standard error.
    StderrLine {
        /// The line.
        text: String,
    },
    /// Sends a log line.
    LogLine {
        /// The line.
        text: String,
    },
    /// Fills a table with one row of one cell, whose column is called the same.
    TableCell {
        /// The cell.
        text: String,
    },
    /// Writes something that is no frame to each descriptor from 3 to 64 and to the frame socket, then succeeds.
    GarbageFrames,
    /// Writes a `done` frame of its own to each descriptor, then ends the process with code 0 and without a result.
    ForgedDone,
    /// Writes a log frame that is too long to the frame socket, then succeeds.
    OversizedFrame,
    /// Writes a frame of an unknown kind to the frame socket, then succeeds.
    UnknownFrame,
    /// Writes a question for another account's credentials to the frame socket, then succeeds.
    AskForAnotherAccount,
    /// Closes every descriptor but the standard ones, then waits for ever.
    CloseDescriptors,
    /// Shuts its end of the frame socket down for reading, then waits for ever.
    StopHearing,
    /// Tries to start `/bin/sleep 1000`, and leaves it running.
    ForkChild,
    /// Reports its environment, arguments and descriptors.
    PrintEnv,
    /// Tries to read a file.
    ReadFile {
        /// Absolute.
        path: String,
    },
    /// Tries to write a file.
    WriteFile {
        /// Absolute.
        path: String,
    },
    /// Tries to connect a socket.
    Connect {
        /// `127.0.0.1:80`, or the path of a Unix socket.
        address: String,
    },
    /// Tries to trace the runner, which would show its memory.
    TraceParent,
    /// Tries whether it might send signals to the runner; sends none.
    SignalParent,
    /// Asks for credentials, though this step type declares that it needs no account.
    AskCredentialsWithoutAccount,
}

/// What the step saw, for those kinds that try something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// Whether what it tried worked.
    pub(crate) ok: bool,
    /// The number of the system's error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) errno: Option<i32>,
    /// More about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// The environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) environment: BTreeMap<String, String>,
    /// The command line.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) arguments: Vec<String>,
    /// The open descriptors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) descriptors: Vec<i32>,
}

impl Step for Fault {
    const INFO: StepInfo = StepInfo {
        name: "fault",
        title: "Do something wrong",
        description: "Does one thing that a step must not do.",
        example: "kind: read-file\npath: /etc/passwd\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Seen;

    async fn run(self, context: Context) -> Result<Seen, StepError> {
        match self {
            Self::None => {}
            Self::Panic => panic!("panicked on request"),
            Self::PanicInThread => ending::panic_in_thread(),
            Self::Abort => std::process::abort(),
            Self::Segfault => ending::segfault(),
            Self::StackOverflow => ending::stack_overflow(),
            Self::ExitZero => std::process::exit(0),
            Self::OutOfMemory { bytes } => return Ok(ending::out_of_memory(bytes)),
            Self::Hang { ignore_signals } => ending::hang(ignore_signals),
            Self::SleepUntilCancelled => {
                context.info("waiting until it is cancelled");
                context.cancelled().await;
                return Err(StepError::cancelled());
            }
            Self::FloodStdout { bytes } => return Ok(Seen::of(flood::stdout(bytes))),
            Self::FloodLog { count } => flood::log(&context, count),
            Self::LongLine { bytes } => return Ok(Seen::of(flood::long_line(bytes))),
            Self::StderrLine { text } => eprintln!("{text}"),
            Self::LogLine { text } => context.info(text),
            Self::TableCell { text } => {
                context.table("faults", vec![text.clone()]).row([text.as_str().into()]);
            }
            Self::GarbageFrames => forge::garbage(),
            Self::ForgedDone => forge::done(),
            Self::OversizedFrame => forge::oversized(),
            Self::UnknownFrame => forge::unknown(),
            Self::AskForAnotherAccount => forge::ask_for_another_account(),
            Self::CloseDescriptors => {
                forge::close_all();
                ending::hang(false);
            }
            Self::StopHearing => {
                forge::stop_hearing();
                ending::hang(false);
            }
            Self::ForkChild => return Ok(look::fork_child()),
            Self::PrintEnv => return Ok(look::surroundings()),
            Self::ReadFile { path } => return Ok(look::read_file(&path)),
            Self::WriteFile { path } => return Ok(Seen::of(std::fs::write(path, "written on request"))),
            Self::Connect { address } => return Ok(Seen::of(look::connect(&address))),
            Self::TraceParent => return Ok(Seen::of(look::trace_parent())),
            Self::SignalParent => return Ok(Seen::of(look::signal_parent())),
            Self::AskCredentialsWithoutAccount => return look::credentials(&context).await,
        }
        Ok(Seen::yes())
    }
}

impl Seen {
    pub(crate) fn yes() -> Self {
        Self { ok: true, ..Self::default() }
    }

    pub(crate) fn of<T>(result: io::Result<T>) -> Self {
        match result {
            Ok(_) => Self::yes(),
            Err(error) => Self { errno: error.raw_os_error(), detail: Some(error.to_string()), ..Self::default() },
        }
    }
}

fn eight_gibibytes() -> u64 {
    8 << 30
}

fn gibibyte() -> u64 {
    1 << 30
}

fn sixteen_mebibytes() -> u64 {
    16 << 20
}

fn million() -> u64 {
    1_000_000
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use windlass_plugin_api::StepMetadata;

    use super::*;

    fn accepted(config: &Value) -> bool {
        let schema = StepMetadata::of::<Fault>().config;
        let fits = jsonschema::validator_for(&schema).unwrap().is_valid(config);
        assert_eq!(fits, serde_json::from_value::<Fault>(config.clone()).is_ok(), "{config}");
        fits
    }

    #[test]
    fn kinds_are_kebab_case_and_their_fields_camel_case() {
        assert!(accepted(&json!({"kind": "stack-overflow"})));
        assert!(accepted(&json!({"kind": "hang", "ignoreSignals": true})));
        assert!(accepted(&json!({"kind": "flood-stdout"})));
        assert!(accepted(&json!({"kind": "connect", "address": "127.0.0.1:80"})));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(!accepted(&json!({"kind": "read-file"})));
        assert!(!accepted(&json!({"kind": "hang", "path": "/"})));
        assert!(!accepted(&json!({"kind": "explode"})));
    }

    #[test]
    fn a_failed_try_reports_its_number() {
        let seen = Seen::of(std::fs::read("/nowhere/at/all"));
        assert_eq!((seen.ok, seen.errno), (false, Some(libc::ENOENT)));
    }
}
