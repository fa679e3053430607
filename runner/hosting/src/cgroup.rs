//! A control group for one step: how many processes it may be, how much memory they may have together, and a handle by
//! which all of them can be killed (cgroups(7)).
//!
//! Groups are made below the runner's own group, so that what was granted to the runner is not exceeded, in a group
//! called `windlass` that goes with the last step. Where the runner may not make groups, or lacks the controllers `pids`
//! and `memory`, there is none; the plugin host says which it found itself in.
//!
//! Deliberately absent: moving the runner itself, which a hierarchy of version 2 would need that delegates to it the very
//! group it is in. Delegate the group above (`Delegate=yes` with `DelegateSubgroup=` in systemd).

mod hierarchy;
mod owner;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use hierarchy::Place;
use owner::Owner;

/// The group that holds those of steps. A plugin host knows it by this name.
const PARENT: &str = "windlass";
/// What a host itself is, beside its program.
const OF_HOST: u64 = 4;
/// How often the end of killed processes is looked for, and how long between two looks.
const LOOKS: u32 = 100;
const PAUSE: Duration = Duration::from_millis(2);

/// The group of one step, in each hierarchy that has one of the controllers. Dropped, it kills what is in it.
#[derive(Debug)]
pub(crate) struct ControlGroup {
    folders: Vec<PathBuf>,
}

impl ControlGroup {
    /// Makes one for at most so many processes and threads of a program and so many bytes of memory; none where that is
    /// not possible. Blocking: it also kills and removes what killed runners left.
    pub(crate) fn create(processes: u64, memory_bytes: u64) -> Option<Self> {
        let owner = Owner::this_process()?;
        let folders: Vec<PathBuf> = hierarchy::places().iter().filter_map(|place| folder(place, &owner)).collect();
        let group = Self { folders };
        group.limit("pids.max", processes.saturating_add(OF_HOST));
        // Version 2 and version 1 call it differently.
        group.limit("memory.max", memory_bytes);
        group.limit("memory.limit_in_bytes", memory_bytes);
        group.limit("memory.swap.max", 0);
        (!group.folders.is_empty()).then_some(group)
    }

    /// Puts a process into the group. What it starts later is in it too.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn add(&self, pid: u32) -> io::Result<()> {
        self.folders.iter().try_for_each(|folder| fs::write(folder.join("cgroup.procs"), pid.to_string()))
    }

    /// How many of its processes the kernel killed because together they needed more memory than they may have.
    pub(crate) fn killed_for_memory(&self) -> u64 {
        // Version 2 and version 1 call the file differently, and the counter alike.
        let files =
            self.folders.iter().flat_map(|folder| [folder.join("memory.events"), folder.join("memory.oom_control")]);
        files.filter_map(|file| kills(&fs::read_to_string(file).ok()?)).sum()
    }

    fn limit(&self, file: &str, value: u64) {
        for file in self.folders.iter().map(|folder| folder.join(file)).filter(|file| file.exists()) {
            // Refused, the group is still good for killing.
            let _ = fs::write(file, value.to_string());
        }
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        self.folders.iter().for_each(|folder| remove(folder));
    }
}

/// Makes a folder at this place, with a name of its own. The group above may just be removed by another step.
fn folder(place: &Place, owner: &Owner) -> Option<PathBuf> {
    let parent = place.folder.join(PARENT);
    for _ in 0..LOOKS {
        sweep(&parent);
        match fs::create_dir(&parent) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return None,
            _ => {}
        }
        place.pass_on_controllers(&parent)?;
        let folder = parent.join(owner.next_name());
        match fs::create_dir(&folder) {
            Ok(()) => return Some(folder),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return None,
        }
    }
    None
}

/// Removes the groups of runners that are gone, with whoever is in them.
fn sweep(parent: &Path) {
    for entry in parent.read_dir().into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(Owner::is_gone) {
            remove(&entry.path());
        }
    }
}

/// Kills everything in a group and removes it, and the group above when it was the last one. What is left after a while
/// (a process that the kernel cannot end now) is left to the next sweep.
fn remove(folder: &Path) {
    // No more processes can be made in it, so that the killing ends. Version 2 kills by itself.
    let _ = fs::write(folder.join("pids.max"), "0");
    let _ = fs::OpenOptions::new()
        .write(true)
        .open(folder.join("cgroup.kill"))
        .and_then(|mut kill| std::io::Write::write_all(&mut kill, b"1"));
    for look in 0..LOOKS {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            _ => break,
        }
        for pid in members(folder) {
            // It may have ended meanwhile.
            let _ = kill_process(pid, Signal::KILL);
        }
        if look > 0 {
            std::thread::sleep(PAUSE);
        }
    }
    if let Some(parent) = folder.parent() {
        let _ = fs::remove_dir(parent);
    }
}

fn kills(counters: &str) -> Option<u64> {
    counters.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok())
}

fn members(folder: &Path) -> impl Iterator<Item = Pid> {
    let members = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    let members: Vec<Pid> = members.lines().filter_map(|pid| Pid::from_raw(pid.parse().ok()?)).collect();
    members.into_iter()
}

#[cfg(test)]
mod tests;
