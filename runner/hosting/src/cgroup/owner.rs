use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

static NEXT: AtomicU64 = AtomicU64::new(0);

/// Who made a group, as its name says: the namespace of process numbers, the number, the process's start, and a count.
#[derive(Debug)]
pub(super) struct Owner {
    prefix: String,
}

impl Owner {
    pub(super) fn this_process() -> Option<Self> {
        let (namespace, pid) = (namespace()?, std::process::id());
        Some(Self { prefix: format!("{namespace}-{pid}-{}", started(pid)?) })
    }

    pub(super) fn next_name(&self) -> String {
        format!("{}-{}", self.prefix, NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether the owner of a group of this name has ended. That of another namespace cannot be seen from here.
    pub(super) fn is_gone(name: &str) -> bool {
        let mut numbers = name.split('-').map(|number| number.parse::<u64>().ok());
        let mut next = || numbers.next().flatten();
        match (next(), next(), next()) {
            (Some(of), Some(pid), Some(start)) if namespace() == Some(of) => {
                u32::try_from(pid).is_ok_and(|pid| started(pid) != Some(start))
            }
            _ => false,
        }
    }
}

/// `pid:[4026531836]` (namespaces(7)).
fn namespace() -> Option<u64> {
    let link = fs::read_link("/proc/self/ns/pid").ok()?;
    link.to_str()?.strip_prefix("pid:[")?.strip_suffix(']')?.parse().ok()
}

/// When a process began, in clock ticks since the machine's start (proc(5), `/proc/PID/stat`).
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whether_its_owner_lives() {
        let own = Owner::this_process().unwrap();
        assert_ne!(own.next_name(), own.next_name());
        assert!(!Owner::is_gone(&own.next_name()));
        let namespace = namespace().unwrap();
        let (pid, start) = (std::process::id(), started(std::process::id()).unwrap());
        assert!(Owner::is_gone(&format!("{namespace}-{pid}-{}-0", start + 1)));
        assert!(!Owner::is_gone(&format!("{}-{pid}-{}-0", namespace + 1, start + 1)));
        assert!(!Owner::is_gone("somebody-else"));
    }
}
