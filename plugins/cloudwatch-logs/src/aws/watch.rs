use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::get_query_results::{GetQueryResultsError, GetQueryResultsOutput};
use aws_sdk_cloudwatchlogs::types::QueryStatus;
use tokio::time::sleep;
use windlass_plugin_api::{Context, StepError};

use super::backoff::Backoff;
use super::failure::{of_call, wait};
use super::patience::patiently;
use super::site::Site;
use crate::rows::{Row, Statistics};

/// A query that runs at AWS.
pub(crate) struct Watch<'a> {
    pub(crate) site: &'a Site,
    pub(crate) id: &'a str,
    pub(crate) context: &'a Context,
}

/// The first page of a query that is complete.
#[derive(Debug)]
pub(crate) struct Complete {
    pub(crate) rows: Vec<Row>,
    /// The token of the next page.
    pub(crate) next: Option<String>,
    pub(crate) statistics: Statistics,
}

impl Watch<'_> {
    /// Polls until the query has ended. Each answer is shown to `seen`, whose error ends the watching.
    ///
    /// # Errors
    /// How the query ended otherwise than complete, the step's own end, or that the query cannot be seen any more.
    pub(crate) async fn to_its_end(
        &self,
        mut seen: impl FnMut(&QueryStatus, &Statistics, &[Row]) -> Result<(), StepError>,
    ) -> Result<Complete, StepError> {
        let (mut backoff, mut last) = (Backoff::new(), None);
        loop {
            let answer = self.poll(None).await?;
            let status = answer.status().cloned().unwrap_or(QueryStatus::UnknownValue);
            let statistics = Statistics::of(answer.statistics());
            seen(&status, &statistics, answer.results())?;
            if status == QueryStatus::Complete {
                let (rows, next) = (answer.results.unwrap_or_default(), answer.next_token);
                return Ok(Complete { rows, next, statistics });
            }
            if let Some(failure) = failure(&status, self.id, &statistics) {
                return Err(failure);
            }
            if last.as_ref() != Some(&status) {
                self.context.info(format!("query is {}", status.as_str().to_lowercase()));
                last = Some(status);
            }
            self.context.or_cancelled(sleep(backoff.pause())).await?;
        }
    }

    /// A page of the rows of a complete query, and the token of the next. One call returns 10,000 rows at most
    /// ([`GetQueryResults`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html)).
    pub(crate) async fn page(&self, token: String) -> Result<(Vec<Row>, Option<String>), StepError> {
        let answer = self.poll(Some(token)).await?;
        Ok((answer.results.unwrap_or_default(), answer.next_token))
    }

    /// Whether AWS still knows the query.
    pub(crate) async fn is_known(&self) -> bool {
        let asked = self.context.or_cancelled(self.ask(None)).await;
        !matches!(asked, Ok(Err(error)) if error.as_service_error().is_some_and(unknown))
    }

    /// One `GetQueryResults` that bears a few failures in a row: a query that has run for minutes is not given up, and
    /// paid for again, because of one.
    async fn poll(&self, token: Option<String>) -> Result<GetQueryResultsOutput, StepError> {
        let look = async || self.context.or_cancelled(self.ask(token.clone())).await;
        let answer = patiently("a look at the query", self.context, wait, look).await?;
        answer.map_err(|error| of_call(&error, "logs:GetQueryResults", &self.site.place))
    }

    async fn ask(&self, token: Option<String>) -> Result<GetQueryResultsOutput, SdkError<GetQueryResultsError>> {
        self.site.client.get_query_results().query_id(self.id).set_next_token(token).send().await
    }
}

fn unknown(error: &GetQueryResultsError) -> bool {
    error.is_resource_not_found_exception() || error.is_invalid_parameter_exception()
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
