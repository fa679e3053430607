//! The end of a test that does not come to one: an input that takes too long, or too much memory, cannot be stopped in
//! its thread. A thread of its own says which input it was and ends the process.

use std::fs;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use crate::meter::{EXCEEDED, MOST};

/// Processor time that one input may take of its thread. The slowest take some tens of milliseconds; machines that check
/// may be ten times slower.
const MOST_WORK: Duration = Duration::from_secs(20);
/// Time that one input may take with waiting, such as for a process; only what hangs takes it.
const MOST_TIME: Duration = Duration::from_secs(240);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Ticks in a second of what proc(5) counts: `USER_HZ`, which is 100 on every Linux of ours.
const TICKS: u64 = 100;
const FAILED: i32 = 101;

/// An input that is being read.
struct Running {
    target: String,
    input: Vec<u8>,
    thread: u32,
    since: Instant,
    work: Duration,
}

static RUNNING: Mutex<Vec<Running>> = Mutex::new(Vec::new());

/// Watches this thread until what it returns is dropped.
pub(crate) fn begin(target: &str, thread: u32, input: &[u8]) -> Watched {
    static START: Once = Once::new();
    START.call_once(|| drop(std::thread::spawn(watch)));
    let work = work(thread).unwrap_or_default();
    let (target, input) = (target.to_owned(), input.to_vec());
    running().push(Running { target, input, thread, since: Instant::now(), work });
    Watched(thread)
}

/// An input that is being watched.
pub(crate) struct Watched(u32);

impl Drop for Watched {
    fn drop(&mut self) {
        running().retain(|running| running.thread != self.0);
    }
}

fn running() -> MutexGuard<'static, Vec<Running>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn watch() {
    loop {
        std::thread::sleep(LOOK_EVERY);
        for one in running().iter() {
            let worked = work(one.thread).unwrap_or_default().saturating_sub(one.work);
            if worked > MOST_WORK {
                end(one, &format!("took more than {MOST_WORK:?} of processor time"));
            } else if one.since.elapsed() > MOST_TIME {
                end(one, &format!("was not done within {MOST_TIME:?}"));
            }
        }
        if EXCEEDED.load(Ordering::Relaxed) {
            running().iter().for_each(|one| report(one, &format!("a thread took more than {MOST} bytes")));
            std::process::exit(FAILED);
        }
    }
}

fn end(one: &Running, why: &str) -> ! {
    report(one, why);
    std::process::exit(FAILED)
}

/// Past the harness, which shows what a test says only when it ends.
fn report(one: &Running, why: &str) {
    let file = std::env::temp_dir().join(format!("windlass-fuzz-{}-{}", one.target, std::process::id()));
    let kept = fs::write(&file, &one.input).map_or_else(|error| error.to_string(), |()| file.display().to_string());
    let shown = String::from_utf8_lossy(&one.input[..one.input.len().min(2000)]).into_owned();
    let text =
        format!("\ntest {} ... FAILED: {why}\nits input, {} bytes ({kept}):\n{shown}\n", one.target, one.input.len());
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}

/// The processor time of a thread so far: the members 14 and 15 of its `stat`, after the name in parentheses.
fn work(thread: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).ok()?;
    let members: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = members.get(11)?.parse::<u64>().ok()? + members.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS))
}
