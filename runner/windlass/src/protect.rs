//! Keeping the runner's memory, which holds credentials, out of core files and other processes' reach.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

pub(crate) fn no_core_files() {
    // Both only ever fail on a kernel that has neither core files nor tracing to protect from.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
