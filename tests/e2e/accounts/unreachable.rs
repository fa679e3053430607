//! Metadata services that are not there, or cannot give keys. No stand-in plays them, so one small server here answers
//! what the EC2 User Guide documents; nothing else is asked, so these need no namespace.

use crate::installation::{Installation, assert_names};
use std::sync::Arc;
use std::thread::JoinHandle;
use tiny_http::{Header, Method, Request, Response, Server};
use windlass_tests::Port;

const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
const ADDRESS: &str = "127.0.0.1:0";

/// A metadata service that answers as told: a status and a body for a request.
struct Metadata {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

impl Metadata {
    fn start(answer: fn(&Request) -> (u16, &'static str)) -> Self {
        let server = Arc::new(Server::http(ADDRESS).unwrap());
        let serving = Arc::clone(&server);
        let thread = std::thread::spawn(move || {
            for request in serving.incoming_requests() {
                let (status, body) = answer(&request);
                let mut response = Response::from_string(body).with_status_code(status);
                if status == 200 {
                    response.add_header(Header::from_bytes("x-aws-ec2-metadata-token-ttl-seconds", "21600").unwrap());
                }
                request.respond(response).unwrap();
            }
        });
        Self { server, thread: Some(thread) }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.server_addr().to_ip().unwrap())
    }
}

impl Drop for Metadata {
    fn drop(&mut self) {
        self.server.unblock();
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

/// The error of a run whose account has the role of the instance, with the metadata service at `url`.
fn refused(url: &str, code: &str) -> String {
    let installation = installation(&format!("source: ec2-instance-role}}]}}]\nendpoints: {{imds: '{url}'}}\n"));
    let error = installation.run_job(&[]).failed(5, code).to_owned();
    assert_names(&error, &["`prod`", "project `web`", "source `ec2-instance-role`", url]);
    error
}

/// The account's keys and what follows.
fn installation(rest: &str) -> Installation {
    let account = "projects: [{name: web, accounts: [{name: prod, regions: [us-east-1]";
    let installation = Installation::new(&format!("{account}, {rest}"));
    installation.job(&format!("account: prod\n{}", super::WHO));
    installation
}

fn is_token_request(request: &Request) -> bool {
    request.method() == &Method::Put && request.url() == "/latest/api/token"
}

#[test]
fn nobody_listens() {
    let port = Port::take().unwrap();
    let error = refused(&format!("http://127.0.0.1:{}", port.number()), "account.source-unreachable");
    assert_names(&error, &["does not answer", "must run on an EC2 instance", "give the account another `source`"]);
}

/// IMDSv1 answers a plain GET and knows no token.
#[test]
fn only_version_1_is_spoken() {
    let server = Metadata::start(|request| match (request.method(), request.url()) {
        (Method::Get, ROLES) => (200, "WindlassInstance"),
        _ => (404, ""),
    });
    let error = refused(&server.url(), "account.imds-v1-only");
    assert_names(&error, &["HTTP 404", "`aws ec2 modify-instance-metadata-options --http-tokens required`", "IMDSv1"]);
}

/// "403 - Forbidden – The request is not allowed or the IMDS is turned off." (EC2 User Guide, "Access instance metadata
/// for an EC2 instance")
#[test]
fn the_service_is_turned_off() {
    let server = Metadata::start(|_| (403, ""));
    let error = refused(&server.url(), "account.source-refused");
    assert_names(
        &error,
        &[
            "HTTP 403",
            "`aws ec2 modify-instance-metadata-options --http-endpoint enabled`",
            "the account is defined at ",
            "windlass.yaml:",
        ],
    );
}

/// "404 - Not Found – The requested resource is not available" (as above); without an instance profile there is no
/// `iam/security-credentials/` ("Instance metadata categories").
#[test]
fn the_instance_has_no_role() {
    let server = Metadata::start(|request| if is_token_request(request) { (200, "token") } else { (404, "") });
    let error = refused(&server.url(), "account.no-role");
    assert_names(&error, &["no role of this instance", "`aws ec2 associate-iam-instance-profile`"]);
}

#[test]
fn nobody_listens_at_the_container_endpoint() {
    let port = Port::take().unwrap();
    let address = format!("http://127.0.0.1:{}", port.number());
    let installation = installation("source: ecs-task-role}]}]\n");
    let mut command = installation.job_command(&[]);
    let ended = command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{address}/v2/recognisable")).output();
    let ended = crate::installation::Ended::from(ended.unwrap());
    let error = ended.failed(5, "account.source-unreachable");
    assert_names(error, &["`prod`", "project `web`", "source `ecs-task-role`", &address, "does not answer"]);
    assert!(!error.contains("recognisable"), "some agents take the path for a key: {error}");
}

/// Keys must not be fetched over plain HTTP from elsewhere (AWS SDKs and Tools Reference Guide, "Container credential
/// provider": allowed are loopback and the agents' addresses).
#[test]
fn a_container_endpoint_elsewhere_is_not_asked() {
    let installation = installation("source: ecs-task-role}]}]\n");
    let mut command = installation.job_command(&[]);
    let ended = command.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://192.0.2.1/creds").output();
    let ended = crate::installation::Ended::from(ended.unwrap());
    let error = ended.failed(5, "account.source-refused");
    assert_names(error, &["`prod`", "`AWS_CONTAINER_CREDENTIALS_FULL_URI`", "plain http is only for loopback"]);
}
