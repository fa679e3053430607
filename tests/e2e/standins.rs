//! That the stand-ins refuse what the tests of the runner rely on to be refused. boto3 asks, not the runner.

use crate::ground::{printed, python, standins};
use std::process::Command;
use windlass_tests::standins::CONTAINER_TOKEN;

/// Fetches a session from the metadata server and defines `assume(role, **more)`, which returns an error code or the
/// session's logs client.
fn script(body: &str) -> String {
    let (standins, seeded) = (standins(), &standins().seeded);
    let (instance, services, region) = (standins.instance_url(), standins.services_url(), &seeded.region);
    format!(
        r#"
import json, time, urllib.request, boto3
from botocore.exceptions import ClientError
def fetch(path, method="GET", **headers):
    headers = {{name.replace("_", "-"): value for name, value in headers.items()}}
    return urllib.request.urlopen(urllib.request.Request("{instance}" + path, headers=headers, method=method)).read().decode()
token = fetch("/latest/api/token", "PUT", x_aws_ec2_metadata_token_ttl_seconds="60")
role = fetch("/latest/meta-data/iam/security-credentials/", x_aws_ec2_metadata_token=token)
session = json.loads(fetch("/latest/meta-data/iam/security-credentials/" + role, x_aws_ec2_metadata_token=token))
def client(service, key):
    return boto3.client(service, endpoint_url="{services}", region_name="{region}", aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key.get("SessionToken") or key.get("Token"))
sts = client("sts", session)
def assume(role, **more):
    try:
        return client("logs", sts.assume_role(RoleArn=role, RoleSessionName="test", **more)["Credentials"])
    except ClientError as error:
        return error.response["Error"]["Code"]
def query(logs):
    now = int(time.time())
    try:
        id = logs.start_query(logGroupName="{log_group}", startTime=now - 3600, endTime=now, limit=10000,
            queryString="fields @message | limit 10000")["queryId"]
        return len(logs.get_query_results(queryId=id)["results"])
    except ClientError as error:
        return error.response["Error"]["Code"]
{body}
"#,
        log_group = seeded.log_group,
    )
}

fn ask(body: &str) -> String {
    printed(&python(|python| Command::new(python), &script(body)))
}

#[test]
fn the_instance_role_reaches_the_lines_of_the_other_account_with_the_external_id_only() {
    let seeded = &standins().seeded;
    let (reader, id) = (&seeded.reader_role, &seeded.external_id);
    let answers = ask(&format!(
        "print(role, query(assume('{reader}', ExternalId='{id}')), assume('{reader}'), assume('{reader}', ExternalId='x1'))"
    ));
    assert_eq!(answers, "WindlassInstance 10000 AccessDenied AccessDenied");
}

#[test]
fn the_closed_role_refuses_to_be_assumed_and_the_powerless_one_to_query() {
    let seeded = &standins().seeded;
    let (closed, powerless, id) = (&seeded.closed_role, &seeded.powerless_role, &seeded.external_id);
    let answers =
        ask(&format!("print(assume('{closed}', ExternalId='{id}'), query(assume('{powerless}', ExternalId='{id}')))"));
    assert_eq!(answers, "AccessDenied AccessDeniedException");
}

#[test]
fn the_managing_account_has_no_such_log_group() {
    assert_eq!(
        ask("print(query(client('logs', dict(AccessKeyId='111122223333', SecretAccessKey='test'))))"),
        "ResourceNotFoundException"
    );
}

#[test]
fn a_key_with_a_wrong_secret_is_refused() {
    let key = &standins().seeded.reader_user.access_key_id;
    let answer = ask(&format!("print(query(client('logs', dict(AccessKeyId='{key}', SecretAccessKey='wrong'))))"));
    assert_eq!(answer, "InvalidSignatureException");
}

#[test]
fn the_container_server_wants_its_token() {
    let uri = standins().container_uri();
    let answers = printed(&python(
        |python| Command::new(python),
        &format!(
            "
import json, urllib.request, urllib.error
def ask(**headers):
    try:
        return sorted(json.load(urllib.request.urlopen(urllib.request.Request('{uri}', headers=headers))))
    except urllib.error.HTTPError as error:
        return error.code
print(ask(), ask(Authorization='wrong'), ask(Authorization='{CONTAINER_TOKEN}'))
"
        ),
    ));
    assert_eq!(answers, "401 401 ['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token']");
}
