//! How long a connection takes, for the bench.

use std::time::Instant;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Endpoint, Network, Step, StepError, StepInfo};

/// Connects again and again through the runner, one connection after the other.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Connects {
    /// `http://127.0.0.1:PORT`.
    url: Endpoint,
    /// How often.
    count: usize,
}

/// Connects again and again by sockets of its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DirectConnects {
    /// `http://127.0.0.1:PORT`.
    url: Endpoint,
    /// How often.
    count: usize,
}

/// How long each took until it could be used.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Took {
    nanoseconds: Vec<u64>,
}

impl Step for Connects {
    const INFO: StepInfo = StepInfo {
        name: "connects",
        title: "Connect through the runner",
        description: "Measures connections that the runner makes.",
        example: "url: http://127.0.0.1:9\ncount: 0\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Took;

    async fn run(self, context: Context) -> Result<Took, StepError> {
        let (host, port) = authority(&self.url)?;
        let mut nanoseconds = Vec::with_capacity(self.count);
        for _ in 0..self.count {
            let start = Instant::now();
            drop(context.connect(&host, port).await?);
            nanoseconds.push(since(start));
        }
        Ok(Took { nanoseconds })
    }
}

impl Step for DirectConnects {
    const INFO: StepInfo = StepInfo {
        name: "direct-connects",
        title: "Connect directly",
        description: "Measures connections that the step makes itself.",
        network: Network { direct: true, ..Network::NONE },
        example: "url: http://127.0.0.1:9\ncount: 0\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Took;

    async fn run(self, _: Context) -> Result<Took, StepError> {
        let address = authority(&self.url)?;
        let mut nanoseconds = Vec::with_capacity(self.count);
        for _ in 0..self.count {
            let start = Instant::now();
            let connection = tokio::net::TcpStream::connect((address.0.as_str(), address.1)).await;
            drop(connection.map_err(|error| StepError::new("step.failed", error.to_string()))?);
            nanoseconds.push(since(start));
        }
        Ok(Took { nanoseconds })
    }
}

fn since(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

fn authority(url: &Endpoint) -> Result<(String, u16), StepError> {
    let wrong = || StepError::new("step.failed", "write the address as `http://HOST:PORT`");
    let (host, port) = url.as_str().strip_prefix("http://").and_then(|rest| rest.rsplit_once(':')).ok_or_else(wrong)?;
    Ok((host.to_owned(), port.parse().map_err(|_| wrong())?))
}
