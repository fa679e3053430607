//! A plugin whose step works in each of its accounts and regions, and says who it is there. Tests run it; never install it.

use aws_sdk_sts::Client;
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{
    Account, Context, Network, Region, Resources, Step, StepError, StepInfo, explain_sdk_error, export_plugin,
};

/// The runner takes a few more questions than these at a time.
const AT_ONCE: usize = 10;

/// Says who it is in each of its places.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Callers {
    /// The accounts; the step's, when there are none.
    #[serde(default)]
    #[expect(dead_code, reason = "the runner reads them")]
    accounts: Vec<Account>,
    /// The regions; the step's or the account's, when there are none.
    #[serde(default)]
    #[expect(dead_code, reason = "the runner reads them")]
    regions: Vec<Region>,
    /// Log groups that it declares to need, and does not use.
    #[serde(default)]
    #[expect(dead_code, reason = "the runner reads them")]
    groups: Vec<String>,
    /// How often it asks for its credentials besides, several times at once.
    #[serde(default)]
    asks: usize,
    /// The number of a place that it asks for beside its own.
    beside: Option<usize>,
    /// Whether it leaves a checkpoint and never comes to its end.
    #[serde(default)]
    hangs: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Called {
    callers: Vec<Caller>,
    /// What was said of the place beside its own.
    refused: Vec<String>,
    /// Who it is without naming a place.
    first: String,
    /// The ids of the keys that it got, one for each time that it asked besides.
    keys: Vec<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Caller {
    account: String,
    account_id: Option<String>,
    region: String,
    arn: String,
}

impl Step for Callers {
    const INFO: StepInfo = StepInfo {
        name: "callers",
        title: "Show the callers",
        description: "Asks AWS who it is in each of its places.",
        actions: &["sts:GetCallerIdentity", "logs:DescribeLogStreams"],
        resources: &[Resources {
            actions: &["logs:DescribeLogStreams"],
            names: "/groups",
            arns: &["arn:{partition}:logs:{region}:{account}:log-group:{name}:*"],
            patterns: true,
            ..Resources::DEFAULT
        }],
        needs_account: true,
        resumable: true,
        network: Network::aws(&["sts"]),
        example: "regions: [eu-west-1, us-east-1]\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Called;

    async fn run(self, context: Context) -> Result<Called, StepError> {
        if self.hangs {
            context.checkpoint("places").await?;
            loop {
                std::thread::park();
            }
        }
        let mut refused = Vec::new();
        if let Some(place) = self.beside {
            let credentials = context.credentials_in(place).await.err().map(|error| error.message);
            let config = context.aws_config_in(place, "sts").err().map(|error| error.message);
            refused.extend(credentials.into_iter().chain(config));
        }
        let mut keys = Vec::new();
        while keys.len() < self.asks {
            let asking = (0..AT_ONCE.min(self.asks - keys.len())).map(|_| context.credentials());
            keys.extend(try_join_all(asking).await?.into_iter().map(|keys| keys.access_key_id));
        }
        let first = arn(&Client::new(&context.aws_config("sts")?)).await?;
        Ok(Called { callers: callers(&context).await?, refused, first, keys })
    }

    async fn abandon(self, context: Context, _: String) -> Result<(), StepError> {
        for caller in callers(&context).await? {
            context.info(format!("{} in {} as {}", caller.account, caller.region, caller.arn));
        }
        Ok(())
    }
}

async fn callers(context: &Context) -> Result<Vec<Caller>, StepError> {
    let mut callers = Vec::new();
    for (number, place) in context.places().iter().cloned().enumerate() {
        let config = context.aws_config_in(number, "sts")?;
        let region = config.region().map(ToString::to_string).unwrap_or_default();
        let (account, account_id) = (place.account, place.account_id);
        callers.push(Caller { account, account_id, region, arn: arn(&Client::new(&config)).await? });
    }
    Ok(callers)
}

async fn arn(client: &Client) -> Result<String, StepError> {
    let answer = client.get_caller_identity().send().await;
    let answer = answer.map_err(|error| StepError::new("places.failed", explain_sdk_error(&error)))?;
    Ok(answer.arn.unwrap_or_default())
}

export_plugin! {
    name: "places",
    title: "Places",
    description: "Works in several accounts and regions, for tests.",
    steps: [Callers],
}
