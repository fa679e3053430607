//! The state of the played service: the queries that were started, and the answer to each call.

use super::answer::Answer;
use super::rules::{self, Started};
use super::script::{Query, Row, Script, Status};
use serde_json::{Value, json};

/// "The maximum is 10,000 log events per request." (API Reference, `GetQueryResults`, `maxItems`)
const PAGE_MAX: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Play {
    script: Script,
    running: Vec<Running>,
}

#[derive(Debug)]
struct Running {
    id: String,
    asked: Started,
    query: Query,
    shown: (Status, Vec<Row>),
}

impl Play {
    pub(crate) fn new(script: Script) -> Self {
        Self { script, running: Vec::new() }
    }

    pub(crate) fn answer(&mut self, operation: &str, body: &Value) -> Answer {
        let refused = self.script.refusals.iter().position(|(name, _)| name == operation);
        if let Some((_, refusal)) = refused.and_then(|index| self.script.refusals.remove(index)) {
            return Answer::refusal(refusal);
        }
        let answer = match operation {
            "StartQuery" => self.start(body),
            "GetQueryResults" => self.results(body),
            "StopQuery" => self.stop(body),
            "DescribeQueries" => Ok(self.describe(body)),
            // Smithy, "AWS JSON 1.1 protocol"; awsJson services answer an unknown target so.
            _ => Err(Answer::error(400, "UnknownOperationException", &format!("`{operation}` is not in the script"))),
        };
        answer.unwrap_or_else(|error| error)
    }

    fn start(&mut self, body: &Value) -> Result<Answer, Answer> {
        let asked = rules::check(body)?;
        if let Some(name) = asked.log_groups.iter().find(|name| !self.script.log_groups.contains(name)) {
            return Err(Answer::not_found(&format!("Log group '{name}' does not exist.")));
        }
        let query = self.next_query();
        if let Some((message, characters)) = &query.malformed {
            return Err(Answer::malformed(message, characters));
        }
        let id = format!("00000000-0000-4000-8000-{:012}", self.running.len() + 1);
        let shown = query.polls.front().unwrap_or(&query.last).clone();
        self.running.push(Running { id: id.clone(), asked, query, shown });
        Ok(Answer::ok(json!({"queryId": id})))
    }

    fn next_query(&mut self) -> Query {
        match self.script.queries.len() {
            0 => Query::ends(Status::Complete, Vec::new()),
            1 => self.script.queries[0].clone(),
            _ => self.script.queries.pop_front().expect("there are two"),
        }
    }

    fn results(&mut self, body: &Value) -> Result<Answer, Answer> {
        let from = offset(body)?;
        let running = self.find(body)?;
        if from == 0 {
            running.advance();
        }
        running.page(from, body["maxItems"].as_u64())
    }

    /// "If the query has already ended, the operation returns an error indicating that the specified query is not
    /// running." A stopped query has the status `Cancelled`. (API Reference, `StopQuery`, `GetQueryResults`)
    fn stop(&mut self, body: &Value) -> Result<Answer, Answer> {
        let running = self.find(body)?;
        if !running.shown.0.is_open() {
            return Err(Answer::invalid("The specified query is not running."));
        }
        running.query.polls.clear();
        running.query.last = (Status::Cancelled, std::mem::take(&mut running.shown.1));
        running.shown = running.query.last.clone();
        Ok(Answer::ok(json!({"success": true})))
    }

    fn describe(&self, body: &Value) -> Answer {
        let status = body["status"].as_str();
        let shown = self.running.iter().filter(|running| status.is_none_or(|status| running.shown.0.name() == status));
        let queries: Vec<Value> = shown
            .map(|running| {
                json!({"queryId": running.id, "queryString": running.asked.query_string,
                    "status": running.shown.0.name(), "logGroupName": running.asked.log_groups[0]})
            })
            .collect();
        Answer::ok(json!({"queries": queries}))
    }

    fn find(&mut self, body: &Value) -> Result<&mut Running, Answer> {
        let id = body["queryId"].as_str().unwrap_or_default();
        let found = self.running.iter_mut().find(|running| running.id == id);
        found.ok_or_else(|| Answer::not_found(&format!("Query '{id}' does not exist.")))
    }
}

impl Running {
    fn advance(&mut self) {
        self.shown = self.query.polls.pop_front().unwrap_or_else(|| self.query.last.clone());
    }

    /// "each page returning up to 10,000 log events"; "If there are more log events remaining in the results, the
    /// response includes a nextToken." (API Reference, `GetQueryResults`)
    fn page(&self, from: usize, max_items: Option<u64>) -> Result<Answer, Answer> {
        let (status, rows) = &self.shown;
        let rows = &rows[..rows.len().min(self.asked.limit)];
        let asked = max_items.map_or(PAGE_MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        if asked > PAGE_MAX {
            return Err(Answer::invalid("Value at 'maxItems' must be at most 10000"));
        }
        let to = rows.len().min(from + asked);
        let page: Vec<Value> = rows.get(from..to).unwrap_or_default().iter().map(cells).collect();
        let mut body = json!({"queryLanguage": "CWLI", "status": status.name(), "results": page,
            "statistics": statistics(rows)});
        if to < rows.len() {
            body["nextToken"] = json!(format!("offset-{to}"));
        }
        Ok(Answer::ok(body))
    }
}

fn offset(body: &Value) -> Result<usize, Answer> {
    let Some(token) = body["nextToken"].as_str() else { return Ok(0) };
    let number = token.strip_prefix("offset-").and_then(|number| number.parse().ok());
    number.ok_or_else(|| Answer::invalid("The specified nextToken is invalid."))
}

fn cells(row: &Row) -> Value {
    row.iter().map(|(name, value)| json!({"field": name, "value": value})).collect()
}

/// All of them are doubles (API Reference, `QueryStatistics`).
fn statistics(rows: &[Row]) -> Value {
    let bytes: usize = rows.iter().flatten().map(|(_, value)| value.len()).sum();
    let count = rows.len() as f64;
    json!({"recordsMatched": count, "recordsScanned": count, "bytesScanned": bytes as f64, "resultCount": count})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Refusal, numbered_rows};

    fn started(script: Script) -> (Play, String) {
        let mut play = Play::new(script.log_group("/app/web"));
        let answer = play.answer("StartQuery", &request());
        let id = answer.body["queryId"].as_str().unwrap_or_default().to_owned();
        (play, id)
    }

    fn request() -> Value {
        json!({"startTime": 1, "endTime": 2, "queryString": "fields @message", "logGroupName": "/app/web"})
    }

    fn poll(play: &mut Play, id: &str) -> (String, usize) {
        let body = play.answer("GetQueryResults", &json!({"queryId": id})).body;
        (body["status"].as_str().unwrap().to_owned(), body["results"].as_array().unwrap().len())
    }

    #[test]
    fn plays_the_statuses_in_order_and_stays_at_the_last() {
        let query = Query::ends(Status::Complete, numbered_rows(3)).first(Status::Scheduled, 1, &[]).first(
            Status::Running,
            2,
            &numbered_rows(1),
        );
        let (mut play, id) = started(Script::new().query(query));
        let seen: Vec<_> = (0..5).map(|_| poll(&mut play, &id)).collect();
        let expected = [("Scheduled", 0), ("Running", 1), ("Running", 1), ("Complete", 3), ("Complete", 3)];
        assert_eq!(seen, expected.map(|(status, rows)| (status.to_owned(), rows)));
    }

    #[test]
    fn a_stopped_query_is_cancelled_and_cannot_be_stopped_again() {
        let (mut play, id) = started(Script::new().query(Query::never_ends()));
        assert_eq!(poll(&mut play, &id).0, "Running");
        assert_eq!(play.answer("StopQuery", &json!({"queryId": id})).body, json!({"success": true}));
        assert_eq!(poll(&mut play, &id).0, "Cancelled");
        let again = play.answer("StopQuery", &json!({"queryId": id}));
        assert_eq!(again.body["__type"], "InvalidParameterException");
    }

    #[test]
    fn pages_what_is_more_than_one_answer_holds() {
        let query = Query::ends(Status::Complete, numbered_rows(10_001));
        let (mut play, _) = started(Script::new().query(query));
        let mut body = request();
        body["limit"] = json!(100_000);
        let id = play.answer("StartQuery", &body).body["queryId"].clone();
        let first = play.answer("GetQueryResults", &json!({"queryId": id})).body;
        assert_eq!(first["results"].as_array().unwrap().len(), 10_000);
        let second = play.answer("GetQueryResults", &json!({"queryId": id, "nextToken": first["nextToken"]})).body;
        assert_eq!(second["results"][0][1]["value"], "line 10000");
        assert!(second["nextToken"].is_null());
    }

    #[test]
    fn refuses_as_often_as_told_then_plays_on() {
        let (mut play, _) = started(Script::new().refuse("StartQuery", Refusal::LimitExceeded, 2));
        assert_eq!(play.answer("StartQuery", &request()).body["__type"], "LimitExceededException");
        assert_eq!(play.answer("StartQuery", &request()).status, 200);
    }

    #[test]
    fn unknown_groups_queries_and_compile_errors_are_told_apart() {
        let (mut play, _) = started(Script::new().query(Query::malformed("unexpected symbol", 7..9)));
        let malformed = play.answer("StartQuery", &request()).body;
        assert_eq!(malformed["queryCompileError"]["location"], json!({"startCharOffset": 7, "endCharOffset": 9}));
        let mut elsewhere = request();
        elsewhere["logGroupName"] = json!("/app/other");
        assert_eq!(play.answer("StartQuery", &elsewhere).body["__type"], "ResourceNotFoundException");
        let unknown = play.answer("GetQueryResults", &json!({"queryId": "nope"}));
        assert_eq!(unknown.body["__type"], "ResourceNotFoundException");
    }
}
