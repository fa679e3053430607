//! Queries that are answered from events.

use super::language::{By, Comparison, Count, Filter, Order, Pipeline};
use super::query::Row;
use super::rules::Started;
use crate::Random;
use jiff::Timestamp;
use std::collections::HashMap;

/// A log event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The log group, which exists by it.
    pub group: String,
    /// The log stream.
    pub stream: String,
    /// Milliseconds since 1970 UTC.
    pub time_ms: i64,
    /// The text.
    pub message: String,
    /// Fields that AWS would have found in the text, with their values.
    pub fields: Vec<(String, String)>,
    /// The region that has it; every region when there is none.
    pub region: Option<String>,
}

impl Event {
    /// An event of every region, without fields.
    #[must_use]
    pub fn new(group: &str, stream: &str, time_ms: i64, message: &str) -> Self {
        let [group, stream, message] = [group, stream, message].map(str::to_owned);
        Self { group, stream, time_ms, message, fields: Vec::new(), region: None }
    }
}

/// How far the last second of a query goes. "The range is inclusive, so the specified end time is included in the query"
/// (API Reference, `StartQuery`, `endTime`) can be read both ways, and clients must come right with either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndOf {
    /// To its beginning: an event at exactly the second is in, one a millisecond later is not.
    #[default]
    Instant,
    /// To its last millisecond.
    WholeSecond,
}

impl EndOf {
    /// The last millisecond of a query whose `endTime` is `second`.
    fn millis(self, second: i64) -> i64 {
        second * 1000 + if self == Self::WholeSecond { 999 } else { 0 }
    }
}

/// All events of a script, oldest first, those of one millisecond in an order that is fixed and means nothing.
#[derive(Debug)]
pub(crate) struct Events {
    events: Vec<Event>,
    account: String,
    end_of: EndOf,
}

/// What a query over events has found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) rows: Rows,
    pub(crate) matched: usize,
    pub(crate) scanned: usize,
    pub(crate) bytes: usize,
}

/// Rows, cut already. Those that are events are made when a page is asked for, so that they are held once.
#[derive(Debug)]
pub(crate) enum Rows {
    Events { places: Vec<usize>, columns: Vec<String> },
    Made(Vec<Row>),
}

impl Default for Rows {
    fn default() -> Self {
        Self::Made(Vec::new())
    }
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Events { places, .. } => places.len(),
            Self::Made(rows) => rows.len(),
        }
    }
}

impl Events {
    pub(crate) fn new(events: &[Event], account: String, end_of: EndOf) -> Self {
        let mut sorted = Random::new(0).shuffled(events);
        sorted.sort_by_key(|event| event.time_ms);
        Self { events: sorted.into_iter().cloned().collect(), account, end_of }
    }

    pub(crate) fn find(&self, asked: &Started, pipeline: &Pipeline, region: &str) -> Found {
        let in_groups = |place: &usize| {
            let event = &self.events[*place];
            event.is_in(region) && asked.log_groups.contains(&event.group)
        };
        let window = self.after(asked.start * 1000 - 1)..self.after(self.end_of.millis(asked.end));
        let mut places: Vec<usize> = window.filter(in_groups).collect();
        let mut found = Found { scanned: places.len(), ..Found::default() };
        found.bytes = places.iter().map(|place| self.events[*place].message.len()).sum();
        places.retain(|place| pipeline.filters.iter().all(|filter| self.passes(&self.events[*place], filter)));
        found.matched = places.len();
        if pipeline.order == Order::NewestFirst {
            places.reverse();
        }
        let limit = asked.limit_with(pipeline.limit);
        found.rows = if let Some(count) = &pipeline.count {
            let mut rows = self.counted(count, &places);
            rows.truncate(limit);
            Rows::Made(rows.into_iter().map(|row| shown(row, pipeline.display.as_deref())).collect())
        } else {
            places.truncate(limit);
            Rows::Events { places, columns: columns(pipeline) }
        };
        found
    }

    /// The row of an event, with the `@ptr` that AWS adds to each.
    pub(crate) fn row(&self, place: usize, columns: &[String], region: &str) -> Row {
        let event = &self.events[place];
        let cells = columns.iter().filter_map(|name| Some((name.clone(), self.field(event, name)?)));
        cells.chain([("@ptr".to_owned(), format!("{}/{region}/{place:08}", self.account))]).collect()
    }

    /// How many events are not later than this.
    fn after(&self, time_ms: i64) -> usize {
        self.events.partition_point(|event| event.time_ms <= time_ms)
    }

    fn passes(&self, event: &Event, filter: &Filter) -> bool {
        match filter {
            Filter::Millis(comparison, millis) => match comparison {
                Comparison::AtLeast => event.time_ms >= *millis,
                Comparison::More => event.time_ms > *millis,
                Comparison::AtMost => event.time_ms <= *millis,
                Comparison::Less => event.time_ms < *millis,
                Comparison::Equal => event.time_ms == *millis,
            },
            Filter::Stream(stream) => event.stream == *stream,
            Filter::Log(log) => self.log(event) == *log,
            Filter::Message(part) => event.message.contains(part),
        }
    }

    /// A row for each group, in the order in which the events show them; no row where there is no event.
    fn counted(&self, count: &Count, places: &[usize]) -> Vec<Row> {
        let (mut rows, mut known): (Vec<(Row, usize)>, HashMap<Row, usize>) = Default::default();
        for place in places {
            let key: Row = count.by.iter().filter_map(|by| self.key(&self.events[*place], by)).collect();
            let number = *known.entry(key).or_insert_with_key(|key| {
                rows.push((key.clone(), 0));
                rows.len() - 1
            });
            rows[number].1 += 1;
        }
        let finished = |(mut row, number): (Row, usize)| {
            row.push((count.name.clone(), number.to_string()));
            row
        };
        rows.into_iter().map(finished).collect()
    }

    fn key(&self, event: &Event, by: &By) -> Option<(String, String)> {
        match by {
            By::Field(name) => Some((name.clone(), self.field(event, name)?)),
            By::Bin(name, millis) => Some((name.clone(), written(event.time_ms.div_euclid(*millis) * millis))),
        }
    }

    fn field(&self, event: &Event, name: &str) -> Option<String> {
        match name {
            "@timestamp" => Some(written(event.time_ms)),
            "@message" => Some(event.message.clone()),
            "@logStream" => Some(event.stream.clone()),
            "@log" => Some(self.log(event)),
            _ => event.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()),
        }
    }

    /// "@log is a log group identifier in the form of account-id:log-group-name" (user guide, "Supported logs and
    /// discovered fields").
    fn log(&self, event: &Event) -> String {
        format!("{}:{}", self.account, event.group)
    }
}

impl Event {
    fn is_in(&self, region: &str) -> bool {
        self.region.as_deref().is_none_or(|own| own == region)
    }
}

/// A query that names no fields shows these, as the console's queries do.
fn columns(pipeline: &Pipeline) -> Vec<String> {
    match &pipeline.display {
        Some(display) => display.clone(),
        None if pipeline.fields.is_empty() => vec!["@timestamp".to_owned(), "@message".to_owned()],
        None => pipeline.fields.clone(),
    }
}

fn shown(row: Row, display: Option<&[String]>) -> Row {
    row.into_iter().filter(|(name, _)| display.is_none_or(|display| display.contains(name))).collect()
}

fn written(time_ms: i64) -> String {
    let time = Timestamp::from_millisecond(time_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%d %H:%M:%S.%3f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Script, play::Play};
    use serde_json::{Value, json};

    const REGION: &str = "us-east-1";

    /// Three events in second 5, two of them in one millisecond, and one at the beginning of second 6.
    fn few() -> Vec<Event> {
        [(5000, "a"), (5500, "b"), (5500, "c"), (6000, "d")].map(|(time, text)| event(time, text)).into()
    }

    fn event(time_ms: i64, message: &str) -> Event {
        Event::new("/a", "s", time_ms, message)
    }

    fn answer(script: Script, change: &Value) -> Value {
        let mut play = Play::new(script);
        let mut body = json!({"startTime": 0, "endTime": 100, "queryString": "fields @message", "logGroupName": "/a"});
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        let started = play.answer("StartQuery", &body, REGION).body;
        assert!(started["queryId"].is_string(), "{started}");
        play.answer("GetQueryResults", &started, REGION).body
    }

    fn values(answer: &Value, name: &str) -> Vec<String> {
        let rows = answer["results"].as_array().unwrap().iter();
        let cell = |row: &Value| row.as_array().unwrap().iter().find(|cell| cell["field"] == name).cloned();
        rows.filter_map(cell).map(|cell| cell["value"].as_str().unwrap().to_owned()).collect()
    }

    fn messages(script: Script, change: &Value) -> String {
        values(&answer(script, change), "@message").concat()
    }

    #[test]
    fn both_seconds_are_included_and_the_last_one_as_the_script_says() {
        let ask = |start, end, end_of| {
            let found = messages(
                Script::new().events(few()).end_of(end_of),
                &json!({"startTime": start, "endTime": end, "queryString": "fields @message | sort @timestamp asc"}),
            );
            found.len()
        };
        let reach = |start, end| [EndOf::Instant, EndOf::WholeSecond].map(|end_of| ask(start, end, end_of));
        assert_eq!([reach(5, 5), reach(5, 6), reach(6, 9), reach(0, 4)], [[1, 3], [4, 4], [1, 1], [0, 0]]);
    }

    #[test]
    fn newest_come_first_and_ties_stay_where_they_are() {
        let sorted = |order: &str| {
            let query = format!("fields @message{order}");
            messages(Script::new().events(few()), &json!({"queryString": query}))
        };
        let oldest = sorted("| sort @timestamp asc");
        assert!(["abcd", "acbd"].contains(&oldest.as_str()), "{oldest}");
        assert_eq!((sorted(""), sorted("| sort @timestamp desc")), (oldest.chars().rev().collect(), sorted("")));
        let tied = (0..50).map(|number| event(1, &char::from(b'A' + number).to_string())).collect();
        let seen = messages(Script::new().events(tied), &json!({}));
        assert!(!seen.chars().is_sorted() && !seen.chars().rev().is_sorted(), "{seen}");
    }

    #[test]
    fn filters_choose_and_fields_show() {
        let mut events = few();
        events[1].stream = "t".to_owned();
        events[2].fields.push(("level".to_owned(), "warn".to_owned()));
        events.push(Event::new("/b", "s", 5500, "e"));
        let ask = |query: &str| {
            let change = json!({"queryString": query, "logGroupName": null, "logGroupNames": ["/a", "/b"]});
            answer(Script::new().events(events.clone()), &change)
        };
        let filtered = |filter: &str| {
            let mut found = values(&ask(&format!("filter {filter}")), "@message");
            found.sort();
            found.concat()
        };
        for (filter, expected) in [
            ("toMillis(@timestamp) >= 5500", "bcde"),
            ("toMillis(@timestamp) > 5500", "d"),
            ("toMillis(@timestamp) <= 5500", "abce"),
            ("toMillis(@timestamp) < 5500", "a"),
            ("toMillis(@timestamp) = 5500 | filter @logStream = \"s\"", "ce"),
            ("@log = \"111122223333:/b\"", "e"),
            ("@message like /d/", "d"),
        ] {
            assert_eq!(filtered(filter), expected, "{filter}");
        }
        let shown = ask("fields @timestamp, @log, level | filter @message like \"c\"");
        let expected = json!([[{"field": "@timestamp", "value": "1970-01-01 00:00:05.500"},
            {"field": "@log", "value": "111122223333:/a"}, {"field": "level", "value": "warn"}]]);
        let mut row = shown["results"].clone();
        assert_eq!(row[0].as_array_mut().unwrap().pop().unwrap()["field"], "@ptr");
        assert_eq!(row, expected);
        let mut pointers = values(&ask("fields @message"), "@ptr");
        pointers.sort();
        pointers.dedup();
        assert_eq!(pointers.len(), 5);
    }

    #[test]
    fn counts_by_what_they_are_asked() {
        let mut events = few();
        events[3].stream = "t".to_owned();
        let ask = |stats: &str| {
            let answer = answer(Script::new().events(events.clone()), &json!({"queryString": stats}));
            let mut rows: Vec<String> = answer["results"].as_array().unwrap().iter().map(row_text).collect();
            rows.sort();
            rows.join("; ")
        };
        assert_eq!(ask("stats count(*)"), "count(*)=4");
        assert_eq!(
            ask("fields @message | stats count(*) as n by @log, @logStream"),
            "@log=111122223333:/a @logStream=s n=3; @log=111122223333:/a @logStream=t n=1"
        );
        assert_eq!(
            ask("stats count(*) as n by bin(2s)"),
            "bin(2s)=1970-01-01 00:00:04.000 n=3; bin(2s)=1970-01-01 00:00:06.000 n=1"
        );
        assert_eq!(ask("stats count(*) as n by @logStream | limit 1 | display n"), "n=1");
        assert_eq!(ask("filter @message like \"none\" | stats count(*) as n"), "");
    }

    fn row_text(row: &Value) -> String {
        let cells = row.as_array().unwrap().iter();
        let texts =
            cells.map(|cell| format!("{}={}", cell["field"].as_str().unwrap(), cell["value"].as_str().unwrap()));
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_lowest_limit_cuts_what_is_counted_whole() {
        let ask = |change: Value| answer(Script::new().events(few()).limit_default(3), &change);
        let cut = |change| ask(change)["results"].as_array().unwrap().len();
        assert_eq!(cut(json!({})), 3);
        assert_eq!(cut(json!({"queryString": "limit 4"})), 4);
        assert_eq!(cut(json!({"queryString": "limit 4", "limit": 2})), 2);
        let counted = ask(json!({"queryString": "filter @message like /a/", "limit": 1}))["statistics"].clone();
        assert_eq!([&counted["recordsMatched"], &counted["recordsScanned"], &counted["bytesScanned"]], [1.0, 4.0, 4.0]);
        assert_eq!(ask(json!({"limit": 1}))["statistics"]["recordsMatched"], 4.0);
    }

    #[test]
    fn a_region_has_its_own_events() {
        let mut events = few();
        events[0].region = Some(REGION.to_owned());
        events[1].region = Some("eu-west-1".to_owned());
        assert_eq!(messages(Script::new().events(events), &json!({})), "dca");
    }

    #[test]
    fn a_hundred_thousand_are_paged() {
        let events = (0..100_000).map(|number| event(number, "x")).collect();
        let mut play = Play::new(Script::new().events(events));
        let body = json!({"startTime": 0, "endTime": 100, "queryString": "fields @timestamp, @message",
            "logGroupName": "/a", "limit": 100_000});
        let mut ask = play.answer("StartQuery", &body, REGION).body;
        let mut rows = 0;
        loop {
            let page = play.answer("GetQueryResults", &ask, REGION).body;
            rows += page["results"].as_array().unwrap().len();
            match &page["nextToken"] {
                Value::Null => break,
                token => ask["nextToken"] = token.clone(),
            }
        }
        assert_eq!(rows, 100_000);
    }
}
