use crate::processes::{Process, descendants};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What one process showed of itself at some moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// Which process.
    pub process: Process,
    /// `command line` or `environment`.
    pub what: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Looks at a process and all that it starts, again and again without a pause. It keeps everything that it sees, since
/// some secrets are known only afterwards.
#[derive(Debug)]
pub struct Sampler {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<BTreeSet<Sample>>>,
    thread: Option<JoinHandle<()>>,
}

impl Sample {
    /// Where it was seen, in words.
    #[must_use]
    pub fn place(&self) -> String {
        format!("the {} of process {}", self.what, self.process.pid)
    }

    /// Whether it is the command line of a process in which a plugin runs.
    #[must_use]
    pub fn is_plugin_host(&self) -> bool {
        self.what == "command line" && String::from_utf8_lossy(&self.bytes).contains("plugin-host")
    }
}

impl Sampler {
    /// Starts to look at the process `root` and its descendants.
    #[must_use]
    pub fn start(root: u32) -> Self {
        let (stop, seen) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(BTreeSet::new())));
        let (told, into) = (Arc::clone(&stop), Arc::clone(&seen));
        let thread = std::thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                look(root, &into);
            }
        });
        Self { stop, seen, thread: Some(thread) }
    }

    /// What was seen so far.
    #[must_use]
    pub fn seen(&self) -> BTreeSet<Sample> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ends it; all that was seen.
    #[must_use]
    pub fn stop(mut self) -> BTreeSet<Sample> {
        self.end();
        self.seen()
    }

    fn end(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.end();
    }
}

/// A process that ends meanwhile, or that may not be looked into, shows nothing.
fn look(root: u32, seen: &Mutex<BTreeSet<Sample>>) {
    for process in Process::of(root).into_iter().chain(descendants(root)) {
        for (what, bytes) in [("command line", process.command_line()), ("environment", process.environment())] {
            let Some(bytes) = bytes.ok().filter(|bytes| !bytes.is_empty()) else { continue };
            seen.lock().unwrap_or_else(PoisonError::into_inner).insert(Sample { process, what, bytes });
        }
    }
}
