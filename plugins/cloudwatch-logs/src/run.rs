use std::time::Duration;

use aws_sdk_cloudwatchlogs::Client;
use jiff::Timestamp;
use tokio::time::timeout;
use windlass_plugin_api::{Context, StepError};

use crate::failure::{Place, of_start};
use crate::groups::{Groups, named};
use crate::query::{Query, QueryOutputs};
use crate::range::Seconds;
use crate::rows;
use crate::stop::stop;
use crate::watch::{Watch, Watched};

/// How long a cancelled step still waits for AWS to say which query it has started. Together with the time for
/// stopping it this must fit into the default grace period of ten seconds.
const START_GRACE: Duration = Duration::from_secs(4);
/// The most rows that a query without a limit returns
/// ([`StartQuery`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html)).
const DEFAULT_LIMIT: u64 = 10_000;

/// Starts the query, waits for its end, and passes its rows on.
pub(crate) async fn run(query: &Query, context: &Context) -> Result<QueryOutputs, StepError> {
    let seconds = query.range.seconds(Timestamp::now())?;
    let client = Client::new(&context.aws_config("logs")?);
    let place = Place::of(context)?;
    let id = start(query, seconds, &client, &place, context).await?;
    let (groups, region) = (named(&query.log_groups), context.region()?);
    context.info(format!("started query `{id}` over {groups} in {region}, {seconds}"));
    match (Watch { client: &client, id: &id, place: &place, context }).to_its_end().await {
        Ok(Watched::Complete(pages)) => Ok(report(query, id, &pages, context)),
        Ok(Watched::Ended(failure)) => Err(failure),
        Err(failure) => {
            stop(&client, &id, context).await;
            Err(failure)
        }
    }
}

/// Sends `StartQuery`. A call that is under way is not dropped at once when the step is cancelled: its query would run
/// on, and nobody would know its identifier.
async fn start(
    query: &Query,
    seconds: Seconds,
    client: &Client,
    place: &Place,
    context: &Context,
) -> Result<String, StepError> {
    let request = client.start_query().start_time(seconds.start).end_time(seconds.end).query_string(&query.query);
    let request = match Groups::of(&query.log_groups) {
        Groups::Names(names) => request.set_log_group_names(Some(names)),
        Groups::Identifiers(identifiers) => request.set_log_group_identifiers(Some(identifiers)),
    };
    let limit = query.limit.and_then(|limit| i32::try_from(limit).ok());
    let mut sent = std::pin::pin!(request.set_limit(limit).send());
    let started = tokio::select! {
        started = &mut sent => started,
        () = context.cancelled() => timeout(START_GRACE, sent).await.map_err(|_| StepError::cancelled())?,
    };
    let started = started.map_err(|error| of_start(&error, query, place))?;
    started
        .query_id
        .ok_or_else(|| StepError::new("cloudwatch-logs.failed", "AWS started a query without an identifier"))
}

fn report(query: &Query, id: String, pages: &rows::Pages, context: &Context) -> QueryOutputs {
    let row_count = rows::send(pages, context);
    let statistics = pages.statistics();
    let outputs = QueryOutputs {
        query_id: id,
        status: "Complete".to_owned(),
        row_count,
        records_matched: statistics.matched,
        records_scanned: statistics.scanned,
        bytes_scanned: statistics.bytes,
        truncated: pages.rows() >= query.limit.map_or(DEFAULT_LIMIT, u64::from),
    };
    let more = if outputs.truncated { "; the limit is reached, there may be more" } else { "" };
    context.info(format!("{row_count} rows; {statistics}{more}"));
    outputs
}
