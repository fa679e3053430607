//! Where groups can be made: this process's own groups, from `/proc/self/cgroup` and `/proc/self/mountinfo`.

use std::fs;
use std::path::{Path, PathBuf};

const CONTROLLERS: [&str; 2] = ["pids", "memory"];

/// A group below which others can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    /// Version 2: a group has the controllers that the one above it passes on.
    unified: bool,
}

/// The places that have one of the controllers, or the one that has both.
pub(super) fn places() -> Vec<Place> {
    let read = |name: &str| fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
    own_groups(&read("cgroup"), &read("mountinfo")).iter().filter_map(Place::usable).collect()
}

impl Place {
    /// In version 2 a group with processes cannot pass controllers on, the root excepted; the group above ours, made for
    /// a service, may do so already.
    fn usable(&self) -> Option<Self> {
        if !self.unified {
            return Some(self.clone());
        }
        if self.pass_on_controllers(&self.folder).is_some() {
            return Some(self.clone());
        }
        let above = Self { folder: self.folder.parent()?.to_owned(), unified: true };
        has_controllers(&above.folder, "cgroup.subtree_control").then_some(above)
    }

    /// Lets what is below `folder` have the controllers.
    pub(super) fn pass_on_controllers(&self, folder: &Path) -> Option<()> {
        if !self.unified || has_controllers(folder, "cgroup.subtree_control") {
            return Some(());
        }
        if !has_controllers(folder, "cgroup.controllers") {
            return None;
        }
        fs::write(folder.join("cgroup.subtree_control"), "+pids +memory").ok()
    }
}

fn has_controllers(folder: &Path, file: &str) -> bool {
    let found = fs::read_to_string(folder.join(file)).unwrap_or_default();
    CONTROLLERS.iter().all(|wanted| found.split_ascii_whitespace().any(|controller| controller == *wanted))
}

/// The folders of this process's groups in the hierarchies of version 1 that have our controllers, and in version 2.
fn own_groups(groups: &str, mounts: &str) -> Vec<Place> {
    let mut found = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let unified = controllers.is_empty();
        let ours = CONTROLLERS.iter().find(|wanted| controllers.split(',').any(|controller| controller == **wanted));
        let mount = match (unified, ours) {
            (true, _) => mount_of(mounts, "cgroup2", None),
            (false, Some(controller)) => mount_of(mounts, "cgroup", Some(controller)),
            (false, None) => None,
        };
        if let Some(folder) = mount.and_then(|(root, point)| below(&root, &point, path))
            && !found.iter().any(|place: &Place| place.folder == folder)
        {
            found.push(Place { folder, unified });
        }
    }
    found
}

/// Which group a hierarchy shows as its top, and where (proc(5), `mountinfo`: fields four and five; behind the dash the
/// type, the source and the options).
fn mount_of(mounts: &str, kind: &str, option: Option<&str>) -> Option<(PathBuf, PathBuf)> {
    mounts.lines().find_map(|line| {
        let (mount, system) = line.split_once(" - ")?;
        let mut system = system.split(' ');
        let is_kind = system.next()? == kind;
        let options = system.nth(1)?;
        let has = option.is_none_or(|wanted| options.split(',').any(|option| option == wanted));
        let mut mount = mount.split(' ').skip(3);
        (is_kind && has).then_some((PathBuf::from(mount.next()?), PathBuf::from(mount.next()?)))
    })
}

fn below(root: &Path, point: &Path, path: &str) -> Option<PathBuf> {
    let inside = Path::new(path).strip_prefix(root).ok()?;
    Some(if inside.as_os_str().is_empty() { point.to_owned() } else { point.join(inside) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_in_either_version() {
        let mounts = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n\
            35 31 0:32 / /sys/fs/cgroup/memory rw shared:3 - cgroup cgroup rw,memory\n\
            39 31 0:36 /box /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n\
            41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let groups = "8:pids:/box\n4:memory:/a/b\n1:cpu:/\n0::/system.slice/windlass.service\n";
        let place = |folder: &str, unified| Place { folder: format!("/sys/fs/cgroup/{folder}").into(), unified };
        let wanted = [place("pids", false), place("memory/a/b", false)];
        assert_eq!(own_groups(groups, mounts)[..2], wanted);
        assert_eq!(own_groups(groups, mounts)[2], place("unified/system.slice/windlass.service", true));
        assert_eq!(own_groups("8:pids:/elsewhere\n", mounts), [], "outside of what is mounted");
    }
}
