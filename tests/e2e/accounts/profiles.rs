//! Profiles that get their keys elsewhere: from a helper program, and from SSO.

use super::federated::session_keys;
use super::{WHO, session_of, who};
use crate::ground::standins;
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};
use std::fs;
use std::sync::Arc;
use tiny_http::{Response, Server};

/// SHA-1 of `ops-sso`: what the AWS CLI calls the file in which it keeps the token of that session.
const CACHED: &str = "91acaa72de1d3a88f3ecf0daf80a33bc6aa0d154.json";
const BEARER: &str = "recognisable-bearer-token";
const SSO: &str = "[profile ops]
sso_session = ops-sso
sso_account_id = 444455556666
sso_role_name = Reader
[sso-session ops-sso]
sso_region = us-east-1
sso_start_url = https://example.awsapps.com/start
";

/// The project's account is the profile `ops` of this file.
fn installation(config: &str) -> Installation {
    let installation = Installation::new(&format!(
        "projects: [{{name: web, defaultAccount: prod, accounts: [{{name: prod, source: {{profile: ops}}, regions: [us-east-1]}}]}}]
endpoints: {{sts: '{}'}}\n",
        standins().services_url()
    ));
    installation.job(WHO);
    installation.write("config", config);
    installation
}

fn run(installation: &Installation, portal: &str) -> Ended {
    let mut command = installation.job_command(&["--output", "json"]);
    let folder = installation.folder();
    command.env("HOME", folder).env("AWS_CONFIG_FILE", folder.join("config")).env("AWS_ENDPOINT_URL_SSO", portal);
    Ended::from(command.output().unwrap())
}

#[test]
fn a_helper_program_says_the_keys() {
    let [id, secret, token] = session_keys();
    let said = json!({"Version": 1, "AccessKeyId": id, "SecretAccessKey": secret, "SessionToken": token,
        "Expiration": "2099-01-01T00:00:00Z"});
    let installation = installation("[profile ops]\ncredential_process = cat \"$HOME/said.json\"\n");
    installation.write("said.json", said.to_string());
    let ended = run(&installation, "");
    assert_eq!(who(&ended), session_of(&standins().seeded.reader_role, "by-hand"));
    assert!(!format!("{ended:?}").contains(&secret));
}

/// The portal of AWS IAM Identity Center, as its API reference has `GetRoleCredentials`; no stand-in has one.
struct Portal {
    server: Arc<Server>,
    serving: Option<std::thread::JoinHandle<()>>,
}

impl Portal {
    fn start(role_credentials: &Value) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let (this, answer) = (Arc::clone(&server), json!({ "roleCredentials": role_credentials }).to_string());
        let serving = std::thread::spawn(move || {
            for request in this.incoming_requests() {
                let bearer = request.headers().iter().find(|it| it.field.equiv("x-amz-sso_bearer_token"));
                let url = request.url();
                let is_it = url.starts_with("/federation/credentials?")
                    && url.contains("role_name=Reader")
                    && url.contains("account_id=444455556666")
                    && bearer.is_some_and(|it| it.value.as_str() == BEARER);
                let (status, body) = if is_it { (200, answer.as_str()) } else { (401, r#"{"message":"no"}"#) };
                let _gone = request.respond(Response::from_string(body).with_status_code(status));
            }
        });
        Self { server, serving: Some(serving) }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.server_addr().to_ip().unwrap())
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        self.server.unblock();
        let _ended = self.serving.take().map(std::thread::JoinHandle::join);
    }
}

#[test]
fn a_login_by_sso_gives_the_role_that_the_profile_names() {
    let [id, secret, token] = session_keys();
    let portal = Portal::start(&json!({"accessKeyId": id, "secretAccessKey": secret, "sessionToken": token,
        "expiration": 4_070_908_800_000_u64}));
    let installation = installation(SSO);
    let refused = run(&installation, &portal.url());
    assert_names(refused.failed(5, "account.profile-unusable"), &["`prod`", "aws sso login --profile ops"]);

    let cached = json!({"accessToken": BEARER, "expiresAt": "2099-01-01T00:00:00Z", "region": "us-east-1",
        "startUrl": "https://example.awsapps.com/start"});
    let cache = installation.folder().join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join(CACHED), cached.to_string()).unwrap();
    let ended = run(&installation, &portal.url());
    assert_eq!(who(&ended), session_of(&standins().seeded.reader_role, "by-hand"));

    fs::write(cache.join(CACHED), cached.to_string().replace(BEARER, "another-recognisable-token")).unwrap();
    let refused = run(&installation, &portal.url());
    assert_names(refused.failed(5, "account.profile-unusable"), &["aws sso login --profile ops"]);
    assert!(!format!("{refused:?}").contains("recognisable"), "{refused:?}");
}
