use std::fmt;

use crate::exit;

/// A stable, dotted error code such as `account.role-denied`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Code(std::borrow::Cow<'static, str>);

impl Code {
    /// A code from the [list](ALL); rooms declare theirs as constants.
    pub const fn new(id: &'static str) -> Self {
        Self(std::borrow::Cow::Borrowed(id))
    }

    /// A code that a plugin gave for its own failure. Its area must be `plugin_name` or `step`;
    /// anything else becomes `step.failed`, so that a plugin cannot pose as the runner.
    pub fn from_plugin(plugin_name: &str, id: &str) -> Self {
        let well_formed = id.len() <= 100
            && id.split_once('.').is_some_and(|(area, what)| {
                (area == plugin_name || area == "step")
                    && !what.is_empty()
                    && what.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            });
        if well_formed { Self(id.to_owned().into()) } else { Self::new("step.failed") }
    }

    /// A code that was recorded earlier.
    pub fn recorded(id: &str) -> Self {
        Self(id.to_owned().into())
    }

    /// The dotted text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The exit code of a command that ends with this error; see [`exit`].
    pub fn exit(&self) -> u8 {
        if let Some(entry) = ALL.iter().find(|entry| entry.id == self.as_str()) {
            return entry.exit;
        }
        exit::STEP_FAILED
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A line of the public list of codes.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The dotted code.
    pub id: &'static str,
    /// The exit code of a command that ends with it.
    pub exit: u8,
    /// When it is given.
    pub when: &'static str,
}

const fn entry(id: &'static str, exit: u8, when: &'static str) -> Entry {
    Entry { id, exit, when }
}

/// Every code that the runner itself gives. `docs/errors.md` is this list; a test compares them.
pub const ALL: &[Entry] = &[
    entry("config.unreadable", exit::CONFIGURATION, "a configuration file is missing or may not be read"),
    entry("config.invalid", exit::CONFIGURATION, "a key is unknown, a value has the wrong type, or a rule is broken"),
    entry("job.unreadable", exit::JOB, "the job file is missing or may not be read"),
    entry("job.invalid", exit::JOB, "the job file has an unknown key, a wrong type, or a broken rule"),
    entry("job.unknown-step-type", exit::JOB, "no plugin offers the step type that a step uses"),
    entry("job.invalid-step", exit::JOB, "a step's `with` does not fit the schema of its step type"),
    entry("job.invalid-expression", exit::JOB, "an expression has a syntax error or fails"),
    entry("job.undefined-reference", exit::JOB, "an expression names what is not there: an option, a step, an output"),
    entry("job.unknown-job", exit::JOB, "a step refers to a job that the project does not have"),
    entry("job.unknown-calendar", exit::JOB, "a schedule names a calendar that the project does not have"),
    entry("job.never-due", exit::JOB, "a schedule that is new or has changed has no time to come"),
    entry("job.cycle", exit::JOB, "a job refers to itself, perhaps over others"),
    entry("job.not-repeatable", exit::JOB, "a job is to be restarted, and a step of it is not safe to repeat"),
    entry("job.secret-misplaced", exit::JOB, "a secret option is used where its text would be seen or stored"),
    entry("job.invalid-option", exit::JOB, "an option is unknown, missing, or its value is not allowed"),
    entry("job.unknown", exit::JOB, "the project has no job of that name, or not that version of it"),
    entry("calendar.invalid", exit::JOB, "the calendar file, or an iCalendar file that it names, breaks a rule"),
    entry("project.unknown", exit::CONFIGURATION, "the project is not in the configuration"),
    entry("project.folder", exit::CONFIGURATION, "a file or folder of a project's jobs cannot be read or written"),
    entry("project.changed", exit::CONFIGURATION, "somebody has changed a job of the project meanwhile"),
    entry("schedule.unknown", exit::JOB, "the job has no schedule of that name"),
    entry("schedule.unreadable", exit::JOB, "a stored schedule was written by a version of Windlass that knows more"),
    entry("schedule.missed", exit::JOB, "a schedule was due while no server was there"),
    entry("schedule.excluded", exit::JOB, "a schedule was due at a time that a calendar forbids"),
    entry("project.removes", exit::CONFIGURATION, "applying would remove jobs, and nobody has agreed to that"),
    entry(
        "project.artifacts-full",
        exit::STEP_FAILED,
        "a step's tables and files find no room in what its project may keep",
    ),
    entry("account.unknown", exit::ACCOUNT, "no account of that name in the project or the system"),
    entry(
        "account.not-listed",
        exit::ACCOUNT,
        "an expression comes to an account that the job's `accounts` does not list",
    ),
    entry("account.none", exit::ACCOUNT, "a step needs an account and neither step, job, project nor system names one"),
    entry("account.region-missing", exit::ACCOUNT, "neither step, job nor account says which region"),
    entry("account.region-refused", exit::ACCOUNT, "the region is outside the account's `regions`"),
    entry("account.unusable", exit::ACCOUNT, "an account is written so that it cannot work"),
    entry("account.not-allowed", exit::ACCOUNT, "an account, its source or its role is not for this project"),
    entry("account.in-file", exit::ACCOUNT, "the account is defined in a file, which wins over the database"),
    entry(
        "account.in-use",
        exit::ACCOUNT,
        "the account cannot be deleted, or not be changed like this, while something uses it",
    ),
    entry(
        "account.import-incomplete",
        exit::ACCOUNT,
        "some accounts of the file could not be taken over; the others were",
    ),
    entry("account.policy-too-long", exit::ACCOUNT, "what a step declares does not fit into a session's policy"),
    entry("account.source-unreachable", exit::ACCOUNT, "the metadata or container endpoint does not answer"),
    entry("account.source-refused", exit::ACCOUNT, "the source answered with a refusal"),
    entry("account.imds-v1-only", exit::ACCOUNT, "the metadata service does not speak IMDSv2"),
    entry("account.no-role", exit::ACCOUNT, "no role is attached to the instance or the task"),
    entry("account.profile-unusable", exit::ACCOUNT, "the profile is missing or gives no credentials"),
    entry("account.role-denied", exit::ACCOUNT, "STS refused to let the source assume the role"),
    entry("account.sts-failed", exit::ACCOUNT, "STS could not be reached or answered with another error"),
    entry("account.mismatch", exit::ACCOUNT, "STS says another account id than the configuration"),
    entry("account.exists", exit::ACCOUNT, "an account of that name is already there and was to be added"),
    entry("account.changed", exit::ACCOUNT, "somebody has changed or deleted the account meanwhile"),
    entry(
        "account.document-incomplete",
        exit::ACCOUNT,
        "an IAM document has to say what neither the configuration nor the command line says",
    ),
    entry("account.document-empty", exit::ACCOUNT, "an IAM document would allow nothing: no step needs the account"),
    entry("account.document-unreadable", exit::ACCOUNT, "a policy cannot be read, or is no policy in strict JSON"),
    entry("account.trust-unsafe", exit::ACCOUNT, "a trust policy lets in others than it should"),
    entry("account.action-denied", exit::ACCOUNT, "the role of an account may not do what steps declare"),
    entry("account.verify-failed", exit::ACCOUNT, "an account is not as it should be; its findings say what and where"),
    entry("key.not-found", exit::KEY, "no secret at that path"),
    entry("key.exists", exit::KEY, "a secret is already at that path and overwriting was not asked for"),
    entry("key.invalid-path", exit::KEY, "the path is not of the form `keys/...`"),
    entry("key.unreadable-input", exit::KEY, "the file or standard input with the secret cannot be read"),
    entry("key.master-missing", exit::KEY, "the database knows a master key that is not at its place"),
    entry("key.master-unsafe", exit::KEY, "the master key file may be read by others, or lies in the data directory"),
    entry("key.master-mismatch", exit::KEY, "the master key is not the one that the database was written with"),
    entry("key.master-unreadable", exit::KEY, "the master key file cannot be read or made, or holds no master key"),
    entry("key.not-permitted", exit::KEY, "a step names a key that is not its project's"),
    entry("key.not-text", exit::KEY, "a step needs a secret as text, and it is none"),
    entry("key.not-of-kind", exit::KEY, "a value does not look like the kind of key that it is said to be"),
    entry("key.master-in-use", exit::KEY, "a master key that is to be given up may still wrap secrets"),
    entry("key.master-refused", exit::KEY, "AWS KMS refuses to make or to open a master key"),
    entry(
        "key.master-unreachable",
        exit::KEY,
        "AWS KMS does not answer for the master key, or with nothing that can be read",
    ),
    entry(
        "key.master-no-account",
        exit::KEY,
        "the master key lies under a key of KMS, and no account is named that may use it",
    ),
    entry(
        "key.master-prepared",
        exit::KEY,
        "another master key than the one that was asked for is in the file already",
    ),
    entry("key.mounted", exit::KEY, "a key below a mount is to be set or deleted, and lies in another store"),
    entry("key.mount-refused", exit::KEY, "AWS refuses to give or list the secrets of a mount"),
    entry("key.mount-unreachable", exit::KEY, "the store of a mount does not answer, or with nothing that can be read"),
    entry("key.damaged", exit::KEY, "a stored secret fails its integrity check"),
    entry("plugin.not-found", exit::PLUGIN, "no plugin of that name in the plugin directories"),
    entry("plugin.not-a-plugin", exit::PLUGIN, "the file is no Windlass plugin"),
    entry("plugin.damaged", exit::PLUGIN, "the file is cut short or cannot be loaded"),
    entry("plugin.wrong-target", exit::PLUGIN, "the plugin was built for another architecture"),
    entry("plugin.wrong-abi", exit::PLUGIN, "the plugin was built for another ABI of the plugin interface"),
    entry("plugin.invalid-manifest", exit::PLUGIN, "the manifest of a plugin that is a program breaks a rule"),
    entry("plugin.unsafe-file", exit::PLUGIN, "others may write the plugin's file or one of its folders"),
    entry("plugin.duplicate", exit::PLUGIN, "two files offer a plugin of the same name"),
    entry("plugin.panicked", exit::PLUGIN, "the step panicked"),
    entry("plugin.crashed", exit::PLUGIN, "the plugin host was ended by a signal"),
    entry("plugin.no-result", exit::PLUGIN, "the plugin host ended without a result"),
    entry("plugin.protocol", exit::PLUGIN, "the plugin host sent something that is no valid frame"),
    entry("plugin.flooded", exit::PLUGIN, "the step wrote more output than allowed"),
    entry("plugin.not-locked", exit::PLUGIN, "the plugin's bytes are not those in the lock file"),
    entry("plugin.lock-unusable", exit::PLUGIN, "the lock file cannot be read or written, or is malformed"),
    entry("plugin.not-permitted", exit::PLUGIN, "the plugin or step wants a freedom that no administrator has allowed"),
    entry("plugin.not-contained", exit::PLUGIN, "the step's host is contained worse than `limits.containment` demands"),
    entry("plugin.host-failed", exit::PLUGIN, "the plugin host could not be started or restricted"),
    entry("store.unavailable", exit::STORE, "the database cannot be opened, read or written"),
    entry("store.newer", exit::STORE, "the database was written by a newer Windlass"),
    entry("store.not-copied", exit::STORE, "a database cannot be copied to another as they stand"),
    entry("step.failed", exit::STEP_FAILED, "the step failed and gave no code of its own"),
    entry("step.no-account", exit::STEP_FAILED, "a step asked for credentials, and its step type declares no account"),
    entry("step.connection-denied", exit::STEP_FAILED, "a step wanted to connect to what it may not"),
    entry("step.connection-failed", exit::STEP_FAILED, "nobody answered where a step connected to"),
    entry("step.timed-out", exit::TIMED_OUT, "the step ran longer than its time-out"),
    entry("step.cancelled", exit::CANCELLED, "the execution was cancelled"),
    entry("step.not-reached", exit::STEP_FAILED, "the step was not begun: one before it did not succeed"),
    entry("step.condition-false", exit::STEP_FAILED, "the step was not begun: its condition is false"),
    entry("step.interrupted", exit::STEP_FAILED, "the runner ended while the step ran, and it is not safe to repeat"),
    entry("step.log-full", exit::STEP_FAILED, "the step wrote more log than `limits.stepLog`, and is to fail then"),
    entry("execution.unknown", exit::JOB, "no execution has an id that ends like that"),
    entry("execution.ambiguous", exit::JOB, "several executions have an id that ends like that"),
    entry("execution.unknown-result", exit::JOB, "the execution has no table, file or chart of that name"),
    entry("execution.ambiguous-result", exit::JOB, "the execution has several tables, files or charts to choose from"),
    entry("execution.undrawable-chart", exit::JOB, "a chart has no numbers, or something else where it needs them"),
    entry("execution.unwritable-file", exit::JOB, "a file of an execution cannot be written to where it is wanted"),
    entry("execution.not-ended", exit::JOB, "the execution has not ended, or not in a way to go on from"),
    entry("execution.skipped", exit::STEP_FAILED, "the job runs already, and one more is to be skipped"),
    entry("execution.replaced", exit::CANCELLED, "a newer execution of the job took its place"),
    entry("execution.cancelled", exit::CANCELLED, "the execution was cancelled before it began"),
    entry("member.unknown", exit::JOB, "no member of the database has that name or id"),
    entry("member.lost", exit::JOB, "the member has no lease any more, so that nothing can be waited for"),
    entry("member.ambiguous", exit::JOB, "several members have that name or an id that ends like that"),
    entry("execution.interrupted", exit::STEP_FAILED, "the runner that ran the execution has ended"),
    entry(
        "execution.lost",
        exit::STORE,
        "the process had no lease on the execution any more: it did not reach the database for too long",
    ),
    entry("internal", exit::INTERNAL, "a fault in Windlass itself; please report it"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_cannot_pose_as_the_runner() {
        assert_eq!(Code::from_plugin("logs", "logs.malformed-query").as_str(), "logs.malformed-query");
        assert_eq!(Code::from_plugin("logs", "account.role-denied").as_str(), "step.failed");
        assert_eq!(Code::from_plugin("logs", "logs.Bad Thing").as_str(), "step.failed");
        assert_eq!(Code::from_plugin("logs", "logs").as_str(), "step.failed");
    }

    #[test]
    fn codes_are_unique() {
        let mut ids: Vec<_> = ALL.iter().map(|entry| entry.id).collect();
        ids.sort_unstable();
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn a_step_code_that_is_not_in_the_list_fails_the_step() {
        assert_eq!(Code::from_plugin("logs", "logs.malformed-query").exit(), exit::STEP_FAILED);
        assert_eq!(Code::new("account.role-denied").exit(), exit::ACCOUNT);
    }

    #[test]
    fn the_documentation_is_this_list() {
        let page = include_str!("../../../docs/errors.md");
        let documented: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        let listed: Vec<String> =
            ALL.iter().map(|entry| format!("| `{}` | {} | {} |", entry.id, entry.exit, entry.when)).collect();
        assert_eq!(documented, listed);
    }
}
