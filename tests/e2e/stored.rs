//! Jobs that are stored, executions of them, and servers that run these.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use crate::installation::{Ended, Installation};
use crate::started::Started;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;
use windlass_tests::wait::{self, PATIENCE};

/// An installation with the project `web`, the search path of the tests, and these further lines of configuration.
pub(crate) fn installation(lines: &str) -> Installation {
    let path = json!(std::env::var("PATH").unwrap());
    let installation =
        Installation::new(&format!("projects: [{{name: web}}, {{name: api}}]\nshell: {{path: {path}}}\n{lines}"));
    fs::create_dir(installation.folder().join("shared")).unwrap();
    installation
}

/// A file that steps may write: beside the runner's own they may not.
pub(crate) fn shared(installation: &Installation, name: &str) -> PathBuf {
    installation.folder().join("shared").join(name)
}

/// One with these jobs stored in the project `web`: a name, and what follows it in the file.
#[track_caller]
pub(crate) fn stored(jobs: &[(&str, &str)]) -> Installation {
    let installation = installation("");
    apply(&installation, jobs);
    installation
}

/// Makes these the jobs of the project `web`.
#[track_caller]
pub(crate) fn apply(installation: &Installation, jobs: &[(&str, &str)]) {
    set(installation, jobs);
    installation.run(&["project", "apply", folder(installation).as_str(), "--project", "web", "--yes"]).ok();
}

/// The folder of job files.
pub(crate) fn folder(installation: &Installation) -> String {
    installation.folder().join("jobs").to_str().unwrap().to_owned()
}

/// Makes these the files in the folder of jobs.
pub(crate) fn set(installation: &Installation, jobs: &[(&str, &str)]) {
    let _ = fs::remove_dir_all(folder(installation));
    fs::create_dir(folder(installation)).unwrap();
    for (name, rest) in jobs {
        let text = format!("apiVersion: windlass/v1\nkind: Job\nname: {name}\n{rest}");
        installation.write(&format!("jobs/{name}.yaml"), text);
    }
}

/// A step that runs a script, as JSON, which is YAML.
pub(crate) fn script(id: &str, text: &str) -> Value {
    json!({ "id": id, "uses": "shell/script", "with": { "script": text } })
}

/// A script that says `waiting NAME`, and ends when [`open`] has been called for the name.
pub(crate) fn gate(installation: &Installation, name: &str) -> String {
    let file = installation.folder().join(format!("open-{name}"));
    format!("echo waiting {name}; until [ -e '{}' ]; do sleep 0.02; done; echo went through {name}", file.display())
}

/// Lets a gate's script end.
pub(crate) fn open(installation: &Installation, name: &str) {
    installation.write(&format!("open-{name}"), "");
}

/// Queues a job of the project `web`; the execution's id.
#[track_caller]
pub(crate) fn start(installation: &Installation, job: &str, more: &[&str]) -> String {
    let arguments = [&["job", "start", job, "--project", "web"], more].concat();
    installation.run(&arguments).ok().trim().to_owned()
}

/// `windlass execution COMMAND ID ...`
pub(crate) fn execution(installation: &Installation, command: &str, id: &str, more: &[&str]) -> Ended {
    installation.run(&[&["execution", command, id], more].concat())
}

/// All that is recorded of an execution.
#[track_caller]
pub(crate) fn shown(installation: &Installation, id: &str) -> Value {
    serde_json::from_str(execution(installation, "show", id, &["--output", "json"]).ok()).unwrap()
}

/// The paths of an execution's steps with their attempts and states, in the order of their starts.
#[track_caller]
pub(crate) fn steps(installation: &Installation, id: &str) -> Vec<String> {
    let shown = shown(installation, id);
    let one = |step: &Value| {
        format!("{} {} {}", step["path"].as_str().unwrap(), step["attempt"], step["state"].as_str().unwrap())
    };
    shown["steps"].as_array().unwrap().iter().map(one).collect()
}

/// Waits until an execution stands there.
#[track_caller]
pub(crate) fn comes_to(installation: &Installation, id: &str, state: &str) -> Value {
    let look = || Ok(Some(shown(installation, id)).filter(|shown| shown["state"] == state));
    wait::until(&format!("execution {id} as {state}"), PATIENCE, look).unwrap()
}

/// Waits until the log of an execution has these words in it.
#[track_caller]
pub(crate) fn logs(installation: &Installation, id: &str, words: &str) {
    let look = || Ok(execution(installation, "logs", id, &[]).ok().contains(words).then_some(()));
    wait::until(&format!("`{words}` in the log of {id}"), PATIENCE, look).unwrap();
}

/// A server that is ready; its outputs are in files whose names begin with this.
#[track_caller]
pub(crate) fn serve(installation: &Installation, name: &str) -> Started {
    let server = Started::start_as(name, installation, installation.command(&["server"]));
    server.says(" ready");
    server
}

/// Runs everything that is queued.
#[track_caller]
pub(crate) fn serve_once(installation: &Installation) -> Ended {
    let ended = installation.run(&["server", "--once"]);
    ended.ok();
    ended
}

/// The only execution that there is.
#[track_caller]
pub(crate) fn only(installation: &Installation) -> String {
    let listed = installation.run(&["execution", "list", "--output", "json"]);
    let rows: Vec<Value> = serde_json::from_str(listed.ok()).unwrap();
    assert_eq!(rows.len(), 1);
    rows[0]["id"].as_str().unwrap().replace('-', "")
}
