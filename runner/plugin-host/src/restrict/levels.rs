use std::collections::BTreeMap;

use windlass_plugin_api::frames::{Confinement, Containment, Files, NetworkAccess};

/// What was put on and how far it got: `full`, `partial` or `none` for what depends on the machine.
#[derive(Default)]
pub(crate) struct Levels(BTreeMap<&'static str, &'static str>);

impl Levels {
    pub(crate) fn set(&mut self, name: &'static str, level: &'static str) {
        self.0.insert(name, level);
    }

    pub(crate) fn get(&self, name: &str) -> &'static str {
        self.0.get(name).copied().unwrap_or("none")
    }

    /// Notes which control group of the runner's making this process is in. The runner put it there before it sent the
    /// first frame.
    pub(super) fn see_control_group(&mut self) {
        let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        self.set("cgroup", control_group(&groups));
    }

    /// What all of it comes to.
    pub(crate) fn containment(&self, confinement: &Confinement) -> Containment {
        match (confinement.network, &confinement.files) {
            (NetworkAccess::Direct, _) | (_, Files::Unconfined { .. }) => Containment::Open,
            (NetworkAccess::Brokered, _) if self.get("landlock") == "full" => Containment::Full,
            (NetworkAccess::Brokered, _) => Containment::Partial,
        }
    }

    pub(crate) fn into_map(self) -> BTreeMap<String, String> {
        self.0.into_iter().map(|(name, level)| (name.to_owned(), level.to_owned())).collect()
    }
}

/// Reads `/proc/self/cgroup` (cgroups(7)): `ID:CONTROLLERS:PATH` lines, ours are called `.../windlass/STEP`. In the one
/// hierarchy of version 2, which names no controllers, the runner makes groups only where it has both.
fn control_group(groups: &str) -> &'static str {
    let (mut pids, mut memory) = (false, false);
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        if path.rsplit('/').nth(1) == Some("windlass") {
            let has = |name| controllers.is_empty() || controllers.split(',').any(|controller| controller == name);
            pids |= has("pids");
            memory |= has("memory");
        }
    }
    match (pids, memory) {
        (true, true) => "full",
        (true, false) => "pids",
        (false, true) => "memory",
        (false, false) => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_of_the_runners_making_are_told_from_others() {
        assert_eq!(control_group("0::/user.slice/windlass/0198\n"), "full");
        assert_eq!(control_group("8:pids:/windlass/0198\n4:memory:/a/windlass/0198\n0::/\n"), "full");
        assert_eq!(control_group("8:cpu,pids:/windlass/0198\n4:memory:/\n"), "pids");
        assert_eq!(control_group("8:pids:/\n4:memory:/windlass/0198\n"), "memory");
        assert_eq!(control_group("8:pids:/windlass\n0::/system.slice/windlass.service\n"), "none");
    }
}
