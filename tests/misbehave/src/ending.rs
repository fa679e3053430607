//! Ways to end badly, or not at all.

use std::hint::black_box;
use std::thread;
use std::time::Duration;

use crate::fault::Seen;

pub(crate) fn panic_in_thread() {
    let panicked = thread::spawn(|| panic!("panicked in a thread on request")).join();
    debug_assert!(panicked.is_err());
}

#[expect(unsafe_code, reason = "nothing safe ends in a real segmentation fault")]
pub(crate) fn segfault() -> ! {
    let nowhere = std::ptr::without_provenance_mut::<u8>(16);
    // SAFETY: none; the first page is never mapped (`vm.mmap_min_addr`), so the kernel sends SIGSEGV.
    unsafe { nowhere.write_volatile(1) };
    unreachable!("the first page is mapped")
}

pub(crate) fn stack_overflow() {
    black_box(deeper(0));
}

#[expect(unconditional_recursion, reason = "that is the fault")]
fn deeper(depth: u64) -> u64 {
    let frame = black_box([depth; 512]);
    deeper(depth + 1) + frame[511]
}

/// Takes address space in pieces of 64 MiB. Nothing is written there, so that a machine without limits survives it.
pub(crate) fn out_of_memory(most: u64) -> Seen {
    const PIECE: usize = 64 << 20;
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    while (pieces.len() * PIECE) as u64 <= most {
        pieces.push(black_box(Vec::with_capacity(PIECE)));
    }
    let taken = format!("took {} bytes", pieces.len() * PIECE);
    Seen { detail: Some(taken), ..Seen::yes() }
}

/// The step's only thread never returns to its runtime, so nothing there can hear of a cancellation.
pub(crate) fn hang(ignore_signals: bool) -> ! {
    if ignore_signals {
        ignore_sigterm();
    }
    loop {
        thread::sleep(Duration::from_secs(1));
    }
}

#[expect(unsafe_code, reason = "the standard library sets no signal handlers")]
fn ignore_sigterm() {
    // SAFETY: SIG_IGN is a valid disposition and runs no code of ours.
    unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
}
