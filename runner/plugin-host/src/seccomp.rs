//! The system calls that a plugin may not make.
//!
//! A deny list: what a plugin's ordinary code needs is open-ended, what would lead out of the sandbox is not. Denied
//! calls fail with EPERM, so that the plugin can say what it tried; `clone3` with ENOSYS, which makes the C library
//! fall back to `clone`, whose flags a filter can see.
//!
//! The filter is a search tree over the numbers of the calls: attaching it, the kernel runs it once for every number there
//! is, and one that compares number after number, as `seccompiler` makes them, would cost every step 0.1 ms.

mod calls;

use std::mem::offset_of;

use libc::seccomp_data;
use seccompiler::{BpfProgram, Error, apply_filter};
use windlass_plugin_api::frames::NetworkAccess;

use crate::bpf::{Label, Program};

#[cfg(target_arch = "x86_64")]
const MACHINE: u16 = libc::EM_X86_64;
#[cfg(target_arch = "aarch64")]
const MACHINE: u16 = libc::EM_AARCH64;
/// This architecture's table of calls, `AUDIT_ARCH_...` in linux/audit.h: 64 bits, little endian.
const ARCH: u32 = 0xc000_0000 | MACHINE as u32;
/// Numbers from here on are calls of x32 (`__X32_SYSCALL_BIT`): the same calls past every comparison. No other
/// architecture has numbers that high.
const X32: u32 = 0x4000_0000;
/// `clone` with one of these makes a namespace, in which the caller would have new rights (namespaces(7)).
const NAMESPACES: i32 = libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET;
/// Which of the bits of a socket's type are the type; the others are flags (socket(2)).
const SOCKET_TYPE: u32 = 0xf;

/// Where an argument's lower and upper half are on little-endian machines.
const fn argument(index: usize) -> [usize; 2] {
    let low = offset_of!(seccomp_data, args) + index * size_of::<u64>();
    [low, low + size_of::<u32>()]
}

/// Puts the filter on this thread, the only one.
///
/// # Errors
/// When the kernel does not take it.
pub(crate) fn apply(network: NetworkAccess, processes: bool) -> Result<(), Error> {
    apply_filter(&filter(network, processes))
}

/// The filter for a plugin with this access to the network, which may start processes or not.
pub(crate) fn filter(network: NetworkAccess, processes: bool) -> BpfProgram {
    let mut program = Program::default();
    let ends = Ends { allow: program.end(libc::SECCOMP_RET_ALLOW), deny: program.end(errno(libc::EPERM)) };
    let absent = program.end(errno(libc::ENOSYS));
    let kill = program.end(libc::SECCOMP_RET_KILL_PROCESS);

    let mut cases: Vec<_> = calls::denied(network, processes).map(|call| (number(call), ends.deny)).collect();
    cases.push((number(libc::SYS_clone3), absent));
    cases.push((number(libc::SYS_clone), ends.clone(&mut program, processes)));
    cases.push((number(libc::SYS_ioctl), ends.no_typing(&mut program)));
    let pair = match network {
        NetworkAccess::Brokered => {
            cases.push((number(libc::SYS_sendto), ends.no_address(&mut program)));
            ends.stream_pair(&mut program)
        }
        NetworkAccess::Direct => {
            let families = ends.families(&mut program);
            cases.push((number(libc::SYS_socket), families));
            families
        }
    };
    cases.push((number(libc::SYS_socketpair), pair));
    cases.sort_unstable_by_key(|(number, _)| *number);

    let known = program.search(&cases, ends.allow);
    let native = program.branch(libc::BPF_JGE, X32, ends.deny, known);
    let number = program.load(offset_of!(seccomp_data, nr), native);
    let arch = program.branch(libc::BPF_JEQ, ARCH, number, kill);
    program.load(offset_of!(seccomp_data, arch), arch);
    program.finish()
}

/// How a question about arguments ends.
#[derive(Clone, Copy)]
struct Ends {
    allow: Label,
    deny: Label,
}

impl Ends {
    /// `clone` without `CLONE_THREAD` makes a process.
    fn clone(self, program: &mut Program, processes: bool) -> Label {
        let mut checked = program.branch(libc::BPF_JSET, NAMESPACES.cast_unsigned(), self.deny, self.allow);
        if !processes {
            checked = program.branch(libc::BPF_JSET, libc::CLONE_THREAD.cast_unsigned(), checked, self.deny);
        }
        program.load(argument(0)[0], checked)
    }

    /// Two commands that put words into the input of a terminal, where the shell of whoever started the runner would
    /// read them (`ioctl_tty(2)`, `ioctl_console(2)`). The kernel looks at 32 bits of the command.
    fn no_typing(self, program: &mut Program) -> Label {
        let console = program.branch(libc::BPF_JEQ, libc::TIOCLINUX as u32, self.deny, self.allow);
        let terminal = program.branch(libc::BPF_JEQ, libc::TIOCSTI as u32, self.deny, console);
        program.load(argument(1)[0], terminal)
    }

    /// `sendto` with an address names another peer; without one it is `send`.
    fn no_address(self, program: &mut Program) -> Label {
        let [low, high] = argument(4);
        let null = program.branch(libc::BPF_JEQ, 0, self.allow, self.deny);
        let low = program.load(low, null);
        let null = program.branch(libc::BPF_JEQ, 0, low, self.deny);
        program.load(high, null)
    }

    /// Unix stream sockets only: runtimes wake themselves with them. With packets, each may name another peer.
    fn stream_pair(self, program: &mut Program) -> Label {
        let stream = libc::SOCK_STREAM.cast_unsigned();
        let set = program.branch(libc::BPF_JSET, stream, self.allow, self.deny);
        let only = program.branch(libc::BPF_JSET, SOCKET_TYPE & !stream, self.deny, set);
        let kind = program.load(argument(1)[0], only);
        let unix = program.branch(libc::BPF_JEQ, libc::AF_UNIX.cast_unsigned(), kind, self.deny);
        program.load(argument(0)[0], unix)
    }

    /// IPv4, IPv6 and Unix sockets: netlink, vsock, raw packets and the rest reach the kernel, the machine's host or
    /// past a firewall.
    fn families(self, program: &mut Program) -> Label {
        let allowed = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6];
        let checked = allowed
            .into_iter()
            .fold(self.deny, |other, family| program.branch(libc::BPF_JEQ, family.cast_unsigned(), self.allow, other));
        program.load(argument(0)[0], checked)
    }
}

const fn errno(number: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | number.cast_unsigned()
}

fn number(call: libc::c_long) -> u32 {
    u32::try_from(call).expect("numbers of calls are small")
}

#[cfg(test)]
mod tests;
