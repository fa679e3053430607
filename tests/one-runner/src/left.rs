//! What this process holds and has left.

use std::fs;
use std::path::Path;

pub(crate) struct Left {
    /// Resident memory in bytes, once the allocator has given back what it does not use.
    pub(crate) memory: u64,
    /// Open descriptors of this process.
    pub(crate) descriptors: usize,
    /// Its children, zombies included.
    pub(crate) children: usize,
    /// Files and folders in the scratch folder.
    pub(crate) files: Vec<String>,
}

impl Left {
    pub(crate) fn now(scratch: &Path) -> Self {
        // Listing the descriptors needs one.
        let descriptors = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count).saturating_sub(1);
        let common = Path::new("/var/lib/windlass-scratch");
        let files = [scratch, common].into_iter().flat_map(files).collect();
        Self { memory: memory(), descriptors, children: children(), files }
    }
}

#[expect(unsafe_code, reason = "no safe wrapper of malloc_trim(3) is known")]
fn memory() -> u64 {
    // SAFETY: the call has no preconditions.
    unsafe { libc::malloc_trim(0) };
    let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let resident: u64 = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    resident * 4096
}

fn files(folder: &Path) -> Vec<String> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name != ".lock").collect()
}

fn children() -> usize {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.map(|list| list.split_whitespace().count()).sum()
}
