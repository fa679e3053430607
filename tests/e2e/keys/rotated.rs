//! Another master key takes the place of the one that is used.

use super::{installation, secret, set};
use crate::installation::{Installation, assert_names};
use crate::started::Started;
use crate::stored::{apply, comes_to, execution, serve, start};
use rustix::process::Signal;
use serde_json::json;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use windlass_tests::wait::{self, PATIENCE};

fn file(installation: &Installation) -> PathBuf {
    installation.folder().join("master.key")
}

fn keys_in_file(installation: &Installation) -> usize {
    fs::read_to_string(file(installation)).unwrap().lines().count()
}

/// How many secrets are under how many master keys, typed ones among them.
fn under(installation: &Installation) -> (i64, i64) {
    let rows = installation.database(
        "SELECT count(*), count(DISTINCT master_key) FROM \
         (SELECT master_key FROM secret UNION ALL SELECT master_key FROM execution_secret) sealed",
    );
    (rows[0][0].as_i64().unwrap(), rows[0][1].as_i64().unwrap())
}

/// Steps read a key all the time, and one more is set again and again, from before the first call to after the last.
/// The first call is killed as soon as the file has the new key.
#[test]
fn a_server_and_its_steps_go_on_meanwhile() {
    let installation = crate::stored::installation("");
    for number in 0..30 {
        installation.set_key(&format!("keys/many/{number}"), &format!("secret-{number}"));
    }
    installation.set_key("keys/project/web/token", "s3cret-of-the-step");
    let read = json!({ "script": "wc -c < \"$TOKEN_FILE\"", "output": "text", "secrets": { "TOKEN": "keys/project/web/token" } });
    let typed = json!({ "script": "wc -c < \"$TOKEN_FILE\"", "output": "text", "secrets": { "TOKEN": "${{ options.token }}" } });
    let [read, typed] =
        [read, typed].map(|with| format!("steps: {}\n", json!([{ "uses": "shell/script", "with": with }])));
    let typed = format!("options: [{{name: token, type: secret, required: true}}]\n{typed}");
    apply(&installation, &[("read", &read), ("typed", &typed)]);
    let value = installation.write("typed.txt", "typed by somebody");
    let waits = start(&installation, "typed", &["-o", &format!("token=@{}", value.display())]);
    assert_eq!(under(&installation), (32, 1));

    let (over, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            let server = serve(&installation, "server-");
            while !over.load(Ordering::Relaxed) {
                let id = start(&installation, "read", &["--wait"]);
                let text = comes_to(&installation, &id, "succeeded")["steps"][0]["outputs"]["text"].clone();
                assert_eq!(text, "18");
                set(&installation, &["keys/again", "--overwrite"], "set again and again").ok();
                done.fetch_add(1, Ordering::Relaxed);
            }
            drop(server);
        });
        let _over = Over(&over);
        let one_more = || {
            let so_far = done.load(Ordering::Relaxed);
            wait::until("one more", PATIENCE, || Ok((done.load(Ordering::Relaxed) > so_far + 1).then_some(())))
                .unwrap();
        };
        one_more();
        let mut killed = Started::start_as("killed-", &installation, installation.command(&["key", "rotate-master"]));
        wait::until("the new key", PATIENCE, || Ok((keys_in_file(&installation) == 2).then_some(()))).unwrap();
        killed.signal(Signal::KILL);
        killed.wait();
        one_more();
        let rotated = installation.run(&["key", "rotate-master"]);
        rotated.ok();
        assert_names(
            &rotated.stderr,
            &["everything is under the master key", "`windlass key rotate-master --drop-old`"],
        );
        assert_eq!((under(&installation).1, keys_in_file(&installation)), (1, 2));
        one_more();
        installation.run(&["key", "rotate-master", "--drop-old"]).ok();
        assert_eq!(keys_in_file(&installation), 1);
        one_more();
    });
    assert_eq!(comes_to(&installation, &waits, "succeeded")["steps"][0]["outputs"]["text"], "17");
    let log = execution(&installation, "logs", &waits, &[]);
    assert!(!log.ok().contains("typed by somebody"));
}

/// Lets the other thread end, however this one does.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn the_old_key_stays_until_nothing_is_under_it() {
    let installation = installation();
    let nothing = installation.run(&["key", "rotate-master"]);
    nothing.ok();
    assert_names(&nothing.stderr, &["there is no master key yet"]);
    set(&installation, &["keys/ops"], "the secret").ok();
    set(&installation, &["keys/other"], "the other").ok();
    let prepared = installation.run(&["key", "rotate-master", "--prepare"]);
    prepared.ok();
    assert_names(&prepared.stderr, &["which nothing uses yet"]);
    assert_eq!((keys_in_file(&installation), under(&installation)), (2, (2, 1)));
    let old = fs::read(file(&installation)).unwrap();

    // A record that does not open: everything else goes on, and the key that it needs is not given up.
    installation.database("UPDATE secret SET version = 7 WHERE path = 'keys/other'");
    let ended = installation.run(&["key", "rotate-master"]);
    assert_names(ended.failed(6, "key.damaged"), &["`keys/other`"]);
    assert_eq!((under(&installation), secret(&installation).as_str()), ((2, 2), "the secret"));
    for arguments in [&["--drop-old"][..], &["--prepare"]] {
        let ended = installation.run(&[&["key", "rotate-master"], arguments].concat());
        assert_names(ended.failed(6, "key.master-in-use"), &["first `windlass key rotate-master`"]);
    }
    assert_eq!(keys_in_file(&installation), 2);
    set(&installation, &["keys/other", "--overwrite"], "the other").ok();
    installation.run(&["key", "rotate-master"]).ok();
    installation.run(&["key", "rotate-master", "--drop-old"]).ok();
    assert_eq!((keys_in_file(&installation), under(&installation)), (1, (2, 1)));
    assert_eq!(secret(&installation), "the secret");
    let again = installation.run(&["key", "rotate-master", "--drop-old"]);
    again.ok();
    assert_names(&again.stderr, &["there is no old master key"]);

    // Who was given the file with both keys in it has what it takes.
    fs::write(file(&installation), old).unwrap();
    assert_eq!(secret(&installation), "the secret");
}

/// Whoever lacks a key that the database knows cannot open what others store, so it does not begin at all.
#[test]
fn a_member_without_the_master_key_is_refused() {
    let installation = crate::stored::installation("");
    let job = installation.job("steps: [{uses: shell/command, with: {command: ['true']}}]\n");
    let run = || installation.run(&["run", job.to_str().unwrap(), "--project", "web"]);
    run().ok();
    installation.run(&["server", "--once"]).ok();
    assert!(!file(&installation).exists(), "no key is made by looking");
    set(&installation, &["keys/ops"], "the secret").ok();
    run().ok();
    let kept = fs::read(file(&installation)).unwrap();
    installation.run(&["key", "rotate-master"]).ok();
    let both = fs::read(file(&installation)).unwrap();
    let ids = installation.database("SELECT id FROM master_key ORDER BY number");
    let [old, new] = [0, 1].map(|row| ids[row][0].as_str().unwrap().to_owned());

    let members = || installation.database("SELECT count(*) FROM member");
    let before = members();
    fs::write(file(&installation), &kept).unwrap();
    for ended in [run(), installation.run(&["server", "--once"])] {
        let error = ended.failed(6, "key.master-mismatch");
        assert_names(error, &[&format!("has id {old}"), &format!("was written with {new}"), "`masterKeyFile`"]);
    }
    fs::rename(file(&installation), installation.folder().join("away")).unwrap();
    for ended in [run(), installation.run(&["server", "--once"])] {
        assert_names(ended.failed(6, "key.master-missing"), &[&new, "restore"]);
    }
    assert_eq!(members(), before);
    // Whoever only asks for executions needs no key, unless something secret is given.
    apply(&installation, &[("true", "steps: [{uses: shell/command, with: {command: ['true']}}]\n")]);
    let waits = start(&installation, "true", &[]);
    fs::rename(installation.folder().join("away"), file(&installation)).unwrap();
    fs::write(file(&installation), both).unwrap();
    run().ok();
    installation.run(&["server", "--once"]).ok();
    comes_to(&installation, &waits, "succeeded");
}

crate::installation::also_on_postgres! {
    a_server_and_its_steps_go_on_meanwhile,
    the_old_key_stays_until_nothing_is_under_it,
    a_member_without_the_master_key_is_refused,
}
