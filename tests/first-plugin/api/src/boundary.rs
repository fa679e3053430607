//! The library border: what the host process and a plugin's library call on each other.
//!
//! Both sides are prefix types of `abi_stable`: functions may be appended, so that an old plugin keeps loading; nothing
//! may be changed or removed under the same [`crate::note::ABI`]. All text is UTF-8 JSON in the shapes of
//! [`crate::frames`]; strings are owned by whoever made them and freed by the allocator that made them (`abi_stable`
//! carries the destructor along).
//!
//! The host process calls `metadata` at most once and `run` at most once, from its main thread, in this order.

use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::package_version_strings;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{RStr, RString};

/// What a plugin's library exports.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = PluginModuleRef)))]
#[sabi(missing_field(option))]
pub struct PluginModule {
    /// The plugin's description, a [`crate::PluginMetadata`].
    /// Thread: main. State: after load, before `run`. Blocks: no. Returns: an owned string.
    pub metadata: extern "C" fn() -> RString,
    /// Runs one step to its end and returns the last frame (`done`, `failed` or `panicked`).
    /// Arguments: the `start` frame (borrowed for the call) and the host's functions (valid for the process).
    /// Thread: main. State: once. Blocks: until the step has ended. Never unwinds.
    #[sabi(last_prefix_field)]
    pub run: extern "C" fn(start: RStr<'_>, host: HostRef) -> RString,
}

/// What the host process offers to a plugin. Every function may be called from any thread while `run` has not returned.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HostRef)))]
#[sabi(missing_field(option))]
pub struct Host {
    /// Sends one frame (a JSON document without line breaks, at most [`crate::frames::MAX_FRAME`] bytes) to the runner.
    /// The text is borrowed for the call. Blocks while the runner does not read: that is the back-pressure.
    /// Returns false when the runner is gone or the frame is too long; then nothing was sent.
    pub send: extern "C" fn(frame: RStr<'_>) -> bool,
    /// Asks the runner and waits for the answer. `ask` is borrowed; the answer is an owned
    /// [`crate::frames::Answer`]. Blocks: until answered; when the runner is gone, an error answer comes at once.
    pub ask: extern "C" fn(ask: RStr<'_>) -> RString,
    /// Waits until the step is cancelled or the milliseconds have passed; true means cancelled.
    /// `u64::MAX` waits for ever. Blocks: up to the given time.
    #[sabi(last_prefix_field)]
    pub wait_cancelled: extern "C" fn(milliseconds: u64) -> bool,
}

impl RootModule for PluginModuleRef {
    abi_stable::declare_root_module_statics! {PluginModuleRef}
    const BASE_NAME: &'static str = "windlass_plugin";
    const NAME: &'static str = "windlass plugin";
    const VERSION_STRINGS: VersionStrings = package_version_strings!();
}
