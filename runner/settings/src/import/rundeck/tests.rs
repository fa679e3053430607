use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::*;
use crate::{Installation, Overrides, load_for};

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const BODY: &str = "projects: [{name: web}, {name: other}]\n";

fn settings(body: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("windlass.yaml");
    std::fs::write(&file, format!("apiVersion: windlass/v1\nkind: Configuration\n{body}")).unwrap();
    let overrides = Overrides { config: Some(file), ..Overrides::default() };
    load_for(&Installation::detect(), &overrides, []).unwrap().settings
}

fn imported_into(body: &str, project: Option<&str>, text: &str) -> Imported {
    let project = project.map(|name| ProjectName::parse(name).unwrap());
    import(Path::new("project.properties"), text, project.as_ref(), &settings(body)).unwrap()
}

fn imported(text: &str) -> Imported {
    imported_into(BODY, Some("web"), text)
}

fn definition(imported: &Imported) -> Value {
    let [account] = &imported.accounts[..] else { panic!("{imported:?}") };
    assert_eq!(account.name.as_str(), "aws");
    account.definition()
}

fn why(imported: &Imported) -> String {
    assert!(imported.accounts.is_empty(), "{:?}", imported.accounts);
    let problems = imported.refused.iter().flat_map(|refused| refused.problems.iter());
    problems.map(|problem| format!("{problem}; {}\n", problem.hint.as_deref().unwrap_or_default())).collect()
}

fn kind(imported: &Imported, key: &str) -> NoteKind {
    let found: Vec<_> = imported.notes.iter().filter(|note| note.key == key).collect();
    let [note] = found[..] else { panic!("`{key}`: {:?}", imported.notes) };
    note.kind
}

#[test]
fn the_keys_of_a_project() {
    let text = "project.name=web\nproject.aws.access_key=AKIAIOSFODNN7EXAMPLE\nproject.aws.region = us-east-1\n\
                project.aws.secret_key_path = keys/project/web/aws_secret\n";
    for project in [Some("web"), None] {
        let imported = imported_into(BODY, project, text);
        let key = json!({"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": "keys/project/web/aws_secret"});
        let expected = json!({"name": "aws", "source": {"access-key": key}, "defaultRegion": "us-east-1"});
        assert_eq!(definition(&imported), expected);
        let account = &imported.accounts[0];
        assert_eq!(account.scope, Scope::Project(ProjectName::parse("web").unwrap()));
        assert_eq!(account.place.to_string(), "project.properties:2:1");
        assert_eq!(kind(&imported, "project.aws.secret_key_path"), NoteKind::Changed);
        assert_eq!((imported.notes.len(), imported.keys.len()), (1, 0));
    }
}

#[test]
fn the_keys_of_the_system() {
    let imported =
        imported("aws.access_key=AKIAIOSFODNN7EXAMPLE\naws.secret_key_path=keys/aws-secret\naws.region=eu-west-1\n");
    assert_eq!(imported.accounts[0].scope, Scope::System);
    assert_eq!(definition(&imported)["source"]["access-key"]["secretAccessKey"], json!("keys/aws-secret"));
}

#[test]
fn a_secret_of_the_system_becomes_the_projects_own() {
    for (there, here) in [
        ("keys/aws-secret", "keys/project/web/aws-secret"),
        ("/keys/a/b", "keys/project/web/a/b"),
        ("keys/project/old/aws", "keys/project/web/aws"),
    ] {
        let text = format!("project.name=old\nproject.aws.access_key=AKIA1\nproject.aws.secret_key_path={there}\n");
        let imported = imported(&text);
        assert_eq!(definition(&imported)["source"]["access-key"]["secretAccessKey"], json!(here));
        assert!(imported.notes[0].message.contains(here), "{}", imported.notes[0]);
    }
    let text = "project.aws.access_key=AKIA1\nproject.aws.secret_key_path=keys/project/other/aws\n";
    assert!(why(&imported(text)).contains("uses keys below `keys/project/web/` only"));
}

#[test]
fn a_secret_in_clear_goes_into_key_storage() {
    for (prefix, path) in [("project.aws.", "keys/project/web/rundeck-aws"), ("aws.", "keys/rundeck-aws")] {
        let imported = imported(&format!("{prefix}access_key=AKIA1\n{prefix}secret_key={SECRET}\n"));
        assert_eq!(definition(&imported)["source"]["access-key"]["secretAccessKey"], json!(path));
        let [key] = &imported.keys[..] else { panic!("{imported:?}") };
        assert_eq!((key.path.as_str(), key.line, key.secret.expose_secret()), (path, 2, SECRET));
        assert!(!format!("{imported:?}").contains(SECRET));
    }
}

#[test]
fn the_plugin_group() {
    for (prefix, body) in [("project.plugin.PluginGroup.AWS.", BODY), ("framework.plugin.PluginGroup.AWS.", "")] {
        for id in ["accessKey", "accessKeyId"] {
            for secret in ["secretKey", "secretKeyPath"] {
                let text = format!("{prefix}{id}=AKIA1\n{prefix}{secret}=keys/x\n{prefix}region=us-west-1\n");
                let definition = definition(&imported_into(body, Some("web"), &text));
                assert_eq!(definition["source"]["access-key"]["accessKeyId"], json!("AKIA1"));
                assert_eq!(definition["defaultRegion"], json!("us-west-1"));
            }
        }
    }
}

#[test]
fn credential_providers() {
    for (provider, source) in [
        ("instance", "ec2-instance-role"),
        ("EC2", "ec2-instance-role"),
        ("container", "ecs-task-role"),
        ("ECS", "ecs-task-role"),
    ] {
        let imported = imported(&format!("project.aws.credentialProvider={provider}\n"));
        assert_eq!(definition(&imported), json!({"name": "aws", "source": source}));
    }
    assert!(why(&imported("aws.credentialProvider=lambda\n")).contains("no such credential provider"));
    let both = "aws.credentialProvider=instance\naws.access_key=AKIA1\naws.secret_key_path=keys/x\n";
    assert!(why(&imported(both)).contains("a credential provider and an access key"));
}

#[test]
fn a_delegated_role_starts_from_the_managing_account() {
    let prefix = "project.plugin.PluginGroup.AWS.";
    let text = format!(
        "{prefix}roleArn=arn\\:aws\\:iam\\:\\:123456789012\\:role/r\n{prefix}externalId=an-id\n{prefix}accountId=1\n\
         {prefix}credentialProvider=--None Selected--\n"
    );
    let body = format!("managingAccount: central\naccounts: [{{name: central, source: ec2-instance-role}}]\n{BODY}");
    let imported = imported_into(&body, Some("web"), &text);
    let definition = definition(&imported);
    assert_eq!(definition["source"], json!({"account": "central"}));
    assert_eq!(definition["assumeRole"], json!("arn:aws:iam::123456789012:role/r"));
    assert_eq!(definition["externalId"], json!("an-id"));
    assert_eq!(kind(&imported, &format!("{prefix}accountId")), NoteKind::Unused);
    assert!(why(&imported_into(BODY, Some("web"), &text)).contains("`managingAccount` is not set"));
}

#[test]
fn a_key_and_its_secret_come_from_one_record() {
    let system = "aws.access_key=AKIA2\naws.secret_key_path=keys/x\n";
    for half in ["project.aws.access_key=AKIA1\n", "project.plugin.PluginGroup.AWS.secretKey=keys/y\n"] {
        let imported = imported(&format!("{system}{half}"));
        assert_eq!(imported.accounts.len(), 1, "the system's");
        let why = imported.refused[0].problems.to_string();
        assert!(why.contains("belong together") && imported.refused[0].scope != Scope::System, "{why}");
    }
    let text = "project.aws.secret_key_path=keys/x\nproject.plugin.PluginGroup.AWS.accessKey=AKIA1\n";
    assert!(why(&imported(text)).contains("belong together"), "nor are older keys and the group's mixed");
}

#[test]
fn of_two_ways_the_groups_counts_and_the_other_is_told() {
    let imported = imported(
        "project.aws.credentialProvider=instance\nproject.aws.region=eu-west-1\nproject.plugin.PluginGroup.AWS.credentialProvider=ECS\n",
    );
    assert_eq!(definition(&imported), json!({"name": "aws", "source": "ecs-task-role", "defaultRegion": "eu-west-1"}));
    assert_eq!(kind(&imported, "project.aws.credentialProvider"), NoteKind::Unused);

    let off = "project.PluginGroup.AWS.enabled=false\nproject.plugin.PluginGroup.AWS.credentialProvider=ECS\n";
    let imported = super::tests::imported(off);
    assert!(imported.accounts.is_empty() && imported.refused.is_empty());
    assert_eq!(kind(&imported, "project.PluginGroup.AWS.enabled"), NoteKind::LeftOut);

    let twice = "aws.access_key=AKIA1\naws.accessKey=AKIA2\naws.secret_key_path=keys/x\n";
    assert!(why(&super::tests::imported(twice)).contains("says the same"));
    let again = "aws.credentialProvider=EC2\naws.credentialProvider=ECS\n";
    assert_eq!(definition(&super::tests::imported(again))["source"], json!("ecs-task-role"), "as Java has it");
}

#[test]
fn nothing_is_guessed() {
    for (text, words) in [
        ("project.aws.region=us-east-1\n", "it names no identity"),
        (
            "project.aws.access_key=${globals.key}\nproject.aws.secret_key_path=keys/x\n",
            "`project.aws.access_key` is an expression",
        ),
        ("project.aws.access_key=AKIA1\nproject.aws.secret_key=*****\n", "is a value that Rundeck did not show"),
        ("aws.credentialProvider=EC2\naws.externalId=an-id\n", "no effect without `assumeRole`"),
        ("aws.credentialProvider=EC2\naws.region=nowhere\n", "a region is written like"),
    ] {
        assert!(why(&imported(text)).contains(words), "{text}: {}", why(&imported(text)));
    }
    let nobodys = imported_into(BODY, None, "project.aws.credentialProvider=EC2\n");
    assert!(why(&nobodys).contains("name the project with `--project`"));
    let unknown = imported_into("", Some("web"), "project.aws.credentialProvider=EC2\n");
    assert!(why(&unknown).contains("there is no project `web`; add `name: web` to the `projects`"));
}

#[test]
fn all_else_is_told() {
    let text = "project.name=web\nproject.ssh-keypath=/x\nresources.source.1.config.secretKey=hunter2\n\
                project.aws.endpoint=http://127.0.0.1\nproject.aws.acces_key=AKIA1\nproject.aws.credentialProvider=EC2\n\
                project.plugin.Notification.SlackNotification.webhookUrl=https://hooks.slack.com/services/T0/hunter2\n\
                project.plugin.Notification.PD.serviceKey=hunter2\nproject.plugin.Notification.PD.serviceKey=hunter3\n";
    let imported = imported(text);
    let told: Vec<_> = imported.notes.iter().map(|note| (note.line, note.kind, note.value.clone())).collect();
    assert_eq!(
        told,
        [
            (2, NoteKind::Unused, None),
            (3, NoteKind::Unused, None),
            (4, NoteKind::Unused, Some(json!("http://127.0.0.1"))),
            (5, NoteKind::Unknown, None),
            // What another plugin calls its secret nobody can know.
            (7, NoteKind::Unused, None),
            (8, NoteKind::Unused, None),
            (9, NoteKind::Unused, None),
        ]
    );
    assert!(imported.notes[2].message.contains("below `endpoints`"), "{}", imported.notes[2]);
    assert!(imported.notes[3].message.contains("did you mean `access_key`?"), "{}", imported.notes[3]);
}

#[test]
fn no_error_shows_a_secret() {
    let text = "aws.region=nowhere\naws.access_key=a b\naws.secret_key=hunter2 \\\n  more\naws.roleArn=x\n";
    let imported = imported(text);
    let shown = format!("{imported:?}");
    assert!(shown.contains("aws.secret_key = ***") && !shown.contains("hunter2") && !shown.contains("more"), "{shown}");
    let error = import(Path::new("x"), "aws.secret_key=hunter2\na=\\u1", None, &settings("")).unwrap_err();
    assert!(error.to_string().starts_with("x:2:1: `\\u` is followed by") && !format!("{error:?}").contains("hunter2"));
    assert!(import(Path::new("x"), &"#".repeat((4 << 20) + 1), None, &settings("")).is_err());
}
