mod authentication;
mod dialogue;
mod failure;
mod message;
mod recipients;
mod reply;
mod session;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Secret, Server, Step, StepError, StepInfo};

use message::Mail;
use session::deliver;

/// A message, and the server that takes it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Email {
    /// The SMTP server, `smtp.example.com:587`.
    server: Server,

    /// How the way to the server is secured. `starttls` (port 587 as a rule): by TLS that begins with a command. `tls` (port 465):
    /// by TLS from the first byte. `none`: not at all; a password is then only given to a server on this machine.
    #[serde(default)]
    security: Security,

    /// The user, when the server asks for one.
    user: Option<String>,

    /// The key in key storage that has the user's password.
    password: Option<Secret>,

    /// The sender, `deployments@example.com` or `Deployments <deployments@example.com>`.
    from: String,

    /// The recipients.
    #[schemars(length(min = 1, max = 100))]
    to: Vec<String>,

    /// Those who get a copy.
    #[serde(default)]
    #[schemars(length(max = 100))]
    cc: Vec<String>,

    /// To whom answers go, when that is not the sender.
    reply_to: Option<String>,

    /// The subject: one line.
    #[schemars(length(min = 1, max = 900))]
    subject: String,

    /// The message as plain text.
    text: String,

    /// The same as HTML.
    html: Option<String>,
}

/// How the way to a server is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
enum Security {
    #[default]
    Starttls,
    Tls,
    None,
}

/// What became of the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Mailed {
    /// The `Message-ID`; the same when the step is attempted again.
    message_id: String,
    /// How many recipients the server has taken it for.
    recipients: u64,
    /// What the server said when it took the message; often its own number of it.
    answer: String,
}

impl Step for Email {
    const INFO: StepInfo = StepInfo {
        name: "email",
        title: "Send e-mail",
        description: "Hands a message to an SMTP server. A recipient whom the server refuses fails the step after the others have got \
                      the message; the error says what happened to whom. When the step is attempted again, the message has the \
                      same `Message-ID`.",
        repeatable: true,
        example: "\
server: smtp.example.com:587
user: windlass
password: keys/project/web/smtp
from: Windlass <windlass@example.com>
to: [operations@example.com]
subject: Version 7 is live
text: It took 40 seconds.
",
        ..StepInfo::DEFAULT
    };
    type Outputs = Mailed;

    async fn run(self, context: Context) -> Result<Mailed, StepError> {
        let mail = Mail::of(&self, context.execution())?;
        let account = authentication::Account::of(&self)?;
        let delivered = context.or_cancelled(deliver(&self, &mail, account, &context)).await??;
        let recipients = delivered.recipients.taken();
        context.info(format!("`{}` has taken the message for {recipients} recipients", self.server.as_str()));
        delivered.recipients.refused(self.server.host())?;
        Ok(Mailed { message_id: mail.id, recipients: recipients as u64, answer: delivered.answer })
    }
}
