use aws_sdk_cloudwatchlogs::config::http::HttpResponse;
use aws_sdk_cloudwatchlogs::error::{ConnectorError, ErrorMetadata};
use aws_sdk_cloudwatchlogs::types::error::{
    LimitExceededException, MalformedQueryException, ResourceNotFoundException,
};
use aws_sdk_cloudwatchlogs::types::{QueryCompileError, QueryCompileErrorLocation};

use super::*;

fn place() -> Place {
    let policy = "windlass account policy prod --job web/nightly".to_owned();
    Place { region: "eu-west-1".to_owned(), endpoint: None, policy }
}

fn start_failed(error: &SdkError<StartQueryError>, query: &str) -> StepError {
    of_start(error, query, Some(&Groups::of(&["/app".to_owned()])), &place())
}

fn meta(code: &str, message: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message(message).build()
}

fn answered(error: StartQueryError, status: u16) -> SdkError<StartQueryError> {
    SdkError::service_error(error, HttpResponse::new(status.try_into().unwrap(), "".into()))
}

fn coded(code: &str, status: u16) -> SdkError<StartQueryError> {
    answered(StartQueryError::generic(meta(code, "says AWS")), status)
}

#[test]
fn a_malformed_query_is_shown_with_the_place() {
    let location = QueryCompileErrorLocation::builder().start_char_offset(18).end_char_offset(23).build();
    let compile = QueryCompileError::builder().location(location).build();
    let error = MalformedQueryException::builder()
        .query_compile_error(compile)
        .meta(meta("MalformedQueryException", "unexpected\nsymbol found"))
        .build();
    let error = answered(StartQueryError::MalformedQueryException(error), 400);
    let step = start_failed(&error, "fields @message\n| filtr x");
    assert_eq!(step.code, "cloudwatch-logs.malformed-query");
    assert_eq!(step.message, "AWS cannot read the query: MalformedQueryException: unexpected symbol found");
    assert_eq!(step.help.unwrap(), "| filtr x\n  ^^^^^");
}

#[test]
fn offsets_that_do_not_fit_are_left_out() {
    for offsets in [None, Some((None, Some(3))), Some((Some(-1), None)), Some((Some(99), Some(100)))] {
        let step = of_malformed("no", "fields", offsets);
        assert!(step.help.unwrap().contains("CWL_QuerySyntax"), "{offsets:?}");
    }
}

#[test]
fn a_missing_log_group_is_named_with_its_region() {
    let error = ResourceNotFoundException::builder().meta(meta("ResourceNotFoundException", "gone")).build();
    let error = answered(StartQueryError::ResourceNotFoundException(error), 400);
    let step = start_failed(&error, "fields x");
    assert_eq!(step.code, "cloudwatch-logs.log-group-not-found");
    assert!(step.message.contains("log group `/app` in region `eu-west-1`"), "{}", step.message);
}

#[test]
fn the_limit_of_queries_is_waited_out() {
    let error = LimitExceededException::builder().meta(meta("LimitExceededException", "30")).build();
    assert_eq!(wait_to_start(&answered(StartQueryError::LimitExceededException(error), 400)), Wait::Turn);
    assert_eq!(wait(&coded("LimitExceededException", 400)), Wait::Never, "other quotas do not end by waiting");
}

#[test]
fn common_errors_are_told_apart() {
    for (code, status, wanted, waits) in [
        ("AccessDeniedException", 400, "cloudwatch-logs.access-denied", Wait::Never),
        ("ExpiredTokenException", 400, "cloudwatch-logs.credentials-expired", Wait::Never),
        ("UnrecognizedClientException", 400, "cloudwatch-logs.credentials-refused", Wait::Never),
        ("ThrottlingException", 400, "cloudwatch-logs.throttled", Wait::Turn),
        ("ServiceUnavailableException", 500, "cloudwatch-logs.unavailable", Wait::Moment),
        ("SomethingNew", 400, "cloudwatch-logs.failed", Wait::Never),
    ] {
        let error = coded(code, status);
        let step = of_call(&error, "logs:StartQuery", &place());
        assert_eq!((step.code.as_str(), wait(&error)), (wanted, waits), "{code}");
        assert!(step.message.ends_with(&format!("{code}: says AWS")), "{}", step.message);
    }
}

#[test]
fn a_denial_names_the_action_and_who_prints_the_policy() {
    let step = start_failed(&coded("AccessDeniedException", 400), "fields x");
    assert!(step.message.contains("`logs:StartQuery` in region `eu-west-1`"), "{}", step.message);
    assert!(step.help.unwrap().starts_with("`windlass account policy prod --job web/nightly` prints"));
}

#[test]
fn no_answer_names_the_endpoint() {
    let error: SdkError<StartQueryError> = SdkError::dispatch_failure(ConnectorError::io("connection refused".into()));
    let own = Place { endpoint: Some("http://127.0.0.1:1".to_owned()), ..place() };
    let step = of_call(&error, "logs:StartQuery", &own);
    assert_eq!(step.code, "cloudwatch-logs.unreachable");
    assert!(step.message.starts_with("CloudWatch Logs at `http://127.0.0.1:1` does not answer"), "{step}");
    assert_eq!(wait(&error), Wait::Moment);
}

#[test]
fn the_runners_refusal_of_credentials_is_passed_on() {
    let refusal = StepError::new("account.role-denied", "the role is denied").with_help("ask");
    let error: SdkError<StartQueryError> =
        SdkError::dispatch_failure(ConnectorError::other(Box::new(refusal.clone()), None));
    assert_eq!(of_call(&error, "logs:StartQuery", &place()), refusal);
    assert_eq!(wait(&error), Wait::Never);
}
