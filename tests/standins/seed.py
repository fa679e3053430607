#!/usr/bin/env python3
"""Fill a fresh ministack (AUTH=true) with the accounts that the demo and the tests use.

    seed.py ENDPOINT LINES.gz

ministack takes a 12-digit access key id as the root key of that account; its secret is `test`. Everything below is
made with those root keys; what runs afterwards uses roles and users only, so signatures, trust policies and
external IDs are enforced.

Prints one JSON document: the accounts, roles, keys, log group and secrets that were made.
"""

import gzip
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

REGION = "us-east-1"
MANAGING = "111122223333"
MANAGED = "444455556666"
EXTERNAL_ID = "windlass-demo-7f3a"
LOG_GROUP = "/demo/nginx/access"
LOG_STREAM = "web-1"
STAGING = "222233334444"
STAGING_EXTERNAL_ID = "windlass-demo-2c91"
PAYMENTS_REGIONS = [REGION, "eu-west-1"]
PAYMENTS_GROUP = "/demo/payments"
PAYMENTS = 48
PASSWORD = "correct-horse-battery-of-the-database"
TOKEN = "token-of-the-web-0123456789"
SPREAD_MS = 30 * 60 * 1000

# PutLogEvents: at most 10,000 events and 1,048,576 bytes a batch, where each event counts its UTF-8 bytes plus 26
# (Amazon CloudWatch Logs API Reference, PutLogEvents).
BATCH_EVENTS = 10_000
BATCH_BYTES = 1_048_576
EVENT_OVERHEAD = 26


def main():
    endpoint, lines = sys.argv[1:3]
    with ThreadPoolExecutor(2) as pool:
        loading = pool.submit(load_lines, client("logs", MANAGED, endpoint), lines)
        made = make_identities(*(client("iam", account, endpoint) for account in [MANAGING, MANAGED, STAGING]))
        made |= keep_secrets(endpoint, made["operatorUser"]["secretAccessKey"])
        made["payments"] = load_payments(endpoint)
        made["events"] = loading.result()
    print(json.dumps(made, indent=2))


def client(service, account, endpoint, region=REGION):
    return boto3.session.Session().client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


def make_identities(managing, managed, staging):
    # EC2 and ECS hand out role sessions themselves; ministack does not, so this user stands for them: the metadata
    # server assumes the instance role and the task role with its key.
    host = make_user(managing, "metadata-host", allow("sts:AssumeRole", "*"))
    operator = make_user(managing, "windlass-operator", allow("sts:AssumeRole", f"arn:aws:iam::{MANAGED}:role/*"))
    assume = allow("sts:AssumeRole", [f"arn:aws:iam::{account}:role/*" for account in [MANAGED, STAGING]])
    instance = make_role(managing, "WindlassInstance", trust(host["arn"]), assume)
    task = make_role(managing, "WindlassTask", trust(host["arn"]), assume)
    callers = [instance, task, operator["arn"]]
    query = allow(
        ["logs:StartQuery", "logs:GetQueryResults", "logs:StopQuery", "logs:DescribeQueries", "logs:DescribeLogGroups"],
        "*",
    )
    return {
        "region": REGION,
        "managingAccount": MANAGING,
        "managedAccount": MANAGED,
        "externalId": EXTERNAL_ID,
        "logGroup": LOG_GROUP,
        "instanceRole": instance,
        "taskRole": task,
        "readerRole": make_role(managed, "WindlassReader", trust(callers, EXTERNAL_ID), query),
        "staging": {
            "account": STAGING,
            "externalId": STAGING_EXTERNAL_ID,
            "role": make_role(staging, "WindlassReader", trust(instance, STAGING_EXTERNAL_ID), query),
        },
        # Trusts nobody here: assuming it is refused although the caller may call sts:AssumeRole.
        "closedRole": make_role(managed, "WindlassClosed", trust(f"arn:aws:iam::{MANAGED}:user/nobody"), query),
        # May be assumed, and then may do nothing.
        "powerlessRole": make_role(managed, "WindlassPowerless", trust(callers, EXTERNAL_ID), None),
        "hostUser": host,
        "operatorUser": operator,
        # Needs no role: what a script with a plain key does today.
        "readerUser": make_user(managed, "log-reader", query),
    }


def keep_secrets(endpoint, operators_key):
    """Secrets of the managed account, and the one who may read those below `windlass/`."""
    secrets, parameters = client("secretsmanager", MANAGED, endpoint), client("ssm", MANAGED, endpoint)
    for name, value in [("windlass/db/password", PASSWORD), ("windlass/operator", operators_key), ("other/db", PASSWORD)]:
        secrets.create_secret(Name=name, SecretString=value)
    secrets.create_secret(Name="windlass/db/binary", SecretBinary=PASSWORD.encode())
    for name in ["/windlass/web/token", "/other/token"]:
        parameters.put_parameter(Name=name, Value=TOKEN, Type="SecureString")
    here = f"{REGION}:{MANAGED}"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["secretsmanager:ListSecrets", "ssm:DescribeParameters"], "Resource": "*"},
        {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
         "Resource": f"arn:aws:secretsmanager:{here}:secret:windlass/*"},
        {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": f"arn:aws:ssm:{here}:parameter/windlass/*"},
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"},
    ]})
    user = make_user(client("iam", MANAGED, endpoint), "secrets-reader", policy)
    return {"secretsUser": user, "password": PASSWORD, "token": TOKEN}


def make_user(iam, name, policy):
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"arn": arn, "accessKeyId": key["AccessKeyId"], "secretAccessKey": key["SecretAccessKey"]}


def make_role(iam, name, trusted, policy):
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted)["Role"]["Arn"]
    if policy:
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
    return arn


def trust(principals, external_id=None):
    statement = {"Effect": "Allow", "Principal": {"AWS": principals}, "Action": "sts:AssumeRole"}
    if external_id:
        statement["Condition"] = {"StringEquals": {"sts:ExternalId": external_id}}
    return document(statement)


def allow(actions, resources):
    return document({"Effect": "Allow", "Action": actions, "Resource": resources})


def document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def load_lines(logs, path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = file.read().splitlines()
    logs.create_log_group(logGroupName=LOG_GROUP)
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=LOG_STREAM)
    for batch in batches(lines):
        logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=LOG_STREAM, logEvents=batch)
    return len(lines)


def load_payments(endpoint):
    """Payments in two accounts and two regions, few enough to be read; those of one place between those of another."""
    step = SPREAD_MS // PAYMENTS
    places = [(account, region) for account in [MANAGED, STAGING] for region in PAYMENTS_REGIONS]
    for place, (account, region) in enumerate(places):
        first = int(time.time() * 1000) - SPREAD_MS + place * step // len(places)
        numbers = range(PAYMENTS)
        events = [{"timestamp": first + number * step, "message": payment(place, number)} for number in numbers]
        logs = client("logs", account, endpoint, region)
        logs.create_log_group(logGroupName=PAYMENTS_GROUP)
        logs.create_log_stream(logGroupName=PAYMENTS_GROUP, logStreamName=LOG_STREAM)
        logs.put_log_events(logGroupName=PAYMENTS_GROUP, logStreamName=LOG_STREAM, logEvents=events)
    return {"logGroup": PAYMENTS_GROUP, "regions": PAYMENTS_REGIONS, "ofEach": PAYMENTS}


def payment(place, number):
    order, cents = 1000 * (place + 1) + number, 495 + (number * 7919 + place * 104729) % 20000
    outcome = ["paid", "paid", "refused: card expired", "paid", "refused: limit reached", "paid"][(number + place) % 6]
    return f"order {order}, {cents / 100:.2f} EUR, {outcome}"


def batches(lines):
    """The lines as events, evenly over the last 30 minutes, in batches that PutLogEvents takes."""
    first = int(time.time() * 1000) - SPREAD_MS
    batch, size = [], 0
    for number, line in enumerate(lines):
        weight = len(line.encode()) + EVENT_OVERHEAD
        if batch and (len(batch) == BATCH_EVENTS or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append({"timestamp": first + number * SPREAD_MS // len(lines), "message": line})
        size += weight
    yield batch


if __name__ == "__main__":
    main()
