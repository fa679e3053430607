//! Looking around, and trying what a plugin may not do.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use windlass_plugin_api::{Context, StepError};

use crate::fault::Seen;
use crate::forge::open_numbers;

pub(crate) fn fork_child() -> Seen {
    match Command::new("/bin/sleep").arg("1000").spawn() {
        Ok(child) => Seen { detail: Some(format!("started process {}", child.id())), ..Seen::yes() },
        Err(error) => Seen::of::<()>(Err(error)),
    }
}

pub(crate) fn surroundings() -> Seen {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    Seen {
        environment: std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect(),
        arguments: std::env::args_os().map(text).collect(),
        descriptors: open_numbers(),
        ..Seen::yes()
    }
}

/// The first line is reported, not more.
pub(crate) fn read_file(path: &str) -> Seen {
    let mut start = String::new();
    match File::open(path).and_then(|file| file.take(200).read_to_string(&mut start)) {
        Ok(_) => Seen { detail: start.lines().next().map(str::to_owned), ..Seen::yes() },
        Err(error) => Seen::of::<()>(Err(error)),
    }
}

pub(crate) fn connect(address: &str) -> io::Result<()> {
    if address.starts_with('/') {
        return UnixStream::connect(address).map(drop);
    }
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    TcpStream::connect_timeout(&address, Duration::from_secs(3)).map(drop)
}

#[expect(unsafe_code, reason = "nothing safe traces a process")]
pub(crate) fn trace_parent() -> io::Result<()> {
    // SAFETY: PTRACE_SEIZE takes no pointers that are read, and does not stop the parent.
    let traced = unsafe { libc::ptrace(libc::PTRACE_SEIZE, libc::getppid(), 0, 0) };
    if traced == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

#[expect(unsafe_code, reason = "the standard library sends no signals")]
pub(crate) fn signal_parent() -> io::Result<()> {
    // SAFETY: signal 0 is checked and not sent.
    let allowed = unsafe { libc::kill(libc::getppid(), 0) };
    if allowed == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

pub(crate) async fn credentials(context: &Context) -> Result<Seen, StepError> {
    let credentials = context.credentials().await?;
    Ok(Seen { detail: Some(format!("got the key {}", credentials.access_key_id)), ..Seen::yes() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_file_is_reported() {
        let seen = read_file("/proc/self/status");
        assert!(seen.ok && seen.detail.unwrap().starts_with("Name:"));
        assert_eq!(read_file("/nowhere").errno, Some(libc::ENOENT));
    }

    #[test]
    fn a_refused_connection_has_its_number() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(connect(&free.to_string()).unwrap_err().raw_os_error(), Some(libc::ECONNREFUSED));
        assert_eq!(connect("/nowhere").unwrap_err().raw_os_error(), Some(libc::ENOENT));
    }
}
