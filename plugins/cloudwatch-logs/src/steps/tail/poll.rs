use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsOutput;
use tokio::time::Instant;
use windlass_plugin_api::StepError;

use super::Tail;
use super::window::Window;
use crate::aws::{About, Calls};

const ACTION: &str = "logs:FilterLogEvents";
/// So long a poll that has begun before the deadline, or at it, may still read pages.
const LAST_POLL: Duration = Duration::from_secs(10);

/// One look at all log groups.
pub(super) struct Poll<'a> {
    pub(super) calls: &'a Calls<'a>,
    pub(super) tail: &'a Tail,
    /// Milliseconds since 1970 UTC.
    pub(super) from: i64,
    /// How many events are of use.
    pub(super) most: usize,
    pub(super) deadline: Instant,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) time_ms: i64,
    pub(super) group: String,
    pub(super) stream: String,
    pub(super) message: String,
}

impl Poll<'_> {
    /// The new events of all log groups in the order of time, at most as many as are of use.
    pub(super) async fn events(&self, window: &mut Window) -> Result<Vec<Found>, StepError> {
        let mut all = Vec::new();
        for group in &self.tail.log_groups {
            self.of_group(group, window, &mut all).await?;
        }
        all.sort_by_key(|event| event.time_ms);
        all.truncate(self.most);
        Ok(all)
    }

    /// Pages may be empty and yet not the last
    /// ([`FilterLogEvents`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html)).
    async fn of_group(&self, group: &str, window: &mut Window, all: &mut Vec<Found>) -> Result<(), StepError> {
        let (mut token, mut count) = (None, 0);
        loop {
            let answer = self.page(group, token).await?;
            for event in answer.events.unwrap_or_default() {
                let (time_ms, id) = (event.timestamp.unwrap_or_default(), event.event_id.unwrap_or_default());
                if window.is_new(&id, time_ms) {
                    count += 1;
                    let stream = event.log_stream_name.unwrap_or_default();
                    let message = event.message.unwrap_or_default();
                    all.push(Found { time_ms, group: group.to_owned(), stream, message });
                }
            }
            token = answer.next_token;
            if token.is_none() || count >= self.most || Instant::now() > self.deadline + LAST_POLL {
                return Ok(());
            }
        }
    }

    async fn page(&self, group: &str, token: Option<String>) -> Result<FilterLogEventsOutput, StepError> {
        let request = self.calls.client.filter_log_events().start_time(self.from).set_next_token(token);
        let request = match group.strip_prefix("arn:") {
            Some(_) => request.log_group_identifier(group.strip_suffix(":*").unwrap_or(group)),
            None => request.log_group_name(group),
        };
        let request = request.set_filter_pattern(self.tail.pattern.clone());
        let request = request.set_log_stream_name_prefix(self.tail.stream_prefix.clone());
        let answer = self.calls.patiently(ACTION, async || request.clone().send().await).await?;
        answer.map_err(|error| self.calls.failure(&error, ACTION, About::Group(group)))
    }
}
