//! The system calls that a library plugin may not make.
//!
//! A deny list: what a plugin's ordinary code needs is open-ended, what would lead out of the sandbox is not. Denied
//! calls fail with EPERM, so that the plugin can say what it tried; `clone3` with ENOSYS, which makes the C library
//! fall back to `clone`, whose flags a filter can see.
//!
//! The filter is a search tree over the numbers of the calls: attaching it, the kernel runs it once for every number there
//! is, and one that compares number after number, as `seccompiler` makes them, would cost every step 0.1 ms.

use std::mem::offset_of;

use libc::seccomp_data;
use seccompiler::{BpfProgram, Error, apply_filter};

use crate::bpf::{Label, Program};

/// New programs and processes, other processes' memory, other namespaces and mounts, kernel facilities that bypass
/// filters, and changes of identity.
const DENIED: &[libc::c_long] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
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
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setgroups,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_acct,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_personality,
];
#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[libc::c_long] =
    &[libc::SYS_fork, libc::SYS_vfork, libc::SYS_modify_ldt, libc::SYS_iopl, libc::SYS_ioperm];
#[cfg(target_arch = "aarch64")]
const DENIED_HERE: &[libc::c_long] = &[];
#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = libc::EM_X86_64;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = libc::EM_AARCH64;
/// This architecture's table of calls, `AUDIT_ARCH_...` in linux/audit.h: 64 bits, little endian.
const ARCH: u32 = 0xc000_0000 | MACHINE as u32;
/// Numbers from here on are calls of x32 (`__X32_SYSCALL_BIT`): the same calls past every comparison. No other
/// architecture has numbers that high.
const X32: u32 = 0x4000_0000;

/// The lower half of the first argument, on little-endian machines.
const FIRST_ARGUMENT: usize = offset_of!(seccomp_data, args);

/// Puts the filter on this thread, the only one.
pub(super) fn apply() -> Result<(), Error> {
    apply_filter(&filter())
}

fn filter() -> BpfProgram {
    let mut program = Program::default();
    let allow = program.end(libc::SECCOMP_RET_ALLOW);
    let deny = program.end(errno(libc::EPERM));
    let absent = program.end(errno(libc::ENOSYS));
    let kill = program.end(libc::SECCOMP_RET_KILL_PROCESS);
    let (socket, clone) = (other_families(&mut program, allow, deny), no_thread(&mut program, allow, deny));

    let denied = DENIED.iter().chain(DENIED_HERE).map(|call| (*call, deny));
    let others = [(libc::SYS_clone, clone), (libc::SYS_clone3, absent), (libc::SYS_socket, socket)];
    let mut cases: Vec<(u32, Label)> = denied.chain(others).map(|(call, to)| (number(call), to)).collect();
    cases.sort_unstable_by_key(|(number, _)| *number);
    let known = program.search(&cases, allow);
    let native = program.branch(libc::BPF_JGE, X32, deny, known);
    let number = program.load(offset_of!(seccomp_data, nr), native);
    let arch = program.branch(libc::BPF_JEQ, ARCH, number, kill);
    program.load(offset_of!(seccomp_data, arch), arch);
    program.finish()
}

/// `clone` without `CLONE_THREAD` makes a process.
fn no_thread(program: &mut Program, allow: Label, deny: Label) -> Label {
    let flags = program.branch(libc::BPF_JSET, libc::CLONE_THREAD.cast_unsigned(), allow, deny);
    program.load(FIRST_ARGUMENT, flags)
}

/// Every family but IPv4 and IPv6: Unix sockets reach daemons of this machine, netlink, vsock and raw packets the rest.
fn other_families(program: &mut Program, allow: Label, deny: Label) -> Label {
    let six = program.branch(libc::BPF_JEQ, libc::AF_INET6.cast_unsigned(), allow, deny);
    let four = program.branch(libc::BPF_JEQ, libc::AF_INET.cast_unsigned(), allow, six);
    program.load(FIRST_ARGUMENT, four)
}

fn errno(number: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | number.cast_unsigned()
}

fn number(call: libc::c_long) -> u32 {
    u32::try_from(call).expect("numbers of calls are small")
}

#[cfg(test)]
mod tests;
