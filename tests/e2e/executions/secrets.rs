//! Secret options of stored jobs: what is typed reaches the step and nothing else.

use crate::installation::{Installation, assert_names};
use crate::started::Started;
use crate::stored::{apply, comes_to, execution, installation, logs, only, open, serve, start};
use serde_json::json;
use windlass_tests::leaks::{Sampler, Search, Secret};

const TYPED: &str = "Tr0ub4dor&3-is-not-a-secret-Xq9";

/// A job that tells how long its secret is, gives it away, and waits.
fn job(installation: &Installation) -> String {
    let file = installation.folder().join("open-one").display().to_string();
    let text = format!(
        "echo \"bytes $(wc -c < $TOKEN_FILE)\"; cat $TOKEN_FILE; echo; echo waiting; until [ -e '{file}' ]; do sleep 0.02; done"
    );
    let with = json!({"script": text, "secrets": {"TOKEN": "${{ options.token }}"}});
    let step = json!({"id": "use", "uses": "shell/script", "with": with});
    format!("options: [{{name: token, type: secret, required: true}}]\nsteps: {}\n", json!([step]))
}

#[test]
fn what_is_typed_is_in_no_argument_database_or_log() {
    let installation = installation("");
    apply(&installation, &[("secretive", &job(&installation))]);
    let file = installation.write("typed.txt", format!("{TYPED}\n"));
    let given = format!("token=@{}", file.display());
    let refused = installation.run(&["job", "start", "secretive", "--project", "web", "-o", "token=abc"]);
    assert_names(refused.failed(4, "job.invalid-option"), &["is a secret", "`token=@FILE`"]);

    // It waits in the database, encrypted, until a server runs it.
    let command = installation.command(&[
        "job",
        "start",
        "secretive",
        "--project",
        "web",
        "-o",
        &given,
        "--wait",
        "--output",
        "json",
    ]);
    let waiting = Started::start(&installation, command);
    waiting.prints("\"queued\"");
    let server = serve(&installation, "server-");
    let samplers = [server.pid(), waiting.pid()].map(Sampler::start);
    let id = only(&installation);
    logs(&installation, &id, "waiting");
    std::fs::remove_file(&file).unwrap();
    let search = Search::new(&[Secret::new("what was typed", TYPED)]);
    let members = installation.folder().join("data/members");
    let left = |except: &[&std::path::Path]| {
        let mut finds = search.folder(installation.folder(), &[&[members.as_path()], except].concat()).unwrap();
        finds.extend(search.database(&installation.folder().join("data/windlass.db")).unwrap());
        finds
    };
    // The step gets it as a file of its own, which goes with it.
    assert_eq!(left(&[&installation.folder().join("data/scratch")]), []);
    assert_eq!(installation.database("SELECT count(*) FROM execution_secret"), [[1]]);
    open(&installation, "one");
    waiting.ended().ok();
    assert_eq!(left(&[]), []);
    for sampler in samplers {
        assert_eq!(search.samples(&sampler.stop()), []);
    }
    let log = execution(&installation, "logs", &id, &[]);
    assert_names(log.ok(), &[&format!("use| bytes {}", TYPED.len()), "use| [masked]"]);
    assert_eq!(installation.database("SELECT count(*) FROM execution_secret"), [[0]]);

    // It is not kept for another time.
    let again = execution(&installation, "retry", &id, &[]);
    assert_names(again.failed(4, "job.invalid-option"), &["option `token`", "`--option NAME=-`"]);
    installation.write("typed.txt", TYPED);
    let next = start_again(&installation, &id, &given);
    assert_eq!(comes_to(&installation, &next, "succeeded")["options"]["token"], json!(null));
    server.signal(rustix::process::Signal::TERM);
    server.ended().ok();
}

#[track_caller]
fn start_again(installation: &Installation, id: &str, given: &str) -> String {
    execution(installation, "retry", id, &["-o", given]).ok().trim().to_owned()
}

/// A key is named by its path, which is kept, so nothing has to be given again.
#[test]
fn a_key_is_used_again_by_its_path() {
    let installation = installation("");
    installation.set_key("keys/project/web/token", TYPED);
    apply(&installation, &[("secretive", &job(&installation))]);
    open(&installation, "one");
    let id = start(&installation, "secretive", &["-o", "token=keys/project/web/token"]);
    crate::stored::serve_once(&installation);
    assert_eq!(comes_to(&installation, &id, "succeeded")["options"]["token"], "keys/project/web/token");
    let again = execution(&installation, "retry", &id, &[]).ok().trim().to_owned();
    crate::stored::serve_once(&installation);
    let log = execution(&installation, "logs", &again, &[]);
    assert_names(log.ok(), &["use| [masked]"]);
    comes_to(&installation, &again, "succeeded");
}

/// A key of the system or of another project is not to be had by naming it when a job is started.
#[test]
fn a_key_that_is_not_the_projects_is_refused() {
    let installation = installation("");
    for (path, secret) in [("keys/su", "of-the-system"), ("keys/project/ops/x", "of-another-project")] {
        installation.set_key(path, secret);
    }
    let text = "options: [{name: token, type: secret}]\nsteps:\n- uses: shell/script\n  with: {script: 'rev < $T_FILE', \
                secrets: {T: '${{ options.token }}'}}\n";
    apply(&installation, &[("secretive", text)]);
    installation.job(text);
    let queued = start(&installation, "secretive", &["-o", "token=keys/project/web/none"]);
    for path in ["keys/su", "keys/project/ops/x"] {
        let given = format!("token={path}");
        let said = format!("option `token`: a step of project `web` may not read the key `{path}`");
        let job = ["job", "start", "secretive", "--project", "web", "-o", &given];
        assert_names(installation.run(&job).failed(6, "key.not-permitted"), &[&said]);
        assert_names(installation.run_job(&["-o", &given]).failed(6, "key.not-permitted"), &[&said]);
    }
    // Nor if it is in the database already.
    installation.database("UPDATE execution SET options = '{\"token\": \"keys/su\"}'");
    let server = serve(&installation, "server-");
    let failed = comes_to(&installation, &queued, "failed").to_string();
    assert_names(&failed, &["key.not-permitted", "may not read the key `keys/su`"]);
    drop(server);
}
