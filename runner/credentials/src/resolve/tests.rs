use windlass_errors::{Report as _, render};
use windlass_settings::{AccessKey, Source};

use super::*;
use crate::testing::{account, account_name, account_of, project_name, settings};

/// Resolves in project `web`; what matters of the answer: name, scope, who named it, where the hidden one stands.
fn outcome(settings: &Settings, step: Option<&str>, job: Option<&str>) -> Result<String, AccountError> {
    let (step, job) = (step.map(account_name), job.map(account_name));
    let request = Request {
        project: &project_name("web"),
        job: "nightly",
        step_account: step.as_ref(),
        job_account: job.as_ref(),
        step_region: Some("eu-west-1"),
        job_region: None,
    };
    let Resolved { chain, chosen, shadowed, .. } = resolve(settings, &request)?;
    let account = chain.account().clone();
    let hides = shadowed.map(|place| format!(", hides {place}")).unwrap_or_default();
    Ok(format!("{} of {} by {chosen}{hides}", account.name, account.scope))
}

fn everything() -> Settings {
    let mut all =
        settings(vec![account("sys"), account("both")], vec![account_of("web", "own"), account_of("web", "both")]);
    all.default_account = Some(account_name("sys"));
    all.projects[0].default_account = Some(account_name("own"));
    all
}

#[test]
fn the_nearest_name_wins() {
    let mut all = everything();
    assert_eq!(outcome(&all, Some("sys"), Some("own")).unwrap(), "sys of the system by the step");
    assert_eq!(outcome(&all, None, Some("sys")).unwrap(), "sys of the system by the job");
    assert_eq!(outcome(&all, None, None).unwrap(), "own of project `web` by the project's `defaultAccount`");
    all.projects[0].default_account = None;
    assert_eq!(outcome(&all, None, None).unwrap(), "sys of the system by the system's `defaultAccount`");
}

#[test]
fn the_project_hides_the_system_whoever_names_it() {
    let mut all = everything();
    let own = "both of project `web` by the step, hides windlass.yaml:7:5";
    assert_eq!(outcome(&all, Some("both"), None).unwrap(), own);
    all.default_account = Some(account_name("both"));
    all.projects[0].default_account = None;
    let own = "both of project `web` by the system's `defaultAccount`, hides windlass.yaml:7:5";
    assert_eq!(outcome(&all, None, None).unwrap(), own);
}

#[test]
fn an_account_is_one_whole_record() {
    let mut of_system = account("both");
    of_system.regions = vec!["us-east-1".into()];
    of_system.account_id = Some("111122223333".parse().unwrap());
    of_system.role = Some(crate::testing::role("arn:aws:iam::111122223333:role/Reader", Some("secret-sauce")));
    let all = settings(vec![of_system], vec![account_of("web", "both")]);
    let request = Request {
        project: &project_name("web"),
        job: "nightly",
        step_account: Some(&account_name("both")),
        job_account: None,
        step_region: Some("eu-west-1"),
        job_region: None,
    };
    assert_eq!(resolve(&all, &request).unwrap().chain.account(), &all.projects[0].accounts[0]);
}

/// Spinnaker's ECS accounts have the permissions of the AWS account that they refer to.
#[test]
fn another_name_is_for_whom_the_account_is() {
    let (mut aws, mut ecs) = (account("aws"), account("ecs"));
    ecs.source = Source::Account(aws.name.clone());
    let again = Account { name: account_name("again"), source: Source::Account(ecs.name.clone()), ..account("x") };
    let said = |aws: &Account, ecs: &Account, name| {
        let all = settings(vec![aws.clone(), ecs.clone(), again.clone()], Vec::new());
        outcome(&all, Some(name), None).map_err(|error| (error.to_string(), error.help().unwrap()))
    };
    assert!(said(&aws, &ecs, "again").is_ok());
    aws.grant.projects = Some(vec![project_name("ops")]);
    let (message, help) = said(&aws, &ecs, "again").unwrap_err();
    assert_eq!(message, "account `aws` of the system, which `again` is another name for, is not for project `web`");
    assert_eq!(help, "a system administrator adds `web` to the `allowedProjects` of `aws`");
    ecs.grant.projects = Some(vec![project_name("web")]);
    assert!(said(&aws, &ecs, "ecs").is_err(), "what it says of itself opens nothing");
    // With a role of its own it is another account, and the file may build on what it likes.
    ecs.role = Some(crate::testing::role("arn:aws:iam::111122223333:role/Other", None));
    assert!(said(&aws, &ecs, "again").is_ok());
    aws.grant.projects = Some(vec![project_name("web")]);
    ecs.grant.projects = Some(vec![project_name("ops")]);
    assert!(said(&aws, &ecs, "again").is_err());
}

#[test]
fn an_unknown_name_is_never_replaced_by_a_default() {
    let error = outcome(&everything(), Some("botth"), None).unwrap_err();
    assert_eq!(error.code().as_str(), "account.unknown");
    assert_eq!(error.to_string(), "no account `botth` in project `web` or the system; the step names it");
    assert_eq!(error.help().unwrap(), "did you mean `both`?");
    let error = outcome(&everything(), None, Some("elsewhere")).unwrap_err();
    assert_eq!(error.help().unwrap(), "accounts of project `web`: `own`, `both`; of the system: `sys`, `both`");
}

#[test]
fn without_any_name_it_says_how_to_give_one() {
    let error = outcome(&settings(Vec::new(), Vec::new()), None, None).unwrap_err();
    let text = render(&error);
    assert!(text.starts_with("error[account.none]: nothing names an account for job `nightly`"), "{text}");
    assert!(text.contains("`defaultAccount`") && text.contains("of the system: none"), "{text}");
}

#[test]
fn the_project_must_exist() {
    let mut all = everything();
    all.projects[0].name = project_name("webb");
    let error = outcome(&all, Some("sys"), None).unwrap_err();
    assert_eq!(error.code().as_str(), "project.unknown");
    assert_eq!(error.help().unwrap(), "did you mean `webb`?");
}

/// Every way in which scopes can have an access key, names can be given and accounts can stand behind one another: the
/// halves of the key that a step gets are always of one record. (A reference system takes each from whichever scope has it.)
#[test]
fn a_key_id_and_its_secret_come_from_one_record() {
    let keyed = |base: Account, record: &str| {
        let path = match &base.scope {
            Scope::System => format!("keys/{record}"),
            Scope::Project(project) => format!("keys/project/{project}/{record}"),
        };
        let key = AccessKey { id: format!("AKIA{record}"), secret: path.parse().unwrap(), session_token: None };
        Account { source: Source::AccessKey(key), ..base }
    };
    let names = ["one", "two"];
    let behind = |base: Account, name: &str| Account { source: Source::Account(account_name(name)), ..base };
    let mut resolved = 0;
    // Each of four accounts is absent, has a key, or starts from the other name.
    for choice in 0..81_u32 {
        let of = |index: u32| (choice / 3_u32.pow(index)) % 3;
        let account_in = |base: &dyn Fn(&str) -> Account, at: usize, index: u32, scope: &str| match of(index) {
            0 => None,
            1 => Some(keyed(base(names[at]), &format!("{scope}{at}"))),
            _ => Some(behind(base(names[at]), names[1 - at])),
        };
        let system: Vec<Account> = (0..2).filter_map(|at| account_in(&account, at, at as u32, "sys")).collect();
        let own: Vec<Account> =
            (0..2).filter_map(|at| account_in(&|name| account_of("web", name), at, at as u32 + 2, "web")).collect();
        let mut all = settings(system, own);
        for named in 0..16 {
            let name = |bit: u32| account_name(names[(named >> bit & 1) as usize]);
            all.default_account = Some(name(0));
            all.projects[0].default_account = (named & 2 != 0).then(|| name(2));
            let (step, job) = ((named & 4 != 0).then(|| name(3)), (named & 8 != 0).then(|| name(1)));
            let request = Request {
                project: &project_name("web"),
                job: "nightly",
                step_account: step.as_ref(),
                job_account: job.as_ref(),
                step_region: Some("eu-west-1"),
                job_region: None,
            };
            let Ok(found) = resolve(&all, &request) else { continue };
            let Source::AccessKey(key) = found.chain.source() else { panic!("{found:?}") };
            let record = key.id.strip_prefix("AKIA").unwrap();
            assert!(key.secret.as_str().ends_with(&format!("/{record}")), "{found:?}");
            resolved += 1;
        }
    }
    assert!(resolved > 500, "{resolved} ways led to a key");
}

/// A step has to say its region; whether an account works can be tried without.
#[test]
fn an_account_that_allows_any_region_is_tried_in_one_of_its_partition() {
    let tried = |account: &Account, asked: Option<&str>| {
        let region = resolve_to_verify(&settings(Vec::new(), Vec::new()), account, asked).unwrap().region;
        (region.name, region.because)
    };
    let own = account("own");
    assert_eq!(tried(&own, None), ("us-east-1".into(), Because::AnyDoes));
    assert_eq!(tried(&own, Some("eu-west-1")), ("eu-west-1".into(), Because::Argument));
    for (partition, region) in [("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1")] {
        let role = crate::testing::role(&format!("arn:{partition}:iam::111122223333:role/Reader"), None);
        assert_eq!(tried(&Account { role: Some(role), ..account("a") }, None), (region.into(), Because::AnyDoes));
    }
    let listed = Account { regions: vec!["eu-west-1".into(), "us-east-1".into()], ..account("a") };
    assert_eq!(tried(&listed, None), ("eu-west-1".into(), Because::FirstEntry));
}
