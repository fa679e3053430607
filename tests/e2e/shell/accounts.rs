//! Steps with an account: the AWS CLI and boto3, unchanged, are who the account says, for as long as the step runs.

use super::{log, outputs, set_steps};
use crate::ground::{namespace, standins};
use crate::installation::{Ended, Installation, assert_names};
use crate::started::Started;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use windlass_tests::metadata::MetadataServer;
use windlass_tests::python::Venv;
use windlass_tests::wait::{self, PATIENCE};
use windlass_tests::{Port, Seeded, binaries};

/// Who boto3 is.
const WHO: &str = "python3 -c '
import boto3
print(boto3.client(\"sts\").get_caller_identity()[\"Arn\"])'";

/// An installation whose steps find the AWS CLI; project `web` has these accounts.
fn installation(accounts: &Value, endpoints: &Value) -> Installation {
    let tools = Venv::of("awscli").unwrap().bin();
    let path = json!(format!("{}:{}", tools.display(), std::env::var("PATH").unwrap()));
    Installation::new(&format!(
        "projects: [{{name: web, defaultAccount: role, accounts: {accounts}}}]\nshell: {{path: {path}}}\nendpoints: {endpoints}\n"
    ))
}

fn role(seeded: &Seeded, role: &str) -> Value {
    json!({"name": "role", "source": "ec2-instance-role", "accountId": seeded.managed_account, "assumeRole": role,
        "externalId": seeded.external_id, "defaultRegion": seeded.region})
}

/// On loopback, with the account `role`.
fn loopback(role_name: &str) -> Installation {
    let services = standins().services_url();
    let endpoints = json!({"imds": standins().instance_url(), "sts": services, "logs": services});
    installation(&json!([role(&standins().seeded, role_name)]), &endpoints)
}

fn reader() -> String {
    format!("arn:aws:sts::{}:assumed-role/WindlassReader/windlass-web-test", standins().seeded.managed_account)
}

fn step(script: &str, account: Option<&str>) -> Value {
    let with = json!({"script": script, "interpreter": ["bash", "-eu"], "output": "lines"});
    let mut step = json!({"id": "it", "uses": "shell/script", "with": with});
    if let Some(account) = account {
        step["account"] = json!(account);
    }
    step
}

fn run(installation: &Installation, script: &str, account: Option<&str>) -> Ended {
    set_steps(installation, &json!([step(script, account)]));
    installation.run_job(&["--output", "json"])
}

#[track_caller]
fn lines(ended: &Ended) -> Vec<String> {
    serde_json::from_value(outputs(ended)["lines"].clone()).unwrap()
}

#[test]
fn the_aws_cli_and_boto3_are_the_account_and_work_in_its_region() {
    let installation = loopback("role/WindlassReader");
    let query = "aws logs describe-log-groups --query 'logGroups[].logGroupName' --output text";
    let script = format!(
        "aws sts get-caller-identity --query Arn --output text\n{WHO}\n{query}\naws configure list | grep -E 'key|region'"
    );
    let lines = lines(&run(&installation, &script, Some("role")));
    let seeded = &standins().seeded;
    assert_eq!(lines[..3], [reader(), reader(), format!("{}\t{}", seeded.log_group, seeded.payments.log_group)]);
    let listed: Vec<Vec<&str>> = lines[3..].iter().map(|line| line.split_whitespace().collect()).collect();
    for (line, from) in listed.iter().zip(["container-role", "container-role", "AWS_DEFAULT_REGION"]) {
        assert!(line.iter().any(|word| word.contains(from)), "{line:?}");
    }
}

/// botocore asks a file of its predecessor before it asks a container.
#[test]
fn keys_in_the_users_boto_file_do_not_win() {
    let user = &standins().seeded.reader_user;
    let tools = Venv::of("awscli").unwrap().bin();
    let home = tempfile::tempdir().unwrap();
    let keys =
        format!("aws_access_key_id = {}\naws_secret_access_key = {}\n", user.access_key_id, user.secret_access_key);
    std::fs::write(home.path().join(".boto"), format!("[Credentials]\n{keys}")).unwrap();
    let services = standins().services_url();
    let installation = Installation::new(&format!(
        "projects: [{{name: web, defaultAccount: role, accounts: {}}}]\nshell: {{path: {}, home: {}}}\nendpoints: {}\n",
        json!([role(&standins().seeded, "role/WindlassReader")]),
        json!(format!("{}:{}", tools.display(), std::env::var("PATH").unwrap())),
        json!(home.path()),
        json!({"imds": standins().instance_url(), "sts": services}),
    ));
    let script = format!("aws sts get-caller-identity --query Arn --output text\n{WHO}");
    assert_eq!(lines(&run(&installation, &script, Some("role"))), [reader(), reader()]);
}

/// Keys without an end or a token.
#[test]
fn an_access_key_without_a_role_works_too() {
    const KEY: &str = "keys/project/web/reader";
    let (user, services) = (&standins().seeded.reader_user, standins().services_url());
    let source = json!({"access-key": {"accessKeyId": user.access_key_id, "secretAccessKey": KEY}});
    let account = json!({"name": "role", "source": source, "defaultRegion": "us-east-1"});
    let installation = installation(&json!([account]), &json!({"sts": services}));
    installation.set_key(KEY, &user.secret_access_key);
    let script = format!("aws sts get-caller-identity --query Arn --output text\n{WHO}");
    assert_eq!(lines(&run(&installation, &script, Some("role"))), [user.arn.as_str(); 2]);
}

/// There the metadata servers would answer too, with the identity of the machine.
#[test]
fn in_a_network_namespace_it_is_the_loopback_of_the_namespace() {
    let seeded = &namespace().seeded;
    let services = namespace().services_url();
    let endpoints = json!({"sts": services, "logs": services});
    let installation = installation(&json!([role(seeded, "role/WindlassReader")]), &endpoints);
    set_steps(&installation, &json!([step("aws sts get-caller-identity --query Arn --output text", Some("role"))]));
    let job = installation.folder().join("job.yaml");
    let arguments = ["run", job.to_str().unwrap(), "--project", "web", "--output", "json"];
    let command = namespace().command(&binaries::windlass().unwrap());
    let ended = Ended::from(installation.arguments_for(command, &arguments).output().unwrap());
    assert_eq!(lines(&ended), [reader()]);
}

/// A default is nothing that the job says: its commands get credentials only where it does.
#[test]
fn a_step_has_an_account_only_where_it_or_its_job_names_one() {
    let installation = loopback("role/WindlassReader");
    let script = "echo ${AWS_CONTAINER_CREDENTIALS_FULL_URI:+named} ${AWS_REGION:-none}";
    assert_eq!(lines(&run(&installation, script, None)), ["none"]);
    assert_eq!(lines(&run(&installation, script, Some("role"))), ["named us-east-1"]);
    installation.job(&format!("account: role\nregion: us-east-1\nsteps: {}\n", json!([step(script, None)])));
    assert_eq!(lines(&installation.run_job(&["--output", "json"])), ["named us-east-1"]);
    let job = installation.folder().join("job.yaml");
    let of_job = ["account", "policy", "role", "--project", "web", "--job", job.to_str().unwrap()];
    let policy = installation.run(&of_job);
    assert_names(&policy.stderr, &["shell/script"]);
    assert_names(run(&installation, script, Some("other")).failed(5, "account.unknown"), &["`other`"]);
}

#[test]
fn a_role_that_is_refused_is_what_the_command_and_the_step_say() {
    let installation = loopback("role/WindlassClosed");
    let ended = run(&installation, "aws sts get-caller-identity", Some("role"));
    assert_names(ended.failed(5, "account.role-denied"), &["`role`", "WindlassClosed"]);
    assert_names(&log(&ended).join("\n"), &["container-role", "403", "account.role-denied", "WindlassClosed"]);
}

/// A script that has waited for its account fails for its own reasons.
#[test]
fn a_source_that_comes_back_is_no_failure_any_more() {
    let (seeded, services) = (&standins().seeded, standins().services_url());
    let (port, folder) = (Port::take().unwrap(), tempfile::tempdir().unwrap());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number()));
    let endpoints = json!({"imds": format!("http://{address}"), "sts": services});
    let installation = installation(&json!([role(seeded, "role/WindlassReader")]), &endpoints);
    let script = "until aws sts get-caller-identity >&2; do echo not yet >&2; done; exit 7";
    set_steps(&installation, &json!([step(script, Some("role"))]));
    let running = Started::start(&installation, installation.job_command(&[]));
    running.says("it| not yet");
    let _metadata = MetadataServer::instance_for(None, address, &services, seeded, folder.path()).unwrap();
    let ended = running.ended();
    assert_names(ended.failed(1, "shell.exit-code"), &["exit code 7"]);
    assert_names(&log(&ended).join("\n"), &["account.source-unreachable", "WindlassReader"]);
}

/// One process, from its first key to the next, and until the first is refused.
#[test]
fn a_long_step_sees_new_keys() {
    const SCRIPT: &str = "python3 -c '
import boto3, botocore, time
session = boto3.Session()
old = session.get_credentials().get_frozen_credentials()
key = lambda: session.get_credentials().get_frozen_credentials().access_key
sts = session.client(\"sts\")
first = key()
print(first, sts.get_caller_identity()[\"Arn\"], flush=True)
while key() == first:
    time.sleep(0.1)
print(key(), sts.get_caller_identity()[\"Arn\"], flush=True)
with_old = boto3.client(\"sts\", aws_access_key_id=old.access_key, aws_secret_access_key=old.secret_key,
    aws_session_token=old.token)
try:
    while with_old.get_caller_identity():
        time.sleep(0.1)
except botocore.exceptions.ClientError as refused:
    print(old.access_key, refused.response[\"Error\"][\"Code\"])'";
    let (seeded, services) = (&standins().seeded, standins().services_url());
    let (port, folder) = (Port::take().unwrap(), tempfile::tempdir().unwrap());
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.number()));
    let metadata = MetadataServer::instance_for(Some(12), address, &services, seeded, folder.path()).unwrap();
    let account = json!({"name": "role", "source": "ec2-instance-role", "accountId": seeded.managing_account,
        "defaultRegion": seeded.region});
    let installation = installation(&json!([account]), &json!({"imds": metadata.url(), "sts": services}));
    let lines = lines(&run(&installation, SCRIPT, Some("role")));
    let [(first, before), (second, after), (old, code)]: [(&str, &str); 3] =
        lines.iter().map(|line| line.split_once(' ').unwrap()).collect::<Vec<_>>().try_into().unwrap();
    assert_ne!(first, second);
    assert_eq!(before, after);
    assert_eq!((old, code), (first, "ExpiredToken"));
    assert!(before.contains(":assumed-role/WindlassInstance/"), "{lines:?}");
}

/// Every service gets the endpoint that is configured for its prefix, by the name that boto3 has for it.
#[test]
fn services_have_the_endpoints_of_the_configuration() {
    const SCRIPT: &str = "python3 -c '
import boto3, sys
session = boto3.Session()
for name in sys.argv[1:]:
    client = session.client(name)
    print(client.meta.service_model.endpoint_prefix, client.meta.endpoint_url)' ";
    let names = [
        "sts",
        "logs",
        "cloudwatch",
        "events",
        "ec2",
        "ecr",
        "application-autoscaling",
        "autoscaling",
        "cognito-idp",
        "efs",
        "elb",
        "elbv2",
        "emr",
        "ses",
        "sesv2",
        "route53",
        "secretsmanager",
        "servicediscovery",
        "stepfunctions",
        "resourcegroupstaggingapi",
        "ecs",
        "ssm",
        "lambda",
        "iam",
        "cloudformation",
        "cognito-identity",
    ];
    let prefixes = [
        "sts",
        "logs",
        "monitoring",
        "events",
        "ec2",
        "ecr",
        "application-autoscaling",
        "autoscaling",
        "cognito-idp",
        "elasticfilesystem",
        "elasticloadbalancing",
        "elasticmapreduce",
        "email",
        "route53",
        "secretsmanager",
        "servicediscovery",
        "states",
        "tagging",
        "ecs",
        "ssm",
        "lambda",
        "iam",
        "cloudformation",
        "cognito-identity",
    ];
    let mut endpoints: Value =
        prefixes.iter().map(|prefix| (*prefix, json!(format!("https://{prefix}.test")))).collect();
    endpoints["imds"] = json!(standins().instance_url());
    endpoints["sts"] = json!(standins().services_url());
    let installation = installation(&json!([role(&standins().seeded, "role/WindlassReader")]), &endpoints);
    let lines = lines(&run(&installation, &format!("{SCRIPT}{}", names.join(" ")), Some("role")));
    assert_eq!(lines.len(), names.len());
    for (line, name) in lines.iter().zip(names) {
        let (prefix, url) = line.split_once(' ').unwrap();
        assert_eq!(url, endpoints[prefix.trim_start_matches("api.")].as_str().unwrap_or_default(), "{name}");
    }
}

/// However the step ends, nobody answers any more and the token is gone.
#[test]
fn it_ends_with_the_step() {
    let installation = loopback("role/WindlassReader");
    let script = "echo \"at $AWS_CONTAINER_CREDENTIALS_FULL_URI $AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE\" >&2; \
                  until [ -e over ]; do sleep 0.02; done";
    for signal in [Some(Signal::INT), Some(Signal::KILL), None] {
        let mut step = step(script, Some("role"));
        if signal.is_none() {
            step["timeout"] = json!("1s");
        }
        set_steps(&installation, &json!([step]));
        let mut running = Started::start(&installation, installation.job_command(&[]));
        running.says("it| at ");
        let said = running.said();
        let said = said.split_once("it| at http://").unwrap().1.lines().next().unwrap();
        let (uri, file) = said.split_once(' ').unwrap();
        let address: SocketAddr = uri.split_once('/').unwrap().0.parse().unwrap();
        if let Some(signal) = signal {
            assert!(TcpStream::connect(address).is_ok() && Path::new(file).exists());
            running.signal(signal);
        }
        running.wait();
        let gone = || Ok((TcpStream::connect(address).is_err() && !Path::new(file).exists()).then_some(()));
        wait::until("the end of port and token", PATIENCE, gone).unwrap();
    }
}
