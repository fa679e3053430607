mod tools;

use super::*;

use NetworkAccess::{Brokered, Direct};

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const DENY: u32 = errno(libc::EPERM);
/// Every filter that there is.
const ALL: [(NetworkAccess, bool); 4] = [(Brokered, false), (Brokered, true), (Direct, false), (Direct, true)];
/// Calls that depend on their arguments, with each network.
const SPECIAL: [libc::c_long; 4] = [libc::SYS_clone, libc::SYS_clone3, libc::SYS_ioctl, libc::SYS_socketpair];

/// What the kernel does with the filter: the value that it ends with, and after how many instructions.
fn run(program: &BpfProgram, arch: u32, call: u32, arguments: [u64; 6]) -> (u32, usize) {
    let mut data = [0; size_of::<seccomp_data>() / size_of::<u32>()];
    (data[offset_of!(seccomp_data, nr) / 4], data[offset_of!(seccomp_data, arch) / 4]) = (call, arch);
    for (index, value) in arguments.into_iter().enumerate() {
        let at = argument(index).map(|offset| offset / 4);
        (data[at[0]], data[at[1]]) = (u32::try_from(value & 0xffff_ffff).unwrap(), u32::try_from(value >> 32).unwrap());
    }
    let (mut at, mut loaded) = (0, 0);
    for steps in 1.. {
        let instruction = &program[at];
        let value = instruction.k;
        let condition = match u32::from(instruction.code) & !libc::BPF_K {
            libc::BPF_RET => return (value, steps),
            code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => {
                loaded = data[usize::try_from(value).unwrap() / 4];
                at += 1;
                continue;
            }
            code if code == libc::BPF_JMP | libc::BPF_JEQ => loaded == value,
            code if code == libc::BPF_JMP | libc::BPF_JGE => loaded >= value,
            code if code == libc::BPF_JMP | libc::BPF_JSET => loaded & value != 0,
            code => panic!("unknown instruction {code:#x}"),
        };
        at += 1 + usize::from(if condition { instruction.jt } else { instruction.jf });
    }
    unreachable!("a program ends");
}

fn called((network, processes): (NetworkAccess, bool), call: libc::c_long, arguments: [u64; 6]) -> u32 {
    run(&filter(network, processes), ARCH, number(call), arguments).0
}

/// With an `int` as each argument: the upper half of a register is whatever the caller left there.
fn called_with(which: (NetworkAccess, bool), call: libc::c_long, arguments: &[i32]) -> u32 {
    let mut all = [0xdead_beef_0000_0000; 6];
    for (value, argument) in all.iter_mut().zip(arguments) {
        *value |= u64::from(argument.cast_unsigned());
    }
    called(which, call, all)
}

#[test]
fn exactly_the_listed_calls_are_denied() {
    for which @ (network, processes) in ALL {
        let program = filter(network, processes);
        let denied: Vec<_> = calls::denied(network, processes).collect();
        let by_arguments = if network == Brokered { libc::SYS_sendto } else { libc::SYS_socket };
        for call in (0..1000).filter(|call| !SPECIAL.contains(call) && *call != by_arguments) {
            let wanted = if denied.contains(&call) { DENY } else { ALLOW };
            assert_eq!(run(&program, ARCH, number(call), [0; 6]).0, wanted, "call {call} with {which:?}");
        }
    }
}

#[test]
fn no_call_is_listed_twice() {
    for (network, processes) in ALL {
        let mut denied: Vec<_> = calls::denied(network, processes).chain(SPECIAL).collect();
        let count = denied.len();
        denied.sort_unstable();
        denied.dedup();
        assert_eq!(denied.len(), count);
    }
}

#[test]
fn a_library_has_threads_but_no_processes() {
    for network in [Brokered, Direct] {
        let called = |call, flags| called_with((network, false), call, &[flags]);
        assert_eq!(called(libc::SYS_clone, libc::CLONE_VM | libc::CLONE_THREAD), ALLOW);
        assert_eq!(called(libc::SYS_clone, libc::CLONE_VM | libc::CLONE_VFORK), DENY);
        for call in [libc::SYS_execve, libc::SYS_execveat, libc::SYS_setuid, libc::SYS_setgroups] {
            assert_eq!(called(call, 0), DENY, "call {call}");
        }
    }
}

#[test]
fn a_program_has_processes() {
    for network in [Brokered, Direct] {
        let called = |call, flags| called_with((network, true), call, &[flags]);
        assert_eq!(called(libc::SYS_clone, libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD), ALLOW);
        assert_eq!(called(libc::SYS_clone, libc::CLONE_VM | libc::CLONE_THREAD), ALLOW);
        for call in [libc::SYS_execve, libc::SYS_execveat, libc::SYS_prctl, libc::SYS_setuid, libc::SYS_wait4] {
            assert_eq!(called(call, 0), ALLOW, "call {call}");
        }
        for call in [libc::SYS_ptrace, libc::SYS_process_vm_writev, libc::SYS_mount, libc::SYS_init_module] {
            assert_eq!(called(call, 0), DENY, "call {call}");
        }
    }
}

/// The C library falls back to `clone` on ENOSYS; on any other error it has no threads and no processes.
#[test]
fn clone_is_called_where_its_flags_can_be_seen() {
    for which in ALL {
        assert_eq!(called_with(which, libc::SYS_clone3, &[0]), errno(libc::ENOSYS));
        for namespace in [libc::CLONE_NEWUSER, libc::CLONE_NEWNET, libc::CLONE_NEWNS, libc::CLONE_NEWPID] {
            assert_eq!(called_with(which, libc::SYS_clone, &[namespace | libc::SIGCHLD]), DENY);
            assert_eq!(called_with(which, libc::SYS_clone, &[namespace | libc::CLONE_THREAD]), DENY);
        }
    }
}

#[test]
fn nothing_is_typed_into_the_terminal() {
    for which in ALL {
        assert_eq!(called_with(which, libc::SYS_ioctl, &[0, libc::TIOCSTI as i32]), DENY);
        assert_eq!(called_with(which, libc::SYS_ioctl, &[0, libc::TIOCLINUX as i32]), DENY);
        assert_eq!(called_with(which, libc::SYS_ioctl, &[libc::TIOCSTI as i32, libc::TIOCGWINSZ as i32]), ALLOW);
    }
}

#[test]
fn with_the_broker_there_are_no_sockets() {
    for which in [(Brokered, false), (Brokered, true)] {
        for family in (0..=64).chain([-1]) {
            assert_eq!(called_with(which, libc::SYS_socket, &[family, libc::SOCK_STREAM]), DENY, "family {family}");
        }
        for call in [
            libc::SYS_connect,
            libc::SYS_bind,
            libc::SYS_listen,
            libc::SYS_accept,
            libc::SYS_accept4,
            libc::SYS_sendmsg,
            libc::SYS_sendmmsg,
        ] {
            assert_eq!(called_with(which, call, &[3]), DENY, "call {call}");
        }
        for call in [libc::SYS_recvmsg, libc::SYS_recvfrom, libc::SYS_getpeername, libc::SYS_getsockname] {
            assert_eq!(called_with(which, call, &[3]), ALLOW, "call {call}");
        }
    }
}

/// A pointer has 64 bits: one that is zero in either half only is an address all the same.
#[test]
fn with_the_broker_nothing_is_sent_to_an_address() {
    for which in [(Brokered, false), (Brokered, true)] {
        let to = |address| called(which, libc::SYS_sendto, [3, u64::MAX, u64::MAX, u64::MAX, address, u64::MAX]);
        assert_eq!(to(0), ALLOW);
        for address in [0x7fff_0000_1000, 0x1000, 0x7fff_0000_0000, 1, 1 << 63] {
            assert_eq!(to(address), DENY, "{address:#x}");
        }
    }
}

#[test]
fn with_the_broker_pairs_are_unix_streams() {
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    for which in [(Brokered, false), (Brokered, true)] {
        let pair = |family, kind| called_with(which, libc::SYS_socketpair, &[family, kind]);
        for kind in 0..=0xf {
            let wanted = if kind == libc::SOCK_STREAM { ALLOW } else { DENY };
            assert_eq!(pair(libc::AF_UNIX, kind), wanted, "type {kind}");
            assert_eq!(pair(libc::AF_UNIX, kind | flags), wanted, "type {kind}");
        }
        assert_eq!(pair(libc::AF_TIPC, libc::SOCK_STREAM), DENY);
    }
}

#[test]
fn direct_has_internet_and_unix_sockets_and_no_others() {
    for which in [(Direct, false), (Direct, true)] {
        for family in (0..=64).chain([-1]) {
            let allowed = [libc::AF_UNIX, libc::AF_INET, libc::AF_INET6].contains(&family);
            let wanted = if allowed { ALLOW } else { DENY };
            assert_eq!(called_with(which, libc::SYS_socket, &[family]), wanted, "family {family}");
            assert_eq!(called_with(which, libc::SYS_socketpair, &[family]), wanted, "family {family}");
        }
        for call in [libc::SYS_connect, libc::SYS_bind, libc::SYS_listen, libc::SYS_accept4, libc::SYS_sendmsg] {
            assert_eq!(called_with(which, call, &[3]), ALLOW, "call {call}");
        }
        assert_eq!(called(which, libc::SYS_sendto, [3, 0, 0, 0, 0x7fff_0000_1000, 16]), ALLOW);
        assert_eq!(called_with(which, libc::SYS_io_uring_setup, &[8]), DENY);
    }
}

#[test]
fn no_other_table_of_calls_gets_past() {
    for (network, processes) in ALL {
        let ends = |arch, call| run(&filter(network, processes), arch, call, [0; 6]).0;
        assert_eq!(ends(ARCH, X32 | number(libc::SYS_read)), DENY);
        assert_eq!(ends(ARCH, u32::MAX), DENY);
        let i386 = 0x4000_0003;
        assert_eq!(ends(i386, 1), libc::SECCOMP_RET_KILL_PROCESS);
    }
}

/// Arguments are looked at after the number; most calls have none that matter.
#[test]
fn no_call_takes_more_than_a_few_comparisons() {
    for (network, processes) in ALL {
        let program = filter(network, processes);
        let by_arguments = SPECIAL.into_iter().chain([libc::SYS_sendto, libc::SYS_socket]).map(number);
        let by_arguments: Vec<u32> = by_arguments.collect();
        let most = (0..1000).filter(|call| !by_arguments.contains(call));
        let most = most.map(|call| run(&program, ARCH, call, [0; 6]).1).max();
        assert!(most <= Some(14), "{most:?}");
    }
}
