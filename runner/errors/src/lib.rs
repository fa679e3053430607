//! One set of stable error codes for step reasons, retries, the API and exit codes, and one way to show an error.
//!
//! Every room has its own error enum that implements [`Report`]; nothing here knows any of them.
//! A code is dotted, `area.what-happened`; the area decides the [exit code](exit). Steps may add codes of
//! their own, whose area is the name of their plugin.

mod code;
pub mod exit;
mod nearest;
mod report;

pub use code::{ALL, Code, Entry};
pub use nearest::{nearest, nearest_hint};
pub use report::{Report, render};
