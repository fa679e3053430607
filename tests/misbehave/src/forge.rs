//! Writing to the runner past the host's functions.

use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::FileTypeExt;

use windlass_plugin_api::frames::MAX_FRAME;

/// No descriptor of a plugin host lies beyond.
const LAST: i32 = 64;

pub(crate) fn garbage() {
    for (number, mut file) in open_files() {
        if number > 2 || is_socket(&file) {
            // One write only: an event descriptor takes eight bytes at a time and would block.
            let _ = file.write(b"\x00\xffno frame at all\n{\"log\":\n");
        }
    }
}

/// A result that the host did not send.
pub(crate) fn done() -> ! {
    for (_, mut file) in open_files() {
        let _ = file.write(b"{\"done\":{\"outputs\":{\"ok\":true,\"detail\":\"forged\"}}}\n");
    }
    std::process::exit(0)
}

pub(crate) fn oversized() {
    let text = "x".repeat(2 * MAX_FRAME);
    to_sockets(&format!("{{\"log\":{{\"level\":\"info\",\"text\":\"{text}\"}}}}\n"));
}

pub(crate) fn unknown() {
    to_sockets("{\"surprise\":{}}\n");
}

/// A step has one account, so that there is no word for another one.
pub(crate) fn ask_for_another_account() {
    to_sockets("{\"ask\":{\"id\":1,\"what\":{\"credentials\":{\"account\":\"prod\"}}}}\n");
}

#[expect(unsafe_code, reason = "the plugin does not own the descriptors that it abuses")]
pub(crate) fn close_all() {
    for number in open_numbers().into_iter().filter(|number| *number > 2) {
        // SAFETY: whoever owns it finds it closed, which is the point.
        unsafe { libc::close(number) };
    }
}

#[expect(unsafe_code, reason = "the standard library has sockets of a known kind only")]
pub(crate) fn stop_hearing() {
    for (number, _) in open_files().filter(|(_, file)| is_socket(file)) {
        // SAFETY: the call takes any number.
        unsafe { libc::shutdown(number, libc::SHUT_RD) };
    }
}

fn to_sockets(frame: &str) {
    for (_, mut file) in open_files().filter(|(_, file)| is_socket(file)) {
        // The runner hangs up on such a frame, so that the rest of it cannot be written.
        let _ = file.write_all(frame.as_bytes());
    }
}

fn is_socket(file: &File) -> bool {
    file.metadata().is_ok_and(|data| data.file_type().is_socket())
}

/// A copy of each open descriptor, with its number.
fn open_files() -> impl Iterator<Item = (i32, File)> {
    open_numbers().into_iter().filter_map(|number| Some((number, copy(number)?)))
}

/// The numbers of the open descriptors.
pub(crate) fn open_numbers() -> Vec<i32> {
    (0..=LAST).filter(|number| copy(*number).is_some()).collect()
}

#[expect(unsafe_code, reason = "the plugin does not own the descriptors that it abuses")]
fn copy(number: i32) -> Option<File> {
    // SAFETY: the descriptor is only copied; when it is not open, the system says so.
    let borrowed = unsafe { BorrowedFd::borrow_raw(number) };
    borrowed.try_clone_to_owned().ok().map(File::from)
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn open_descriptors_are_found_and_sockets_known() {
        let (here, mut there) = UnixStream::pair().unwrap();
        let (_, mut found) = open_files().find(|(number, _)| *number == here.as_raw_fd()).unwrap();
        assert!(is_socket(&found));
        found.write_all(b"x").unwrap();
        let mut byte = [0];
        there.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"x");
        assert!(!is_socket(&File::open("/dev/null").unwrap()));
    }
}
