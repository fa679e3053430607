//! Loopback ports for servers that cannot pick one themselves and report it.
//!
//! The range lies below the kernel's ephemeral ports, so no outgoing connection takes a port between the check and the
//! server's own bind; a lock file per port keeps this checkout's concurrent tests apart for as long as the server runs.

use crate::{Context, Outcome, Problem, paths};
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};

const FIRST: u16 = 20_000;
const COUNT: u16 = 10_000;

/// A port of 127.0.0.1 that is this process's until the value is dropped.
#[derive(Debug)]
pub struct Port {
    number: u16,
    _lock: File,
}

impl Port {
    /// Takes a free port.
    ///
    /// # Errors
    /// When the lock folder cannot be written, or every port is taken.
    pub fn take() -> Outcome<Self> {
        let folder = paths::target().join("standins/ports");
        fs::create_dir_all(&folder).context(|| format!("make {}", folder.display()))?;
        let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("less than COUNT");
        for number in (0..COUNT).map(|step| FIRST + (start + step) % COUNT) {
            let lock = File::create(folder.join(number.to_string())).context(|| format!("lock port {number}"))?;
            if lock.try_lock().is_ok() && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok() {
                return Ok(Self { number, _lock: lock });
            }
        }
        Err(Problem::new("no free port on 127.0.0.1 between 20000 and 29999"))
    }

    /// Its number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ports_differ_while_both_are_held() {
        let (one, two) = (Port::take().unwrap(), Port::take().unwrap());
        assert_ne!(one.number(), two.number());
    }
}
