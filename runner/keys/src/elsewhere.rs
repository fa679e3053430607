use std::pin::Pin;

use secrecy::SecretSlice;
use windlass_settings::KeyPath;

use crate::{KeyEntry, KeyError};

/// What a store elsewhere will say.
pub type Reading<'a, T> = Pin<Box<dyn Future<Output = Result<T, KeyError>> + Send + 'a>>;

/// Other stores, each mounted at a path: what lies below is read there.
pub trait Elsewhere: Send + Sync {
    /// The paths of the mounts; none lies below another.
    fn mounts(&self) -> Vec<&str>;

    /// The secret at a path below a mount.
    ///
    /// # Errors
    /// `key.not-found`, `key.mount-...`, `account....` when the mount's account gives no credentials.
    fn get<'a>(&'a self, path: &'a KeyPath) -> Reading<'a, SecretSlice<u8>>;

    /// That there is a secret at a path below a mount.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    fn entry<'a>(&'a self, path: &'a KeyPath) -> Reading<'a, KeyEntry>;

    /// The secrets in and below a folder that is a mount or lies below one, by path.
    ///
    /// # Errors
    /// As [`get`](Self::get), without `key.not-found`.
    fn list<'a>(&'a self, folder: &'a str) -> Reading<'a, Vec<KeyEntry>>;
}
