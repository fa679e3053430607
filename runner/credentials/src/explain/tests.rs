use windlass_errors::Report as _;

use super::*;
use crate::testing::{account, account_name, account_of, project_name, role, settings};

const READER: &str = "arn:aws:iam::111122223333:role/Reader";

fn managed() -> Settings {
    let mut own = account_of("web", "prod");
    own.account_id = Some("111122223333".parse().unwrap());
    own.role = Some(role(READER, Some("f00d-4711")));
    own.regions = vec!["eu-west-1".into(), "us-east-1".into()];
    own.default_region = Some("us-east-1".into());
    let mut all = settings(vec![account("prod")], vec![own]);
    all.projects[0].default_account = Some(account_name("prod"));
    all
}

#[test]
fn shows_each_hop_and_what_is_hidden() {
    let text = explain(&managed(), Some(&project_name("web")), None, None).unwrap().to_string();
    assert_eq!(
        text,
        "account       `prod` of project `web` (windlass.yaml:7:5)\n\
         named by      the project's `defaultAccount`\n\
         hides         `prod` of the system (windlass.yaml:7:5)\n\
         account id    111122223333\n\
         source        ec2-instance-role: instance metadata service at http://169.254.169.254, IMDSv2\n\
         then role     arn:aws:iam::111122223333:role/Reader\n  \
           external ID set (f00d…)\n  \
           session     windlass-web-JOB, 1h\n  may         what the step declares and the role allows\n  \
           asked at    https://sts.us-east-1.amazonaws.com\n\
         region        us-east-1, by the account's `defaultRegion`\n\
         allowed       eu-west-1, us-east-1\n"
    );
}

#[test]
fn the_arn_of_the_last_role_says_whose_account_it_is() {
    let id = |accounts: Vec<Account>, name: &str| {
        explain(&settings(accounts, Vec::new()), None, Some(&account_name(name)), None).unwrap().account_id
    };
    let base = Account { account_id: Some("444455556666".parse().unwrap()), ..account("base") };
    let from_base = |name: &str| Account { source: Source::Account(account_name("base")), ..account(name) };
    let leaf = Account { role: Some(role(READER, None)), ..from_base("leaf") };
    assert_eq!(id(vec![base.clone(), leaf], "leaf").as_deref(), Some("111122223333"));
    assert_eq!(id(vec![base, from_base("alias")], "alias").as_deref(), Some("444455556666"));
    assert_eq!(id(vec![account("own")], "own"), None);
}

#[test]
fn is_data_too() {
    let data = serde_json::to_value(explain(&managed(), Some(&project_name("web")), None, Some("eu-west-1")).unwrap())
        .unwrap();
    assert_eq!(data["account"]["scope"], "project `web`");
    assert_eq!(data["chosen"], "projectDefault");
    assert_eq!(data["hops"][1]["kind"], "assumeRole");
    assert_eq!(data["hops"][1]["externalId"], "f00d…");
    assert_eq!(data["region"]["because"], "argument");
    assert!(!data.to_string().contains("f00d-4711"));
}

#[test]
fn an_open_region_is_shown_and_a_refused_one_fails() {
    let mut all = managed();
    all.projects[0].accounts[0].default_region = None;
    let open = explain(&all, Some(&project_name("web")), None, None).unwrap();
    assert!(open.to_string().contains("region        open"), "{open}");
    let error = explain(&all, Some(&project_name("web")), None, Some("ap-south-1")).unwrap_err();
    assert_eq!(error.code().as_str(), "account.region-refused");
}

#[test]
fn warns_of_what_is_risky() {
    let warnings = |account: Account| {
        let all = settings(vec![account], Vec::new());
        explain(&all, Some(&project_name("web")), Some(&account_name("a")), None).unwrap().warnings.join("\n")
    };
    let direct = warnings(account("a"));
    assert!(direct.contains("no `accountId`") && direct.contains("identity of the runner's own machine"), "{direct}");
    let source =
        Source::AccessKey(AccessKey { id: "AKIA1".into(), secret: "keys/a".parse().unwrap(), session_token: None });
    let key = warnings(Account { source, ..account("a") });
    assert!(key.contains("long-lived access key: ") && key.contains("the long-lived key itself"), "{key}");
    assert_eq!(warnings(Account { role: Some(role(READER, None)), ..account("a") }), "");
}

#[test]
fn without_a_name_or_a_default_it_fails() {
    let error = explain(&settings(Vec::new(), Vec::new()), Some(&project_name("web")), None, None).unwrap_err();
    assert_eq!(error.code().as_str(), "account.none");
}

/// Whoever has added the first account wants to see it, and has no project yet.
#[test]
fn an_account_of_the_system_needs_no_project() {
    let mut leaf = account("leaf");
    leaf.role = Some(role(READER, None));
    leaf.grant.projects = Some(Vec::new());
    let mut all = settings(vec![leaf], Vec::new());
    let text = explain(&all, None, Some(&account_name("leaf")), None).unwrap().to_string();
    assert!(text.contains("`leaf` of the system") && text.contains("windlass-PROJECT-JOB"), "{text}");
    let refused = |all: &Settings, name: Option<&str>| {
        let error = explain(all, None, name.map(account_name).as_ref(), None).unwrap_err();
        (error.code().to_string(), error.help().unwrap())
    };
    assert_eq!(refused(&all, Some("laef")), ("account.unknown".into(), "did you mean `leaf`?".into()));
    assert!(refused(&all, Some("elsewhere")).1.contains("takes `--project`; of the system: `leaf`"));
    assert_eq!(refused(&all, None).0, "account.none");
    all.default_account = Some(account_name("leaf"));
    assert!(explain(&all, None, None, None).unwrap().to_string().contains("the system's `defaultAccount`"));
}
