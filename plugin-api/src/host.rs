//! Opening a plugin's library, for the runner's plugin host.

use std::path::Path;

use abi_stable::library::{LibraryError, lib_header_from_path};
use abi_stable::prefix_type::PrefixTypeTrait;
use abi_stable::std_types::RStr;

use crate::boundary::{Host, PluginModuleRef};

/// An opened plugin. It is never closed.
pub struct Plugin {
    module: PluginModuleRef,
    host: Host,
}

/// Why a library could not be opened as a plugin.
#[derive(Debug)]
pub struct OpenError(LibraryError);

impl Plugin {
    /// Opens the library at `path` and checks that its border has the layout that this crate expects.
    ///
    /// Its constructors run: call this in a restricted process only.
    ///
    /// # Errors
    /// When it is no library, no plugin, or built for another layout or major version of this crate.
    pub fn open(path: &Path, host: Host) -> Result<Self, OpenError> {
        let header = lib_header_from_path(path).map_err(OpenError)?;
        let module = header.init_root_module::<PluginModuleRef>().map_err(OpenError)?;
        Ok(Self { module, host })
    }

    /// The plugin's description as JSON.
    pub fn metadata(&self) -> String {
        (self.module.metadata())().into_string()
    }

    /// Runs a step, given the `start` frame's content as JSON; returns the last frame as JSON.
    pub fn run(self, start: &str) -> String {
        (self.module.run())(RStr::from_str(start), self.host.leak_into_prefix()).into_string()
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // abi_stable prints whole layouts, tens of kilobytes; what differs stands behind the last `Error:`.
        let text = self.0.to_string();
        let essence = text.rfind("Error:").map_or(text.as_str(), |at| &text[at + "Error:".len()..]);
        let mut words = essence.split_whitespace();
        let mut length = 0;
        let short: Vec<&str> = words
            .by_ref()
            .take_while(|word| {
                length += word.len() + 1;
                length < 400
            })
            .collect();
        f.write_str(&short.join(" "))
    }
}

impl std::error::Error for OpenError {}
