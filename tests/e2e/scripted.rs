//! That a client which others wrote understands the scripted server: boto3 sees the statuses, errors and pages.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crate::ground::{printed, python};
use std::process::Command;
use windlass_tests::ScriptedLogs;
use windlass_tests::python::Venv;
use windlass_tests::scripted::{Event, LogGroup, Query, Refusal, SavedQuery, Script, Status, numbered_rows};

fn ask(server: &ScriptedLogs, body: &str) -> String {
    let script = format!(
        "
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
logs = boto3.client('logs', endpoint_url='{}', region_name='us-east-1', aws_access_key_id='AKIASCRIPTED',
    aws_secret_access_key='secret', config=Config(retries=dict(total_max_attempts=1)))
def start(group='/app/web', end=7200):
    return logs.start_query(logGroupName=group, startTime=3600, endTime=end, queryString='fields @message')['queryId']
def error(call):
    try:
        return call()
    except ClientError as error:
        return error
{body}",
        server.url()
    );
    // The stand-ins' own boto3 is older than the pages of `GetQueryResults`.
    let recent = Venv::of("awscli").unwrap().python();
    printed(&python(|_| Command::new(recent), &script))
}

#[test]
fn a_query_is_scheduled_runs_and_completes() {
    let rows = numbered_rows(3);
    let query = Query::ends(Status::Complete, rows.clone()).first(Status::Scheduled, 1, &[]).first(
        Status::Running,
        1,
        &rows[..1],
    );
    let server = ScriptedLogs::start(Script::new().log_group("/app/web").query(query)).unwrap();
    let seen = ask(
        &server,
        "id = start()
for _ in range(3):
    answer = logs.get_query_results(queryId=id)
    print(answer['status'], len(answer['results']), answer['statistics']['recordsMatched'])
print(answer['results'][2][1], error(lambda: logs.stop_query(queryId=id)).response['Error']['Code'])",
    );
    let expected = "Scheduled 0 0.0\nRunning 1 1.0\nComplete 3 3.0\n\
        {'field': '@message', 'value': 'line 2'} InvalidParameterException";
    assert_eq!(seen, expected);
    let call = &server.calls_of("StartQuery")[0];
    assert_eq!((call.body["endTime"].as_i64(), call.access_key_id.as_deref()), (Some(7200), Some("AKIASCRIPTED")));
}

#[test]
fn a_stop_reaches_a_running_query() {
    let script = Script::new().log_group("/app/web").query(Query::never_ends());
    let server = ScriptedLogs::start(script).unwrap();
    let seen = ask(
        &server,
        "id = start(); print(logs.stop_query(queryId=id)['success'], logs.get_query_results(queryId=id)['status'], logs.describe_queries(status='Cancelled')['queries'][0]['queryId'] == id)",
    );
    assert_eq!(seen, "True Cancelled True");
    assert_eq!(server.calls_of("StopQuery").len(), 1);
}

#[test]
fn errors_arrive_with_their_codes_and_details() {
    let script = Script::new()
        .log_group("/app/web")
        .refuse("StartQuery", Refusal::LimitExceeded, 1)
        .refuse("StartQuery", Refusal::Throttling, 1)
        .refuse("StartQuery", Refusal::ServiceUnavailable, 1)
        .query(Query::malformed("unexpected symbol found fo", 0..2));
    let server = ScriptedLogs::start(script).unwrap();
    let seen = ask(
        &server,
        "for _ in range(4):
    last = error(start).response
    print(last['Error']['Code'], last['ResponseMetadata']['HTTPStatusCode'])
print(last['queryCompileError'])
print(error(lambda: start('/app/other')).response['Error']['Code'], error(lambda: start(end=3599)).response['Error']['Code'])",
    );
    let expected = "LimitExceededException 400\nThrottlingException 400\nServiceUnavailableException 500\n\
        MalformedQueryException 400\n\
        {'location': {'startCharOffset': 0, 'endCharOffset': 2}, 'message': 'unexpected symbol found fo'}\n\
        ResourceNotFoundException InvalidParameterException";
    assert_eq!(seen, expected);
    assert_eq!(server.calls_of("StartQuery")[1].error.as_deref(), Some("ThrottlingException"));
}

#[test]
fn a_query_finds_events() {
    let event = |number: i64| Event::new("/app/web", &format!("s{}", number % 2), 3_600_000 + number, "hello");
    let events = (0..10_002).map(event).collect();
    let script = Script::new().events(events).query(Query::over_events().first_found(Status::Running, 1, 1));
    let server = ScriptedLogs::start(script.concurrent(1)).unwrap();
    let seen = ask(
        &server,
        "def query(text, **more):
    return logs.start_query(logGroupNames=['/app/web'], startTime=3600, endTime=7200, queryString=text, **more)['queryId']
def rows(id):
    logs.get_query_results(queryId=id)
    answer, rows = logs.get_query_results(queryId=id), []
    while True:
        rows += [{cell['field']: cell['value'] for cell in row} for row in answer['results']]
        if 'nextToken' not in answer:
            return answer, rows
        answer = logs.get_query_results(queryId=id, nextToken=answer['nextToken'])
first = query('fields @timestamp, @message, @logStream, @log | sort @timestamp asc', limit=100000)
print(error(lambda: query('fields @message')).response['Error']['Code'])
answer, all = rows(first)
print(answer['status'], answer['queryLanguage'], answer['statistics']['recordsMatched'], len({row['@ptr'] for row in all}))
print({name: value for name, value in all[1].items() if name != '@ptr'})
print(sorted((row['@logStream'], row['n']) for row in rows(query('stats count(*) as n by @logStream'))[1]))
refused = error(lambda: query('fields @message | dedup x')).response
print(refused['Error']['Code'], refused['queryCompileError']['location'])",
    );
    let expected = "LimitExceededException\nComplete CWLI 10002.0 10002\n\
        {'@timestamp': '1970-01-01 01:00:00.001', '@message': 'hello', '@logStream': 's1', '@log': '111122223333:/app/web'}\n\
        [('s0', '5001'), ('s1', '5001')]\n\
        MalformedQueryException {'startCharOffset': 18, 'endCharOffset': 23}";
    assert_eq!(seen, expected);
    assert_eq!(server.calls()[0].region.as_deref(), Some("us-east-1"));
}

#[test]
fn log_groups_and_saved_queries_are_listed_page_by_page() {
    let group = |number: usize| LogGroup { retention_days: Some(7), ..LogGroup::new(&format!("/app/{number:03}")) };
    let saved = |number: usize| SavedQuery::new(&number.to_string(), &format!("infra/{number}"), "limit 1", "/app/001");
    let script = Script::new().log_groups((0..60).map(group)).saved_queries((0..60).map(saved));
    let server = ScriptedLogs::start(script).unwrap();
    let seen = ask(
        &server,
        "def pages(operation, of, **query):
    return [len(page[of]) for page in logs.get_paginator(operation).paginate(**query)]
print(pages('describe_log_groups', 'logGroups', logGroupNamePrefix='/app/'), pages('describe_log_groups', 'logGroups', logGroupNamePattern='05'))
print({name: value for name, value in logs.describe_log_groups()['logGroups'][0].items() if name != 'creationTime'})
first = logs.describe_query_definitions(queryDefinitionNamePrefix='infra/')
print(len(first['queryDefinitions']), len(logs.describe_query_definitions(nextToken=first['nextToken'])['queryDefinitions']), first['queryDefinitions'][0]['logGroupNames'])",
    );
    let expected = "[50, 10] [11]\n\
        {'logGroupName': '/app/000', 'retentionInDays': 7, \
        'arn': 'arn:aws:logs:us-east-1:111122223333:log-group:/app/000:*', 'storedBytes': 0, \
        'logGroupClass': 'STANDARD', 'logGroupArn': 'arn:aws:logs:us-east-1:111122223333:log-group:/app/000'}\n\
        50 10 ['/app/001']";
    assert_eq!(seen, expected);
}
