//! Several managing identities, one for each partition of AWS. No stand-in has a second partition, so that this STS is ours: it
//! lets in everybody and says who they are.

use crate::installation::{Installation, assert_names};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tiny_http::{Request, Response, Server};

const HOME: &str = "arn:aws:iam::444455556666:role/Reader";
const CHINA: &str = "arn:aws-cn:iam::777788889999:role/Reader";

/// Who called, signed for which region, and what for.
type Asked = (String, String, String);

/// Who signed a request, and for which region (AWS IAM user guide, "AWS Signature Version 4 for API requests").
fn signed(request: &Request) -> (String, String) {
    let header = request.headers().iter().find(|header| header.field.equiv("authorization")).unwrap();
    let (_, scope) = header.value.as_str().split_once("Credential=").unwrap();
    let parts: Vec<&str> = scope.split('/').collect();
    (parts[0].to_owned(), parts[2].to_owned())
}

/// What STS answers (AWS STS API reference, `AssumeRole` and `GetCallerIdentity`), and what was asked. The keys of a session are
/// named by the partition of its role.
fn answer(request: &mut Request) -> (Asked, String) {
    let mut body = String::new();
    request.as_reader().read_to_string(&mut body).unwrap();
    let (key, region) = signed(request);
    let role = [HOME, CHINA].into_iter().find(|role| body.contains(&role.replace(':', "%3A").replace('/', "%2F")));
    let (key_of, session) = match (role, key.as_str()) {
        (Some(CHINA), _) | (None, "ASIACHINA") => ("ASIACHINA", CHINA),
        _ => ("ASIAHOME", HOME),
    };
    let account = session.split(':').nth(4).unwrap();
    let arn = session.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/session";
    let answer = match role {
        Some(_) => format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><AssumedRoleUser><Arn>{arn}</Arn>\
             <AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>{key_of}</AccessKeyId>\
             <SecretAccessKey>secret-of-{key_of}</SecretAccessKey><SessionToken>token-of-{key_of}</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
        ),
        None => format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>{arn}</Arn>\
             <UserId>AROA:session</UserId><Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        ),
    };
    ((key, region, role.unwrap_or("who am I").to_owned()), answer)
}

#[test]
fn each_role_is_assumed_by_the_identity_of_its_partition() {
    let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
    let url = format!("http://{}", server.server_addr().to_ip().unwrap());
    let asked: Arc<Mutex<BTreeSet<Asked>>> = Arc::default();
    let (serving, hears) = (Arc::clone(&server), Arc::clone(&asked));
    let thread = std::thread::spawn(move || {
        for mut request in serving.incoming_requests() {
            let (asked, answer) = answer(&mut request);
            hears.lock().unwrap().insert(asked);
            request.respond(Response::from_string(answer)).unwrap();
        }
    });
    let key = |id: &str, secret: &str| format!("{{access-key: {{accessKeyId: {id}, secretAccessKey: {secret}}}}}");
    let installation = Installation::new(&format!(
        "accounts:
  - {{name: home, source: {}}}
  - {{name: china, source: {}}}
  - {{name: prod, source: {{account: home}}, assumeRole: '{HOME}', regions: [us-east-1]}}
  - {{name: prod-cn, source: {{account: china}}, assumeRole: '{CHINA}', regions: [cn-north-1]}}
projects: [{{name: web}}]
endpoints: {{sts: '{url}'}}
",
        key("AKIAHOME", "keys/home"),
        key("AKIACHINA", "keys/china"),
    ));
    installation.set_key("keys/home", "the-secret-of-home");
    installation.set_key("keys/china", "the-secret-of-china");
    installation.job(
        "steps:\n  - {id: home, uses: sts/caller-identity, account: prod}\n  - {id: china, uses: sts/caller-identity, account: prod-cn}\n",
    );
    let ended = installation.run_job(&["--output", "json"]);
    server.unblock();
    thread.join().unwrap();
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    let arns = [0, 1].map(|step| result["steps"][step]["outputs"]["arn"].as_str().unwrap().to_owned());
    assert_eq!(
        arns,
        [
            "arn:aws:sts::444455556666:assumed-role/Reader/session",
            "arn:aws-cn:sts::777788889999:assumed-role/Reader/session"
        ]
    );
    let asked: Vec<Asked> = asked.lock().unwrap().iter().cloned().collect();
    let expected = [
        ("AKIACHINA", "cn-north-1", CHINA),
        ("AKIAHOME", "us-east-1", HOME),
        ("ASIACHINA", "cn-north-1", "who am I"),
        ("ASIAHOME", "us-east-1", "who am I"),
    ];
    assert_eq!(asked, expected.map(|(key, region, what)| (key.to_owned(), region.to_owned(), what.to_owned())));

    let mixed = ["account", "add", "mixed", "--source-account", "prod", "--role-arn", CHINA];
    assert_names(installation.run(&mixed).failed(5, "account.unusable"), &["`mixed`", "aws-cn"]);
}
