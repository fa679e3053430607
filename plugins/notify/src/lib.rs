//! The `notify` plugin: tells people and programs that something has happened.
//!
//! What is sent carries an identity that does not change when the step is attempted again (`identity`), so that whoever
//! gets it twice can know. Messages are made of what a job says, which may hold secrets: errors name hosts, headers and
//! recipients, and never what was sent.

mod email;
mod http;
mod identity;
mod slack;
mod webhook;

pub use email::{Email, Mailed};
pub use slack::{Posted, Slack};
pub use webhook::{Delivered, Webhook};

windlass_plugin_api::export_plugin! {
    name: "notify",
    title: "Notifications",
    description: "Sends signed webhooks, messages to Slack, and e-mail.",
    steps: [Webhook, Slack, Email],
}
