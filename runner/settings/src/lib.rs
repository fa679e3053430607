//! Configuration layers become validated types, each value with its origin.
//!
//! [`load`] merges the built-in defaults, one file, the environment and flags. The file is read strictly: an unknown key,
//! a wrong type and a broken rule all name file, line and column, and show the lines around. What comes out is
//! [`Settings`], another type than the file's shape, in which every account is whole and every name is checked,
//! so that nobody has to check again.
//!
//! Deliberately absent: secrets (the configuration holds the paths of keys only), interpolation of variables into the
//! file, including other files, and reading a file from the current folder that nobody named.

mod account;
mod chain;
mod check;
mod database;
mod environment;
mod error;
pub mod import;
mod installation;
mod key_mount;
mod key_path;
mod layers;
mod load;
mod names;
mod role_arn;
mod role_pattern;
mod session_name;
mod settings;
mod shape;
mod shown;
mod stored;
mod template;
mod text;
pub mod yaml;

pub use account::{AccessKey, Account, FilePlace, Grant, Narrowing, Place, Role, Scope, Source, WebIdentity};
pub use chain::{Chain, ChainError};
pub use database::{Backend, Database, DatabaseUrlError, Durability, Postgres};
pub use error::{Problem, Problems, SettingsError};
pub use installation::Installation;
pub use key_mount::{KeyMount, MountedStore};
pub use key_path::KeyPath;
pub use load::{DEFAULTS, Loaded, Overrides, load, load_for};
pub use names::{AccountId, AccountName, ExternalId, ProjectName};
pub use role_arn::{Partition, RoleArn};
pub use role_pattern::RolePattern;
pub use session_name::SessionName;
pub use settings::{
    Containment, Endpoints, Limits, Network, Project, Retention, Server, Settings, Shell, StepLogAction,
};
pub use shown::ShownValue;
pub use stored::{Stored, Unusable};
pub use template::Template;
pub use text::{format_duration, parse_bytes, parse_duration};
