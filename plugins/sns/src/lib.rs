//! The `sns` plugin: publishes to topics of the Simple Notification Service.
//!
//! Deliberately absent: making topics and subscriptions, which is for infrastructure as code, and messages to phones.

mod attribute;
mod failure;
mod publish;
mod topic;

pub use attribute::Attribute;
pub use publish::{Publish, Published};

windlass_plugin_api::export_plugin! {
    name: "sns",
    title: "Simple Notification Service",
    description: "Publishes messages to topics.",
    steps: [Publish],
}
