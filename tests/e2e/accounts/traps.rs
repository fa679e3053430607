//! What others fell into, each as a test by name: here, or where the table says. The traps are those of the accounts of
//! Spinnaker and Kommander, and what users of tools that assume roles have met.
//!
//! | trap | test | where |
//! |---|---|---|
//! | renewed right after it was issued, counted from the wrong end | an_hour_is_renewed_five_minutes_before_its_end | runner/credentials/src/cache/tests.rs |
//! | renewed all the time, for the window is as long as the session | a_short_session_is_renewed_when_a_third_is_left | runner/credentials/src/cache/tests.rs |
//! | ... with real calls | a_short_session_is_no_storm_of_calls | tests/e2e/accounts/traps.rs |
//! | renewed only after its end | who_asks_in_the_last_moments_waits | runner/credentials/src/cache/tests.rs |
//! | a role that is assumed from itself | a_role_is_assumed_once_whatever_its_account_is_called | tests/e2e/accounts/traps.rs |
//! | one call for each step, and each of many at once | many_steps_make_one_call_of_each_service | runner/credentials/src/sessions/tests.rs |
//! | a key of the cache without all that differs | the_key_of_the_cache_has_all_that_differs | tests/e2e/accounts/traps.rs |
//! | failures that are asked for again and again | a_failure_is_remembered_for_ten_seconds | runner/credentials/src/cache/tests.rs |
//! | an outage that ends sessions which still work | an_outage_leaves_a_valid_session_in_use | runner/credentials/src/cache/tests.rs |
//! | static keys in a long step | a_long_step_sees_new_keys | tests/e2e/shell/accounts.rs |
//! | no role: the managing identity instead | fail_open_type_choice | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | no accounts: the managing identity instead | no_accounts_means_the_managing_identity | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | a role that is refused: the managing identity instead | a_role_that_is_refused_is_never_replaced_by_what_it_starts_from | tests/e2e/accounts/traps.rs |
//! | an unknown name: a default instead | an_unknown_name_is_never_replaced_by_a_default | runner/credentials/src/resolve/tests.rs |
//! | fields of two records in one identity | an_account_is_one_whole_record | runner/credentials/src/resolve/tests.rs |
//! | a key of one record, its secret of another | a_key_and_its_secret_come_from_one_record | runner/settings/src/import/rundeck/tests.rs |
//! | no default regions: none at all | missing_default_regions | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | an account id that YAML takes for octal | yaml_octal_trap | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | ... in our own file | twelve_digits_that_begin_with_a_zero_need_no_quotes | tests/e2e/accounts/configured.rs |
//! | errors that are swallowed | account_parse_errors_are_swallowed | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | one bad account stops all | one_bad_account_stops_no_other | tests/e2e/accounts/imported.rs |
//! | ... in the database | one_that_cannot_work_is_refused_and_stops_no_other | tests/e2e/accounts/stored.rs |
//! | an empty external ID is sent | empty_external_id_is_sent | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | ... from the command line | an_empty_external_id_is_never_taken | tests/e2e/accounts/traps.rs |
//! | a key that is misspelt, and left out without a word | a_misspelt_key_is_left_out | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | ... of all accounts | a_misspelt_key_of_the_block_is_left_out | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | ... in our own file, and where it is used | a_misspelt_key_stops_its_account_and_no_other | tests/e2e/accounts/spinnaker.rs |
//! | an external ID that some sources drop | a_role_from_an_access_key | tests/e2e/accounts/sources.rs |
//! | ... and that a further hop drops | two_roles_after_one_another | tests/e2e/accounts/chained.rs |
//! | an external ID that the trust policy does not ask for | each_finding_has_its_place_its_reason_and_its_remedy | tests/e2e/documents/checked.rs |
//! | an external ID that somebody types for another | an_external_id_is_made_for_each_role | tests/e2e/accounts/stored.rs |
//! | a trust policy that is read only in its simplest form | what_is_no_policy_is_no_pass | tests/e2e/documents/checked.rs |
//! | one placeholder for two AWS accounts | the_role_trusts_the_identity_with_the_external_id | tests/e2e/documents/trusted.rs |
//! | an ECS account that is a copy, and loses fields | ecs_copy_drops_fields | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | ... and is not used for IAM documents | its_external_id_is_asked_for | tests/e2e/documents/named.rs |
//! | ... and does not see that its AWS account was changed | an_edit_of_the_aws_account_is_its_ecs_accounts_too_at_once | tests/e2e/accounts/traps.rs |
//! | an ECS account without its AWS account | ecs_account_without_its_aws_account | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | one name for an AWS and an ECS account | same_name_for_aws_and_ecs_account | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | a name that is given twice | duplicate_account_name | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | a field that nobody carries over | every_field_of_an_account_shows_up | runner/settings/src/import/spinnaker/tests/fields.rs |
//! | `role/X` is always in `aws` | short_role_is_always_in_partition_aws | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | a bare name, or a user, as a role | bare_role_names_and_users_are_accepted | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | a token that reaches STS as it is written | a_token_nobody_fills_in_reaches_sts | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | the global STS, or that of another partition | without_an_endpoint_it_is_the_regions | runner/credentials/src/sts/tests.rs |
//! | a chained session of more than an hour, refused by AWS at each run | a_chained_session_of_more_than_an_hour_is_refused_before_aws_is_asked | tests/e2e/accounts/traps.rs |
//! | ... in Spinnaker's file | chained_roles_last_an_hour_at_most | runner/settings/src/import/spinnaker/tests/pitfalls.rs |
//! | keys of the environment that win over the role | the_role_of_the_instance | tests/e2e/accounts/sources.rs |
//! | ... or stand in for one that is not there | an_access_key_in_the_environment_is_no_task_role | tests/e2e/accounts/denied.rs |
//! | an account id that nobody compares | another_account_than_sts_says | tests/e2e/accounts/denied.rs |
//! | an error that does not say which account | a_shared_failure_names_the_account_that_asked | runner/credentials/src/sessions/tests.rs |
//! | ... which role of several | the_hop_that_is_refused_is_named_with_its_remedy | tests/e2e/accounts/chained.rs |
//! | a wrong clock, an ended key, throttling: an error that helps nobody | what_sts_refuses_has_its_remedy | tests/e2e/accounts/traps.rs |
//! | a metadata service that hangs | a_metadata_service_that_hangs_is_an_error | tests/e2e/accounts/traps.rs |
//! | ... in bounded time | silence_and_a_closed_port_end_in_bounded_time | runner/credentials/src/instance/tests.rs |
//! | a restart for each change | an_account_is_changed_while_a_server_runs | tests/e2e/accounts/stored.rs |
//! | an account that is deleted while it is used | what_is_used_is_not_deleted | tests/e2e/accounts/stored.rs |

use crate::ground::standins;
use crate::iam::{administered, allow, lets_all, role, user};
use crate::installation::{Ended, Installation, assert_names};
use crate::stored::{apply, serve};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tiny_http::{Response, Server};
use windlass_tests::Recording;
use windlass_tests::seeded::UserKey;

const KEY: &str = "keys/aws";

/// The table is true: each test is where it says.
#[test]
fn every_trap_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let rows = include_str!("traps.rs").lines().filter_map(|line| line.strip_prefix("//! | ")).skip(1);
    let mut count = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let [_, test, file] = cells[..] else { panic!("{row}") };
        let text = std::fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(&format!("fn {test}(")), "no `{test}` in {file}");
        count += 1;
    }
    assert!(count > 50, "{count}");
}

/// A user and a role that lets the user in, tags and source identities too; made once, since the stand-ins are shared.
fn identities() -> &'static (UserKey, String) {
    static MADE: OnceLock<(UserKey, String)> = OnceLock::new();
    MADE.get_or_init(|| {
        let user = user("traps");
        lets_all("traps");
        let actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"];
        let trust = allow(&json!({ "Principal": { "AWS": user.arn }, "Action": actions }));
        let role = role("MANAGED", "Traps", &trust, &allow(&json!({ "Action": "sts:*", "Resource": "*" })));
        (user, role)
    })
}

/// The system's account `central`, and these; STS tells what it said.
fn installation(accounts: &str) -> (Installation, Recording) {
    let sts = Recording::of(&standins().services_url()).unwrap();
    let (user, _) = identities();
    let installation = Installation::new(&format!(
        "managingAccount: central
accounts:
  - {{name: central, source: {{access-key: {{accessKeyId: {}, secretAccessKey: {KEY}}}}}, allowedProjects: [web]}}
{accounts}
projects: [{{name: web}}]
endpoints: {{sts: '{}'}}
",
        user.access_key_id,
        sts.url()
    ));
    installation.set_key(KEY, &user.secret_access_key);
    (installation, sts)
}

fn assumed(sts: &Recording) -> usize {
    sts.said().matches("<AssumeRoleResponse").count()
}

/// A step that asks who it is, for each of these accounts.
fn who_for(accounts: &[&str]) -> String {
    let step = |(number, account): (usize, &&str)| {
        format!("  - {{id: s{number}, uses: sts/caller-identity, account: {account}}}\n")
    };
    format!("region: us-east-1\nsteps:\n{}", accounts.iter().enumerate().map(step).collect::<String>())
}

fn account(installation: &Installation, arguments: &[&str]) -> Ended {
    installation.run(&[&["account"], arguments].concat())
}

#[test]
fn a_short_session_is_no_storm_of_calls() {
    let (_, role) = identities();
    let (installation, sts) = installation(&format!(
        "  - {{name: prod, source: {{account: central}}, assumeRole: '{role}', sessionDuration: 15m}}"
    ));
    installation.job(&who_for(&["prod"; 8]));
    installation.run_job(&[]).ok();
    assert_eq!(assumed(&sts), 1, "{}", sts.said());
}

#[test]
fn a_role_is_assumed_once_whatever_its_account_is_called() {
    let (_, role) = identities();
    let (installation, sts) = installation(&format!(
        "  - {{name: prod, source: {{account: central}}, assumeRole: '{role}'}}
  - {{name: prod-ecs, source: {{account: prod}}}}
  - {{name: prod-lambda, source: {{account: prod-ecs}}}}"
    ));
    installation.job(&who_for(&["prod-lambda", "prod", "prod-ecs", "prod-lambda"]));
    installation.run_job(&[]).ok();
    assert_eq!(assumed(&sts), 1, "{}", sts.said());
}

/// Each differs from `prod` in one thing, `same` in none.
#[test]
fn the_key_of_the_cache_has_all_that_differs() {
    let (_, role) = identities();
    let made = administered(
        "iam = client('iam', MANAGING)
key = iam.create_access_key(UserName='traps')['AccessKey']
print(json.dumps([key['AccessKeyId'], key['SecretAccessKey']]))",
        &json!(null),
    );
    let [id, secret]: [String; 2] = serde_json::from_str(&made).unwrap();
    let differing = [
        ("external-id", "externalId: an-id"),
        ("other-external-id", "externalId: another-id"),
        ("session-name", "sessionName: other"),
        ("duration", "sessionDuration: 30m"),
        ("identity", "sourceIdentity: somebody"),
        ("tags", "sessionTags: {team: web}"),
        ("policy", "sessionPolicy: none"),
        ("same", "regions: [us-east-1, eu-west-1]"),
    ];
    let one = |(name, rest): &(&str, &str)| {
        format!("  - {{name: {name}, source: {{account: central}}, assumeRole: '{role}', {rest}}}\n")
    };
    let accounts: String = differing.iter().map(one).collect();
    let other_key = format!("{{access-key: {{accessKeyId: {id}, secretAccessKey: keys/other}}}}");
    let (installation, sts) = installation(&format!(
        "  - {{name: prod, source: {{account: central}}, assumeRole: '{role}'}}
{accounts}  - {{name: key, source: {other_key}, assumeRole: '{role}'}}"
    ));
    installation.set_key("keys/other", &secret);
    let mut names = vec!["prod", "key"];
    names.extend(differing.iter().map(|(name, _)| *name));
    let all = [names.clone(), names].concat();
    let elsewhere = "  - {id: elsewhere, uses: sts/caller-identity, account: prod, region: eu-west-1}\n";
    installation.job(&format!("{}{elsewhere}", who_for(&all)));
    installation.run_job(&[]).ok();
    assert_eq!(assumed(&sts), 10, "prod, another key, seven that differ, and another region: {}", sts.said());
}

#[test]
fn an_empty_external_id_is_never_taken() {
    let (_, role) = identities();
    let (installation, _sts) = installation("");
    let refused = account(&installation, &["add", "prod", "--role-arn", role, "--external-id", ""]);
    assert_names(refused.failed(5, "account.unusable"), &["`prod`", "may not be empty"]);
    account(&installation, &["get", "prod"]).failed(5, "account.unknown");
}

#[test]
fn a_chained_session_of_more_than_an_hour_is_refused_before_aws_is_asked() {
    let (_, role) = identities();
    let (installation, sts) =
        installation(&format!("  - {{name: hub, source: {{account: central}}, assumeRole: '{role}'}}"));
    let leaf = "arn:aws:iam::444455556666:role/leaf";
    let add = |from: &str, duration: &str| {
        account(
            &installation,
            &["add", "leaf", "--source-account", from, "--role-arn", leaf, "--session-duration", duration],
        )
    };
    let refused = add("hub", "2h");
    assert_names(
        refused.failed(5, "account.unusable"),
        &["`leaf`", "too long for a role assumed by a role", "one hour"],
    );
    add("hub", "1h").ok();
    account(&installation, &["delete", "leaf", "--yes"]).ok();
    add("central", "2h").ok();
    assert_eq!(sts.said(), "");
}

/// While a server runs, and from the next step on.
#[test]
fn an_edit_of_the_aws_account_is_its_ecs_accounts_too_at_once() {
    let (_, role) = identities();
    let (installation, sts) = installation("");
    account(&installation, &["add", "prod", "--role-arn", role, "--session-name", "before"]).ok();
    account(&installation, &["add", "prod-ecs", "--aws-account", "prod"]).ok();
    let _server = serve(&installation, "server-");
    apply(&installation, &[("who", &who_for(&["prod-ecs"]))]);
    let start = || installation.run(&["job", "start", "who", "--project", "web", "--follow"]);
    start().ok();
    account(&installation, &["edit", "prod", "--session-name", "after"]).ok();
    start().ok();
    let said = sts.said();
    let (before, after) = (said.find("/before<").unwrap(), said.find("/after<").unwrap());
    assert!(before < after, "{said}");
    account(&installation, &["edit", "prod", "--assume-role", "arn:aws:iam::444455556666:role/nobody"]).ok();
    start().failed(5, "account.role-denied");
}

/// An account that arrives later, as the first with a role at all.
#[test]
fn a_role_that_is_refused_is_never_replaced_by_what_it_starts_from() {
    let (installation, _sts) = installation("");
    let _server = serve(&installation, "server-");
    account(&installation, &["add", "late", "--role-arn", "arn:aws:iam::444455556666:role/nobody"]).ok();
    apply(&installation, &[("who", &who_for(&["late"]))]);
    let ended = installation.run(&["job", "start", "who", "--project", "web", "--follow"]);
    assert_names(ended.failed(5, "account.role-denied"), &["`late`", "role/nobody", "source `access-key`"]);
    assert!(!format!("{ended:?}").contains("user/traps"), "{ended:?}");
}

/// An STS that refuses everything, as AWS documents it ("Common errors" of the STS API reference). No stand-in does that.
fn refusing(code: &'static str, message: &'static str) -> Ended {
    let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
    let url = format!("http://{}", server.server_addr().to_ip().unwrap());
    let serving = Arc::clone(&server);
    let thread = std::thread::spawn(move || {
        for request in serving.incoming_requests() {
            let body = format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
            );
            request.respond(Response::from_string(body).with_status_code(400)).unwrap();
        }
    });
    let installation = Installation::new(&format!(
        "accounts:
  - name: prod
    source: {{access-key: {{accessKeyId: AKIATRAP, secretAccessKey: {KEY}}}}}
    assumeRole: arn:aws:iam::444455556666:role/Traps
projects: [{{name: web}}]
endpoints: {{sts: '{url}'}}
"
    ));
    installation.set_key(KEY, "a-secret-that-nobody-else-has");
    installation.job(&who_for(&["prod"]));
    let ended = installation.run_job(&[]);
    server.unblock();
    thread.join().unwrap();
    ended
}

#[test]
fn what_sts_refuses_has_its_remedy() {
    for (said, message, code, remedy) in [
        ("RequestExpired", "Request has expired", "account.source-refused", "set the clock of the runner's machine"),
        (
            "SignatureDoesNotMatch",
            "Signature expired: now earlier",
            "account.source-refused",
            "the runner's clock is wrong",
        ),
        (
            "ExpiredToken",
            "The security token included in the request is expired",
            "account.source-refused",
            "`AKIATRAP` does not exist, is inactive, has ended",
        ),
        (
            "InvalidClientTokenId",
            "The security token is invalid",
            "account.source-refused",
            "belongs to another partition",
        ),
        ("Throttling", "Rate exceeded", "account.sts-failed", "ask again later"),
        ("RegionDisabledException", "not activated", "account.sts-failed", "activate STS in that region"),
    ] {
        let ended = refusing(said, message);
        let error = ended.failed(5, code);
        assert_names(error, &["`prod` of the system", "source `access-key`", "role/Traps", said, remedy]);
    }
}

/// It takes connections and says nothing.
#[test]
fn a_metadata_service_that_hangs_is_an_error() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let installation = Installation::new(&format!(
        "accounts: [{{name: prod, source: ec2-instance-role}}]\nprojects: [{{name: web}}]\nendpoints: {{imds: '{url}'}}\n"
    ));
    installation.job(&who_for(&["prod"]));
    let ended = installation.run_job(&["--output", "json"]);
    assert_names(ended.failed(5, "account.source-unreachable"), &["`prod`", "source `ec2-instance-role`", &url]);
    let result: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(result["steps"][0]["state"], "failed", "{result}");
}
