//! Messages to topics of SNS, on the stand-in: a queue that has subscribed shows what arrived.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crate::ground::{printed, python, standins};
use crate::installation::{Ended, Installation, assert_names};
use crate::stored::apply;
use serde_json::{Value, json};
use std::process::Command;

const KEY: &str = "keys/project/web/aws";
const REGION: &str = "us-east-1";

/// Runs Python with clients of an AWS account's root key; what it prints.
fn at_aws(account: &str, body: &str) -> Value {
    let script = format!(
        "
import json, boto3
def client(service, region='{REGION}'):
    return boto3.client(service, endpoint_url='{url}', region_name=region, aws_access_key_id='{account}',
        aws_secret_access_key='test')
sns, sqs, iam = client('sns'), client('sqs'), client('iam')
{body}",
        url = standins().services_url(),
    );
    serde_json::from_str(&printed(&python(|python| Command::new(python), &script))).unwrap()
}

/// Makes a topic of this name, and a queue that gets what is published to it.
fn topic(account: &str, name: &str) {
    let fifo = if name.ends_with(".fifo") { "'FifoTopic': 'true'" } else { "" };
    let queue = fifo.replace("FifoTopic", "FifoQueue");
    at_aws(
        account,
        &format!(
            "
topic = sns.create_topic(Name='{name}', Attributes={{{fifo}}})['TopicArn']
queue = sqs.create_queue(QueueName='{name}', Attributes={{{queue}}})['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
policy = {{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow', 'Action': 'sqs:SendMessage', 'Resource': arn,
    'Principal': {{'Service': 'sns.amazonaws.com'}}, 'Condition': {{'ArnEquals': {{'aws:SourceArn': topic}}}}}}]}}
sqs.set_queue_attributes(QueueUrl=queue, Attributes={{'Policy': json.dumps(policy)}})
sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn)
print(json.dumps(topic))"
        ),
    );
}

/// What the queue has.
fn arrived(account: &str, name: &str) -> Vec<Value> {
    let body = format!(
        "
queue = sqs.get_queue_url(QueueName='{name}')['QueueUrl']
found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get('Messages', [])
print(json.dumps([json.loads(message['Body']) for message in found]))"
    );
    serde_json::from_value(at_aws(account, &body)).unwrap()
}

/// Project `web` whose account has this key.
fn installation(access_key_id: &str, secret: &str) -> Installation {
    let source = format!("{{access-key: {{accessKeyId: '{access_key_id}', secretAccessKey: {KEY}}}}}");
    let installation = Installation::new(&format!(
        "projects:
  - name: web
    defaultAccount: prod
    accounts: [{{name: prod, source: {source}, defaultRegion: {REGION}}}]
endpoints: {{sns: '{url}', sts: '{url}'}}
",
        url = standins().services_url(),
    ));
    installation.set_key(KEY, secret);
    installation
}

fn arn(account: &str, name: &str) -> String {
    format!("arn:aws:sns:{REGION}:{account}:{name}")
}

fn publish(installation: &Installation, topic: &str, more: &Value) -> Ended {
    let mut with = json!({"topicArn": topic, "message": "it took 40 seconds"});
    with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    installation.job(&format!("steps: [{}]\n", json!({"id": "tell", "uses": "sns/publish", "with": with})));
    installation.run_job(&["--output", "json"])
}

#[test]
fn who_has_subscribed_gets_the_message() {
    let account = "333344441001";
    topic(account, "deployments");
    let more =
        json!({"subject": "version 7 is live", "attributes": {"service": "checkout", "version": 7, "tags": ["a", 1]}});
    let ended = publish(&installation(account, "test"), &arn(account, "deployments"), &more);
    let document: Value = serde_json::from_str(ended.ok()).unwrap();
    let [message]: [Value; 1] = arrived(account, "deployments").try_into().unwrap();
    assert_eq!((&message["Message"], &message["Subject"]), (&json!("it took 40 seconds"), &json!("version 7 is live")));
    let attributes = &message["MessageAttributes"];
    assert_eq!(attributes["version"], json!({"Type": "Number", "Value": "7"}));
    assert_eq!(attributes["tags"], json!({"Type": "String.Array", "Value": "[\"a\",1]"}));
    assert_eq!(message["MessageId"], document["steps"][0]["outputs"]["messageId"]);
}

/// A step that is done again after its message was taken sends it once; each item of a loop sends its own.
#[test]
fn a_fifo_topic_gets_it_once() {
    let account = "333344441002";
    topic(account, "orders.fifo");
    let (installation, topic) = (installation(account, "test"), arn(account, "orders.fifo"));
    let tell = json!({"id": "tell", "forEach": {"items": [1, 2]}, "uses": "sns/publish", "with": {
        "topicArn": topic, "message": "it took 40 seconds", "messageGroupId": "all",
    }});
    let fails = json!({"id": "fails", "uses": "misbehave/fault", "with": {"kind": "panic"}});
    let twice = json!({"id": "twice", "steps": [tell, fails], "retry": {"attempts": 2, "backoff": "1ms"}});
    installation.job(&format!("steps: [{twice}]\n"));
    let document: Value = serde_json::from_str(&installation.run_job(&["--output", "json"]).stdout).unwrap();
    let sent = document["steps"].as_array().unwrap().iter().filter(|step| step["outputs"]["messageId"].is_string());
    assert_eq!(sent.count(), 4, "{document}");
    assert_eq!(arrived(account, "orders.fifo").len(), 2, "one of each item");
    let ended = publish(&installation, &topic, &json!({}));
    assert_names(ended.failed(1, "step.invalid-config"), &["`orders.fifo` is FIFO", "no `messageGroupId`"]);
}

#[test]
fn who_may_not_publish_is_told_what_is_missing() {
    let account = "333344441003";
    topic(account, "deployments");
    let key = at_aws(
        account,
        "
iam.create_user(UserName='nobody')
key = iam.create_access_key(UserName='nobody')['AccessKey']
print(json.dumps([key['AccessKeyId'], key['SecretAccessKey']]))",
    );
    let installation = installation(key[0].as_str().unwrap(), key[1].as_str().unwrap());
    let ended = publish(&installation, &arn(account, "deployments"), &json!({}));
    assert_names(
        ended.failed(1, "sns.access-denied"),
        &[
            "the account may not do `sns:Publish` with topic `deployments` in region `us-east-1`",
            "`windlass account policy prod --job web/test`",
        ],
    );
    assert_eq!(arrived(account, "deployments"), [Value::Null; 0]);
}

#[test]
fn what_is_wrong_with_a_topic_is_said() {
    let account = "333344441004";
    let installation = installation(account, "test");
    let ended = publish(&installation, &arn(account, "missing"), &json!({}));
    assert_names(ended.failed(1, "sns.topic-not-found"), &["topic `missing` in region `us-east-1`"]);
    let elsewhere = arn(account, "missing").replace(REGION, "eu-west-1");
    let ended = publish(&installation, &elsewhere, &json!({}));
    assert_names(
        ended.failed(1, "sns.other-region"),
        &["lies in region `eu-west-1`", "give the step `region: eu-west-1`"],
    );
}

/// The policy names the topic, and nothing else.
#[test]
fn the_policy_allows_this_topic() {
    let installation = installation("AKIAEXAMPLE", "test");
    let topic = arn("444455556666", "deployments");
    let step = json!({"uses": "sns/publish", "region": REGION, "with": {"topicArn": topic, "message": "m"}});
    apply(&installation, &[("tell", &format!("steps: [{step}]\n"))]);
    let ended = installation.run(&["account", "policy", "--job", "web/tell"]);
    let policy: Value = serde_json::from_str(ended.ok()).unwrap();
    assert_eq!(policy["Statement"], json!([{"Effect": "Allow", "Action": "sns:Publish", "Resource": topic}]));
}
