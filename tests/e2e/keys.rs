//! Key storage from the command line, and up to the step that a secret is for.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod documented;
mod interrupted;
mod kinds;
mod kms;
mod master;
mod mounted;
mod refused;
mod rotated;
mod short;
mod stored;

use crate::installation::{Ended, Installation};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Command, Stdio};
use windlass_tests::binaries;

/// An account whose secret lies at `keys/ops`, and a step that gives it away backwards, which no masking sees.
const OPS: &str = "projects: [{name: web}]
defaultAccount: ops
accounts:
  - name: ops
    source: {access-key: {accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: keys/ops}}
    defaultRegion: us-east-1
";
const GIVE_AWAY: &str = "steps: [{uses: misbehave/leak, with: {channel: outputs, form: reversed}}]\n";

fn installation() -> Installation {
    let installation = Installation::new(OPS);
    installation.job(GIVE_AWAY);
    installation
}

/// `windlass key set ARGUMENTS` with this on standard input.
fn set(installation: &Installation, arguments: &[&str], secret: impl AsRef<[u8]>) -> Ended {
    feed(installation.command(&[&["key", "set"], arguments].concat()), secret)
}

fn feed(mut command: Command, input: impl AsRef<[u8]>) -> Ended {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that refuses its arguments does not read what it is given.
    let _ = child.stdin.take().unwrap().write_all(input.as_ref());
    Ended::from(child.wait_with_output().unwrap())
}

/// `windlass ARGUMENTS` with a terminal of its own, whatever standard input is.
fn terminal_of(installation: &Installation, arguments: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command.arg("--ctty").arg(binaries::windlass().unwrap());
    installation.arguments_for(command, arguments)
}

/// The secret at `keys/ops`, as a step gets it.
#[track_caller]
fn secret(installation: &Installation) -> String {
    let ended = installation.run_job(&["--output", "json", "--quiet"]);
    let execution: Value = serde_json::from_str(ended.ok()).unwrap();
    let text = execution["steps"][0]["outputs"]["text"].as_str().unwrap();
    let backwards = text.strip_prefix("leaked key ").and_then(|text| text.strip_suffix(" token ")).unwrap();
    backwards.chars().rev().collect()
}

/// Every path and its version.
fn listed(installation: &Installation, folder: &[&str]) -> Vec<(String, i64)> {
    let ended = installation.run(&[&["key", "list", "--recursive", "--output", "json"], folder].concat());
    let entries: Vec<Value> = serde_json::from_str(ended.ok()).unwrap();
    entries.iter().map(|it| (it["path"].as_str().unwrap().to_owned(), it["version"].as_i64().unwrap())).collect()
}
