use super::*;

/// What the kernel does with the filter: the value that it ends with, and after how many instructions.
fn run(arch: u32, call: u32, first_argument: u32) -> (u32, usize) {
    let program = filter();
    let (mut at, mut loaded) = (0, 0);
    for steps in 1.. {
        let instruction = &program[at];
        let value = instruction.k;
        let condition = match u32::from(instruction.code) & !libc::BPF_K {
            libc::BPF_RET => return (value, steps),
            code if code == libc::BPF_LD | libc::BPF_W | libc::BPF_ABS => {
                loaded = match usize::try_from(value).unwrap() {
                    at if at == offset_of!(seccomp_data, nr) => call,
                    at if at == offset_of!(seccomp_data, arch) => arch,
                    at if at == FIRST_ARGUMENT => first_argument,
                    other => panic!("nothing of use is at {other}"),
                };
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

fn called(call: libc::c_long, first_argument: i32) -> u32 {
    run(ARCH, number(call), first_argument.cast_unsigned()).0
}

#[test]
fn exactly_the_listed_calls_are_denied() {
    let special = [libc::SYS_clone, libc::SYS_clone3, libc::SYS_socket];
    for call in (0..1000).filter(|call| !special.contains(call)) {
        let wanted = if DENIED.contains(&call) || DENIED_HERE.contains(&call) {
            errno(libc::EPERM)
        } else {
            libc::SECCOMP_RET_ALLOW
        };
        assert_eq!(called(call, 0), wanted, "call {call}");
    }
}

#[test]
fn threads_but_no_processes() {
    assert_eq!(called(libc::SYS_clone, libc::CLONE_VM | libc::CLONE_THREAD), libc::SECCOMP_RET_ALLOW);
    assert_eq!(called(libc::SYS_clone, libc::CLONE_VM | libc::CLONE_VFORK), errno(libc::EPERM));
    assert_eq!(called(libc::SYS_clone3, libc::CLONE_THREAD), errno(libc::ENOSYS));
}

#[test]
fn internet_sockets_only() {
    for family in [libc::AF_INET, libc::AF_INET6] {
        assert_eq!(called(libc::SYS_socket, family), libc::SECCOMP_RET_ALLOW);
    }
    for family in [libc::AF_UNIX, libc::AF_NETLINK, libc::AF_VSOCK, libc::AF_PACKET, -1] {
        assert_eq!(called(libc::SYS_socket, family), errno(libc::EPERM), "family {family}");
    }
}

#[test]
fn no_other_table_of_calls_gets_past() {
    assert_eq!(run(ARCH, X32 | number(libc::SYS_read), 0).0, errno(libc::EPERM));
    assert_eq!(run(ARCH, u32::MAX, 0).0, errno(libc::EPERM));
    let i386 = 0x4000_0003;
    assert_eq!(run(i386, 1, 0).0, libc::SECCOMP_RET_KILL_PROCESS);
}

#[test]
fn no_call_takes_more_than_a_few_comparisons() {
    let most = (0..1000).map(|call| run(ARCH, call, 0).1).max();
    assert!(most <= Some(14), "{most:?}");
}
