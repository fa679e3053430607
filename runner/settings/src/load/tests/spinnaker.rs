//! Spinnaker's blocks in our own file. What they mean is tested beside their reader.

use windlass_errors::render;

use super::*;
use crate::ChainError;

const BLOCKS: &str = "aws:\n  enabled: true\n  defaultAssumeRole: role/SpinnakerManaged\n  defaultKeyPairTemplate: '{{name}}-keypair'\n  \
                      accounts:\n    - name: prod\n      accountId: 012345678901\n      regions:\n        - name: us-east-1\n    \
                      - name: broken\n      accountId: 12\n      edda: http://edda\necs:\n  accounts:\n    - name: prod-ecs\n      \
                      awsAccount: prod\n";

fn loaded(body: &str) -> Loaded {
    Sandbox::new(&with_header(body)).load().unwrap_or_else(|error| panic!("{}", render(&error)))
}

#[test]
fn the_accounts_are_the_systems() {
    let central = "managingAccount: central\naccounts: [{name: central, source: ec2-instance-role}]\n";
    let loaded = loaded(&format!("{central}{BLOCKS}"));
    let settings = &loaded.settings;
    let names: Vec<&str> = settings.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["central", "prod", "prod-ecs"]);
    let chain = settings.chain(&settings.accounts[2]).unwrap();
    assert_eq!(chain.role().unwrap().arn.as_str(), "arn:aws:iam::012345678901:role/SpinnakerManaged");
    assert_eq!(
        (chain.source(), &chain.region_rule().regions[..]),
        (&Source::Ec2InstanceRole, &["us-east-1".to_owned()][..])
    );
    assert!(origins(&loaded)["accounts.prod"].ends_with("windlass.yaml:10"), "{:?}", origins(&loaded));

    let broken = settings.unusable(&Scope::System, &AccountName::parse("broken").unwrap()).unwrap();
    assert!(broken.problems.to_string().contains("exactly twelve digits"), "{}", broken.problems);
    assert!(broken.place.to_string().ends_with("windlass.yaml:14:13"), "{}", broken.place);
    let [unused, unusable] = loaded.warnings() else { panic!("{:?}", loaded.warnings()) };
    assert!(
        unused.starts_with("2 of Spinnaker's settings in ") && unused.ends_with("--dry-run` lists them"),
        "{unused}"
    );
    assert!(unusable.starts_with("1 of Spinnaker's accounts is unusable, such as `broken`: "), "{unusable}");
}

#[test]
fn without_a_managing_account_everything_else_works() {
    let loaded = loaded(&format!("accounts: [{{name: own, source: ec2-instance-role}}]\n{BLOCKS}"));
    let prod = loaded.settings.unusable(&Scope::System, &AccountName::parse("prod").unwrap()).unwrap();
    assert!(prod.problems.to_string().contains("`managingAccount` is not set"), "{}", prod.problems);
    assert!(loaded.settings.chain(&loaded.settings.accounts[0]).is_ok());
    let ecs = loaded.settings.chain(&loaded.settings.accounts[1]).unwrap_err();
    let ChainError::Wrong { message, .. } = ecs else { panic!("{ecs}") };
    assert!(message.contains("starts from `prod`, which is unusable"), "{message}");
}

#[test]
fn the_managing_account_may_be_one_of_the_database_or_of_the_environment() {
    let sandbox = Sandbox::new(&with_header(BLOCKS));
    let settings =
        sandbox.load_with(&Overrides::default(), &[("WINDLASS_MANAGING_ACCOUNT", "central")]).unwrap().settings;
    let prod = |settings: &Settings| settings.chain(&settings.accounts[0]).map(|chain| chain.source().clone());
    let ChainError::Wrong { message, .. } = prod(&settings).unwrap_err() else { panic!("it may not") };
    assert!(message.contains("starts from `central`, which does not exist"), "{message}");
    let text = r#"{"name": "central", "source": "ecs-task-role"}"#.to_owned();
    let stored = crate::Stored { scope: Scope::System, name: "central".parse().unwrap(), version: 1, text };
    assert_eq!(prod(&settings.with_stored(&[stored])), Ok(Source::EcsTaskRole));
}

#[test]
fn a_secret_is_refused_and_not_shown() {
    for (written, secret) in [
        ("  secretAccessKey: hunter2", "hunter2"),
        ("  secretAccessKey: 123456", "123456"),
        ("  secretAccessKey: |\n    hunter2\n    more", "hunter2"),
        ("  secretAccessKey: hunter2\n  enabled: false", "hunter2"),
    ] {
        let sandbox = Sandbox::new(&with_header(&format!("aws:\n  accessKeyId: AKIA1\n{written}\n")));
        let error = render(&sandbox.load().unwrap_err());
        assert!(error.contains(": a secret does not belong in the configuration\n"), "{error}");
        assert!(error.contains("`windlass account import --from FILE`"), "{error}");
        assert!(!error.contains(secret), "{error}");
    }
    let error =
        render(&Sandbox::new(&with_header("aws: {accessKeyId: A, secretAccessKey: hunter2}\n")).load().unwrap_err());
    assert!(error.contains("does not belong") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_key_whose_secret_lies_in_key_storage_is_fine() {
    let loaded = loaded(&format!(
        "{}\n",
        BLOCKS.replace("  enabled: true", "  accessKeyId: AKIA1\n  secretAccessKey: keys/aws/spinnaker")
    ));
    let prod = loaded.settings.accounts.iter().find(|account| account.name.as_str() == "prod").unwrap();
    let chain = loaded.settings.chain(prod).unwrap();
    assert!(matches!(chain.source(), Source::AccessKey(key) if key.secret.as_str() == "keys/aws/spinnaker"));
    for elsewhere in ["${AWS_SECRET}", "encrypted:s3!b:x"] {
        let written = format!("aws: {{accessKeyId: AKIA1, secretAccessKey: '{elsewhere}'}}\n");
        assert_eq!(super::spinnaker::loaded(&written).settings.unusable.len(), 1, "{elsewhere}");
    }
}

#[test]
fn a_name_of_our_own_is_taken() {
    let error = |name: &str| {
        let text = format!("managingAccount: prod\naccounts: [{{name: {name}, source: ec2-instance-role}}]\n{BLOCKS}");
        render(&Sandbox::new(&with_header(&text)).load().unwrap_err())
    };
    for name in ["prod", "broken"] {
        let error = error(name);
        assert!(error.contains(&format!("the system has an account `{name}` already, at ")), "{error}");
    }
}
