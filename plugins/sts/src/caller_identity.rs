use aws_sdk_sts::Client;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Network, Step, StepError, StepInfo};

use crate::failure;

/// Takes no configuration.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallerIdentity {}

/// Who the step is, as AWS sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Caller {
    /// The twelve digits of the AWS account.
    account: String,
    /// The ARN of the role session or user.
    arn: String,
    /// AWS's unique identifier of the role session or user.
    user_id: String,
}

impl Step for CallerIdentity {
    const INFO: StepInfo = StepInfo {
        name: "caller-identity",
        title: "Show the caller's identity",
        description: "Asks AWS which identity the step's account gives. \
                      AWS answers this to everybody whose credentials are valid, whatever their rights.",
        actions: &["sts:GetCallerIdentity"],
        needs_account: true,
        repeatable: true,
        network: Network::aws(&["sts"]),
        example: "{}\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Caller;

    async fn run(self, context: Context) -> Result<Caller, StepError> {
        let client = Client::new(&context.aws_config("sts")?);
        let answer = context.or_cancelled(client.get_caller_identity().send()).await?;
        let place = match context.endpoint("sts") {
            Some(url) => format!("STS at `{url}`"),
            None => format!("STS in region `{}`", context.region()?),
        };
        let answer = answer.map_err(|error| failure::of_call(&error, &place))?;
        let caller = Caller::of(answer)?;
        context.info(format!("{} in account {}", caller.name(), caller.account));
        Ok(caller)
    }
}

impl Caller {
    fn of(answer: GetCallerIdentityOutput) -> Result<Self, StepError> {
        match (answer.account, answer.arn, answer.user_id) {
            (Some(account), Some(arn), Some(user_id)) => Ok(Self { account, arn, user_id }),
            _ => Err(StepError::new("sts.failed", "AWS gave an identity without account, ARN or user id")),
        }
    }

    /// `assumed-role/Reader/windlass-web`: the last part of
    /// [the ARN](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns).
    fn name(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(arn: &str) -> GetCallerIdentityOutput {
        GetCallerIdentityOutput::builder().account("111122223333").arn(arn).user_id("AROAEXAMPLE:web").build()
    }

    #[test]
    fn the_name_is_the_last_part_of_the_arn() {
        let caller = Caller::of(answer("arn:aws-cn:sts::111122223333:assumed-role/Reader/a:b")).unwrap();
        assert_eq!(caller.name(), "assumed-role/Reader/a:b");
        assert_eq!(Caller::of(answer("odd")).unwrap().name(), "odd");
    }

    #[test]
    fn an_incomplete_answer_is_refused() {
        assert_eq!(Caller::of(GetCallerIdentityOutput::builder().build()).unwrap_err().code, "sts.failed");
    }

    #[test]
    fn outputs_and_configuration_are_as_documented() {
        let caller = serde_json::to_value(Caller::of(answer("arn:a:b:c:d:e")).unwrap()).unwrap();
        let keys: Vec<&String> = caller.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["account", "arn", "userId"]);
        assert!(serde_json::from_str::<CallerIdentity>("{}").is_ok());
        assert!(serde_json::from_str::<CallerIdentity>(r#"{"role":"x"}"#).is_err());
    }
}
