use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use windlass_plugin_api::frames::{Chart, ChartKind};
use windlass_plugin_api::{Context, Step, StepError, StepInfo};

/// Gives its account's secrets away: the control that shows whether a leak would be found.
///
/// A step type of its own, because only one that declares `needs_account` is given credentials at all.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leak {
    /// Where to.
    channel: Channel,
    /// In which form.
    #[serde(default)]
    form: Form,
}

#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Channel {
    Log,
    Progress,
    Stdout,
    Stderr,
    Outputs,
    Error,
    Table,
    Chart,
    Artifact,
    Checkpoint,
    /// Has the account tried, which the step type does not declare.
    Verify,
}

/// Masking knows the first two; the last gets past every masking, so that only a search can find it.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Form {
    #[default]
    Plain,
    Base64,
    Reversed,
}

/// What was leaked, when the channel is `outputs`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Leaked {
    text: Option<String>,
}

impl Step for Leak {
    const INFO: StepInfo = StepInfo {
        name: "leak",
        title: "Leak the account's secrets",
        description: "Gives the secrets of its account away.",
        needs_account: true,
        example: "channel: log\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Leaked;

    async fn run(self, context: Context) -> Result<Leaked, StepError> {
        let credentials = context.credentials().await?;
        let token = credentials.session_token.unwrap_or_default();
        let (key, token) = (self.form.of(&credentials.secret_access_key), self.form.of(&token));
        let text = format!("leaked key {key} token {token}");
        match self.channel {
            Channel::Log => context.info(text),
            Channel::Progress => context.progress(text, None),
            Channel::Stdout => println!("{text}"),
            Channel::Stderr => eprintln!("{text}"),
            Channel::Outputs => return Ok(Leaked { text: Some(text) }),
            Channel::Error => return Err(StepError::new("misbehave.leaked", text.as_str()).with_help(text)),
            Channel::Table => {
                context.table("leaked", vec!["text".to_owned()]).row([text.as_str().into()]);
            }
            Channel::Chart => context.chart(chart_of(text)),
            Channel::Artifact => {
                let (half, rest) = text.split_at(text.len() / 2);
                let mut artifact = context.artifact("leaked.txt", "text/plain");
                for piece in [half, rest] {
                    artifact.write_all(piece.as_bytes()).and_then(|()| artifact.flush()).expect("it does not fail");
                }
            }
            Channel::Checkpoint => context.checkpoint(text).await?,
            Channel::Verify => drop(context.verify(true).await?),
        }
        Ok(Leaked { text: None })
    }
}

fn chart_of(text: String) -> Chart {
    let (table, x) = ("leaked".to_owned(), "text".to_owned());
    Chart {
        chart: text.clone(),
        title: text.clone(),
        kind: ChartKind::Bar,
        table,
        x,
        y: vec![text.clone()],
        series: Some(text),
    }
}

impl Form {
    fn of(self, secret: &str) -> String {
        match self {
            Self::Plain => secret.to_owned(),
            Self::Base64 => BASE64_STANDARD.encode(secret),
            Self::Reversed => secret.chars().rev().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_differ() {
        assert_eq!(Form::default().of("secret"), "secret");
        assert_eq!(Form::Base64.of("secret"), "c2VjcmV0");
        assert_eq!(Form::Reversed.of("secret"), "terces");
    }
}
