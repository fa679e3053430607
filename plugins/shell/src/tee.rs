//! A pipe that is listened to on its way into the log.
//!
//! A thread, because writing on may block for as long as the runner does not read, and the step must hear of its end
//! meanwhile. The end of the pipe is not waited for: a process that was left in the background may hold it open.

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::BorrowedFd;
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::ioctl_fionread;

use crate::capture::Capture;

/// As much as a pipe holds unless somebody changed it (pipe(7)).
const PIECE: usize = 64 * 1024;

/// A running tee. It ends when it is told to or when nobody has the pipe's other end.
pub(crate) struct Tee {
    thread: JoinHandle<Capture>,
    stop: PipeWriter,
}

impl Tee {
    /// Starts one that writes on to `into`; also the end of the pipe that a child is given.
    ///
    /// # Errors
    /// When there are no more descriptors or threads.
    pub(crate) fn start(into: BorrowedFd<'_>, capture: Capture) -> io::Result<(Self, PipeWriter)> {
        let into = File::from(into.try_clone_to_owned()?);
        let (pipe, end) = io::pipe()?;
        let (stopped, stop) = io::pipe()?;
        rustix::io::ioctl_fionbio(&pipe, true)?;
        let flow = Flow { pipe, stopped, into: Some(into), capture };
        let thread = std::thread::Builder::new().name("tee".to_owned()).spawn(move || flow.run())?;
        Ok((Self { thread, stop }, end))
    }

    /// Stops it after what is in the pipe at this moment; what it kept.
    pub(crate) fn stop(self) -> Capture {
        drop(self.stop);
        self.thread.join().expect("a tee does not panic")
    }
}

struct Flow {
    pipe: PipeReader,
    stopped: PipeReader,
    /// Nothing when whoever reads the log is gone.
    into: Option<File>,
    capture: Capture,
}

impl Flow {
    fn run(mut self) -> Capture {
        let mut piece = vec![0; PIECE];
        while !self.is_stopped() {
            if !self.pass(&mut piece) {
                return self.capture;
            }
        }
        let mut left = usize::try_from(ioctl_fionread(&self.pipe).unwrap_or(0)).unwrap_or(usize::MAX);
        while left > 0 {
            let length = left.min(PIECE);
            if !self.pass(&mut piece[..length]) {
                break;
            }
            left -= length;
        }
        self.capture
    }

    /// Waits until there is something to do; whether it is to stop.
    fn is_stopped(&self) -> bool {
        let mut waited = [PollFd::new(&self.pipe, PollFlags::IN), PollFd::new(&self.stopped, PollFlags::IN)];
        // An interruption leaves nothing to do, and the loop asks again.
        let _ = poll(&mut waited, None);
        !waited[1].revents().is_empty()
    }

    /// Passes on one piece; false at the end of the pipe.
    fn pass(&mut self, piece: &mut [u8]) -> bool {
        match self.pipe.read(piece) {
            Ok(0) => false,
            Ok(length) => {
                self.capture.add(&piece[..length]);
                if self.into.as_mut().is_some_and(|into| into.write_all(&piece[..length]).is_err()) {
                    self.into = None;
                }
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use super::*;

    fn text(capture: Capture) -> String {
        String::from_utf8(capture.kept().unwrap()).unwrap()
    }

    #[test]
    fn what_is_in_the_pipe_is_kept_and_written_on() {
        let (mut log, into) = io::pipe().unwrap();
        let (tee, mut end) = Tee::start(into.as_fd(), Capture::last(4)).unwrap();
        drop(into);
        end.write_all(b"first").unwrap();
        let mut first = [0; 5];
        log.read_exact(&mut first).unwrap();
        end.write_all(b"second").unwrap();
        assert_eq!(text(tee.stop()), "cond");
        drop(end);
        let mut rest = String::new();
        log.read_to_string(&mut rest).unwrap();
        assert_eq!((&first, rest.as_str()), (b"first", "second"));
    }

    /// The end of a pipe may stay open in a process that is left behind, and be written to without end.
    #[test]
    fn stopping_does_not_wait_for_the_other_end() {
        let (_log, into) = io::pipe().unwrap();
        let (tee, end) = Tee::start(into.as_fd(), Capture::last(4)).unwrap();
        assert_eq!(text(tee.stop()), "");
        drop(end);
    }

    #[test]
    fn a_reader_that_is_gone_does_not_stop_the_writer() {
        let (log, into) = io::pipe().unwrap();
        drop(log);
        let (tee, mut end) = Tee::start(into.as_fd(), Capture::first(1 << 20)).unwrap();
        end.write_all(&[b'x'; 200_000]).unwrap();
        drop(end);
        assert_eq!(text(tee.stop()).len(), 200_000);
    }
}
