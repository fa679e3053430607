//! A step that gives its account's secrets away, through each channel that a step has. In plain text and in base64 they
//! arrive masked; backwards they get past the masking, and the search must find them where that channel leads to.

use super::{Ground, shown};
use std::collections::BTreeSet;
use std::process::Command;
use windlass_tests::leaks::{Find, Search, Secret};
use windlass_tests::terminal;

const ACCOUNTS: [&str; 2] = ["key", "role"];
const CHANNELS: [&str; 7] = ["log", "stdout", "stderr", "outputs", "table", "chart", "artifact"];

/// A step for each account, channel and form.
fn job(channels: &[&str], forms: &[&str]) -> String {
    let mut steps = String::from("steps:\n");
    for (account, channel) in ACCOUNTS.iter().flat_map(|account| channels.iter().map(move |channel| (account, channel)))
    {
        for form in forms {
            let id = format!("{account}{channel}{form}");
            let with = format!("{{channel: {channel}, form: {form}}}");
            steps += &format!("  - {{id: {id}, uses: misbehave/leak, account: {account}, with: {with}}}\n");
        }
    }
    steps
}

/// The secrets that the leaking steps were given, and those of the way there.
fn search(ground: &Ground) -> (Vec<Secret>, Search) {
    let secrets = ground.secrets();
    let search = Search::new(&secrets);
    (secrets, search)
}

/// The places of what was found, each once.
fn places(finds: &[Find]) -> BTreeSet<&str> {
    finds.iter().map(|find| find.place.split(", row").next().unwrap()).collect()
}

#[test]
fn what_is_known_is_masked_in_every_channel() {
    let ground = Ground::new();
    for format in ["table", "json"] {
        let (ended, samples) = ground.run_job(&job(&CHANNELS, &["plain", "base64"]), &["--output", format]);
        ended.ok();
        let (_, search) = search(&ground);
        assert_eq!([shown(&search, &ended), ground.left(&search), search.samples(&samples)].concat(), []);
        // Each account's key, and the token of the role, in both forms: base64 keeps its padding.
        let masked = |text: &str| text.matches("leaked key [masked]").count();
        assert_eq!(masked(&ended.stderr), 5 * 2 * 2, "log, stdout, stderr, and twice the chart:\n{}", ended.stderr);
        assert_eq!(masked(&ended.stdout), 2 * 2 * 2, "outputs and table:\n{}", ended.stdout);
        assert_eq!(ended.stderr.matches("token [masked]").count(), 5 * 2);
    }
}

#[test]
fn the_message_of_an_error_is_masked() {
    for form in ["plain", "base64"] {
        let ground = Ground::new();
        for account in ACCOUNTS {
            let with = format!("{{channel: error, form: {form}}}");
            let step = format!("{{id: leak, uses: misbehave/leak, account: {account}, with: {with}}}");
            let (ended, _) = ground.run_job(&format!("steps: [{step}]\n"), &["--output", "json"]);
            let error = ended.failed(1, "misbehave.leaked");
            assert_eq!(error.matches("leaked key [masked]").count(), 2, "message and help:\n{error}");
            let (_, search) = search(&ground);
            assert_eq!([shown(&search, &ended), ground.left(&search)].concat(), []);
        }
    }
}

/// It has to be kept as it is, or it would be of no use, and so it may have no secret in it.
#[test]
fn a_checkpoint_with_a_secret_is_refused() {
    let ground = Ground::new();
    for form in ["plain", "base64"] {
        let with = format!("{{channel: checkpoint, form: {form}}}");
        let (ended, _) =
            ground.run_job(&format!("steps: [{{uses: misbehave/leak, account: role, with: {with}}}]\n"), &[]);
        assert!(ended.failed(1, "step.failed").contains("this one has a secret in it"), "{}", ended.stderr);
        let (_, search) = search(&ground);
        assert_eq!([shown(&search, &ended), ground.left(&search)].concat(), []);
    }
}

/// Progress is for people at a terminal, and is kept nowhere.
#[test]
fn progress_is_masked() {
    let ground = Ground::new();
    let job = ground.installation.job(&job(&["progress"], &["plain", "base64", "reversed"]));
    let command: Command = ground.installation.command(&["run", job.to_str().unwrap(), "--project", "web"]);
    let (status, seen) = terminal::run(command, 4000).unwrap();
    assert_eq!(status.code(), Some(0), "{seen}");
    let (secrets, search) = search(&ground);
    assert_eq!([search.bytes("terminal", seen.as_bytes()), ground.left(&search)].concat(), []);
    assert_eq!(seen.matches("leaked key [masked]").count(), 2 * 2, "{seen}");
    let backwards = Search::new(&secrets.iter().map(Secret::reversed).collect::<Vec<_>>());
    assert_ne!(backwards.bytes("terminal", seen.as_bytes()), []);
}

#[test]
fn what_gets_past_the_masking_is_found() {
    let ground = Ground::new();
    let (ended, _) = ground.run_job(&job(&CHANNELS, &["reversed"]), &["--output", "json"]);
    ended.ok();
    let secrets = ground.secrets();
    let given: Vec<Secret> =
        secrets.iter().filter(|secret| secret.name != "the wrong key").map(Secret::reversed).collect();
    for secret in &given {
        let search = Search::new([secret]);
        let finds = [shown(&search, &ended), ground.left(&search)].concat();
        if secret.name.starts_with("the instance") {
            assert_eq!(finds, [], "a step gets the role's keys, never those that the role was assumed with");
            continue;
        }
        let places = places(&finds);
        for place in
            ["stdout", "stderr", "log_chunk.data", "artifact_chunk.data", "chart.definition", "step_execution.outputs"]
        {
            assert!(places.contains(place), "{} was not found in {place}, but in {places:?}", secret.name);
        }
    }
}
