//! Documents that were given to IAM as they are printed: the runner gets in with them, and nobody else does.

use super::{account, document};
use crate::ground::standins;
use crate::iam::{administered, user};
use crate::installation::{Ended, Installation};
use crate::stored::apply;
use serde_json::{Value, json};
use windlass_tests::seeded::UserKey;

const EXTERNAL_ID: &str = "windlass-documents-1";
const KEY: &str = "keys/project/web/aws";
const QUERY: &str = "steps:\n  - {id: lines, uses: cloudwatch-logs/query, \
                     with: {logGroups: [/web/access], query: fields @message}}\n  - {id: who, uses: sts/caller-identity}\n";
const WHO: &str = "steps: [{id: who, uses: sts/caller-identity}]\n";

/// Project `web` with accounts that begin with the user's key and assume this role: `prod` with the external ID, and
/// `without` it. The job `query` is stored.
fn installation(user: &UserKey, role: &str) -> Installation {
    let services = standins().services_url();
    let source = format!("{{access-key: {{accessKeyId: {}, secretAccessKey: {KEY}}}}}", user.access_key_id);
    let managed = &standins().seeded.managed_account;
    let account = format!("accountId: '{managed}', source: {source}, assumeRole: {role}, regions: [us-east-1]");
    let installation = Installation::new(&format!(
        "projects:
  - name: web
    defaultAccount: prod
    accounts:
      - {{name: prod, externalId: {EXTERNAL_ID}, {account}}}
      - {{name: without, {account}}}
endpoints: {{sts: '{services}', logs: '{services}'}}
"
    ));
    installation.set_key(KEY, &user.secret_access_key);
    apply(&installation, &[("query", QUERY)]);
    installation
}

/// Asks who a step is with this account.
fn who(installation: &Installation, account: &str) -> Ended {
    installation.job(&format!("account: {account}\n{WHO}"));
    installation.run_job(&["--output", "json"])
}

#[track_caller]
fn is_role(ended: &Ended, role: &str) {
    let result: Value = serde_json::from_str(ended.ok()).unwrap();
    let arn = result["steps"][0]["outputs"]["arn"].as_str().unwrap();
    assert!(arn.contains(&format!(":assumed-role/{role}/")), "{arn}");
}

#[test]
fn the_printed_policies_let_in_with_the_external_id_only() {
    let user = user("documents-policies");
    let installation = installation(&user, "role/DocumentsPolicies");
    let trust = document(&installation, &format!("trust prod --project web --principal {}", user.arn));
    let policy = document(&installation, "policy --project web");
    let caller = document(&installation, "policy --project web --caller");
    administered(
        "iam = client('iam', MANAGED)
iam.create_role(RoleName='DocumentsPolicies', AssumeRolePolicyDocument=json.dumps(given['trust']))
iam.put_role_policy(RoleName='DocumentsPolicies', PolicyName='own', PolicyDocument=json.dumps(given['policy']))",
        &json!({ "trust": trust, "policy": policy }),
    );
    who(&installation, "prod").failed(5, "account.role-denied");

    administered(
        "iam = client('iam', MANAGING)
iam.put_user_policy(UserName='documents-policies', PolicyName='own', PolicyDocument=json.dumps(given))",
        &caller,
    );
    is_role(&who(&installation, "prod"), "DocumentsPolicies");
    who(&installation, "without").failed(5, "account.role-denied");
}

#[test]
fn the_role_may_do_what_the_steps_need_and_no_more() {
    let user = user("documents-rights");
    let installation = installation(&user, "role/DocumentsRights");
    let policy = document(&installation, "policy --project web");
    let group = |name: &str| format!("arn:aws:logs:us-east-1:{}:log-group:{name}", standins().seeded.managed_account);
    let decided = administered(
        "iam = client('iam', MANAGED)
def decided(action, resource):
    answer = iam.simulate_custom_policy(PolicyInputList=[json.dumps(given['policy'])], ActionNames=[action],
        ResourceArns=[resource])
    return answer['EvaluationResults'][0]['EvalDecision']
print(json.dumps([decided(*asked) for asked in given['asked']]))",
        &json!({"policy": policy, "asked": [
            ["logs:StartQuery", group("/web/access")],
            ["logs:StartQuery", group("/web/access:*")],
            ["logs:StartQuery", group("/web/accesses")],
            ["logs:StartQuery", group("/other")],
            ["logs:GetQueryResults", "*"],
            ["logs:DeleteLogGroup", group("/web/access")],
            ["sts:AssumeRole", "*"],
        ]}),
    );
    let decided: Vec<String> = serde_json::from_str(&decided).unwrap();
    let (yes, no) = ("allowed", "implicitDeny");
    assert_eq!(decided, [yes, yes, no, no, yes, no, no]);
}

#[test]
fn both_stacks_let_in_with_the_external_id_only() {
    let user = user("documents-stacks");
    let installation = installation(&user, "role/windlass/DocumentsStacks");
    let deploy = |side: &str, owner: &str| {
        let arguments = format!("cloudformation prod --project web --side {side} --principal {}", user.arn);
        let template = account(&installation, &arguments);
        let script = format!(
            "cloudformation = client('cloudformation', {owner})
cloudformation.create_stack(StackName='documents-{side}', TemplateBody=given, Capabilities=['CAPABILITY_NAMED_IAM'])
cloudformation.get_waiter('stack_create_complete').wait(StackName='documents-{side}', WaiterConfig={{'Delay': 1}})
print(cloudformation.describe_stacks(StackName='documents-{side}')['Stacks'][0]['Outputs'][0]['OutputValue'])"
        );
        administered(&script, &json!(template.ok()))
    };
    let role = deploy("managed", "MANAGED");
    assert_eq!(role, format!("arn:aws:iam::{}:role/windlass/DocumentsStacks", standins().seeded.managed_account));
    who(&installation, "prod").failed(5, "account.role-denied");
    let policy = deploy("managing", "MANAGING");
    assert!(policy.starts_with(&format!("arn:aws:iam::{}:policy/", standins().seeded.managing_account)), "{policy}");
    is_role(&who(&installation, "prod"), "DocumentsStacks");
    who(&installation, "without").failed(5, "account.role-denied");
}
