//! Accounts of Spinnaker's and Rundeck's files, imported, and used by jobs while IAM looks on.

use crate::ground::standins;
use crate::iam::{allow, lets_all, role, user};
use crate::installation::{Ended, Installation, also_on_postgres, assert_names};
use serde_json::{Value, json};
use std::sync::OnceLock;
use windlass_tests::leaks::Search;
use windlass_tests::leaks::Secret;
use windlass_tests::seeded::UserKey;

const EXTERNAL_ID: &str = "spinnaker-prod-51c0";
const SECRET_PATH: &str = "keys/spinnaker-managing";
const WHO: &str = "region: us-east-1\nsteps: [{id: who, uses: sts/caller-identity}]\n";

/// What Spinnaker was itself, and the role `SpinnakerImported` that it assumes: made once, since the stand-ins are shared.
fn spinnaker() -> &'static (UserKey, String) {
    static MADE: OnceLock<(UserKey, String)> = OnceLock::new();
    MADE.get_or_init(|| {
        let user = user("spinnaker-imported");
        lets_all("spinnaker-imported");
        let trust = allow(&json!({ "Principal": { "AWS": user.arn }, "Action": "sts:AssumeRole",
            "Condition": { "StringEquals": { "sts:ExternalId": EXTERNAL_ID } } }));
        let query = allow(&json!({ "Action": "logs:*", "Resource": "*" }));
        let role = role("MANAGED", "SpinnakerImported", &trust, &query);
        (user, role)
    })
}

/// A `clouddriver.yml` as Spinnaker's documentation prints it, with a key of its own and these further accounts.
fn clouddriver(more: &str) -> String {
    let (user, _) = spinnaker();
    let (id, secret, managed) = (&user.access_key_id, &user.secret_access_key, &standins().seeded.managed_account);
    format!(
        "aws:
  enabled: true
  accessKeyId: {id}
  secretAccessKey: {secret}

  accounts:
    - name: aws-account-name
      accountId: \"{managed}\"
      externalId: {EXTERNAL_ID}
      defaultKeyPair: '{{{{name}}}}-keypair'
      regions:
        - name: us-east-1
{more}  defaultAssumeRole: role/SpinnakerImported

ecs:
  enabled: true
  accounts:
    - name: ecs-account-name
      awsAccount: aws-account-name
"
    )
}

fn installation() -> Installation {
    let services = standins().services_url();
    Installation::new(&format!(
        "projects: [{{name: web}}, {{name: shop}}]\nendpoints: {{sts: '{services}', logs: '{services}'}}\n"
    ))
}

/// Imports a file with this text.
fn import(installation: &Installation, name: &str, text: &str, more: &[&str]) -> Ended {
    let file = installation.write(name, text);
    let ended = installation.run(&[&["account", "import", "--from", file.to_str().unwrap()], more].concat());
    std::fs::remove_file(file).unwrap();
    ended
}

fn import_spinnaker(installation: &Installation, more: &[&str]) -> Ended {
    import(installation, "clouddriver.yml", &clouddriver(""), more)
}

#[track_caller]
fn json_of(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"))
}

/// Name and result of each account.
#[track_caller]
fn results(ended: &Ended) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let json = json_of(ended);
    json["accounts"].as_array().unwrap().iter().map(|it| (text(&it["name"]), text(&it["result"]))).collect()
}

fn names_with(result: &str) -> Vec<(&str, &str)> {
    ["spinnaker-managing", "aws-account-name", "ecs-account-name"].map(|name| (name, result)).to_vec()
}

#[track_caller]
fn assert_results(ended: &Ended, expected: &[(&str, &str)]) {
    let results = results(ended);
    let results: Vec<(&str, &str)> = results.iter().map(|(name, result)| (name.as_str(), result.as_str())).collect();
    assert_eq!(results, expected, "{ended:?}");
}

#[track_caller]
fn who(installation: &Installation, account: &str) -> String {
    installation.job(&format!("account: {account}\n{WHO}"));
    let ended = installation.run_job(&["--output", "json"]);
    ended.ok();
    json_of(&ended)["steps"][0]["outputs"]["arn"].as_str().unwrap().to_owned()
}

fn imported_and_used() {
    let installation = installation();
    let ended = import_spinnaker(&installation, &[]);
    assert_names(ended.ok(), &["spinnaker-managing", "aws-account-name", "ecs-account-name", "added"]);
    let stored = format!("stored the secret in line 4 as `{SECRET_PATH}`; take it out of the file");
    assert_names(&ended.stderr, &[&stored, "settings of `", "mean nothing here; `--dry-run` lists them"]);
    let session = super::session_of(&spinnaker().1, "windlass-web-test");
    assert_eq!(who(&installation, "aws-account-name"), session);
    assert_eq!(who(&installation, "ecs-account-name"), session, "with the external ID of its AWS account");
}

#[test]
fn spinnakers_accounts_are_imported_and_used() {
    imported_and_used();
}

fn imported_again() {
    let installation = installation();
    import_spinnaker(&installation, &[]).ok();
    let again = import_spinnaker(&installation, &["--output", "json"]);
    again.ok();
    assert_results(&again, &names_with("unchanged"));
    let history = installation.run(&["account", "get", "aws-account-name", "--history", "--output", "json"]);
    history.ok();
    assert_eq!(json_of(&history).as_array().unwrap().len(), 1, "nothing was written: {history:?}");
}

#[test]
fn what_was_imported_is_not_imported_again() {
    imported_again();
}

also_on_postgres! { imported_and_used, imported_again, }

#[test]
fn a_dry_run_changes_nothing() {
    let installation = installation();
    let dry = import_spinnaker(&installation, &["--dry-run", "--output", "json"]);
    dry.ok();
    assert_results(&dry, &names_with("wouldAdd"));
    assert_names(&dry.stderr, &[&format!("the secret in line 4 would be stored as `{SECRET_PATH}`")]);
    let notes = json_of(&dry)["notes"].clone();
    let keys: Vec<&str> = notes.as_array().unwrap().iter().map(|note| note["key"].as_str().unwrap()).collect();
    assert!(keys.contains(&"defaultKeyPair") && keys.contains(&"aws.secretAccessKey"), "{notes}");
    let listed = installation.run(&["account", "list", "--output", "json"]);
    listed.ok();
    assert_eq!(json_of(&listed), json!([]));
    let kept = installation.run(&["key", "list", "--recursive", "--output", "json"]);
    kept.ok();
    assert_eq!(json_of(&kept), json!([]));
    assert!(!installation.folder().join("master.key").exists());
    let plain = import_spinnaker(&installation, &["--dry-run"]);
    assert_names(
        &plain.stderr,
        &["clouddriver.yml:10:7: account `aws-account-name`, `defaultKeyPair`: it means nothing here"],
    );
}

/// The file itself is deleted before the search, as the import advises.
#[test]
fn the_secret_goes_to_key_storage_and_nowhere_else() {
    let installation = installation();
    let secret = Secret::new("the imported key", spinnaker().0.secret_access_key.as_str());
    let search = Search::new([&secret]);
    let mut finds = Vec::new();
    for more in [&["--dry-run"][..], &[], &["--output", "json"], &["--overwrite"], &["--dry-run", "--output", "json"]] {
        let ended = import_spinnaker(&installation, more);
        ended.ok();
        finds.extend(
            [search.bytes("stdout", ended.stdout.as_bytes()), search.bytes("stderr", ended.stderr.as_bytes())].concat(),
        );
    }
    who(&installation, "ecs-account-name");
    finds.extend(search.folder(installation.folder(), &[]).unwrap());
    finds.extend(search.database(&installation.folder().join("data/windlass.db")).unwrap());
    assert!(finds.is_empty(), "{finds:?}");
    installation.run(&["key", "show", SECRET_PATH]).ok();
}

/// What bears the name of the account that they start from is somebody else.
#[test]
fn nothing_starts_from_another_identity_than_its_files() {
    let installation = installation();
    import_spinnaker(&installation, &[]).ok();
    let user = &spinnaker().0;
    let text = clouddriver("")
        .replace(&user.access_key_id, "AKIAIOSFODNN7EXAMPLE")
        .replace("aws-account-name", "second")
        .replace("ecs-account-name", "second-ecs");
    let ended = import(&installation, "other.yml", &text, &["--output", "json"]);
    assert_names(ended.failed(5, "account.import-incomplete"), &["3 of 3 accounts were not taken over"]);
    assert_results(&ended, &[("spinnaker-managing", "exists"), ("second", "refused"), ("second-ecs", "refused")]);
    let why = json_of(&ended)["accounts"][1]["problem"].clone();
    assert_eq!(why, "it starts from account `spinnaker-managing`, which was not taken over");

    let services = standins().services_url();
    let shop = "{name: shop, source: ec2-instance-role, assumeRole: 'arn:aws:iam::111122223333:role/shop'}";
    let installation = Installation::new(&format!(
        "projects: [{{name: web}}]\nendpoints: {{sts: '{services}', logs: '{services}'}}\naccounts: [{shop}]\n"
    ));
    let text = clouddriver("").replace("aws-account-name", "shop").replace("ecs-account-name", "shop-ecs");
    let ended = import(&installation, "clouddriver.yml", &text, &["--output", "json"]);
    assert_results(&ended, &[("shop", "refused"), ("spinnaker-managing", "added"), ("shop-ecs", "refused")]);
    assert_names(&ended.stdout, &["it starts from account `shop`, which was not taken over"]);
}

#[test]
fn what_is_there_is_replaced_only_when_told() {
    let installation = installation();
    import_spinnaker(&installation, &[]).ok();
    let changed = clouddriver("").replace(EXTERNAL_ID, "another-id");
    let kept = import(&installation, "clouddriver.yml", &changed, &["--output", "json"]);
    assert_names(kept.failed(5, "account.import-incomplete"), &["1 of 3 accounts were not taken over"]);
    let left = [("spinnaker-managing", "unchanged"), ("aws-account-name", "exists"), ("ecs-account-name", "unchanged")];
    assert_results(&kept, &left);
    assert_eq!(who(&installation, "ecs-account-name"), super::session_of(&spinnaker().1, "windlass-web-test"));

    let would = import(&installation, "clouddriver.yml", &changed, &["--overwrite", "--dry-run", "--output", "json"]);
    would.ok();
    assert_eq!(results(&would)[1].1, "wouldReplace");
    let replaced = import(&installation, "clouddriver.yml", &changed, &["--overwrite", "--output", "json"]);
    replaced.ok();
    assert_eq!(results(&replaced)[1].1, "replaced");
    let get = installation.run(&["account", "get", "aws-account-name", "--output", "json"]);
    get.ok();
    assert_eq!(json_of(&get)["externalId"], "another-id");
}

/// What starts from an account that is not there could not work either.
#[test]
fn another_secret_is_never_put_in_the_place_of_one_unless_told() {
    let installation = installation();
    installation.set_key(SECRET_PATH, "of-somebody-else");
    let kept = import_spinnaker(&installation, &["--output", "json"]);
    kept.failed(5, "account.import-incomplete");
    let left = [("spinnaker-managing", "exists"), ("aws-account-name", "refused"), ("ecs-account-name", "refused")];
    assert_results(&kept, &left);
    let json = json_of(&kept);
    let why = |number: usize| json["accounts"][number]["problem"].as_str().unwrap();
    assert_names(why(0), &[SECRET_PATH, "`--overwrite`"]);
    assert_names(why(1), &["starts from account `spinnaker-managing`, which was not taken over"]);
    import_spinnaker(&installation, &["--overwrite"]).ok();
    assert_eq!(who(&installation, "aws-account-name"), super::session_of(&spinnaker().1, "windlass-web-test"));
}

#[test]
fn one_bad_account_stops_no_other() {
    let installation = installation();
    let bad = "    - {name: bad, accountId: 12345, regions: [{name: us-east-1}]}\n    - {name: of-vault, accountId: '${vault:id}'}\n";
    let ended = import(&installation, "clouddriver.yml", &clouddriver(bad), &["--output", "json"]);
    assert_names(ended.failed(5, "account.import-incomplete"), &["2 of 5 accounts", "the others are there"]);
    let results = results(&ended);
    let refused: Vec<&str> =
        results.iter().filter(|(_, result)| result == "refused").map(|(name, _)| name.as_str()).collect();
    assert_eq!(refused, ["bad", "of-vault"]);
    let problems = json_of(&ended)["accounts"].to_string();
    assert_names(&problems, &["clouddriver.yml:13:30: ", "exactly twelve digits", "only Spinnaker can resolve"]);
    assert_eq!(who(&installation, "aws-account-name"), super::session_of(&spinnaker().1, "windlass-web-test"));
}

#[test]
fn what_a_file_defines_is_not_imported() {
    let services = standins().services_url();
    let own = "accounts: [{name: aws-account-name, source: ec2-instance-role}]";
    let installation =
        Installation::new(&format!("{own}\nprojects: [{{name: web}}]\nendpoints: {{sts: '{services}'}}\n"));
    let ended = import_spinnaker(&installation, &["--output", "json"]);
    ended.failed(5, "account.import-incomplete");
    let problems = json_of(&ended)["accounts"].to_string();
    assert_names(&problems, &["has an account `aws-account-name` in the configuration file already"]);
}

#[test]
fn a_file_of_neither_is_refused_with_its_place() {
    let installation = installation();
    let none = import(&installation, "clouddriver.yml", "server: {port: 7002}\n", &[]);
    let error = none.failed(5, "account.document-unreadable");
    assert_names(error, &["clouddriver.yml:1:1", "neither an `aws` nor an `ecs` block"]);
    let gone = installation.run(&["account", "import", "--from", "no-such-file.yml"]);
    assert_names(gone.failed(5, "account.document-unreadable"), &["no-such-file.yml"]);
    let broken = import(&installation, "clouddriver.yml", "aws: {accessKeyId: [hunter2\n", &[]);
    broken.failed(5, "account.document-unreadable");
}

#[test]
fn rundecks_properties_become_an_account_of_the_project() {
    let operator = &standins().seeded.operator_user;
    let properties = format!(
        "project.name=old-name\nproject.aws.access_key={}\nproject.aws.secret_key={}\nproject.aws.region=us-east-1\n\
         project.ssh-authentication=privateKey\n",
        operator.access_key_id, operator.secret_access_key
    );
    let installation = installation();
    let import = |more: &[&str]| import(&installation, "project.properties", &properties, more);
    let nowhere = import(&["--dry-run", "--output", "json"]);
    nowhere.failed(5, "account.import-incomplete");
    assert_names(&json_of(&nowhere)["accounts"].to_string(), &["there is no project `old-name`"]);

    let ended = import(&["--project", "web"]);
    ended.ok();
    assert_names(&ended.stderr, &["stored the secret in line 3 as `keys/project/web/rundeck-aws`"]);
    assert!(!format!("{ended:?}").contains(&operator.secret_access_key));
    assert_eq!(who(&installation, "aws"), operator.arn);
    let shop = installation.run(&["account", "explain", "aws", "--project", "shop"]);
    shop.failed(5, "account.unknown");
}

/// Nobody but Rundeck can say what lies in Rundeck's key storage.
#[test]
fn a_secret_that_rundeck_keeps_is_stored_afterwards() {
    let operator = &standins().seeded.operator_user;
    let properties = format!(
        "project.name=web\nproject.plugin.PluginGroup.AWS.accessKeyId={}\n\
         project.plugin.PluginGroup.AWS.secretKeyPath=keys/project/web/aws_secret\n",
        operator.access_key_id
    );
    let installation = installation();
    let ended = import(&installation, "project.properties", &properties, &[]);
    ended.ok();
    assert_names(&ended.stderr, &["put it at `keys/project/web/aws_secret` with `windlass key set`"]);
    installation.job(&format!("account: aws\n{WHO}"));
    installation.run_job(&[]).failed(6, "key.not-found");
    installation.set_key("keys/project/web/aws_secret", &operator.secret_access_key);
    assert_eq!(who(&installation, "aws"), operator.arn);
}
