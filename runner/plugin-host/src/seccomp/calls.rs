//! Which calls are denied whatever their arguments are.

use libc::c_long;
use windlass_plugin_api::frames::NetworkAccess;

/// Other processes' memory, other namespaces and mounts, kernel facilities that bypass filters, and what changes the
/// machine: a host that root started may still be root.
const ALWAYS: &[c_long] = &[
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kcmp,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_setns,
    libc::SYS_unshare,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_personality,
];
#[cfg(target_arch = "x86_64")]
const ALWAYS_HERE: &[c_long] = &[libc::SYS_kexec_file_load, libc::SYS_modify_ldt, libc::SYS_iopl, libc::SYS_ioperm];
#[cfg(target_arch = "aarch64")]
const ALWAYS_HERE: &[c_long] = &[libc::SYS_kexec_file_load];

/// New programs, and changes of identity, which only those need (`runuser`).
const PROCESSES: &[c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
];
#[cfg(target_arch = "x86_64")]
const PROCESSES_HERE: &[c_long] = &[libc::SYS_fork, libc::SYS_vfork];
#[cfg(target_arch = "aarch64")]
const PROCESSES_HERE: &[c_long] = &[];

/// What would lead a connected descriptor elsewhere or make a listener of it (connect(2): `AF_UNSPEC` dissolves a
/// connection), and what may name another peer or pass descriptors behind a pointer, where a filter cannot look.
const SOCKETS: &[c_long] = &[
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
];

/// The calls that are denied.
pub(super) fn denied(network: NetworkAccess, processes: bool) -> impl Iterator<Item = c_long> {
    let sockets = if network == NetworkAccess::Brokered { SOCKETS } else { &[] };
    let [programs, here] = if processes { [&[][..]; 2] } else { [PROCESSES, PROCESSES_HERE] };
    [ALWAYS, ALWAYS_HERE, programs, here, sockets].into_iter().flatten().copied()
}
