//! How much memory a thread holds: an allocator that counts, and stops a thread that takes too much.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// No input may make a thread hold more. What asks for more waits for [`crate::watch`] to end the process, so that the
/// input is named and the machine keeps its memory.
pub(crate) const MOST: isize = 1 << 30;

#[global_allocator]
static METER: Meter = Meter;

/// Whether a thread was stopped.
pub(crate) static EXCEEDED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
    /// What may be held at a time.
    static LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
}

struct Meter;

/// The most bytes that this thread held at a time while `run` ran, beyond what it held before.
pub(crate) fn peak_of(run: impl FnOnce()) -> usize {
    let before = HELD.get();
    PEAK.set(before);
    LIMIT.set(before + MOST);
    let bound = Bound;
    run();
    drop(bound);
    usize::try_from(PEAK.get() - before).unwrap_or(0)
}

/// A panic ends it too: its message may be long.
struct Bound;

impl Drop for Bound {
    fn drop(&mut self) {
        LIMIT.set(isize::MAX);
    }
}

fn count(bytes: isize) {
    let held = HELD.get() + bytes;
    HELD.set(held);
    if held > PEAK.get() {
        PEAK.set(held);
    }
}

fn stop_if_too_much(more: usize) {
    let more = isize::try_from(more).unwrap_or(isize::MAX / 2);
    if HELD.get().saturating_add(more) > LIMIT.get() {
        EXCEEDED.store(true, Ordering::Relaxed);
        loop {
            std::thread::park();
        }
    }
}

#[expect(unsafe_code, reason = "the trait is unsafe")]
// SAFETY: everything is left to the system's allocator; what is done beside it neither allocates nor unwinds.
unsafe impl GlobalAlloc for Meter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        stop_if_too_much(layout.size());
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps to the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the pointer comes from the system's allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        stop_if_too_much(size.saturating_sub(layout.size()));
        count(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: the pointer comes from the system's allocator, with this layout.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_counted_and_not_what_is_left() {
        let peak = peak_of(|| {
            drop(std::hint::black_box(vec![0_u8; 1 << 20]));
            drop(std::hint::black_box(vec![0_u8; 1 << 10]));
        });
        assert!((1 << 20..(1 << 20) + 4096).contains(&peak), "{peak}");
        let kept = std::cell::RefCell::new(Vec::<u8>::new());
        assert!(peak_of(|| kept.borrow_mut().reserve(5000)) >= 5000);
    }
}
