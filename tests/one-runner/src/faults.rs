use std::time::Duration;

use serde_json::{Value, json};
use windlass_hosting::StepFailure;

use crate::{LONG, SHORT};

/// A fault and how its step has to end.
pub(crate) struct Fault {
    pub(crate) plugin: &'static str,
    kind: &'static str,
    /// The failure's code; nothing when the step succeeds.
    code: Option<&'static str>,
    /// Another code that it may have.
    or: Option<&'static str>,
}

pub(crate) const FAULTS: &[Fault] = &[
    library("panic", "plugin.panicked"),
    library("abort", "plugin.crashed"),
    library("segfault", "plugin.crashed"),
    library("stack-overflow", "plugin.crashed"),
    library("exit-zero", "plugin.no-result"),
    library("out-of-memory", "plugin.crashed"),
    library("hang", "step.timed-out"),
    library("sleep-until-cancelled", "step.timed-out"),
    library("flood-stdout", "plugin.flooded"),
    library("garbage-frames", "plugin.protocol"),
    library("oversized-frame", "plugin.protocol"),
    library("unknown-frame", "plugin.protocol"),
    library("ask-for-another-account", "plugin.protocol"),
    // What its own threads make of it differs; it is over in any case.
    Fault { or: Some("plugin.crashed"), ..library("close-descriptors", "step.timed-out") },
    library("stop-hearing", "plugin.no-result"),
    library("ask-credentials-without-account", "step.no-account"),
    Fault { plugin: "misbehave", kind: "panic-in-thread", code: None, or: None },
    Fault { plugin: "misbehave", kind: "fork-child", code: None, or: None },
    Fault { plugin: "misbehave", kind: "print-env", code: None, or: None },
    program("exit_seven", "plugin.no-result"),
    program("segfault", "plugin.crashed"),
    program("garbage_frames", "plugin.protocol"),
    program("forged_frames", "plugin.protocol"),
    program("long_line", "plugin.protocol"),
    program("flood_stdout_from_child", "plugin.flooded"),
    program("ignore_cancel", "step.timed-out"),
    program("no_reading", "step.timed-out"),
    program("fork_bomb", "step.timed-out"),
    program("memory_without_end", "plugin.no-result"),
    Fault { plugin: "unruly", kind: "orphan", code: None, or: None },
    Fault { plugin: "unruly", kind: "scratch", code: None, or: None },
];

const fn library(kind: &'static str, code: &'static str) -> Fault {
    Fault { plugin: "misbehave", kind, code: Some(code), or: None }
}

const fn program(kind: &'static str, code: &'static str) -> Fault {
    Fault { plugin: "unruly", kind, code: Some(code), or: None }
}

impl Fault {
    pub(crate) fn name(&self) -> String {
        format!("{}: {}", self.plugin, self.kind)
    }

    pub(crate) fn config(&self) -> Value {
        json!({"kind": self.kind})
    }

    pub(crate) fn time(&self) -> Duration {
        if self.code == Some("step.timed-out") { SHORT } else { LONG }
    }

    /// Why an end is not this fault's.
    pub(crate) fn differs(&self, ended: &Result<Value, StepFailure>) -> Option<String> {
        let code = ended.as_ref().err().map(|failure| failure.code.as_str());
        let message = ended.as_ref().err().map(|failure| failure.message.as_str()).unwrap_or_default();
        let as_it_should = code == self.code || (code.is_some() && code == self.or);
        (!as_it_should).then(|| format!("{code:?} instead of {:?}: {message}", self.code))
    }
}
