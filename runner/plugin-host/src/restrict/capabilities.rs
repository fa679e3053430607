//! What root's own programs may not do when the runner is root and they stay root: look into other processes, and get
//! past files to what lies below them (capabilities(7)).

use rustix::thread::{
    CapabilitySet, capabilities, capability_is_in_bounding_set, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities,
};

/// Tracing and its readers; mounts; raw devices and memory; kernel modules; device nodes; BPF; files by their handles;
/// limits beyond those that were set.
const TAKEN: &[CapabilitySet] = &[
    CapabilitySet::SYS_PTRACE,
    CapabilitySet::PERFMON,
    CapabilitySet::CHECKPOINT_RESTORE,
    CapabilitySet::SYS_ADMIN,
    CapabilitySet::SYS_RAWIO,
    CapabilitySet::SYS_MODULE,
    CapabilitySet::SYS_BOOT,
    CapabilitySet::MKNOD,
    CapabilitySet::BPF,
    CapabilitySet::DAC_READ_SEARCH,
    CapabilitySet::SYS_RESOURCE,
];

/// Takes them from this process and all that it starts. Returns whether none of them is left; a process without the right
/// to change what its children inherit may keep some.
pub(super) fn take_powerful() -> bool {
    // A capability that this kernel does not know cannot be removed, and nobody has it.
    let _ = clear_ambient_capability_set();
    for capability in TAKEN {
        let _ = remove_capability_from_bounding_set(*capability);
    }
    let taken = TAKEN.iter().fold(CapabilitySet::empty(), |all, one| all | *one);
    let Ok(mut sets) = capabilities(None) else { return false };
    let all_of_it = sets.effective | sets.permitted | sets.inheritable;
    if !all_of_it.intersects(taken) {
        return true;
    }
    sets.effective -= taken;
    sets.permitted -= taken;
    sets.inheritable -= taken;
    set_capabilities(None, sets).is_ok() && !in_bounding_set()
}

/// What an exec by root gives back.
fn in_bounding_set() -> bool {
    TAKEN.iter().any(|capability| capability_is_in_bounding_set(*capability).unwrap_or(false))
}
