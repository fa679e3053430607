//! What may be made of a connection that somebody else made.

use std::io::{self, BufRead as _, BufReader};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsRawFd as _, RawFd};

use windlass_plugin_api::{Context, StepError};

use crate::attempt::{Attempt, Attempts};
use crate::raw::{self, Address};

/// Tries to lead connections that were made to `granted` to `other`, or to make listeners of them: each way on a fresh
/// one, since some use it up.
pub(crate) async fn repoint(
    context: &Context,
    granted: SocketAddr,
    other: SocketAddr,
    direct: bool,
) -> Result<Attempts, StepError> {
    let mut attempts = Attempts::default();
    for (name, way) in WAYS {
        let connection = connection(context, granted, direct).await?;
        attempts.add(*name, way(&connection, &Address::internet(other)));
    }
    attempts.add("left as it is", greeting(&connection(context, granted, direct).await?));
    Ok(attempts)
}

async fn connection(context: &Context, to: SocketAddr, direct: bool) -> Result<TcpStream, StepError> {
    let failed = |error: io::Error| StepError::new("escape.no-start", format!("cannot connect to `{to}`: {error}"));
    if direct {
        return TcpStream::connect(to).map_err(failed);
    }
    let connection = context.connect(&to.ip().to_string(), to.port()).await?.into_std().map_err(failed)?;
    connection.set_nonblocking(false).map_err(failed)?;
    Ok(connection)
}

/// The first line that the other side says.
fn greeting(connection: &TcpStream) -> Attempt {
    let mut line = String::new();
    match BufReader::new(connection).read_line(&mut line) {
        Ok(_) => Attempt::saw(line.trim_end()),
        Err(error) => Err::<(), _>(error).into(),
    }
}

type Way = fn(&TcpStream, &Address) -> Attempt;

const WAYS: &[(&str, Way)] = &[
    ("connect", |connection, to| said(connection, connect(connection, to))),
    ("dissolve", |connection, _| dissolve(connection).into()),
    ("dissolve, connect", |connection, to| {
        // Whether it worked shows in what follows.
        let _ = dissolve(connection);
        said(connection, connect(connection, to))
    }),
    ("dissolve, listen", |connection, _| {
        let _ = dissolve(connection);
        listen(connection).into()
    }),
    ("dissolve, fast open", |connection, to| {
        let _ = dissolve(connection);
        said(connection, fast_open(connection, to))
    }),
    ("fast open", |connection, to| fast_open(connection, to).into()),
    ("shut down, fast open", |connection, to| {
        let _ = connection.shutdown(Shutdown::Both);
        fast_open(connection, to).into()
    }),
    ("sendto", |connection, to| raw::sendto(number(connection), b"x", 0, Some(to)).into()),
    ("sendmsg", |connection, to| raw::sendmsg(libc::SYS_sendmsg, number(connection), Some(to), None).into()),
    ("sendmmsg", |connection, to| raw::sendmsg(libc::SYS_sendmmsg, number(connection), Some(to), None).into()),
    ("bind", |connection, to| raw::with_address(libc::SYS_bind, number(connection), to).into()),
    ("listen", |connection, _| listen(connection).into()),
    ("accept", |connection, _| raw::call(libc::SYS_accept, [number(connection) as usize, 0, 0]).into()),
    ("accept4", |connection, _| raw::call(libc::SYS_accept4, [number(connection) as usize, 0, 0, 0]).into()),
];

/// Who is at the other side of a connection that was led elsewhere.
fn said(connection: &TcpStream, led: io::Result<usize>) -> Attempt {
    led.map_or_else(|error| Err::<(), _>(error).into(), |_| greeting(connection))
}

fn number(connection: &TcpStream) -> RawFd {
    connection.as_raw_fd()
}

fn connect(connection: &TcpStream, to: &Address) -> io::Result<usize> {
    raw::with_address(libc::SYS_connect, number(connection), to)
}

fn dissolve(connection: &TcpStream) -> io::Result<usize> {
    connect(connection, &Address::none())
}

fn listen(connection: &TcpStream) -> io::Result<usize> {
    raw::call(libc::SYS_listen, [number(connection) as usize, 1])
}

fn fast_open(connection: &TcpStream, to: &Address) -> io::Result<usize> {
    raw::sendto(number(connection), b"x", libc::MSG_FASTOPEN, Some(to))
}

#[cfg(test)]
mod tests;
