use super::*;
use crate::{Installation, Overrides, Source, load_for};

fn settings(accounts: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("windlass.yaml");
    let text =
        format!("apiVersion: windlass/v1\nkind: Configuration\naccounts: {accounts}\nprojects: [{{name: web}}]\n");
    std::fs::write(&file, text).unwrap();
    let overrides = Overrides { config: Some(file), ..Overrides::default() };
    load_for(&Installation::detect(), &overrides, []).unwrap().settings
}

fn stored(project: Option<&str>, name: &str, text: &str) -> Stored {
    let project = project.map(|name| ProjectName::parse(name).unwrap());
    Stored { scope: Scope::of(project.as_ref()), name: name.parse().unwrap(), version: 3, text: text.to_owned() }
}

#[test]
fn an_account_of_the_database_is_like_one_of_a_file() {
    let text = r#"{"name": "prod", "source": "ecs-task-role", "regions": ["eu-west-1"]}"#;
    let all = settings("[]").with_stored(&[stored(None, "prod", text), stored(Some("web"), "prod", text)]);
    for account in [&all.accounts[0], &all.projects[0].accounts[0]] {
        assert_eq!((&account.source, account.place.clone()), (&Source::EcsTaskRole, Place::Database { version: 3 }));
    }
}

#[test]
fn the_file_wins() {
    let text = r#"{"name": "prod", "source": "ecs-task-role"}"#;
    let all = settings("[{name: prod, source: ec2-instance-role}]").with_stored(&[stored(None, "prod", text)]);
    assert_eq!(all.accounts.iter().map(|account| account.source.name()).collect::<Vec<_>>(), ["ec2-instance-role"]);
}

#[test]
fn one_that_cannot_work_stops_no_other() {
    let good = r#"{"name": "good", "source": "ecs-task-role"}"#;
    let bad = r#"{"name": "bad", "source": "ecs-task-role", "accountId": "12"}"#;
    let unread = "{name: unread";
    let all = settings("[]").with_stored(&[
        stored(None, "bad", bad),
        stored(None, "unread", unread),
        stored(None, "good", good),
    ]);
    assert_eq!(all.accounts.len(), 1);
    let bad = all.unusable(&Scope::System, &"bad".parse().unwrap()).unwrap();
    assert!(bad.problems.to_string().contains("exactly twelve digits"), "{}", bad.problems);
    assert!(all.unusable(&Scope::System, &"unread".parse().unwrap()).is_some());
}

#[test]
fn what_is_written_is_read_as_the_same() {
    let text = r#"{"name": "all", "accountId": "012345678901", "source": {"account": "central"}, "assumeRole": "role/a/b",
        "externalId": "an-id", "sessionName": "w-{{job}}", "sessionDuration": "30m", "sourceIdentity": "w-{{project}}",
        "sessionTags": {"team": "{{project}}"}, "sessionPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "regions": ["eu-west-1"], "defaultRegion": "eu-west-1", "allowedProjects": ["web"],
        "allowedRoles": ["arn:aws:iam::*:role/x"]}"#;
    let account = stored(None, "all", text).read().unwrap();
    let written = account.definition();
    let given: serde_json::Value = serde_json::from_str(text).unwrap();
    let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&written), names(&given), "nothing is lost, nothing is made up");
    assert_eq!(stored(None, "all", &written.to_string()).read().unwrap(), account);
}
