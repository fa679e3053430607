//! Deliberately absent: `StartLiveTail`. It answers with an event stream from a host of its own (`streaming-logs.`), is
//! billed by the minute, and gives no event that happened before; asking `FilterLogEvents` again and again does for a
//! step that waits for something.

mod ends;
mod poll;
mod window;

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use windlass_plugin_api::{Cell, Context, Network, Resources, Step, StepError, StepInfo, Table};

use crate::aws::Calls;
use crate::groups::{GROUP_ARNS, named};
use crate::past::Past;
use ends::{Ended, Seen};
use poll::{Found, Poll};
use window::Window;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What to follow, and how long.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("dependentRequired" = {"failIfNotFound": ["until"]}))]
pub struct Tail {
    /// The log groups to follow, by name or by ARN. A group of another account, seen from a monitoring account, needs
    /// its ARN.
    #[schemars(length(min = 1, max = 10), inner(length(min = 1, max = 2048), regex(pattern = r"^[\w#+=/:,.@*-]+$")))]
    log_groups: Vec<String>,

    /// Which events: a [filter pattern](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html),
    /// such as `ERROR`, `"with spaces"` or `{ $.level = "error" }`. All when there is none.
    #[schemars(length(min = 1, max = 1024))]
    pattern: Option<String>,

    /// What the names of the log streams begin with.
    #[schemars(length(min = 1, max = 512), regex(pattern = r"^[^:*]+$"))]
    stream_prefix: Option<String>,

    /// How far back to begin, such as `10m`; now when there is none.
    #[schemars(with = "Option<Past>")]
    since: Option<Past>,

    /// How long to follow, such as `30s` or `1h`.
    #[serde(rename = "for", default = "five_minutes")]
    #[schemars(extend("default" = "5m"))]
    duration: Past,

    /// After how many events to end.
    #[serde(default = "ten_thousand")]
    #[schemars(range(min = 1, max = 1_000_000))]
    max_events: u32,

    /// Ends with the first event whose message contains this text.
    #[schemars(length(min = 1, max = 1024))]
    until: Option<String>,

    /// Whether it is a failure when no message contained the text of `until`.
    #[serde(default)]
    fail_if_not_found: bool,
}

/// What was seen, beside the events in table `events`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TailOutputs {
    /// How many events there were.
    event_count: u64,
    /// Whether a message contained the text of `until`.
    matched: bool,
    /// Why it ended: `time` (it was over), `count` (`maxEvents` had come) or `match` (an event contained the text).
    ended: Ended,
}

impl Step for Tail {
    const INFO: StepInfo = StepInfo {
        name: "tail",
        title: "Follow log groups",
        description: "Shows the events of log groups as they come, in the log and as the table `events`, until the time is \
                      over, enough have come, or one contains a text.",
        actions: &["logs:FilterLogEvents"],
        resources: &[Resources {
            actions: &["logs:FilterLogEvents"],
            names: "/logGroups",
            arns: GROUP_ARNS,
            ..Resources::DEFAULT
        }],
        needs_account: true,
        repeatable: true,
        network: Network::aws(&["logs"]),
        example: "\
logGroups: [/app/checkout]
since: 1m
for: 10m
until: version 7 is live
failIfNotFound: true
",
        ..StepInfo::DEFAULT
    };
    type Outputs = TailOutputs;

    async fn run(self, context: Context) -> Result<TailOutputs, StepError> {
        let calls = Calls::of(&context)?;
        let (begin, deadline) = (Instant::now(), Instant::now() + self.duration());
        context.info(format!("following {} for {} s", named(&self.log_groups), self.duration.seconds()));
        let mut table = context.table("events", ["time", "logGroup", "logStream", "message"].map(str::to_owned).into());
        let mut seen = Seen::new(self.max_events, self.until.as_deref());
        let mut window = Window::new(Timestamp::now().as_millisecond() - self.since_ms());
        let mut pause = FIRST_PAUSE;
        let ended = loop {
            let from = window.turn(Timestamp::now().as_millisecond());
            let poll = Poll { calls: &calls, tail: &self, from, most: seen.left(), deadline };
            let found = poll.events(&mut window).await?;
            pause = if found.is_empty() { (pause * 3 / 2).min(LONGEST_PAUSE) } else { FIRST_PAUSE };
            if let Some(ended) = found.iter().find_map(|event| self.take(event, &mut seen, &mut table, &context)) {
                break ended;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break Ended::Time;
            }
            let gone = begin.elapsed().as_secs_f64() / self.duration().as_secs_f64();
            context.progress(format!("{} events, {} s left", seen.count(), left.as_secs()), Some(gone.min(1.0)));
            context.or_cancelled(sleep(pause.min(left))).await?;
        };
        drop(table);
        self.report(ended, &seen, &context)
    }
}

impl Tail {
    fn duration(&self) -> Duration {
        Duration::from_secs(self.duration.seconds().unsigned_abs())
    }

    fn since_ms(&self) -> i64 {
        self.since.map_or(0, |since| since.seconds().saturating_mul(1000))
    }

    /// Shows one event; says when it was the last.
    fn take(&self, event: &Found, seen: &mut Seen<'_>, table: &mut Table, context: &Context) -> Option<Ended> {
        let Found { time_ms, group, stream, message } = event;
        let time = Timestamp::from_millisecond(*time_ms).unwrap_or_default().to_string();
        let place = if self.log_groups.len() > 1 { format!("{group} {stream}") } else { stream.clone() };
        context.info(format!("{time} {place} {}", message.trim_end()));
        table.row([time.as_str(), group, stream, message].map(Cell::from));
        seen.add(message)
    }

    fn report(&self, ended: Ended, seen: &Seen<'_>, context: &Context) -> Result<TailOutputs, StepError> {
        let (count, matched) = (seen.count(), ended == Ended::Match);
        match &self.until {
            Some(text) if self.fail_if_not_found && !matched => {
                let message = format!("none of {count} events contained `{text}`");
                let help = match ended {
                    Ended::Count => "a higher `maxEvents` waits for more of them",
                    _ => "a longer `for` waits longer; a longer `since` begins earlier",
                };
                Err(StepError::new("cloudwatch-logs.text-not-found", message).with_help(help))
            }
            _ => {
                context.info(format!("{count} events; {}", ended.said()));
                Ok(TailOutputs { event_count: count, matched, ended })
            }
        }
    }
}

fn five_minutes() -> Past {
    Past::MINUTES_5
}

fn ten_thousand() -> u32 {
    10_000
}
