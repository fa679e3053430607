//! Commands of a shell step that has an account: nothing gives them a key but the answer to their question, and what they
//! print of it is masked.

use super::{Ground, shown};
use serde_json::json;
use windlass_tests::leaks::{Sample, Search, Secret};
use windlass_tests::python::Venv;

/// Asks for the credentials as the AWS CLI does, and prints them in each form, by halves: a log comes in pieces.
const PRINTED: &str = r#"
import base64, boto3, json, os, shlex, sys, time
credentials = boto3.Session().get_credentials().get_frozen_credentials()
key, token = credentials.secret_key, credentials.token
print("as profile:", f"aws_secret_access_key = {key}", f"aws_session_token = {token}", sep="\n")
print("as variables:", f"export AWS_SECRET_ACCESS_KEY={shlex.quote(key)}", f"export AWS_SESSION_TOKEN={shlex.quote(token)}", sep="\n")
print("as process:", json.dumps({"Version": 1, "SecretAccessKey": key, "SessionToken": token}, indent=2))
print("encoded:", base64.b64encode(f"{key}:{token}".encode()).decode())
print("asked with:", open(os.environ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]).read())
for text in [key, token]:
    for part in ["in two: ", text[:len(text) // 2], text[len(text) // 2:], "\n"]:
        sys.stdout.write(part); sys.stdout.flush(); time.sleep(0.05)
print("backwards:", key[::-1], token[::-1]) if len(sys.argv) > 1 else None
"#;

fn job(ground: &Ground, script: &str, arguments: &[&str]) -> String {
    let file = ground.installation.write("printed.py", script);
    let python = Venv::of("awscli").unwrap().python();
    let command: Vec<_> =
        [json!(python), json!(file)].into_iter().chain(arguments.iter().map(|it| json!(it))).collect();
    let steps = ["key", "role"].map(|account| {
        json!({"id": format!("it{account}"), "uses": "shell/command", "account": account,
            "with": {"command": command, "output": "text"}})
    });
    format!("steps: {}\n", json!(steps))
}

#[test]
fn what_they_print_of_their_credentials_is_masked() {
    let ground = Ground::new();
    let (ended, samples) = ground.run_job(&job(&ground, PRINTED, &[]), &["--output", "json"]);
    ended.ok();
    let secrets = ground.secrets();
    assert!(secrets.iter().any(|secret| secret.name == "the role's token"), "nothing was given");
    let search = Search::new(&secrets);
    assert_eq!([shown(&search, &ended), ground.left(&search), search.samples(&samples)].concat(), []);
    for line in [
        "aws_secret_access_key = [masked]",
        "aws_session_token = [masked]",
        "export AWS_SECRET_ACCESS_KEY=[masked]",
        "\"SecretAccessKey\": \"[masked]\"",
        "\"SessionToken\": \"[masked]\"",
        "asked with: [masked]",
        "in two: [masked]",
    ] {
        assert!(ended.stderr.contains(line), "no {line} in:\n{}", ended.stderr);
    }
    let mut environments = samples.iter().filter(|sample| sample.what == "environment");
    let asked = |sample: &Sample| String::from_utf8_lossy(&sample.bytes).contains("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    assert!(environments.any(asked) || !rustix::process::geteuid().is_root(), "no environment of a command was seen");
}

/// The control: in a form that no masking knows they are found where logs and outputs are.
#[test]
fn what_gets_past_the_masking_is_found() {
    let ground = Ground::new();
    let (ended, _) = ground.run_job(&job(&ground, PRINTED, &["backwards"]), &["--output", "json"]);
    ended.ok();
    for secret in ground.secrets().iter().filter(|secret| secret.name.starts_with("the role's")).map(Secret::reversed) {
        let search = Search::new([&secret]);
        let places: Vec<String> =
            [shown(&search, &ended), ground.left(&search)].concat().into_iter().map(|find| find.place).collect();
        for place in ["stdout", "stderr", "log_chunk.data", "step_execution.outputs"] {
            assert!(places.iter().any(|it| it.starts_with(place)), "{} is not in {place}: {places:?}", secret.name);
        }
    }
}
