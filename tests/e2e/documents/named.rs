//! An account without a role that starts from one with a role is another name for it, for IAM as well.

use super::{PRINCIPAL, account, document};
use crate::installation::{Installation, assert_names};
use crate::stored::apply;
use serde_json::json;

const ACCOUNTS: &str = "
projects:
  - name: web
    accounts:
      - {name: prod, accountId: '444455556666', source: ec2-instance-role, assumeRole: role/Reader,
         externalId: windlass-web-7f3a, regions: [eu-west-1]}
      - {name: prod-ecs, source: {account: prod}}
";

/// One job uses the account, another one its other name.
fn installation() -> Installation {
    let installation = Installation::new(ACCOUNTS);
    let query = "{uses: cloudwatch-logs/query, with: {logGroups: [/web], query: fields @message}}";
    apply(
        &installation,
        &[
            ("query", &format!("account: prod-ecs\nsteps: [{query}]\n")),
            ("who", "account: prod\nsteps: [{uses: sts/caller-identity}]\n"),
        ],
    );
    installation
}

#[test]
fn its_role_may_do_what_steps_need_of_either_name() {
    let installation = installation();
    let policy = document(&installation, "policy --project web");
    let actions: Vec<_> = policy["Statement"].as_array().unwrap().iter().map(|it| it["Action"].clone()).collect();
    assert_eq!(
        actions,
        [json!(["logs:GetQueryResults", "logs:StopQuery", "sts:GetCallerIdentity"]), json!("logs:StartQuery")]
    );
    assert_eq!(policy["Statement"][1]["Resource"][0], "arn:aws:logs:eu-west-1:444455556666:log-group:/web");
    for name in ["prod", "prod-ecs"] {
        assert_eq!(document(&installation, &format!("policy {name} --project web")), policy);
    }
    let managed = |name: &str| {
        let side = "--project web --side managed --output json --principal";
        document(&installation, &format!("cloudformation {name} {side} {PRINCIPAL}"))
    };
    let role = managed("prod-ecs")["Resources"]["WindlassRole"]["Properties"].clone();
    assert_eq!((&role["RoleName"], &role["Policies"][0]["PolicyDocument"]), (&json!("Reader"), &policy));
    assert_eq!(managed("prod"), managed("prod-ecs"));
}

#[test]
fn the_caller_may_assume_its_role() {
    let installation = installation();
    for scope in ["--project web", "--job web/query", "prod-ecs --project web"] {
        let policy = document(&installation, &format!("policy {scope} --caller"));
        assert_eq!(policy["Statement"][0]["Resource"], "arn:aws:iam::444455556666:role/Reader", "{scope}");
    }
}

#[test]
fn its_external_id_is_asked_for() {
    let installation = installation();
    let trust = document(&installation, &format!("trust prod-ecs --project web --principal {PRINCIPAL}"));
    assert_eq!(trust["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], "windlass-web-7f3a");
    let mut open = trust.clone();
    open["Statement"][0].as_object_mut().unwrap().remove("Condition");
    let file = installation.write("trust.json", open.to_string());
    let checked = account(&installation, &format!("trust prod-ecs --project web --check {}", file.display()));
    assert_names(checked.failed(5, "account.trust-unsafe"), &["nothing asks for the account's external ID"]);
}
