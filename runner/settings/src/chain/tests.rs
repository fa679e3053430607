use super::*;
use crate::{Installation, Overrides, Stored, load_for};

/// Settings of a file with these system accounts and these of project `web`, one a line.
fn settings(top: &str, system: &[&str], web: &[&str]) -> Result<Settings, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("windlass.yaml");
    let list =
        |accounts: &[&str]| accounts.iter().map(|account| format!("{{{account}}}")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "apiVersion: windlass/v1\nkind: Configuration\n{top}accounts: [{}]\nprojects: [{{name: web, accounts: [{}]}}]\n",
        list(system),
        list(web)
    );
    std::fs::write(&file, text).unwrap();
    let overrides = Overrides { config: Some(file), ..Overrides::default() };
    load_for(&Installation::detect(), &overrides, [])
        .map(|loaded| loaded.settings)
        .map_err(|error| windlass_errors::render(&error))
}

fn with_stored(top: &str, system: &[&str], web: &str) -> Settings {
    let project = "web".parse().unwrap();
    let name = web.split([' ', ',']).nth(1).unwrap().parse().unwrap();
    let stored = Stored { scope: Scope::Project(project), name, version: 1, text: format!("{{{web}}}") };
    settings(top, system, &[]).unwrap().with_stored(&[stored])
}

fn chain(settings: &Settings, name: &str) -> Result<Chain, ChainError> {
    let own = settings.projects[0].accounts.iter();
    settings.chain(own.chain(&settings.accounts).find(|account| account.name.as_str() == name).unwrap())
}

fn names(chain: &Chain) -> Vec<&str> {
    chain.links().map(|link| link.name.as_str()).collect()
}

const CENTRAL: &str = "name: central, source: ec2-instance-role";

#[test]
fn goes_back_to_the_source_however_far() {
    let system = [CENTRAL, "name: hub, source: {account: central}, assumeRole: 'arn:aws:iam::111122223333:role/hub'"];
    let web = ["name: prod, source: {account: hub}, assumeRole: 'arn:aws:iam::444455556666:role/reader'"];
    let settings = settings("", &system, &web).unwrap();
    let chain = chain(&settings, "prod").unwrap();
    assert_eq!(names(&chain), ["central", "hub", "prod"]);
    assert_eq!(chain.source(), &Source::Ec2InstanceRole);
    assert_eq!(chain.roles().map(|role| role.arn.resource()).collect::<Vec<_>>(), ["role/hub", "role/reader"]);
}

#[test]
fn an_account_without_role_and_regions_is_another_name() {
    let system =
        ["name: aws, source: ec2-instance-role, assumeRole: 'arn:aws:iam::111122223333:role/x', regions: [eu-west-1]"];
    let settings = settings("", &system, &["name: ecs, source: {account: aws}"]).unwrap();
    let chain = chain(&settings, "ecs").unwrap();
    assert_eq!(chain.region_rule().name.as_str(), "aws");
    assert_eq!(chain.role().unwrap().arn.resource(), "role/x");
}

#[test]
fn what_cannot_work_is_refused_with_the_configuration() {
    for (system, words) in [
        (vec!["name: a, source: {account: b}", "name: b, source: {account: a}"], "starts from itself"),
        (vec!["name: a, source: {account: a}"], "starts from itself"),
        (vec![CENTRAL, "name: a, source: {account: centrl}"], "did you mean `central`?"),
        (
            vec![
                CENTRAL,
                "name: a, source: {account: central}, assumeRole: 'arn:aws:iam::111122223333:role/x', sessionDuration: 2h",
            ],
            "limits such role chaining to one hour",
        ),
        (
            vec![
                "name: cn, source: ec2-instance-role, assumeRole: 'arn:aws-cn:iam::111122223333:role/x'",
                "name: a, source: {account: cn}, assumeRole: 'arn:aws:iam::111122223333:role/x'",
            ],
            "no identity of AWS reaches another partition",
        ),
        (
            vec![
                "name: a, source: {web-identity: {role: 'arn:aws-cn:iam::111122223333:role/x'}}, assumeRole: \
                 'arn:aws:iam::111122223333:role/x'",
            ],
            "no identity of AWS reaches another partition",
        ),
    ] {
        let error = settings("", &system, &[]).unwrap_err();
        assert!(error.contains(words) && error.contains("windlass.yaml:3:"), "{error}");
    }
}

#[test]
fn the_system_does_not_start_from_a_project() {
    let error = settings("", &["name: a, source: {account: own}"], &["name: own, source: profile: x"]);
    assert!(error.is_err());
    let error = settings("", &["name: a, source: {account: own}"], &["name: own, source: ecs-task-role"]).unwrap_err();
    assert!(error.contains("starts from `own`, which does not exist"), "{error}");
}

#[test]
fn a_project_in_the_database_starts_only_where_it_is_let() {
    let own = "name: prod, source: ec2-instance-role";
    let denied = chain(&with_stored("", &[], own), "prod").unwrap_err();
    assert!(matches!(&denied, ChainError::NotAllowed { hint, .. } if hint.contains("`allowedProjects` of source")));
    let sources = "sources: {ec2-instance-role: {allowedProjects: [web]}}\n";
    assert!(chain(&with_stored(sources, &[], own), "prod").is_ok());

    let on_central = "name: prod, source: {account: central}, assumeRole: 'arn:aws:iam::444455556666:role/reader'";
    let denied = chain(&with_stored("", &[CENTRAL], on_central), "prod").unwrap_err();
    assert!(denied.to_string().contains("may not start from account `central`"), "{denied}");
    let central = format!("{CENTRAL}, allowedProjects: [web]");
    assert!(chain(&with_stored("", &[&central], on_central), "prod").is_ok());
    let keys = "name: prod, source: {access-key: {accessKeyId: AKIA1, secretAccessKey: keys/project/web/aws}}";
    assert!(chain(&with_stored("", &[], keys), "prod").is_ok(), "a key of its own asks nobody");
}

#[test]
fn a_file_starts_where_it_likes_unless_another_line_says_otherwise() {
    assert!(settings("", &[], &["name: prod, source: ec2-instance-role"]).is_ok());
    let others = "sources: {ec2-instance-role: {allowedProjects: [other]}}\n";
    let error = settings(others, &[], &["name: prod, source: ec2-instance-role"]).unwrap_err();
    assert!(error.contains("may not start from source `ec2-instance-role`"), "{error}");
}

#[test]
fn only_allowed_roles_are_assumed_also_by_another_name() {
    let central = format!("{CENTRAL}, allowedRoles: ['arn:aws:iam::*:role/windlass-*']");
    let role = |name: &str, from: &str| {
        format!("name: prod, source: {{account: {from}}}, assumeRole: 'arn:aws:iam::444455556666:role/{name}'")
    };
    assert!(settings("", &[&central], &[&role("windlass-x", "central")]).is_ok());
    let error = settings("", &[&central], &[&role("admin", "central")]).unwrap_err();
    assert!(error.contains("may not assume") && error.contains("`arn:aws:iam::*:role/windlass-*`"), "{error}");
    let alias = "name: alias, source: {account: central}";
    assert!(settings("", &[&central, alias], &[&role("admin", "alias")]).is_err());
    let hop = "name: alias, source: {account: central}, assumeRole: 'arn:aws:iam::444455556666:role/windlass-hop'";
    assert!(settings("", &[&central, hop], &[&role("admin", "alias")]).is_ok(), "it is the hop's role that assumes it");
}
