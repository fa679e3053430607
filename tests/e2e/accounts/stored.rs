//! Accounts of the database, by the commands, while everything runs.

use crate::ground::standins;
use crate::installation::{Ended, Installation, also_on_postgres, assert_names};
use crate::stored::{apply, serve};
use serde_json::{Value, json};
use std::process::Command;
use windlass_tests::{binaries, terminal};

const KEY: &str = "keys/aws";
const WHO: &str = "region: us-east-1\nsteps: [{id: who, uses: sts/caller-identity}]\n";

/// The system's account `central` of a file, from which project `web` may start; its key is in key storage.
fn installation() -> Installation {
    let (services, operator) = (standins().services_url(), &standins().seeded.operator_user);
    let id = &operator.access_key_id;
    let installation = Installation::new(&format!(
        "managingAccount: central
accounts:
  - name: central
    source: {{access-key: {{accessKeyId: {id}, secretAccessKey: {KEY}}}}}
    allowedProjects: [web]
projects: [{{name: web}}, {{name: shop}}]
endpoints: {{sts: '{services}', logs: '{services}'}}
"
    ));
    installation.set_key(KEY, &operator.secret_access_key);
    installation
}

fn account(installation: &Installation, arguments: &str) -> Ended {
    let arguments: Vec<&str> = ["account"].into_iter().chain(arguments.split_whitespace()).collect();
    installation.run(&arguments)
}

fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(ended.ok()).unwrap()
}

/// Adds `prod` of project `web`, the role that the stand-in's reader is.
fn add_reader(installation: &Installation) {
    let seeded = &standins().seeded;
    let (id, role, external_id) = (&seeded.managed_account, &seeded.reader_role, &seeded.external_id);
    let flags = format!("--account-id {id} --assume-role {role} --external-id {external_id} --region us-east-1");
    account(installation, &format!("add prod --project web {flags}")).ok();
}

fn who(installation: &Installation, account: &str) -> Ended {
    installation.job(&format!("account: {account}\n{WHO}"));
    installation.run_job(&["--output", "json"])
}

#[track_caller]
fn is_reader(ended: &Ended) {
    let arn = json_of(ended)["steps"][0]["outputs"]["arn"].as_str().unwrap().to_owned();
    assert_eq!(arn, super::session_of(&standins().seeded.reader_role, "windlass-web-test"));
}

fn added_used_changed_and_deleted() {
    let installation = installation();
    who(&installation, "prod").failed(5, "account.unknown");
    add_reader(&installation);
    is_reader(&who(&installation, "prod"));

    let again = account(&installation, "add prod --project web --assume-role arn:aws:iam::444455556666:role/x");
    assert_names(again.failed(5, "account.exists"), &["`prod`", "version 1"]);
    account(&installation, "edit prod --project web --unset externalId").ok();
    assert_names(who(&installation, "prod").failed(5, "account.role-denied"), &["the database, version 2"]);
    let late = account(&installation, "edit prod --project web --session-duration 30m --if-version 1");
    assert_names(late.failed(5, "account.changed"), &["`prod`"]);
    assert_eq!(
        account(&installation, "edit prod --project web --region us-east-1").code,
        Some(2),
        "nothing would change"
    );

    let deleted = account(&installation, "delete prod --project web --yes");
    deleted.ok();
    assert_names(&deleted.stderr, &["`windlass account get prod --project web --history`"]);
    assert!(!deleted.stderr.contains("key delete"), "{}", deleted.stderr);
    who(&installation, "prod").failed(5, "account.unknown");
    let history = json_of(&account(&installation, "get prod --project web --history --output json"));
    let versions: Vec<(i64, bool)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["version"].as_i64().unwrap(), it["deleted"].as_bool().unwrap()))
        .collect();
    assert_eq!(versions, [(3, true), (2, false), (1, false)]);
    assert!(
        history[1]["definition"].get("externalId").is_none() && history[2]["definition"].get("externalId").is_some()
    );
}

#[test]
fn an_account_is_added_used_changed_and_deleted() {
    added_used_changed_and_deleted();
}

/// A server that runs already uses an account from the moment on that it is added, and no longer than it is there.
fn while_a_server_runs() {
    let installation = installation();
    let _server = serve(&installation, "server-");
    apply(&installation, &[("who", &format!("account: prod\n{WHO}"))]);
    let start = || installation.run(&["job", "start", "who", "--project", "web", "--follow"]);
    start().failed(5, "account.unknown");
    add_reader(&installation);
    start().ok();
    account(&installation, "edit prod --project web --external-id not-the-one").ok();
    start().failed(5, "account.role-denied");
}

#[test]
fn an_account_is_changed_while_a_server_runs() {
    while_a_server_runs();
}

also_on_postgres! { added_used_changed_and_deleted, while_a_server_runs, used_while_it_is_asked, }

#[test]
fn what_is_used_is_not_deleted() {
    let installation = installation();
    add_reader(&installation);
    account(&installation, "add ecs-prod --project web --aws-account prod").ok();
    apply(&installation, &[("nightly", &format!("account: prod\n{WHO}"))]);
    let refused = account(&installation, "delete prod --project web --yes");
    assert_names(
        refused.failed(5, "account.in-use"),
        &["account `ecs-prod` of project `web` starts from it", "job `web/nightly` names it"],
    );
    is_reader(&who(&installation, "ecs-prod"));
    let principal = "arn:aws:iam::111122223333:role/Windlass";
    let trust =
        |name: &str| json_of(&account(&installation, &format!("trust {name} --project web --principal {principal}")));
    assert_eq!(trust("ecs-prod"), trust("prod"), "the documents are those of the account that it names");
}

/// Somebody thinks about the question of `delete`, and something comes to use the account meanwhile.
fn used_while_it_is_asked() {
    let installation = installation();
    let adds = |arguments: &str| {
        account(&installation, &format!("add {arguments}")).ok();
    };
    adds("base --aws-account central");
    let deleted = |meanwhile: &dyn Fn()| {
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(binaries::windlass().unwrap());
        let command = installation.arguments_for(command, &["account", "delete", "base"]);
        let answer = || {
            meanwhile();
            "y\n".to_owned()
        };
        let (status, seen) = terminal::answer(command, "delete account `base` of the system?", answer).unwrap();
        (status.code(), seen)
    };
    let (code, seen) = deleted(&|| adds("dep --aws-account base"));
    assert_eq!(code, Some(5), "{seen}");
    assert_names(&seen, &["account.in-use", "account `dep` of the system starts from it"]);
    account(&installation, "explain dep").ok();
    account(&installation, "delete dep --yes").ok();

    let (code, seen) = deleted(&|| apply(&installation, &[("who", &format!("account: base\n{WHO}"))]));
    assert_eq!(code, Some(5), "{seen}");
    assert_names(&seen, &["account.in-use", "job `web/who` names it"]);
    account(&installation, "get base").ok();

    apply(&installation, &[("who", &format!("account: central\n{WHO}"))]);
    let (code, seen) = deleted(&|| adds("other --aws-account central"));
    assert_eq!(code, Some(0), "what has nothing to do with it is in nobody's way: {seen}");
    account(&installation, "get base").failed(5, "account.unknown");
}

#[test]
fn what_comes_to_be_used_while_it_is_asked_is_not_deleted() {
    used_while_it_is_asked();
}

#[test]
fn what_a_file_defines_wins_and_is_changed_there() {
    let installation = installation();
    for command in ["add central --source ec2-instance-role", "edit central --region us-east-1", "delete central --yes"]
    {
        let refused = account(&installation, command);
        assert_names(
            refused.failed(5, "account.in-file"),
            &["`central`", &installation.place_of("central\n    source")],
        );
    }
}

#[test]
fn one_that_cannot_work_is_refused_and_stops_no_other() {
    let installation = installation();
    add_reader(&installation);
    for (flags, code, words) in [
        ("--account-id 12 --assume-role role/x", "account.unusable", "exactly twelve digits"),
        ("--source-account nobody", "account.unusable", "does not exist"),
        ("--source ec2-instance-role", "account.not-allowed", "`allowedProjects` of source `ec2-instance-role`"),
        (
            "--assume-role arn:aws:iam::444455556666:role/x --session-name {{jbo}}",
            "account.unusable",
            "did you mean `job`?",
        ),
    ] {
        let refused = account(&installation, &format!("add bad --project web {flags}"));
        assert_names(refused.failed(5, code), &["`bad`", words]);
    }
    let shop = account(&installation, "add prod --project shop --assume-role arn:aws:iam::444455556666:role/x");
    assert_names(shop.failed(5, "account.not-allowed"), &["project `shop` may not start from account `central`"]);
    // What was right once can be wrong by another's change.
    account(&installation, "add hub --aws-account central").ok();
    account(&installation, "add leaf --aws-account hub").ok();
    account(&installation, "edit hub --allowed-role arn:aws:iam::*:role/windlass-*").ok();
    is_reader(&who(&installation, "prod"));
    let listed = json_of(&account(&installation, "list --project web --output json"));
    let names: Vec<&str> = listed.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["central", "hub", "leaf", "prod"]);
    assert!(listed.as_array().unwrap().iter().all(|it| it["problem"].is_null()), "{listed}");
}

/// What others start from is not changed so that they cannot.
#[test]
fn a_change_that_would_break_others_is_refused() {
    let installation = installation();
    let key = "--access-key-id AKIAIOSFODNN7EXAMPLE --secret-access-key keys/aws";
    account(&installation, &format!("add u12 {key} --allowed-project web")).ok();
    account(&installation, "add name --aws-account u12").ok();
    let role = "--role-arn arn:aws:iam::444455556666:role/x";
    account(&installation, &format!("add u12dep --aws-account name {role} --session-duration 12h")).ok();
    account(&installation, &format!("add own --project web --aws-account u12 {role} --session-duration 1h")).ok();
    let state = || account(&installation, "list --output json").stdout;
    let before = state();

    let instance = account(&installation, "edit u12 --source ec2-instance-role");
    let error = instance.failed(5, "account.in-use");
    assert_names(error, &["`u12` of the system", "`u12dep` of the system", "too long", "`sessionDuration: 1h`"]);
    assert!(!error.contains("`own`"), "that one goes on working: {error}");
    let shop = account(&installation, "edit u12 --allowed-project shop");
    assert_names(shop.failed(5, "account.in-use"), &["`own` of project `web`", "`allowedProjects`"]);
    let bound = account(&installation, "edit u12 --allowed-role arn:aws:iam::*:role/windlass-*");
    assert_names(bound.failed(5, "account.in-use"), &["`u12dep` of", "`own` of", "`allowedRoles`"]);
    let hides = account(&installation, "add u12 --project web --aws-account own");
    assert_names(hides.failed(5, "account.unusable"), &["starts from itself"]);
    assert_eq!(state(), before, "nothing was changed");

    account(&installation, "edit u12dep --session-duration 1h").ok();
    account(&installation, "edit u12 --source ec2-instance-role").ok();
}

#[test]
fn help_says_what_each_command_does_without_a_source_or_a_secret() {
    let installation = installation();
    let help = |command: &str| {
        let words: Vec<String> =
            account(&installation, &format!("{command} --help")).ok().split_whitespace().map(str::to_owned).collect();
        words.join(" ")
    };
    assert_names(&help("add"), &["starts from `managingAccount`", "a terminal asks for the one of `--access-key-id`"]);
    let edit = help("edit");
    assert_names(&edit, &["nothing asks for a secret", "`windlass key set` stores before"]);
    assert!(!edit.contains("managingAccount") && !edit.contains("a terminal asks"), "{edit}");
    account(&installation, "add ops --source ec2-instance-role").ok();
    let key = account(&installation, "edit ops --access-key-id AKIAIOSFODNN7EXAMPLE");
    assert_eq!(key.code, Some(2), "{}", key.stderr);
    assert_names(&key.stderr, &["`windlass key set`", "`--secret-access-key KEY`"]);
    account(&installation, "get ops").ok();
}

#[test]
fn a_system_account_is_for_the_projects_that_it_names() {
    let installation = installation();
    installation.job(&format!("account: central\n{WHO}"));
    installation.run_job(&[]).ok();
    let shop = installation.run(&["account", "explain", "central", "--project", "shop"]);
    assert_names(shop.failed(5, "account.not-allowed"), &["`central` of the system is not for project `shop`"]);
}

/// Kommander's form: a name, a role's ARN, an external ID.
#[test]
fn a_name_a_role_and_an_external_id_are_enough() {
    let installation = installation();
    let seeded = &standins().seeded;
    let (role, id) = (&seeded.reader_role, &seeded.external_id);
    account(&installation, &format!("add provider --role-arn {role} --external-id {id}")).ok();
    is_reader(&who(&installation, "provider"));
    let explained = account(&installation, "explain provider");
    assert_names(explained.ok(), &["`provider` of the system", role, "windlass-PROJECT-JOB"]);
    let unknown = account(&installation, "explain provder");
    assert_names(unknown.failed(5, "account.unknown"), &["did you mean `provider`?"]);
    assert_eq!(account(&installation, "explain").code, Some(2));
}

#[test]
fn an_external_id_is_made_for_each_role() {
    let installation = installation();
    let role = &standins().seeded.reader_role;
    let made = |name: &str| {
        let added = account(&installation, &format!("add {name} --role-arn {role}"));
        added.ok();
        assert_names(
            &added.stderr,
            &["external ID is `windlass-", &format!("windlass account trust {name} --principal")],
        );
        let definition = json_of(&account(&installation, &format!("get {name} --output json")));
        definition["externalId"].as_str().unwrap().to_owned()
    };
    let (one, other) = (made("one"), made("other"));
    assert!(one.len() == "windlass-".len() + 32 && one != other, "{one} {other}");
    account(&installation, &format!("add none --role-arn {role} --no-external-id")).ok();
    let none = json_of(&account(&installation, "get none --output json"));
    assert!(none.get("externalId").is_none(), "{none}");
}

#[test]
fn a_definition_goes_out_and_comes_in_as_a_file() {
    let installation = installation();
    add_reader(&installation);
    let yaml = account(&installation, "get prod --project web").ok().to_owned();
    let file = installation.write("prod.yaml", yaml.replace("windlass-{{project}}-{{job}}", "other-{{job}}"));
    let edited = format!("edit prod --project web --file {}", file.display());
    account(&installation, &edited).ok();
    let definition = json_of(&account(&installation, "get prod --project web --output json"));
    assert_eq!(definition["sessionName"], json!("other-{{job}}"));
    let unread = installation.write("prod.yaml", "name: prod\n  source: x\n");
    let broken = account(&installation, &format!("edit prod --project web --file {}", unread.display()));
    broken.failed(5, "account.document-unreadable");
}

#[test]
fn a_secret_is_asked_for_on_a_terminal_only() {
    let installation = installation();
    let refused = account(&installation, "add ops --access-key-id AKIAIOSFODNN7EXAMPLE");
    assert_eq!(refused.code, Some(2));
    assert_names(&refused.stderr, &["`windlass key set`", "--secret-access-key"]);
    account(&installation, "get ops").failed(5, "account.unknown");
}

/// For programs: what it takes to go on with, such as the external ID that was made.
#[test]
fn what_became_of_an_account_is_data_too() {
    let installation = installation();
    let role = &standins().seeded.reader_role;
    let added = account(&installation, &format!("add made --project web --role-arn {role} --output json"));
    let told = json_of(&added);
    let definition = json_of(&account(&installation, "get made --project web --output json"));
    let expected = json!({"name": "made", "project": "web", "version": 1, "externalId": definition["externalId"]});
    assert_eq!(told, expected);
    let edited = account(&installation, "edit made --project web --unset externalId --output json");
    assert_eq!(json_of(&edited), json!({"name": "made", "project": "web", "version": 2, "externalId": null}));
    account(&installation, "add ops --source ec2-instance-role --output table").ok();
}

/// The secret is asked for when nothing else is in the way, and stays only with its account.
#[test]
fn a_secret_is_typed_for_an_account_that_can_be() {
    let (services, operator) = (standins().services_url(), &standins().seeded.operator_user);
    let installation = Installation::new(&format!("projects: [{{name: web}}]\nendpoints: {{sts: '{services}'}}\n"));
    let id = operator.access_key_id.as_str();
    let on_terminal = |name: &str, more: &[&str]| {
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(binaries::windlass().unwrap());
        installation.arguments_for(command, &[&["account", "add", name, "--access-key-id", id], more].concat())
    };
    let never = || unreachable!("it asked");
    let keys = || installation.run(&["key", "list", "-r"]).ok().to_owned();

    let (status, seen) =
        terminal::answer(on_terminal("ops", &["--region", "Nowhere!"]), "secret access", never).unwrap();
    assert_eq!(status.code(), Some(5), "{seen}");
    assert_names(&seen, &["account.unusable"]);

    let ask = |name: &str, more: &[&str], secret: &str| {
        let typed = format!("{secret}\n");
        terminal::answer_unseen(on_terminal(name, more), "secret access key of", || typed).unwrap()
    };
    let (status, seen) = ask("ops", &["--verify"], "of-nobody-at-all-0123456789");
    assert_eq!(status.code(), Some(5), "{seen}");
    assert_names(&seen, &["account.verify-failed", "account.source-refused"]);
    assert_eq!(keys(), "", "it went with the account");

    let (status, seen) = ask("ops", &["--verify"], &operator.secret_access_key);
    assert_eq!(status.code(), Some(0), "{seen}");
    assert!(!seen.contains(&operator.secret_access_key), "{seen}");
    assert_names(&keys(), &["keys/accounts/ops/secret-access-key"]);
    assert_eq!(json_of(&who(&installation, "ops"))["steps"][0]["outputs"]["arn"], operator.arn.as_str());

    let (status, seen) = terminal::answer(on_terminal("ops", &[]), "secret access", never).unwrap();
    assert_eq!(status.code(), Some(5), "{seen}");
    assert_names(&seen, &["account.exists"]);
    let deleted = account(&installation, "delete ops --yes");
    deleted.ok();
    assert_names(&deleted.stderr, &["`windlass key delete keys/accounts/ops/secret-access-key`"]);
    let (status, seen) = terminal::answer(on_terminal("ops", &[]), "secret access key of", never).unwrap();
    assert_eq!(status.code(), Some(6), "{seen}");
    assert_names(&seen, &["key.exists", "`--secret-access-key keys/accounts/ops/secret-access-key`"]);
}
