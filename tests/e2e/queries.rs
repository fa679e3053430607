//! Queries of CloudWatch Logs Insights: on the stand-in with real access-log lines, and on the scripted server for what
//! the stand-in cannot show.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod conditions;
mod examples;
mod parts;
mod places;
mod recorded;
mod results;
mod resumed;
mod saved;
mod sent;
mod states;
mod stopped;

use crate::installation::{Ended, Installation};
use serde_json::Value;
use windlass_tests::ScriptedLogs;
use windlass_tests::scripted::Script;

const KEY: &str = "keys/project/web/aws";

/// One step, `lines`, that queries the log group of the scripted server.
const QUERY: &str = "
steps:
  - id: lines
    uses: cloudwatch-logs/query
    with: {logGroups: [/app/web], query: fields @message}
";

/// Project `web` whose account has an access key with its secret in key storage, for CloudWatch Logs at `endpoint`.
pub(crate) fn installation(access_key_id: &str, secret: &str, endpoint: &str) -> Installation {
    let source = format!("{{access-key: {{accessKeyId: '{access_key_id}', secretAccessKey: {KEY}}}}}");
    let installation = Installation::new(&format!(
        "projects:
  - name: web
    defaultAccount: prod
    accounts: [{{name: prod, source: {source}, regions: [us-east-1]}}]
endpoints: {{logs: '{endpoint}'}}
"
    ));
    installation.set_key(KEY, secret);
    installation
}

/// A scripted server with a log group, and an installation that uses it for the job [`QUERY`].
fn scripted(script: Script) -> (ScriptedLogs, Installation) {
    let server = ScriptedLogs::start(script.log_group("/app/web")).unwrap();
    let installation = installation("AKIASCRIPTED", "scripted", &server.url());
    installation.job(QUERY);
    (server, installation)
}

/// The document of a run with `--output json`.
fn document(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error} in {ended:?}"))
}

/// A column of the first step's table, from such a document.
fn column<'a>(document: &'a Value, name: &str) -> Vec<&'a str> {
    let rows = document["steps"][0]["tables"]["results"].as_array().unwrap();
    rows.iter().map(|row| row[name].as_str().unwrap()).collect()
}
