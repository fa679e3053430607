//! The cases: every fault that the misbehaving plugin knows, and the runner's own ends at a random moment.

use windlass_tests::{Outcome, Problem};

/// One run of the runner.
pub(super) struct Case {
    /// The `kind` of misbehave/fault.
    kind: &'static str,
    /// Its other fields, as YAML.
    fields: &'static str,
    pub(super) end: End,
}

/// How a run must end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// The step succeeds, and what it tried worked.
    Worked,
    /// The step succeeds, and says that the system refused what it tried.
    Refused,
    /// The step fails: the error's code and the exit code (`docs/errors.md`).
    Failed(&'static str, i32),
    /// The step's time-out ends it.
    TimedOut,
    /// The step's time-out ends it, or its host crashes before.
    CutOff,
    /// SIGINT at a random moment ends it.
    Interrupted,
    /// SIGKILL at a random moment ends the runner; its hosts notice.
    Killed,
}

const PLUGIN: i32 = 7;
const CRASHED: End = End::Failed("plugin.crashed", PLUGIN);
const PROTOCOL: End = End::Failed("plugin.protocol", PLUGIN);
const FLOODED: End = End::Failed("plugin.flooded", PLUGIN);

pub(super) const CASES: &[Case] = &[
    fault("none", End::Worked),
    fault("panic", End::Failed("plugin.panicked", PLUGIN)),
    fault("panic-in-thread", End::Worked),
    fault("abort", CRASHED),
    fault("segfault", CRASHED),
    fault("stack-overflow", CRASHED),
    fault("out-of-memory", CRASHED),
    fault("exit-zero", End::Failed("plugin.no-result", PLUGIN)),
    fault("hang", End::TimedOut),
    fault("hang", End::Interrupted),
    fault("hang", End::Killed),
    fault("hang", End::TimedOut).with("ignoreSignals: true"),
    fault("hang", End::Killed).with("ignoreSignals: true"),
    fault("sleep-until-cancelled", End::TimedOut),
    fault("sleep-until-cancelled", End::Interrupted),
    fault("sleep-until-cancelled", End::Killed),
    fault("flood-stdout", FLOODED),
    fault("flood-stdout", End::Killed),
    fault("flood-log", FLOODED),
    fault("flood-log", End::Killed),
    fault("long-line", End::Worked),
    fault("stderr-line", End::Worked).with("text: a line"),
    fault("log-line", End::Worked).with("text: a line"),
    fault("table-cell", End::Worked).with("text: a cell"),
    fault("garbage-frames", PROTOCOL),
    // A plugin may report what it likes: to the runner this is its result.
    fault("forged-done", End::Worked),
    fault("oversized-frame", PROTOCOL),
    fault("unknown-frame", PROTOCOL),
    fault("ask-for-another-account", PROTOCOL),
    fault("close-descriptors", End::CutOff),
    fault("stop-hearing", End::Failed("plugin.no-result", PLUGIN)),
    fault("fork-child", End::Refused),
    fault("print-env", End::Worked),
    fault("read-file", End::Refused).with("path: /etc/passwd"),
    fault("write-file", End::Refused).with("path: /tmp/windlass-soak"),
    fault("connect", End::Refused).with("address: '127.0.0.1:80'"),
    fault("connect", End::Refused).with("address: /run/windlass-soak"),
    fault("trace-parent", End::Refused),
    fault("signal-parent", End::Refused),
    fault("ask-credentials-without-account", End::Failed("step.no-account", 1)),
];

const fn fault(kind: &'static str, end: End) -> Case {
    Case { kind, fields: "", end }
}

impl Case {
    const fn with(self, fields: &'static str) -> Self {
        Self { fields, ..self }
    }

    pub(super) fn name(&self) -> String {
        let fields = if self.fields.is_empty() { String::new() } else { format!(", {}", self.fields) };
        let end = match self.end {
            End::Interrupted => "; SIGINT to the runner",
            End::Killed => "; SIGKILL to the runner",
            End::Worked | End::Refused | End::Failed(..) | End::TimedOut | End::CutOff => "",
        };
        format!("{}{fields}{end}", self.kind)
    }

    /// A job of this one step.
    pub(super) fn job(&self) -> String {
        let timeout = if matches!(self.end, End::TimedOut | End::CutOff) { "300ms" } else { "60s" };
        let (kind, fields) = (self.kind, self.fields);
        format!(
            "apiVersion: windlass/v1\nkind: Job\nname: soak\nsteps:\n  \
             - {{id: fault, uses: misbehave/fault, timeout: {timeout}, with: {{kind: {kind}, {fields}}}}}\n"
        )
    }
}

/// Checks that there is a case for each of these kinds, which the plugin says it has.
pub(super) fn cover(kinds: &[&str]) -> Outcome<()> {
    let missing: Vec<&str> = kinds.iter().copied().filter(|kind| CASES.iter().all(|case| case.kind != *kind)).collect();
    match missing.as_slice() {
        [] if !kinds.is_empty() => Ok(()),
        [] => Err(Problem::new("the misbehaving plugin names no fault")),
        missing => Err(Problem::new(format!("no case for the faults {}", missing.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_distinct() {
        let names: BTreeSet<String> = CASES.iter().map(Case::name).collect();
        assert_eq!(names.len(), CASES.len());
        assert!(names.contains("hang, ignoreSignals: true; SIGKILL to the runner"), "{names:?}");
    }

    #[test]
    fn a_fault_without_a_case_is_named() {
        cover(&["panic", "hang"]).unwrap();
        assert_eq!(cover(&["panic", "explode"]).unwrap_err().to_string(), "no case for the faults explode");
        assert!(cover(&[]).is_err());
    }
}
