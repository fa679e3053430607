//! Secrets of a step: they reach it, and nothing else ever has them.

use super::{installation, log, outputs, plain, run, set_steps, step};
use crate::installation::{Installation, assert_names};
use crate::started::Started;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use windlass_tests::leaks::{Find, Sampler, Search, Secret};

const KEY: &str = "keys/project/web/token";
const SECRET: &str = "correct horse 'battery\" staple/+\\Kx9";

fn with_key() -> Installation {
    let installation = plain();
    installation.set_key(KEY, SECRET);
    installation
}

fn with(script: &str, expose: bool) -> Value {
    json!({"script": script, "secrets": {"TOKEN": KEY}, "exposeInEnv": expose})
}

fn left(installation: &Installation, search: &Search) -> Vec<Find> {
    let folder = installation.folder();
    let mut finds = search.folder(folder, &[]).unwrap();
    finds.extend(search.database(&folder.join("data/windlass.db")).unwrap());
    finds
}

#[test]
fn a_secret_reaches_its_step_and_is_masked_in_all_that_it_says() {
    let installation = with_key();
    let script = "cat $TOKEN_FILE; echo; base64 -w0 $TOKEN_FILE >&2; echo \"is ${TOKEN-unset}\"; stat -c %a $TOKEN_FILE; \
                  [ \"$(cat $TOKEN_FILE | md5sum)\" = \"$(printf %s \"$SAME\" | md5sum)\" ] && echo same";
    for expose in [false, true] {
        let mut with = with(script, expose);
        with["output"] = json!("lines");
        // What it is compared with is no secret to Windlass where it is written backwards.
        with["env"] = json!({"SAME": "${{ options.value | reverse }}"});
        let backwards: String = SECRET.chars().rev().collect();
        let ended = run(&installation, "shell/script", &with, &["-o", &format!("value={backwards}")]);
        let is = if expose { "is [masked]" } else { "is unset" };
        assert_eq!(outputs(&ended)["lines"], json!(["[masked]", is, "600", "same"]));
        assert_eq!(ended.stderr.matches("[masked]").count(), if expose { 3 } else { 2 }, "{}", ended.stderr);
        let search = Search::new(&[Secret::new("the key", SECRET)]);
        let shown = [search.bytes("stdout", ended.stdout.as_bytes()), search.bytes("stderr", ended.stderr.as_bytes())];
        assert_eq!([shown.concat(), left(&installation, &search)].concat(), []);
    }
}

/// `base64` breaks its lines after 76 characters and `xxd -p` after 60, with whatever stands before the secret.
#[test]
fn a_secret_that_a_tool_breaks_into_lines_is_masked_on_each_of_them() {
    const TOKEN: &str = "t0k3n-J4mE2vQh9sXcZr7LwBd1YuTf6PgKi5NoAy8MlRjCqVzWbHxUeSk3Dn0GtFp2IaOq4Ew7Rv9Ty1Zm6Xc8Bn5Lk";
    let installation = plain();
    installation.set_key(KEY, TOKEN);
    let script = "for user in us use user user-; do printf '%s:%s' $user \"$(cat $TOKEN_FILE)\" | base64; done; \
                  printf 'user:%s' \"$(cat $TOKEN_FILE)\" | od -An -v -tx1 | tr -d ' \\n' | fold -w60";
    for output in ["text", "lines"] {
        let with = json!({"script": script, "secrets": {"TOKEN": KEY}, "output": output});
        let ended = run(&installation, "shell/script", &with, &[]);
        let given = outputs(&ended)[output].to_string();
        let base64 = ["us:", "use:", "user:", "user-:"].map(|user| STANDARD.encode(format!("{user}{TOKEN}")));
        let hex: String = TOKEN.bytes().map(|byte| format!("{byte:02x}")).collect();
        for encoded in base64.into_iter().chain([hex]) {
            let own = encoded.as_bytes()[8..encoded.len() - 4].windows(12);
            for part in own.map(|part| std::str::from_utf8(part).unwrap()) {
                assert!(!given.contains(part) && !ended.stderr.contains(part), "{part} in {given} or {}", ended.stderr);
            }
        }
        assert!(given.contains("[masked]"), "{given}");
    }
}

/// A trace is how most scripts are looked into, and it quotes.
#[test]
fn traces_and_listed_variables_are_masked() {
    let installation = with_key();
    let script = "secret=$(<$TOKEN_FILE); printf '%q\n' \"$secret\"; declare -p secret; set -x; \
                  : \"$secret\"; [[ x == \"$secret\" ]] || :; export secret";
    let with = json!({"script": script, "interpreter": ["bash"], "secrets": {"TOKEN": KEY}});
    let ended = run(&installation, "shell/script", &with, &[]);
    ended.ok();
    let lines = log(&ended);
    for line in ["[masked]", "declare -- secret=\"[masked]\"", "+ : '[masked]'", "+ [[ x == [masked] ]]"] {
        assert!(lines.contains(&line), "no `{line}` in {lines:?}");
    }
    let search = Search::new(&[Secret::new("the key", SECRET)]);
    let shown = [search.bytes("stdout", ended.stdout.as_bytes()), search.bytes("stderr", ended.stderr.as_bytes())];
    assert_eq!([shown.concat(), left(&installation, &search)].concat(), []);
}

/// Looked at while the step holds it: no process has it on its command line, and only with `exposeInEnv` in its
/// environment.
#[test]
fn no_process_has_it_where_others_look() {
    let installation = with_key();
    let job = installation.folder().join("job.yaml");
    let search = Search::new(&[Secret::new("the key", SECRET)]);
    for expose in [false, true] {
        set_steps(
            &installation,
            &json!([step("shell/script", &with("for i in $(seq 40); do sleep 0.01; done", expose))]),
        );
        let command = installation.command(&["run", job.to_str().unwrap(), "--project", "web"]);
        let run = Started::start(&installation, command);
        let sampler = Sampler::start(run.pid());
        run.ended().ok();
        let finds = search.samples(&sampler.stop());
        assert_eq!(finds.is_empty(), !expose, "{finds:?}");
        assert!(finds.iter().all(|find| find.place.contains("environment")), "{finds:?}");
        assert_eq!(left(&installation, &search), []);
    }
}

#[test]
fn a_key_that_is_not_the_projects_is_refused() {
    let installation = installation("}");
    installation.set_key("keys/system/token", SECRET);
    for key in ["keys/system/token", "keys/project/other/token"] {
        let ended = run(&installation, "shell/script", &json!({"script": "echo ran", "secrets": {"A": key}}), &[]);
        assert_names(&ended.stderr, &["error[key.not-permitted]", key]);
        assert!(log(&ended).is_empty());
    }
    let missing = json!({"script": "echo ran", "secrets": {"A": "keys/project/web/none"}});
    let ended = run(&installation, "shell/script", &missing, &[]);
    assert_names(ended.failed(6, "key.not-found"), &["keys/project/web/none"]);
    assert!(log(&ended).is_empty());
}
