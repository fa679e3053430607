//! That a client which others wrote understands the scripted server: boto3 sees the statuses, errors and pages.

use crate::ground::{printed, python};
use std::process::Command;
use windlass_tests::ScriptedLogs;
use windlass_tests::scripted::{Query, Refusal, Script, Status, numbered_rows};

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
    printed(&python(|python| Command::new(python), &script))
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
