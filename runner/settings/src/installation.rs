use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the defaults depend on besides the environment.
#[derive(Clone, Debug)]
pub struct Installation {
    /// Whether the process is root's; a service usually is not, and has everything named in its file.
    pub root: bool,
    /// The folder of the running executable, when it is known.
    pub executable_dir: Option<PathBuf>,
    /// What relative paths in flags and variables are relative to.
    pub current_dir: PathBuf,
    /// The system's configuration folder.
    pub system_config_dir: PathBuf,
    /// The system's data folder.
    pub system_data_dir: PathBuf,
}

/// The name of the configuration file in its folder.
const FILE: &str = "windlass.yaml";

impl Installation {
    /// The one that this process runs in.
    pub fn detect() -> Self {
        let executable = std::env::current_exe().ok();
        Self {
            root: rustix::process::geteuid().is_root(),
            executable_dir: executable.and_then(|path| path.parent().map(Path::to_owned)),
            current_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            system_config_dir: PathBuf::from("/etc/windlass"),
            system_data_dir: PathBuf::from("/var/lib/windlass"),
        }
    }

    /// Where a file is looked for when none is named, in this order: never in the current folder.
    pub(crate) fn candidates(&self, environment: &BTreeMap<String, String>) -> Vec<PathBuf> {
        let own = self.user_dir(environment, "XDG_CONFIG_HOME", ".config");
        own.into_iter().chain([self.system_config_dir.clone()]).map(|dir| dir.join(FILE)).collect()
    }

    pub(crate) fn data_dir(&self, environment: &BTreeMap<String, String>) -> PathBuf {
        self.user_dir(environment, "XDG_DATA_HOME", ".local/share").unwrap_or_else(|| self.system_data_dir.clone())
    }

    pub(crate) fn master_key_file(&self, environment: &BTreeMap<String, String>) -> PathBuf {
        self.config_dir(environment).join("master.key")
    }

    pub(crate) fn plugin_lock_file(&self, environment: &BTreeMap<String, String>) -> PathBuf {
        self.config_dir(environment).join("plugins.lock")
    }

    fn config_dir(&self, environment: &BTreeMap<String, String>) -> PathBuf {
        let own = self.user_dir(environment, "XDG_CONFIG_HOME", ".config");
        own.unwrap_or_else(|| self.system_config_dir.clone())
    }

    /// Beside an installed binary, or the build folder itself when the binary was built by cargo.
    pub(crate) fn plugin_dir(&self) -> Option<PathBuf> {
        let dir = self.executable_dir.as_deref()?;
        if is_build_folder(dir) {
            return Some(dir.to_owned());
        }
        Some(dir.parent()?.join("lib/windlass/plugins"))
    }

    /// The user's folder as the XDG Base Directory Specification has it; none for root, or without a home.
    fn user_dir(&self, environment: &BTreeMap<String, String>, variable: &str, below_home: &str) -> Option<PathBuf> {
        if self.root {
            return None;
        }
        let absolute = |name: &str| environment.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below_home)));
        base.map(|base| base.join("windlass"))
    }
}

fn is_build_folder(dir: &Path) -> bool {
    let named = |path: Option<&Path>, names: &[&str]| {
        path.and_then(Path::file_name).is_some_and(|name| names.iter().any(|wanted| name == *wanted))
    };
    dir.join(".cargo-lock").exists() || (named(Some(dir), &["debug", "release"]) && named(dir.parent(), &["target"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed(root: bool, executable_dir: &str) -> Installation {
        Installation { root, executable_dir: Some(executable_dir.into()), ..Installation::detect() }
    }

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn root_uses_the_system_and_a_user_the_home() {
        let home = environment(&[("HOME", "/home/ann"), ("XDG_DATA_HOME", "/data"), ("XDG_CONFIG_HOME", "relative")]);
        let root = installed(true, "/usr/local/bin");
        assert_eq!(root.candidates(&home), [Path::new("/etc/windlass/windlass.yaml")]);
        assert_eq!(root.data_dir(&home), Path::new("/var/lib/windlass"));
        assert_eq!(root.master_key_file(&home), Path::new("/etc/windlass/master.key"));

        let user = installed(false, "/usr/local/bin");
        let own = Path::new("/home/ann/.config/windlass/windlass.yaml");
        assert_eq!(user.candidates(&home), [own, Path::new("/etc/windlass/windlass.yaml")]);
        assert_eq!(user.data_dir(&home), Path::new("/data/windlass"));
        assert_eq!(user.master_key_file(&home), Path::new("/home/ann/.config/windlass/master.key"));
        assert_eq!(user.data_dir(&environment(&[])), Path::new("/var/lib/windlass"));
    }

    #[test]
    fn plugins_lie_beside_the_binary_or_in_the_build_folder() {
        let dir = |path: &str| installed(true, path).plugin_dir().unwrap();
        assert_eq!(dir("/usr/local/bin"), Path::new("/usr/local/lib/windlass/plugins"));
        assert_eq!(dir("/src/windlass/target/release"), Path::new("/src/windlass/target/release"));
        let built = tempfile::tempdir().unwrap();
        std::fs::write(built.path().join(".cargo-lock"), "").unwrap();
        assert_eq!(dir(built.path().to_str().unwrap()), built.path());
    }
}
