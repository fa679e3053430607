//! Messages to a fake of Slack, which answers as Slack documents. It is reached under Slack's name, through a proxy that leads to
//! it, and with a certificate of an authority that the configuration names.

use super::receivers::Receiver;
use super::run;
use crate::installation::{Ended, Installation, assert_names};
use serde_json::{Value, json};

const KEY: &str = "keys/project/web/slack";

fn ground() -> (Receiver, Installation) {
    let slack = Receiver::slack();
    let network =
        json!({"proxy": format!("http://127.0.0.1:{}", slack.port()), "certificateAuthorities": [slack.authority()]});
    let installation = Installation::new(&format!("projects: [{{name: web}}]\nnetwork: {network}\n"));
    (slack, installation)
}

/// Posts to the webhook whose address ends with this.
fn post(installation: &Installation, end: &str, more: &Value) -> Ended {
    let mut command = installation.command(&["key", "set", "--overwrite", KEY]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("address");
    std::fs::write(&file, format!("https://hooks.slack.com/services/T0SECRET1/B0SECRET2/{end}\n")).unwrap();
    assert!(command.stdin(std::fs::File::open(&file).unwrap()).output().unwrap().status.success());
    let mut with = json!({"webhook": KEY, "text": "version 7 is live"});
    with.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    run(installation, "slack", &with)
}

#[test]
fn a_message_arrives_with_its_blocks() {
    let (slack, installation) = ground();
    let blocks = json!([{"type": "section", "text": {"type": "mrkdwn", "text": "*version 7* is live"}}]);
    post(&installation, "ok", &json!({"blocks": blocks})).ok();
    let received = slack.received();
    assert_eq!(received[0]["message"], json!({"text": "version 7 is live", "blocks": blocks}));
    assert_eq!(
        (&received[0]["asked"], &received[0]["host"]),
        (&json!("hooks.slack.com:443"), &json!("hooks.slack.com"))
    );
}

#[test]
fn slack_s_answers_have_a_remedy_and_never_the_address() {
    let (_slack, installation) = ground();
    for (end, code, names) in [
        ("channel_is_archived", "notify.refused", ["the webhook's channel is archived", "unarchive the channel"]),
        ("no_service", "notify.refused", ["it does not know the webhook", "make a new one"]),
        ("invalid_payload", "notify.refused", ["it cannot be read", "Block Kit Builder"]),
        ("action_prohibited", "notify.refused", ["an administrator restricts", "ask an administrator"]),
        ("rate_limited", "notify.unavailable", ["left alone for 30 s", "`retry`"]),
        ("rollup_error", "notify.unavailable", ["status 500", "`retry`"]),
        ("0123456789abcdef", "notify.refused", ["status 404", "no route for [masked]"]),
    ] {
        let ended = post(&installation, end, &json!({}));
        assert_names(ended.failed(1, code), &names);
        assert!(!ended.stderr.contains("T0SECRET1"), "{}", ended.stderr);
    }
}

#[test]
fn another_server_is_not_slack() {
    let (slack, installation) = ground();
    installation.set_key(KEY, "https://hooks.slack.com.example/services/T0SECRET1");
    let ended = run(&installation, "slack", &json!({"webhook": KEY, "text": "version 7 is live"}));
    let error = ended.failed(1, "step.invalid-config");
    assert_names(error, &["`hooks.slack.com.example`, which is not Slack's"]);
    assert_eq!(slack.received(), [Value::Null; 0]);
}
