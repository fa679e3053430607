use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Step, StepError, StepInfo};

/// Leaves a checkpoint, and then does not get to its end.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Keeper {
    /// The checkpoint.
    token: String,
    /// How it goes on.
    then: Then,
    /// Whether it can end what it has begun.
    #[serde(default)]
    abandon_fails: bool,
    /// Whether it never comes to its end with that.
    #[serde(default)]
    abandon_hangs: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Then {
    Succeed,
    Fail,
    Panic,
    Abort,
    /// Neither hears of a cancellation nor of SIGTERM.
    Hang,
}

/// How it got here.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Kept {
    resumed: Option<String>,
}

impl Step for Keeper {
    const INFO: StepInfo = StepInfo {
        name: "keeper",
        title: "Leave a checkpoint",
        description: "Leaves a checkpoint and ends in the way that it is told.",
        resumable: true,
        example: "token: query-1\nthen: succeed\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Kept;

    async fn run(self, context: Context) -> Result<Kept, StepError> {
        context.checkpoint("an earlier one").await?;
        context.checkpoint(self.token).await?;
        match self.then {
            Then::Succeed => Ok(Kept { resumed: None }),
            Then::Fail => Err(StepError::new("misbehave.failed", "failed on request")),
            Then::Panic => panic!("panicked on request"),
            Then::Abort => std::process::abort(),
            Then::Hang => loop {
                std::thread::park();
            },
        }
    }

    async fn resume(self, _: Context, token: String) -> Result<Kept, StepError> {
        Ok(Kept { resumed: Some(token) })
    }

    async fn abandon(self, context: Context, token: String) -> Result<(), StepError> {
        context.info(format!("abandoned {token}"));
        if self.abandon_hangs {
            loop {
                std::thread::park();
            }
        }
        if self.abandon_fails { Err(StepError::new("misbehave.failed", "it is stuck")) } else { Ok(()) }
    }
}
