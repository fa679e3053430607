//! The state of the played service: the queries that were started, and the answer to each call.

use super::answer::{Answer, offset};
use super::catalog::Catalog;
use super::events::{Events, Found};
use super::language;
use super::query::{Query, Status};
use super::rules::{self, Language, Started};
use super::running::Running;
use super::script::{Refusal, Script};
use serde_json::{Value, json};

#[derive(Debug)]
pub(crate) struct Play {
    script: Script,
    catalog: Catalog,
    events: Events,
    running: Vec<Running>,
}

impl Play {
    pub(crate) fn new(mut script: Script) -> Self {
        let given = std::mem::take(&mut script.events);
        let (groups, saved) = (std::mem::take(&mut script.log_groups), std::mem::take(&mut script.saved_queries));
        let catalog = Catalog::new(groups, &given, saved, script.account.clone());
        if script.queries.is_empty() && !given.is_empty() {
            script.queries.push_back(Query::over_events());
        }
        let events = Events::new(&given, script.account.clone(), script.end_of);
        Self { script, catalog, events, running: Vec::new() }
    }

    pub(crate) fn answer(&mut self, operation: &str, body: &Value, region: &str) -> Answer {
        let refused = self.script.refusals.iter().position(|(name, _)| name == operation);
        if let Some((_, refusal)) = refused.and_then(|index| self.script.refusals.remove(index)) {
            return Answer::refusal(refusal);
        }
        let answer = match operation {
            "StartQuery" => self.start(body, region),
            "GetQueryResults" => self.results(body, region),
            "StopQuery" => find(&mut self.running, body, region).and_then(Running::stop),
            "DescribeQueries" => Ok(self.describe(body, region)),
            "DescribeLogGroups" => self.catalog.describe_groups(body, region),
            "DescribeQueryDefinitions" => self.catalog.describe_saved(body),
            other => self.given(other),
        };
        answer.unwrap_or_else(|error| error)
    }

    /// Smithy, "AWS JSON 1.1 protocol"; awsJson services answer an unknown target so.
    fn given(&mut self, operation: &str) -> Result<Answer, Answer> {
        let answers = &mut self.script.answers;
        let mut places = (0..answers.len()).filter(|place| answers[*place].0 == operation);
        let given = match (places.next(), places.next()) {
            (Some(first), Some(_)) => answers.remove(first).map(|(_, body)| body),
            (Some(last), None) => Some(answers[last].1.clone()),
            (None, _) => None,
        };
        let unknown = || format!("`{operation}` is not in the script");
        given.map(Answer::ok).ok_or_else(|| Answer::error(400, "UnknownOperationException", &unknown()))
    }

    fn start(&mut self, body: &Value, region: &str) -> Result<Answer, Answer> {
        let asked = rules::check(body, self.script.limits)?;
        if let Some(name) = asked.log_groups.iter().find(|name| !self.catalog.has_group(name, region)) {
            return Err(Answer::not_found(&format!("Log group '{name}' does not exist.")));
        }
        let open = self.running.iter().filter(|running| running.region == region && running.status().is_open());
        if open.count() >= self.script.concurrent {
            return Err(Answer::refusal(Refusal::LimitExceeded));
        }
        let query = self.next_query();
        if let Some((message, characters)) = &query.malformed {
            return Err(Answer::malformed(message, characters));
        }
        let found = query.is_over_events().then(|| self.look(&asked, region)).transpose()?;
        let id = format!("00000000-0000-4000-8000-{:012}", self.running.len() + 1);
        self.running.push(Running::new(id.clone(), region, asked, query, found));
        Ok(Answer::ok(json!({"queryId": id})))
    }

    /// Events are queried in the Logs Insights language only.
    fn look(&self, asked: &Started, region: &str) -> Result<Found, Answer> {
        let text = &asked.query_string;
        if asked.language != Language::Cwli {
            let end = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
            return Err(Answer::malformed("only CWLI is played over events", &(0..end)));
        }
        let limit = usize::try_from(self.script.limits.max).unwrap_or(usize::MAX);
        let read = language::read(text, limit);
        let pipeline = read.map_err(|malformed| Answer::malformed(&malformed.message, &malformed.characters))?;
        Ok(self.events.find(asked, &pipeline, region))
    }

    fn next_query(&mut self) -> Query {
        match self.script.queries.len() {
            0 => Query::ends(Status::Complete, Vec::new()),
            1 => self.script.queries[0].clone(),
            _ => self.script.queries.pop_front().expect("there are two"),
        }
    }

    fn results(&mut self, body: &Value, region: &str) -> Result<Answer, Answer> {
        let from = offset(body)?;
        let running = find(&mut self.running, body, region)?;
        if from == 0 {
            running.advance();
        }
        running.page(from, body["maxItems"].as_u64(), &self.events)
    }

    fn describe(&self, body: &Value, region: &str) -> Answer {
        let status = body["status"].as_str();
        let here = self.running.iter().filter(|running| running.region == region);
        let shown = here.filter(|running| status.is_none_or(|status| running.status().name() == status));
        let queries: Vec<Value> = shown
            .map(|running| {
                json!({"queryId": running.id, "queryString": running.asked.query_string,
                    "queryLanguage": running.asked.language.name(), "status": running.status().name(),
                    "logGroupName": running.asked.log_groups.first()})
            })
            .collect();
        Answer::ok(json!({"queries": queries}))
    }
}

fn find<'a>(running: &'a mut [Running], body: &Value, region: &str) -> Result<&'a mut Running, Answer> {
    let id = body["queryId"].as_str().unwrap_or_default();
    let found = running.iter_mut().find(|running| running.id == id && running.region == region);
    found.ok_or_else(|| Answer::not_found(&format!("Query '{id}' does not exist.")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Event, numbered_rows};

    const REGION: &str = "us-east-1";

    fn started(script: Script) -> (Play, String) {
        let mut play = Play::new(script.log_group("/app/web"));
        let answer = play.answer("StartQuery", &request(), REGION);
        let id = answer.body["queryId"].as_str().unwrap_or_default().to_owned();
        (play, id)
    }

    fn request() -> Value {
        json!({"startTime": 1, "endTime": 2, "queryString": "fields @message", "logGroupName": "/app/web"})
    }

    fn poll(play: &mut Play, id: &str) -> (String, usize) {
        let body = play.answer("GetQueryResults", &json!({"queryId": id}), REGION).body;
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
        assert_eq!(play.answer("StopQuery", &json!({"queryId": id}), REGION).body, json!({"success": true}));
        assert_eq!(poll(&mut play, &id).0, "Cancelled");
        let again = play.answer("StopQuery", &json!({"queryId": id}), REGION);
        assert_eq!(again.body["__type"], "InvalidParameterException");
    }

    #[test]
    fn pages_what_is_more_than_one_answer_holds() {
        let query = Query::ends(Status::Complete, numbered_rows(10_001));
        let (mut play, _) = started(Script::new().query(query));
        let mut body = request();
        body["limit"] = json!(100_000);
        let id = play.answer("StartQuery", &body, REGION).body["queryId"].clone();
        let first = play.answer("GetQueryResults", &json!({"queryId": id}), REGION).body;
        assert_eq!(first["results"].as_array().unwrap().len(), 10_000);
        let second =
            play.answer("GetQueryResults", &json!({"queryId": id, "nextToken": first["nextToken"]}), REGION).body;
        assert_eq!(second["results"][0][1]["value"], "line 10000");
        assert!(second["nextToken"].is_null());
    }

    #[test]
    fn refuses_as_often_as_told_then_plays_on() {
        let (mut play, _) = started(Script::new().refuse("StartQuery", Refusal::LimitExceeded, 2));
        assert_eq!(play.answer("StartQuery", &request(), REGION).body["__type"], "LimitExceededException");
        assert_eq!(play.answer("StartQuery", &request(), REGION).status, 200);
    }

    #[test]
    fn unknown_groups_queries_and_compile_errors_are_told_apart() {
        let (mut play, _) = started(Script::new().query(Query::malformed("unexpected symbol", 7..9)));
        let malformed = play.answer("StartQuery", &request(), REGION).body;
        assert_eq!(malformed["queryCompileError"]["location"], json!({"startCharOffset": 7, "endCharOffset": 9}));
        let mut elsewhere = request();
        elsewhere["logGroupName"] = json!("/app/other");
        assert_eq!(play.answer("StartQuery", &elsewhere, REGION).body["__type"], "ResourceNotFoundException");
        let unknown = play.answer("GetQueryResults", &json!({"queryId": "nope"}), REGION);
        assert_eq!(unknown.body["__type"], "ResourceNotFoundException");
    }

    /// Four events in one log group.
    fn four() -> Script {
        let event = |number: i64| Event::new("/app/web", "s", 1000 + number, "12345");
        Script::new().events((0..4).map(event).collect())
    }

    #[test]
    fn a_query_over_events_shows_parts_and_keeps_what_it_had_scanned_when_it_is_stopped() {
        let query = Query::over_events().first(Status::Scheduled, 1, &[]).first_found(Status::Running, 2, 3);
        let (mut play, id) = started(four().query(query));
        let mut seen = Vec::new();
        for _ in 0..4 {
            let body = play.answer("GetQueryResults", &json!({"queryId": id}), REGION).body;
            let rows = body["results"].as_array().unwrap().len();
            seen.push((body["status"].clone(), rows, body["statistics"]["bytesScanned"].clone()));
        }
        let expected = [("Scheduled", 0, 5.0), ("Running", 3, 10.0), ("Running", 3, 15.0), ("Complete", 4, 20.0)];
        assert_eq!(seen, expected.map(|(status, rows, bytes)| (json!(status), rows, json!(bytes))));

        let id = play.answer("StartQuery", &request(), REGION).body["queryId"].as_str().unwrap().to_owned();
        poll(&mut play, &id);
        poll(&mut play, &id);
        assert_eq!(play.answer("StopQuery", &json!({"queryId": id}), REGION).status, 200);
        let stopped = play.answer("GetQueryResults", &json!({"queryId": id}), REGION).body;
        assert_eq!((&stopped["status"], &stopped["statistics"]["bytesScanned"]), (&json!("Cancelled"), &json!(10.0)));
    }

    #[test]
    fn what_is_no_query_of_the_small_language_is_malformed() {
        let (mut play, _) = started(four());
        let mut body = request();
        body["queryString"] = json!("fields @message | parse @message as x");
        let refused = play.answer("StartQuery", &body, REGION).body;
        assert_eq!(refused["queryCompileError"]["location"], json!({"startCharOffset": 18, "endCharOffset": 23}));
        body["queryLanguage"] = json!("PPL");
        assert_eq!(play.answer("StartQuery", &body, REGION).body["__type"], "MalformedQueryException");
    }

    #[test]
    fn so_many_queries_run_at_once_in_a_region() {
        let query = Query::ends(Status::Complete, Vec::new()).first(Status::Running, 1, &[]);
        let (mut play, id) = started(Script::new().query(query).concurrent(1));
        assert_eq!(play.answer("StartQuery", &request(), REGION).body["__type"], "LimitExceededException");
        assert_eq!(play.answer("StartQuery", &request(), "eu-west-1").status, 200);
        poll(&mut play, &id);
        assert_eq!(play.answer("StartQuery", &request(), REGION).body["__type"], "LimitExceededException");
        poll(&mut play, &id);
        assert_eq!(play.answer("StartQuery", &request(), REGION).status, 200);
    }

    #[test]
    fn the_language_comes_back_and_sql_names_no_groups() {
        let (mut play, _) = started(Script::new().query(Query::ends(Status::Complete, numbered_rows(1))));
        let mut body = request();
        body["queryLanguage"] = json!("SQL");
        body["logGroupName"] = Value::Null;
        let started = play.answer("StartQuery", &body, REGION).body;
        assert_eq!(play.answer("GetQueryResults", &started, REGION).body["queryLanguage"], "SQL");
        assert_eq!(play.answer("DescribeQueries", &json!({}), REGION).body["queries"][1]["queryLanguage"], "SQL");
    }

    #[test]
    fn answers_of_others_come_in_order_and_the_last_one_stays() {
        let script = Script::new().answer("PutLogEvents", json!(1)).answer("Other", json!(2));
        let (mut play, _) = started(script.answer("PutLogEvents", json!(3)));
        let seen = [(); 3].map(|()| play.answer("PutLogEvents", &json!({}), REGION).body);
        assert_eq!(seen, [json!(1), json!(3), json!(3)]);
        assert_eq!(play.answer("CreateLogGroup", &json!({}), REGION).body["__type"], "UnknownOperationException");
    }
}
