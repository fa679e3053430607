use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use windlass_plugin_api::StepError;

use crate::past::Past;

/// From when to when: `past` alone, or `start` and `end` together; `alignTo` rounds both.
///
/// One flat object with rules between its keys rather than two alternatives, so that a form has plain fields and an
/// error names the missing or surplus key.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(inline, extend(
    "minProperties" = 1,
    "maxProperties" = 3,
    "dependentRequired" = {"start": ["end"], "end": ["start"]},
    "if" = {"required": ["past"]},
    "then" = {"maxProperties": 2, "properties": {"start": false, "end": false}},
    "else" = {"required": ["start", "end"]},
))]
pub(crate) struct Range {
    /// The time before the step's start, such as `30s`, `15m`, `1h`, `2d`, `1w` or `1d12h`; a day has 24 hours.
    #[serde(default)]
    #[schemars(with = "Past")]
    past: Option<Past>,
    /// The first instant, RFC 3339.
    #[serde(default)]
    #[schemars(with = "Instant")]
    start: Option<Instant>,
    /// The last instant, RFC 3339.
    #[serde(default)]
    #[schemars(with = "Instant")]
    end: Option<Instant>,
    /// Rounds both ends down to a multiple of this length since 1970 UTC, so that `bin()` of the same length has whole bins:
    /// `past: 1d` with `alignTo: 1d` is yesterday, up to its last second.
    #[serde(default)]
    #[schemars(with = "Past")]
    align_to: Option<Past>,
}

/// Whole seconds since 1970 UTC, both included, as
/// [`StartQuery`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html) wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seconds {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

/// A moment, written with its offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instant(Timestamp);

impl Range {
    /// The whole seconds that contain the range: the first is rounded down and the last up, so that no event is lost.
    pub(crate) fn seconds(&self, now: Timestamp) -> Result<Seconds, StepError> {
        if let Some(length) = self.align_to.map(Past::seconds) {
            return self.aligned(now, length);
        }
        let (start, end) = match (self.past, self.start, self.end) {
            (Some(past), None, None) => (floor(now).saturating_sub(past.seconds()), ceiling(now)),
            (None, Some(Instant(start)), Some(Instant(end))) if start <= end => (floor(start), ceiling(end)),
            (None, Some(Instant(start)), Some(Instant(end))) => {
                return Err(invalid(format!("the range ends at {end}, before its start at {start}")));
            }
            _ => return Err(invalid("a range has either `past`, or `start` and `end`")),
        };
        Ok(Seconds { start: start.max(0), end: end.max(0) })
    }

    /// Whether it ends exactly where the last second does.
    pub(crate) fn is_aligned(&self) -> bool {
        self.align_to.is_some()
    }

    /// Ends with the last second before a multiple of `length`.
    fn aligned(&self, now: Timestamp, length: i64) -> Result<Seconds, StepError> {
        let down = |second: i64| second.div_euclid(length) * length;
        let Seconds { start, end } = Self { align_to: None, ..*self }.seconds(now)?;
        let end = down(self.past.map_or(end, |_| floor(now)));
        let start = down(self.past.map_or(start, |past| end.saturating_sub(past.seconds()))).max(0);
        if start >= end {
            return Err(invalid(format!("the range is empty once both ends are rounded down to {length} s")));
        }
        Ok(Seconds { start, end: end - 1 })
    }
}

impl Default for Range {
    fn default() -> Self {
        Self { past: Some(Past::HOUR), start: None, end: None, align_to: None }
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (Timestamp::from_second(self.start), Timestamp::from_second(self.end)) {
            (Ok(start), Ok(end)) => write!(f, "{start} to {end}"),
            _ => write!(f, "second {} to {}", self.start, self.end),
        }
    }
}

fn floor(at: Timestamp) -> i64 {
    at.as_nanosecond().div_euclid(1_000_000_000) as i64
}

fn ceiling(at: Timestamp) -> i64 {
    floor(at) + i64::from(at.subsec_nanosecond() != 0)
}

fn invalid(message: impl Into<String>) -> StepError {
    StepError::new("step.invalid-config", message)
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let parsed = text.parse().map(Self);
        parsed.map_err(|_| de::Error::custom(format!("`{text}` is no RFC 3339 time such as `2026-07-01T12:00:00Z`")))
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> Cow<'static, str> {
        "Instant".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$",
            "examples": ["2026-07-01T12:00:00Z"],
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn seconds(range: Value) -> Result<Seconds, String> {
        let range: Range = serde_json::from_value(range).map_err(|error| error.to_string())?;
        range.seconds("2026-07-01T12:00:00.25Z".parse().unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn whole_seconds_contain_the_range() {
        let noon = 1_782_907_200;
        assert_eq!(seconds(json!({"past": "1h"})), Ok(Seconds { start: noon - 3600, end: noon + 1 }));
        let exact = json!({"start": "2026-07-01T11:59:00Z", "end": "2026-07-01T14:00:00+02:00"});
        assert_eq!(seconds(exact), Ok(Seconds { start: noon - 60, end: noon }));
        let parts = json!({"start": "2026-07-01T11:59:59.999Z", "end": "2026-07-01T12:00:00.001Z"});
        assert_eq!(seconds(parts), Ok(Seconds { start: noon - 1, end: noon + 1 }));
        let early = json!({"start": "1969-12-31T23:59:59.5Z", "end": "1970-01-01T00:00:00Z"});
        assert_eq!(seconds(early), Ok(Seconds { start: 0, end: 0 }));
    }

    #[test]
    fn more_past_than_there_is_starts_at_the_epoch() {
        assert_eq!(seconds(json!({"past": "9000w"})).unwrap().start, 0);
        assert_eq!(seconds(json!({"past": "9223372036854775807s"})).unwrap().start, 0);
    }

    #[test]
    fn aligned_ranges_have_whole_bins() {
        let (noon, day) = (1_782_907_200, 86_400);
        let midnight = noon - day / 2;
        let yesterday = seconds(json!({"past": "1d", "alignTo": "1d"}));
        assert_eq!(yesterday, Ok(Seconds { start: midnight - day, end: midnight - 1 }));
        let hour = seconds(json!({"past": "90m", "alignTo": "1h"}));
        assert_eq!(hour, Ok(Seconds { start: noon - 7200, end: noon - 1 }), "never less than was asked for");
        let fixed = json!({"start": "2026-07-01T10:20:00Z", "end": "2026-07-01T11:40:00Z", "alignTo": "30m"});
        assert_eq!(seconds(fixed), Ok(Seconds { start: noon - 7200, end: noon - 1801 }));
        let nothing = json!({"start": "2026-07-01T10:20:00Z", "end": "2026-07-01T10:40:00Z", "alignTo": "1h"});
        assert!(seconds(nothing).unwrap_err().contains("empty"), "both ends fall on 10:00");
    }

    #[test]
    fn errors_say_what_is_wrong() {
        let turned = seconds(json!({"start": "2026-07-01T12:00:00Z", "end": "2026-07-01T11:00:00Z"}));
        assert_eq!(
            turned.unwrap_err(),
            "the range ends at 2026-07-01T11:00:00Z, before its start at 2026-07-01T12:00:00Z"
        );
        assert_eq!(seconds(json!({})).unwrap_err(), "a range has either `past`, or `start` and `end`");
        assert!(seconds(json!({"start": "noon", "end": "2026-07-01T11:00:00Z"})).unwrap_err().contains("`noon` is no"));
    }

    #[test]
    fn seconds_are_shown_as_times() {
        assert_eq!(Seconds { start: 0, end: 60 }.to_string(), "1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z");
        assert_eq!(Seconds { start: 0, end: i64::MAX }.to_string(), "second 0 to 9223372036854775807");
    }
}
