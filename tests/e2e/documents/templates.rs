//! CloudFormation templates, read by programs that others wrote.

use super::{PRINCIPAL, QUERY, account, document, installation, stored};
use crate::ground::printed;
use crate::installation::{Installation, assert_names};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use windlass_tests::python::Venv;

fn side(side: &str) -> String {
    format!("cloudformation prod --project web --side {side} --principal {PRINCIPAL}")
}

/// What PyYAML reads in a file, as the linter has it: CloudFormation reads YAML 1.1, in which `2012-10-17` is a day.
fn read(file: &Path) -> Value {
    let script = format!("import json, yaml; print(json.dumps(yaml.safe_load(open({file:?})), default=repr))");
    let python = Venv::of("cfn-lint").unwrap().python();
    serde_json::from_str(&printed(&Command::new(python).args(["-c", &script]).output().unwrap())).unwrap()
}

#[test]
fn both_sides_are_what_a_linter_takes() {
    let installation = stored(&[("query", QUERY)]);
    for name in ["managing", "managed"] {
        let yaml = account(&installation, &side(name));
        assert_eq!(yaml.stderr, "");
        let file = installation.write(&format!("{name}.yaml"), yaml.ok());
        let read = read(&file);
        assert_eq!(read["AWSTemplateFormatVersion"], "2010-09-09", "a text, and not a day");
        assert_eq!(read, document(&installation, &format!("{} --output json", side(name))));
        assert_eq!(yaml.stdout, account(&installation, &side(name)).stdout, "the same bytes each time");
        let linter = Venv::of("cfn-lint").unwrap().tool("cfn-lint");
        let linted = Command::new(linter).args(["--regions", "us-east-1", "--"]).arg(&file).output().unwrap();
        assert!(linted.status.success(), "{}\n{}", String::from_utf8_lossy(&linted.stdout), yaml.stdout);
    }
}

#[test]
fn a_text_that_looks_like_something_else_stays_a_text() {
    for external_id in ["0123456789", "1:30", "yes", "2026-11-26", "=a", "-.inf", "@a"] {
        let role = "accountId: '012345678901', source: ec2-instance-role, assumeRole: role/Reader";
        let account_of = format!("accounts: [{{name: odd, {role}, externalId: '{external_id}'}}]\n");
        let installation = Installation::new(&account_of);
        let yaml = account(&installation, "trust odd --principal 012345678901 --output yaml");
        let policy = read(&installation.write("trust.yaml", yaml.ok()));
        assert_eq!(policy["Statement"][0]["Condition"]["StringEquals"]["sts:ExternalId"], external_id);
    }
}

#[test]
fn the_managed_side_is_the_role_as_the_account_and_its_jobs_say() {
    let installation = stored(&[("query", QUERY)]);
    let template = document(&installation, &format!("{} --output json", side("managed")));
    let role = &template["Resources"]["WindlassRole"]["Properties"];
    assert_eq!((&role["RoleName"], &role["Path"]), (&json!("Reader"), &json!("/ops/")));
    let trust = document(&installation, &format!("trust prod --project web --principal {PRINCIPAL}"));
    assert_eq!(role["AssumeRolePolicyDocument"], trust);
    assert_eq!(role["Policies"][0]["PolicyDocument"], document(&installation, "policy --project web"));
}

#[test]
fn the_managing_side_is_the_callers_policy() {
    let installation = installation();
    let template = document(&installation, &format!("{} --output json", side("managing")));
    let policy = &template["Resources"]["WindlassAssumeRole"]["Properties"];
    assert_eq!(policy["PolicyDocument"], document(&installation, "policy prod --project web --caller"));
    assert_eq!(policy["Roles"], json!(["Windlass"]));
}

#[test]
fn a_role_that_would_be_allowed_nothing_is_no_template() {
    let installation = installation();
    let ended = account(&installation, &side("managed"));
    assert_names(ended.failed(5, "account.document-empty"), &["`prod`", "`--plugin NAME`"]);
    let plugin = document(&installation, &format!("{} --plugin sts --output json", side("managed")));
    let policy = &plugin["Resources"]["WindlassRole"]["Properties"]["Policies"][0]["PolicyDocument"];
    assert_eq!(policy["Statement"][0]["Action"], "sts:GetCallerIdentity");
    let nobody = account(&installation, "cloudformation prod --project web --side managed");
    assert_names(nobody.failed(5, "account.document-incomplete"), &["`--principal`"]);
}

#[test]
fn an_account_of_the_system_is_for_all_projects() {
    let installation = installation();
    installation
        .write("who.yaml", "apiVersion: windlass/v1\nkind: Job\nname: who\nsteps: [{uses: sts/caller-identity}]\n");
    let folder = installation.folder().join("jobs");
    std::fs::create_dir(&folder).unwrap();
    std::fs::rename(installation.folder().join("who.yaml"), folder.join("who.yaml")).unwrap();
    installation.run(&["project", "apply", folder.to_str().unwrap(), "--project", "api", "--yes"]).ok();
    let arguments = format!("cloudformation audit --side managed --principal {PRINCIPAL} --output json");
    let role = &document(&installation, &arguments)["Resources"]["WindlassRole"]["Properties"];
    assert_eq!(role["RoleName"], "Auditor");
    assert_eq!(role["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"], "sts:GetCallerIdentity");
}
