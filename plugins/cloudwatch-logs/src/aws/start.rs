use std::time::Duration;

use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::start_query::{StartQueryError, StartQueryOutput};
use tokio::time::timeout;
use windlass_plugin_api::{Context, StepError};

use super::failure::{Wait, of_start, wait_to_start};
use super::patience::patiently;
use super::site::{Ask, Site};
use crate::groups::{Groups, nearest};

/// How long a cancelled step still waits for AWS to say which query it has started. Together with the time for
/// stopping it this must fit into the default grace period of ten seconds.
const START_GRACE: Duration = Duration::from_secs(4);
/// What became of starting a query.
#[derive(Debug)]
pub(crate) enum Started<Q = String> {
    /// It runs; by itself, this is its identifier.
    Query(Q),
    /// AWS does not take that many rows here.
    FewerRows,
    /// AWS takes no more queries now, and nobody wanted to wait.
    NotNow,
}

/// Whether a query is needed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Yes: it is waited for while AWS takes no more queries or calls, as long as the step has time.
    Now,
    /// Only later.
    Later,
}

impl Site {
    /// Starts a query.
    pub(crate) async fn start(&self, ask: &Ask<'_>, need: Need, context: &Context) -> Result<Started, StepError> {
        let what = format!("another query of {}", self.name());
        let sent = match need {
            Need::Now => patiently(&what, context, wait_to_start, || self.send(ask, context)).await?,
            Need::Later => self.send(ask, context).await?,
        };
        let error = match sent {
            Ok(StartQueryOutput { query_id: Some(id), .. }) => return Ok(Started::Query(id)),
            Ok(_) => {
                let message = "AWS started a query without an identifier";
                return Err(StepError::new("cloudwatch-logs.failed", message));
            }
            Err(error) => error,
        };
        let refused = error.as_service_error().is_some_and(StartQueryError::is_invalid_parameter_exception);
        if refused && self.takes_fewer_rows_than(ask.limit) {
            return Ok(Started::FewerRows);
        }
        if need == Need::Later && wait_to_start(&error) != Wait::Never {
            return Ok(Started::NotNow);
        }
        let failure = of_start(&error, &ask.text, ask.groups, &self.place);
        let missing = error.as_service_error().is_some_and(StartQueryError::is_resource_not_found_exception);
        match ask.groups.filter(|_| missing) {
            Some(groups) => Err(match nearest(self, groups, context).await {
                Some(hint) => failure.with_help(hint),
                None => failure,
            }),
            None => Err(failure),
        }
    }

    /// Sends `StartQuery`. A call that is under way is not dropped at once when the step is cancelled: its query would run
    /// on, and nobody would know its identifier.
    async fn send(
        &self,
        ask: &Ask<'_>,
        context: &Context,
    ) -> Result<Result<StartQueryOutput, SdkError<StartQueryError>>, StepError> {
        let request = self.client.start_query().start_time(ask.start).end_time(ask.end).query_string(&ask.text);
        let request = match ask.groups {
            Some(Groups::Names(names)) => request.set_log_group_names(Some(names.clone())),
            Some(Groups::Identifiers(identifiers)) => request.set_log_group_identifiers(Some(identifiers.clone())),
            None => request,
        };
        let request = request.set_query_language(ask.language.of_aws());
        let mut sent = std::pin::pin!(request.set_limit(i32::try_from(ask.limit).ok()).send());
        tokio::select! {
            started = &mut sent => Ok(started),
            () = context.cancelled() => timeout(START_GRACE, sent).await.map_err(|_| StepError::cancelled()),
        }
    }
}
