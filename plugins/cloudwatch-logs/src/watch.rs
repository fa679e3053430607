use std::time::Instant;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::get_query_results::{GetQueryResultsError, GetQueryResultsOutput};
use aws_sdk_cloudwatchlogs::types::QueryStatus;
use tokio::time::sleep;
use windlass_plugin_api::{Context, StepError};

use crate::backoff::Backoff;
use crate::failure::{Place, is_passing, of_call, said};
use crate::rows::{Pages, Statistics};

/// So many polls in a row may fail before the query is given up; the SDK has tried each of them three times.
const PATIENCE: u32 = 5;

/// A query that runs at AWS.
pub(crate) struct Watch<'a> {
    pub(crate) client: &'a Client,
    pub(crate) id: &'a str,
    pub(crate) place: &'a Place,
    pub(crate) context: &'a Context,
}

/// How a query ended at AWS.
pub(crate) enum Watched {
    /// All of its rows.
    Complete(Pages),
    /// It ended otherwise.
    Ended(StepError),
}

impl Watch<'_> {
    /// Polls until the query has ended, then reads all of its rows.
    ///
    /// # Errors
    /// When the step is cancelled or the query cannot be seen any more; it may be running then.
    pub(crate) async fn to_its_end(&self) -> Result<Watched, StepError> {
        let (began, mut backoff, mut seen) = (Instant::now(), Backoff::new(), None);
        loop {
            let answer = self.poll(None).await?;
            let status = answer.status().cloned().unwrap_or(QueryStatus::UnknownValue);
            let statistics = Statistics::of(answer.statistics());
            let elapsed = began.elapsed().as_secs();
            self.context.progress(format!("{status}: {statistics}, {elapsed} s"), None);
            if status == QueryStatus::Complete {
                return Ok(Watched::Complete(self.pages(answer).await?));
            }
            if let Some(failure) = failure(&status, self.id, &statistics) {
                return Ok(Watched::Ended(failure));
            }
            if seen.as_ref() != Some(&status) {
                self.context.info(format!("query is {}", status.as_str().to_lowercase()));
                seen = Some(status);
            }
            self.context.or_cancelled(sleep(backoff.pause())).await?;
        }
    }

    /// A call returns 10,000 rows at most and a token for the others
    /// ([`GetQueryResults`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html)).
    async fn pages(&self, first: GetQueryResultsOutput) -> Result<Pages, StepError> {
        let mut pages = Pages::default();
        let mut next = pages.add(first);
        while let Some(token) = next {
            self.context.progress(format!("read {} rows", pages.rows()), None);
            next = pages.add(self.poll(Some(token)).await?);
        }
        Ok(pages)
    }

    /// One `GetQueryResults` that bears a few failures in a row: a query that has run for minutes is not given up, and
    /// paid for again, because of one.
    async fn poll(&self, token: Option<String>) -> Result<GetQueryResultsOutput, StepError> {
        let mut backoff = Backoff::new();
        for _ in 1..PATIENCE {
            match self.context.or_cancelled(self.ask(token.clone())).await? {
                Err(error) if is_passing(&error) => {
                    self.context.warn(format!("could not look at the query, trying again: {}", said(&error)));
                }
                answer => return answer.map_err(|error| of_call(&error, "logs:GetQueryResults", self.place)),
            }
            self.context.or_cancelled(sleep(backoff.pause())).await?;
        }
        let answer = self.context.or_cancelled(self.ask(token)).await?;
        answer.map_err(|error| of_call(&error, "logs:GetQueryResults", self.place))
    }

    async fn ask(&self, token: Option<String>) -> Result<GetQueryResultsOutput, SdkError<GetQueryResultsError>> {
        self.client.get_query_results().query_id(self.id).set_next_token(token).send().await
    }
}

/// The step's failure when the query has ended without all its results. A status that is not known yet goes on: AWS
/// ends every query after an hour.
fn failure(status: &QueryStatus, id: &str, statistics: &Statistics) -> Option<StepError> {
    let (code, message, help) = match status {
        QueryStatus::Failed => {
            ("query-failed", "failed at AWS", "run it again, over a shorter range or fewer log groups")
        }
        QueryStatus::Timeout => (
            "query-timeout",
            "ran longer than AWS lets a query run (60 minutes)",
            "query a shorter range or fewer log groups, or filter on an indexed field",
        ),
        QueryStatus::Cancelled => (
            "query-cancelled",
            "was stopped at AWS by somebody else",
            "see StopQuery in the account's CloudTrail for who did it",
        ),
        _ => return None,
    };
    let message = format!("query `{id}` {message}: {statistics}");
    Some(StepError::new(format!("cloudwatch-logs.{code}"), message).with_help(help))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(status: &str) -> Option<String> {
        failure(&QueryStatus::from(status), "q", &Statistics::default()).map(|failure| failure.code)
    }

    #[test]
    fn only_an_end_is_a_failure() {
        assert_eq!(code("Failed").unwrap(), "cloudwatch-logs.query-failed");
        assert_eq!(code("Timeout").unwrap(), "cloudwatch-logs.query-timeout");
        assert_eq!(code("Cancelled").unwrap(), "cloudwatch-logs.query-cancelled");
        for status in ["Scheduled", "Running", "Complete", "Unknown", "Pondering"] {
            assert_eq!(code(status), None, "{status}");
        }
    }
}
