//! The plainest good program that one would write with the AWS SDK to run a query of CloudWatch Logs Insights: what
//! benches measure the `cloudwatch-logs/query` step against. Rows go to standard output, a JSON object a line.

use std::error::Error;
use std::io::{BufWriter, Write, stdout};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_sdk_cloudwatchlogs::config::{BehaviorVersion, Config, Region};
use aws_sdk_cloudwatchlogs::types::{QueryStatus, ResultField};
use aws_sdk_cloudwatchlogs::{Client, error::DisplayErrorContext};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use serde::Serializer as _;

const USAGE: &str = "usage: windlass-bare-sdk ENDPOINT GROUP QUERY LIMIT REGION [SECONDS_BACK]";
const PAUSE: Duration = Duration::from_millis(200);

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        [endpoint, group, query, limit, region] => run(endpoint, group, query, limit, region, "3600").await,
        [endpoint, group, query, limit, region, back] => run(endpoint, group, query, limit, region, back).await,
        _ => Err(USAGE.into()),
    };
    if let Err(error) = outcome {
        eprintln!("windlass-bare-sdk: {error}");
        return std::process::ExitCode::FAILURE;
    }
    std::process::ExitCode::SUCCESS
}

async fn run(endpoint: &str, group: &str, query: &str, limit: &str, region: &str, back: &str) -> Outcome<()> {
    let client = Client::from_conf(config(endpoint, region)?);
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    let request = client.start_query().log_group_names(group).query_string(query).limit(limit.parse()?);
    let started = request.start_time(now - back.parse::<i64>()?).end_time(now + 1).send().await;
    let id = started.map_err(|error| DisplayErrorContext(error).to_string())?.query_id.ok_or("no query identifier")?;
    let mut next = None;
    loop {
        let answer = client.get_query_results().query_id(&id).set_next_token(next.take()).send().await;
        let answer = answer.map_err(|error| DisplayErrorContext(error).to_string())?;
        match answer.status() {
            Some(QueryStatus::Complete) => {
                print(answer.results())?;
                next = answer.next_token;
                if next.is_none() {
                    return Ok(());
                }
            }
            Some(QueryStatus::Scheduled | QueryStatus::Running) => tokio::time::sleep(PAUSE).await,
            other => return Err(format!("the query ended as {other:?}").into()),
        }
    }
}

fn config(endpoint: &str, region: &str) -> Outcome<Config> {
    let variable = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    let credentials = Credentials::new(id, secret, variable("AWS_SESSION_TOKEN").ok(), None, "environment");
    let http = match endpoint.starts_with("http://") {
        true => Builder::new().build_http(),
        false => Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https(),
    };
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).http_client(http);
    let config = config.credentials_provider(credentials).region(Region::new(region.to_owned()));
    Ok(config.endpoint_url(endpoint).build())
}

fn print(rows: &[Vec<ResultField>]) -> Outcome<()> {
    let mut out = BufWriter::new(stdout().lock());
    for row in rows {
        let cells = row.iter().map(|cell| (cell.field(), cell.value()));
        serde_json::Serializer::new(&mut out).collect_map(cells)?;
        out.write_all(b"\n")?;
    }
    Ok(out.flush()?)
}
