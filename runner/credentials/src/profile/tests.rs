use windlass_errors::{Report as _, render};

use super::*;
use crate::clients::Http;
use crate::testing::{environment, session_error};

async fn ask(credentials: Option<&str>, name: &str) -> Result<Credentials, Failure> {
    let home = tempfile::tempdir().unwrap();
    if let Some(text) = credentials {
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        std::fs::write(home.path().join(".aws/credentials"), text).unwrap();
    }
    let variables = environment(&[("HOME", home.path().to_str().unwrap()), ("AWS_ACCESS_KEY_ID", "AKIASTRAY")]);
    fetch(Http::new().client(None), &variables, name, "eu-west-1").await
}

#[tokio::test]
async fn a_profile_is_read_from_the_given_home() {
    let text = "[dev]\naws_access_key_id = AKIADEV\naws_secret_access_key = recognisable\n";
    let keys = ask(Some(text), "dev").await.unwrap();
    assert_eq!((keys.access_key_id.as_str(), keys.expires_at), ("AKIADEV", None));
    assert!(!format!("{keys:?}").contains("recognisable"));
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let cases = [
        (None, ".aws/config"),
        (Some("[other]\naws_access_key_id = A\naws_secret_access_key = recognisable\n"), "`dev` was not defined"),
        (Some("[dev]\nregion = eu-west-1\n"), "it holds no credentials"),
        (Some("[dev]\naws_secret_access_key = recognisable\n"), "cause: "),
    ];
    for (text, expected) in cases {
        let error = session_error(ask(text, "dev").await.unwrap_err());
        let shown = format!("{}{error:?}", render(&error));
        assert_eq!(error.code().as_str(), "account.profile-unusable");
        assert!(shown.contains(expected) && shown.contains("--profile dev"), "{shown}");
        assert!(!shown.contains("recognisable"), "{shown}");
    }
}

#[tokio::test]
async fn a_helpers_output_is_not_shown() {
    let text = "[dev]\ncredential_process = sh -c 'echo recognisable >&2; exit 3'\n";
    let error = session_error(ask(Some(text), "dev").await.unwrap_err());
    let shown = render(&error);
    assert!(shown.contains("exited with code") && !shown.contains("recognisable"), "{shown}");
}

#[tokio::test]
async fn a_helper_says_the_keys_and_how_long_they_last() {
    let said = r#"{"Version": 1, "AccessKeyId": "ASIAHELPER", "SecretAccessKey": "recognisable", "SessionToken": "t",
        "Expiration": "2099-01-01T00:00:00Z"}"#;
    let text = format!("[dev]\ncredential_process = printf %s '{}'\n", said.replace('\n', ""));
    let keys = ask(Some(&text), "dev").await.unwrap();
    assert_eq!((keys.access_key_id.as_str(), keys.expires_at), ("ASIAHELPER", Some(4_070_908_800_000)));
    assert!(keys.session_token.is_some() && !format!("{keys:?}").contains("recognisable"));
}

/// The clock goes on by itself while there is nothing but to wait. The helper ends with its input, which the test holds.
#[tokio::test(start_paused = true)]
async fn a_helper_that_never_ends_keeps_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    // Open for both, so that neither side waits for the other.
    let held = std::fs::OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
    let text = format!("[dev]\ncredential_process = cat {}\n", pipe.display());
    let error = session_error(ask(Some(&text), "dev").await.unwrap_err());
    let shown = render(&error);
    assert!(shown.contains("nothing came of it within 60 seconds") && shown.contains("--profile dev"), "{shown}");
    drop(held);
}
