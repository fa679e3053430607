//! A query that was started: what each poll shows of it.

use super::answer::{Answer, token};
use super::events::{Events, Found, Rows};
use super::query::{Query, Row, Shown, Status};
use super::rules::Started;
use serde_json::{Value, json};
use std::ops::Range;

/// "The maximum is 10,000 log events per request." (API Reference, `GetQueryResults`, `maxItems`)
const PAGE_MAX: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) id: String,
    pub(crate) region: String,
    pub(crate) asked: Started,
    query: Query,
    /// What a query over events finds in the end.
    found: Option<Found>,
    shown: (Status, Shown),
    stopped: bool,
    /// How far it has come, in polls: each does an equal part of the scanning.
    gone: usize,
    whole: usize,
}

impl Running {
    pub(crate) fn new(id: String, region: &str, asked: Started, query: Query, found: Option<Found>) -> Self {
        let shown = query.polls.front().unwrap_or(&query.last).clone();
        let whole = query.polls.len() + 1;
        Self { id, region: region.to_owned(), asked, query, found, shown, stopped: false, gone: 0, whole }
    }

    pub(crate) fn status(&self) -> Status {
        self.shown.0
    }

    /// Goes on to what the next poll shows.
    pub(crate) fn advance(&mut self) {
        if self.stopped {
            return;
        }
        self.shown = self.query.polls.pop_front().unwrap_or_else(|| self.query.last.clone());
        self.gone = self.whole.min(self.gone + 1);
    }

    /// "If the query has already ended, the operation returns an error indicating that the specified query is not
    /// running." A stopped query has the status `Cancelled`, and what it had come to. (API Reference, `StopQuery`,
    /// `GetQueryResults`)
    pub(crate) fn stop(&mut self) -> Result<Answer, Answer> {
        if !self.status().is_open() {
            return Err(Answer::invalid("The specified query is not running."));
        }
        self.shown.0 = Status::Cancelled;
        self.stopped = true;
        Ok(Answer::ok(json!({"success": true})))
    }

    /// "each page returning up to 10,000 log events"; "If there are more log events remaining in the results, the
    /// response includes a nextToken." (API Reference, `GetQueryResults`)
    pub(crate) fn page(&self, from: usize, max_items: Option<u64>, events: &Events) -> Result<Answer, Answer> {
        let asked = max_items.map_or(PAGE_MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        if asked > PAGE_MAX {
            return Err(Answer::invalid("Value at 'maxItems' must be at most 10000"));
        }
        let count = self.count();
        let from = from.min(count);
        let to = count.min(from + asked);
        let mut body = json!({"queryLanguage": self.asked.language.name(), "status": self.status().name(),
            "results": self.results(from..to, events), "statistics": self.statistics()});
        if to < count {
            body["nextToken"] = json!(token(to));
        }
        Ok(Answer::ok(body))
    }

    /// How many rows are shown.
    fn count(&self) -> usize {
        match (&self.shown.1, &self.found) {
            (Shown::Rows(rows), _) => rows.len().min(self.asked.limit_with(None)),
            (Shown::Found(first), Some(found)) => first.unwrap_or(usize::MAX).min(found.rows.len()),
            (Shown::Found(_), None) => 0,
        }
    }

    fn results(&self, range: Range<usize>, events: &Events) -> Vec<Value> {
        match (&self.shown.1, self.found.as_ref().map(|found| &found.rows)) {
            (Shown::Rows(rows), _) | (Shown::Found(_), Some(Rows::Made(rows))) => {
                rows[range].iter().map(cells).collect()
            }
            (Shown::Found(_), Some(Rows::Events { places, columns })) => {
                let rows = places[range].iter().map(|place| events.row(*place, columns, &self.region));
                rows.map(|row| cells(&row)).collect()
            }
            (Shown::Found(_), None) => Vec::new(),
        }
    }

    /// All of them are doubles (API Reference, `QueryStatistics`).
    fn statistics(&self) -> Value {
        let [matched, scanned, bytes] = match (&self.found, &self.shown.1) {
            (Some(found), _) => [found.matched, found.scanned, found.bytes].map(|all| all * self.gone / self.whole),
            (None, Shown::Rows(rows)) => {
                let bytes = rows.iter().flatten().map(|(_, value)| value.len()).sum();
                [rows.len(), rows.len(), bytes]
            }
            (None, Shown::Found(_)) => [0; 3],
        };
        json!({"recordsMatched": matched as f64, "recordsScanned": scanned as f64, "bytesScanned": bytes as f64,
            "logGroupsScanned": self.asked.log_groups.len() as f64, "resultCount": self.count() as f64})
    }
}

fn cells(row: &Row) -> Value {
    row.iter().map(|(name, value)| json!({"field": name, "value": value})).collect()
}
