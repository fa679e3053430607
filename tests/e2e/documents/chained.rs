//! Accounts whose role is assumed by the role of another account, for IAM and by IAM.

use super::{PRINCIPAL, account, document};
use crate::ground::standins;
use crate::iam::{administered, user};
use crate::installation::{Installation, assert_names};
use crate::stored::apply;
use serde_json::{Value, json};
use std::process::Command;
use windlass_tests::python::Venv;
use windlass_tests::seeded::UserKey;

const READER: &str = "arn:aws:iam::444455556666:role/WindlassReader";
const LEAF: &str = "arn:aws:iam::777788889999:role/X";

/// `x1` starts from `restricted`, which starts from `central`.
const ACCOUNTS: &str = "
accounts:
  - {name: central, accountId: '111122223333', source: ec2-instance-role}
  - {name: restricted, source: {account: central}, assumeRole: 'arn:aws:iam::444455556666:role/WindlassReader',
     externalId: windlass-restricted-1, sourceIdentity: ops}
projects:
  - name: web
    accounts:
      - {name: x1, source: {account: restricted}, assumeRole: 'arn:aws:iam::777788889999:role/X', externalId: windlass-x-1}
";

fn may(policy: &Value) -> (&Value, &Value) {
    (&policy["Statement"][0]["Action"], &policy["Statement"][0]["Resource"])
}

#[test]
fn each_identity_on_the_way_has_its_own_policy() {
    let installation = Installation::new(ACCOUNTS);
    let actions = json!(["sts:AssumeRole", "sts:SetSourceIdentity"]);
    let callers = document(&installation, "policy x1 --project web --caller");
    let grantees = [0, 1].map(|at: usize| callers[at]["grantee"].clone());
    assert_eq!(grantees, [json!({"kind": "managing"}), json!({"kind": "role", "arn": READER})]);
    assert_eq!(may(&callers[0]["policy"]), (&actions, &json!(READER)));
    assert_eq!(may(&callers[1]["policy"]), (&actions, &json!(LEAF)));
    let told = account(&installation, "policy x1 --project web --caller --output yaml");
    assert_names(told.ok(), &["kind: managing", READER, LEAF]);
    assert_names(
        &told.stderr,
        &[
            "policy 1 of 2 belongs to the identity that Windlass authenticates as",
            &format!("policy 2 of 2 belongs to the role `{READER}`, in AWS account 444455556666"),
        ],
    );
    let one = document(&installation, "policy restricted --project web --caller");
    assert_eq!(may(&one), (&actions, &json!(READER)), "of one hop it is the policy alone");
}

#[test]
fn the_role_trusts_the_one_before_it() {
    let installation = Installation::new(ACCOUNTS);
    let trust = document(&installation, "trust x1 --project web");
    assert_eq!(trust["Statement"][0]["Principal"], json!({"AWS": READER}));
    assert_eq!(trust["Statement"][0]["Action"], json!(["sts:AssumeRole", "sts:SetSourceIdentity"]));
    let never = account(&installation, &format!("trust x1 --project web --principal {PRINCIPAL}"));
    assert_names(
        never.failed(5, "account.document-incomplete"),
        &["`x1`", READER, PRINCIPAL, "leave `--principal` out"],
    );
    let first = account(&installation, "trust restricted");
    assert_names(first.failed(5, "account.document-incomplete"), &["`restricted`", "`central`", "`--principal`"]);
}

#[test]
fn the_managing_side_is_for_the_aws_account_of_each_hop() {
    let installation = Installation::new(ACCOUNTS);
    let side = "cloudformation x1 --project web --side managing";
    let yaml = account(&installation, side);
    let file = installation.write("managing.yaml", yaml.ok());
    let linter = Venv::of("cfn-lint").unwrap().tool("cfn-lint");
    let linted = Command::new(linter).args(["--regions", "us-east-1", "--"]).arg(&file).output().unwrap();
    assert!(linted.status.success(), "{}\n{}", String::from_utf8_lossy(&linted.stdout), yaml.stdout);

    let template = document(&installation, &format!("{side} --output json"));
    assert_names(template["Description"].as_str().unwrap(), &["111122223333, 444455556666"]);
    let of = |resource: &str| {
        let resource = &template["Resources"][resource];
        let condition = &template["Conditions"][resource["Condition"].as_str().unwrap()];
        let account = condition["Fn::Equals"][1].as_str().unwrap().to_owned();
        (account, may(&resource["Properties"]["PolicyDocument"]).1.clone(), resource["Properties"]["Roles"].clone())
    };
    assert_eq!(of("WindlassAssumeRole"), ("111122223333".to_owned(), json!(READER), Value::Null));
    assert_eq!(of("WindlassAssumeRole2"), ("444455556666".to_owned(), json!(LEAF), json!(["WindlassReader"])));
}

/// The user's key, the role of a hub in the managing account and a leaf in the managed one, whose roles do not exist yet.
fn hops(user: &UserKey) -> Installation {
    let (services, seeded) = (standins().services_url(), &standins().seeded);
    let (managing, managed, id) = (&seeded.managing_account, &seeded.managed_account, &user.access_key_id);
    let installation = Installation::new(&format!(
        "accounts:
  - {{name: ops, accountId: '{managing}', source: {{access-key: {{accessKeyId: {id}, secretAccessKey: keys/aws}}}}}}
  - {{name: hub, source: {{account: ops}}, assumeRole: 'arn:aws:iam::{managing}:role/DocumentsHub', externalId: of-hub}}
projects:
  - name: web
    accounts:
      - {{name: leaf, source: {{account: hub}}, assumeRole: 'arn:aws:iam::{managed}:role/DocumentsLeaf', externalId: of-leaf,
         regions: [us-east-1]}}
endpoints: {{sts: '{services}'}}
"
    ));
    installation.set_key("keys/aws", &user.secret_access_key);
    apply(&installation, &[("who", "account: leaf\nsteps: [{id: who, uses: sts/caller-identity}]\n")]);
    installation
}

#[test]
fn the_printed_policies_let_in_over_each_hop() {
    let user = user("documents-chained");
    let installation = hops(&user);
    let hub = document(&installation, &format!("trust hub --principal {}", user.arn));
    let leaf = document(&installation, "trust leaf --project web");
    administered(
        "for name, whose in [('Hub', MANAGING), ('Leaf', MANAGED)]:
    client('iam', whose).create_role(RoleName='Documents' + name, AssumeRolePolicyDocument=json.dumps(given[name]))",
        &json!({ "Hub": hub, "Leaf": leaf }),
    );
    let who = || installation.run(&["account", "verify", "leaf", "--project", "web", "--output", "json"]);
    let callers = document(&installation, "policy leaf --project web --caller");
    administered(
        "client('iam', MANAGING).put_user_policy(UserName='documents-chained', PolicyName='own',
    PolicyDocument=json.dumps(given))",
        &callers[0]["policy"],
    );
    let refused = who();
    assert_names(refused.failed(5, "account.verify-failed"), &["DocumentsLeaf", "account.role-denied"]);
    administered(
        "client('iam', MANAGING).put_role_policy(RoleName=given['grantee']['arn'].split('/')[-1], PolicyName='own',
    PolicyDocument=json.dumps(given['policy']))",
        &callers[1],
    );
    let verified: Value = serde_json::from_str(who().ok()).unwrap();
    assert_names(verified["arn"].as_str().unwrap(), &[":assumed-role/DocumentsLeaf/"]);
}
