//! What a step that tells people is trusted with: the key of signatures, a token, Slack's address, the password of a mail server.
//! Each goes to who shall have it, once to one who takes it and once to one who refuses and repeats it.

use super::{left, shown, watched};
use crate::installation::Installation;
use crate::notify::receivers::{PASSWORD, Receiver, SIGNING, USER};
use serde_json::{Value, json};
use windlass_tests::leaks::{Sample, Search, Secret};

const TOKEN: &str = "token-of-the-receiver-5f0c2b7e";
const CHANNEL: &str = "ok-of-the-channel-9d41";
const MISSING: &str = "gone-of-the-channel-1c7e";
const HIDDEN: &str = "hidden-part-of-the-address-77ab";

fn key(name: &str) -> String {
    format!("keys/project/web/{name}")
}

fn steps(webhooks: &Receiver, smtp: &Receiver) -> Vec<Value> {
    let port = webhooks.port();
    let hook = |status: u16| {
        json!({
            "url": format!("http://127.0.0.1:{port}"), "urlKey": key(&format!("url{status}")), "body": {"a": 1},
            "secretHeaders": {"Authorization": key("token")}, "signingKey": key("signing"),
        })
    };
    let slack = |name: &str| json!({"webhook": key(name), "text": "it is live"});
    let mail = |user: &str| {
        json!({
            "server": format!("localhost:{}", smtp.port()), "user": user, "password": key("smtp"),
            "from": "a@example.com", "to": ["b@example.com"], "subject": "s", "text": "t",
        })
    };
    let all = [
        ("webhook", hook(200)),
        ("webhook", hook(404)),
        ("slack", slack("slack")),
        ("slack", slack("missing")),
        ("email", mail(USER)),
        ("email", mail("somebody")),
    ];
    let step = |(name, with)| json!({"uses": format!("notify/{name}"), "with": with, "continueOnError": true});
    all.map(step).to_vec()
}

#[test]
fn those_who_are_told_get_secrets_and_nobody_else() {
    let (webhooks, slack, smtp) = (Receiver::webhooks(), Receiver::slack(), Receiver::smtp("starttls"));
    let network = json!({
        "localDestinations": [format!("127.0.0.1:{}", webhooks.port()), format!("localhost:{}", smtp.port())],
        "proxy": format!("http://127.0.0.1:{}", slack.port()),
        "certificateAuthorities": [slack.authority(), smtp.authority()],
    });
    let installation = Installation::new(&format!("projects: [{{name: web}}]\nnetwork: {network}\n"));
    for (name, secret) in [
        ("signing", SIGNING.to_owned()),
        ("token", TOKEN.to_owned()),
        ("url200", format!("http://127.0.0.1:{}/200/{HIDDEN}", webhooks.port())),
        ("url404", format!("http://127.0.0.1:{}/404/{HIDDEN}", webhooks.port())),
        ("slack", format!("https://hooks.slack.com/services/{CHANNEL}")),
        ("missing", format!("https://hooks.slack.com/services/{MISSING}")),
        ("smtp", PASSWORD.to_owned()),
    ] {
        installation.set_key(&key(name), &secret);
    }
    let job = installation.job(&format!("steps: {}\n", json!(steps(&webhooks, &smtp))));
    let (ended, samples) =
        watched(&installation, &["run", job.to_str().unwrap(), "--project", "web", "--output", "json"]);

    let document: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error} in {ended:?}"));
    let states: Vec<&Value> = document["steps"].as_array().unwrap().iter().map(|step| &step["state"]).collect();
    let (taken, refused) = (json!("succeeded"), json!("failed"));
    assert_eq!(states, [&taken, &refused].repeat(3), "{ended:?}");
    let asked: Vec<Value> = webhooks.received().iter().map(|it| it["headers"]["authorization"].clone()).collect();
    assert_eq!(asked, [json!(TOKEN), json!(TOKEN)]);
    assert_eq!((slack.received().len(), smtp.received().len()), (2, 1));

    let secrets = [SIGNING, &SIGNING["whsec_".len()..], TOKEN, CHANNEL, MISSING, HIDDEN, PASSWORD];
    let secrets = secrets.map(|secret| Secret::new(secret, secret));
    let search = Search::new(&secrets);
    assert_eq!(shown(&search, &ended), []);
    assert_eq!(search.samples(&samples), []);
    assert_eq!(left(&installation, &search), []);
    assert!(samples.iter().any(Sample::is_plugin_host), "no plugin host was seen");
}
