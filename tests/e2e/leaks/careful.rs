//! Plugins and a runner that do as they should.

use super::{Ground, MOUNTED, STORED, WRONG_SECRET, shown};
use crate::ground::standins;
use crate::started::Started;
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use windlass_tests::leaks::{Sample, Sampler, Search, cells};
use windlass_tests::{binaries, wait};

/// An identity and a query with each account, and a command with a secret that is read at AWS.
fn job() -> String {
    let with = format!("{{logGroups: [{}], query: fields @message, limit: 50}}", standins().seeded.log_group);
    let steps = ["key", "role"].map(|account| {
        format!(
            "  - {{id: who{account}, uses: sts/caller-identity, account: {account}}}\n  \
             - {{id: lines{account}, uses: cloudwatch-logs/query, account: {account}, with: {with}}}\n"
        )
    });
    let script = "cat $IT_FILE; base64 -w0 $IT_FILE >&2";
    let mounted =
        format!("{{id: mounted, uses: shell/script, with: {{script: '{script}', secrets: {{IT: {MOUNTED}}}}}}}");
    format!("steps:\n{}  - {mounted}\n", steps.concat())
}

#[test]
fn runs_leave_nothing_of_their_secrets() {
    let ground = Ground::new();
    let (mut outputs, mut samples) = (Vec::new(), BTreeSet::new());
    for format in ["table", "json", "ndjson", "csv", "markdown"] {
        let (ended, seen) = ground.run_job(&job(), &["--output", format]);
        ended.ok();
        outputs.push(ended);
        samples.extend(seen);
    }
    let (ended, seen) = ground.run_job("steps: [{id: who, uses: sts/caller-identity, account: wrong}]\n", &[]);
    ended.failed(5, "account.source-refused");
    outputs.push(ended);
    samples.extend(seen);
    for arguments in [
        &["account", "explain", "role", "--project", "web"][..],
        &["key", "list", "--recursive"],
        &["key", "show", STORED],
        &["key", "show", MOUNTED],
        &["key", "list", "keys/project/web/aws"],
        &["key", "show", STORED, "--output", "json"],
        &["key", "rotate-master"],
        &["config", "show"],
    ] {
        let (ended, seen) = ground.run(arguments);
        ended.ok();
        outputs.push(ended);
        samples.extend(seen);
    }

    let mut secrets = ground.secrets();
    let named = |name: &str| secrets.iter().filter(|secret| secret.name == name).count();
    for name in ["the instance's key", "the instance's token", "the role's key", "the role's token"] {
        assert!(named(name) > 0, "{name} was not recorded");
    }
    let master_keys = ground.master_keys();
    assert_eq!(master_keys.len(), 2, "the one before and the one after");
    secrets.extend(master_keys);
    secrets.extend(Ground::mounted());
    let search = Search::new(&secrets);
    let mut finds: Vec<_> = outputs.iter().flat_map(|ended| shown(&search, ended)).collect();
    finds.extend(ground.left(&search));
    finds.extend(search.samples(&samples));
    assert_eq!(finds, []);

    // That there was something to be searched.
    let database = cells(&ground.installation.folder().join("data/windlass.db")).unwrap();
    let unpacked = |table: &str| database.iter().any(|cell| cell.unpacked && cell.place.starts_with(table));
    assert!(unpacked("log_chunk.data") && unpacked("artifact_chunk.data"), "logs and rows are kept, compressed");
    assert!(samples.iter().any(Sample::is_plugin_host), "no plugin host was seen");
    // Only root may look into the environment of a process that is not dumpable.
    let environments = samples.iter().filter(|sample| sample.what == "environment").count();
    assert!(environments > 0 || !rustix::process::geteuid().is_root(), "no environment was seen");
}

/// The secret goes through standard input; the command line that stores it is read by everybody.
#[test]
fn storing_a_key_shows_it_to_nobody() {
    let ground = Ground::new();
    let mut command = ground.installation.command(&["key", "set", "--overwrite", STORED]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let sampler = Sampler::start(child.id());
    let seen = || Ok(sampler.seen().iter().any(|sample| sample.what == "command line").then_some(()));
    wait::until("a sample", wait::PATIENCE, seen).unwrap();
    child.stdin.take().unwrap().write_all(WRONG_SECRET.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let search = Search::new(&ground.secrets());
    assert_eq!(search.samples(&sampler.stop()), []);
    assert_eq!(ground.left(&search), []);
}

/// The file has the secret in clear; from there it goes to key storage, and neither accounts nor notes have it.
#[test]
fn importing_accounts_shows_their_key_to_nobody() {
    let ground = Ground::new();
    let reader = &standins().seeded.reader_user;
    let elsewhere = tempfile::tempdir().unwrap();
    let mut outputs = Vec::new();
    for (name, text) in [
        (
            "clouddriver.yml",
            "aws:\n  accounts: [{name: x, accountId: 1}]\n  accessKeyId: ID\n  secretAccessKey: SECRET\n",
        ),
        ("project.properties", "aws.access_key=ID\naws.secret_key=SECRET\naws.secret=SECRET\n"),
    ] {
        let text = text.replace("ID", &reader.access_key_id).replace("SECRET", &reader.secret_access_key);
        let file = elsewhere.path().join(name);
        std::fs::write(&file, text).unwrap();
        for more in [&["--dry-run"][..], &["--output", "json"], &["--overwrite"]] {
            outputs.push(ground.run(&[&["account", "import", "--from", file.to_str().unwrap()], more].concat()));
        }
    }
    for account in ["spinnaker-managing", "aws"] {
        let (ended, seen) = ground.run(&["account", "get", account, "--history", "--output", "json"]);
        ended.ok();
        outputs.push((ended, seen));
    }
    let search = Search::new(&ground.secrets());
    let mut finds: Vec<_> = outputs.iter().flat_map(|(ended, _)| shown(&search, ended)).collect();
    finds.extend(outputs.iter().flat_map(|(_, samples)| search.samples(samples)));
    finds.extend(ground.left(&search));
    assert_eq!(finds, []);
}

/// Lets the program write core files as large as this user may, if it wants to.
const WITH_CORES: &str = r#"ulimit -c "$(ulimit -H -c)"; exec "$@""#;

/// A runner that crashes while it holds keys must not write them down. The kernel says whether it wrote a core file,
/// wherever it puts them.
#[test]
fn a_crash_writes_no_core_file() {
    let ground = Ground::new();
    let job = ground.installation.job(
        "steps:
  - {id: leak, uses: misbehave/leak, account: role, with: {channel: log}}
  - {id: wait, uses: misbehave/fault, with: {kind: sleep-until-cancelled}}
",
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", WITH_CORES, "sh"]).arg(binaries::windlass().unwrap());
    let command = ground.installation.arguments_for(shell, &["run", job.to_str().unwrap(), "--project", "web"]);
    let mut run = Started::start(&ground.installation, command);
    run.says("wait: misbehave/fault");
    run.signal(Signal::ABORT);
    let status = run.wait();
    assert_eq!((status.signal(), status.core_dumped()), (Some(Signal::ABORT.as_raw()), false));
    let secrets = ground.secrets();
    assert!(secrets.iter().any(|secret| secret.name == "the role's token"), "it held no keys");
    assert_eq!(ground.left(&Search::new(&secrets)), []);
}
