//! What others fell into, each by its name.

use super::*;

#[test]
fn fail_open_type_choice() {
    let imported = imported("aws: {accounts: [{name: prod, accountId: 123456789012}]}\n");
    let why = imported.why("prod");
    assert!(why.contains("names no role, and there is no `defaultAssumeRole`"), "{why}");
    assert!(why.contains("Spinnaker would have used what it is itself"), "{why}");
}

#[test]
fn no_accounts_means_the_managing_identity() {
    for block in ["{}", "{accounts: []}", "{accounts: }"] {
        let imported = imported(&format!("aws: {block}\n"));
        assert_eq!((imported.accounts.len(), imported.kinds("aws.accounts")), (0, vec![NoteKind::LeftOut]), "{block}");
    }
}

#[test]
fn missing_default_regions() {
    for rest in ["", "regions: []"] {
        assert_eq!(account(rest).definition("prod").get("regions"), None, "{rest}: every region");
    }
}

#[test]
fn yaml_octal_trap() {
    for id in ["012345678901", "001234567012", "000000000007", "'012345678901'"] {
        let imported = imported(&format!("aws: {{accounts: [{{name: p, accountId: {id}, assumeRole: role/r}}]}}\n"));
        assert_eq!(imported.definition("p")["accountId"], json!(id.trim_matches('\'')));
    }
    for id in ["0o1234567", "12345678901", "1_23456789012", "1e11"] {
        let imported = imported(&format!("aws: {{accounts: [{{name: p, accountId: {id}, assumeRole: role/r}}]}}\n"));
        assert!(imported.why("p").contains("exactly twelve digits"), "{id}");
    }
}

#[test]
fn account_parse_errors_are_swallowed() {
    let imported = imported(
        "aws:\n  accounts:\n    - {name: bad, accountId: 1, assumeRole: role/r, externalId: a b}\n    - {name: good, accountId: 123456789012, \
         assumeRole: role/r}\n",
    );
    let why = imported.why("bad");
    assert!(why.contains("clouddriver.yml:3:30: ") && why.contains("clouddriver.yml:3:65: "), "all of it: {why}");
    assert_eq!(imported.accounts.len(), 1);
}

#[test]
fn empty_external_id_is_sent() {
    let imported = account("externalId: ''");
    assert_eq!(imported.definition("prod").get("externalId"), None);
    assert_eq!(imported.kinds("externalId"), [NoteKind::Changed]);
}

/// Without what the key says, the account would be taken over as another: open to others, enabled, in another region.
#[test]
fn a_misspelt_key_is_left_out() {
    for (slip, key, meant) in [
        ("externalID: an-id", "externalID", "externalId"),
        ("external-id: an-id", "external-id", "externalId"),
        ("assumerole: role/other", "assumerole", "assumeRole"),
        ("accountID: 123456789012", "accountID", "accountId"),
        ("region: [{name: us-east-1}]", "region", "regions"),
        ("enabeld: false", "enabeld", "enabled"),
        ("sessionDurationSecond: 900", "sessionDurationSecond", "sessionDurationSeconds"),
        ("managingAcountProfile: cn", "managingAcountProfile", "managingAccountProfile"),
    ] {
        let why = account(slip).why("prod");
        assert!(why.contains(&format!("clouddriver.yml:1:76: unknown key `{key}`: without `{meant}`")), "{why}");
        assert!(why.contains(&format!("did you mean `{meant}`?")), "{why}");
    }
    let stranger = account("colour: red");
    assert_eq!((stranger.accounts.len(), stranger.kinds("colour")), (1, vec![NoteKind::Unknown]));

    let one = |name: &str, rest: &str| format!("{{name: {name}, accountId: 123456789012, assumeRole: role/r{rest}}}");
    let both = format!("accounts: [{}, {}]", one("bad", ", externalID: an-id"), one("good", ""));
    let ecs = "ecs: {accounts: [{name: e, awsAccount: good}, {name: of-bad, awsAccount: bad}, {name: off, awsAccount: good, \
               enabeld: false}]}\n";
    let imported = imported(&format!("aws: {{{both}}}\n{ecs}"));
    let names: Vec<&str> = imported.accounts.iter().map(|account| account.name.as_str()).collect();
    assert_eq!(names, ["good", "e"]);
    assert!(imported.why("of-bad").contains("`bad`, which is unusable"), "{}", imported.why("of-bad"));
    assert!(imported.why("off").contains("did you mean `enabled`?"), "{}", imported.why("off"));
}

/// Of the whole block: each of its accounts would be another.
#[test]
fn a_misspelt_key_of_the_block_is_left_out() {
    let one = "accounts: [{name: prod, accountId: 123456789012, assumeRole: role/r}]";
    for (slip, meant) in [
        ("defaultRegion: [{name: us-east-1}]", "aws.defaultRegions"),
        ("accessKeyID: AKIAIOSFODNN7EXAMPLE, secretaccesskey: keys/aws", "aws.accessKeyId"),
        ("loadAccount: {useManagingAccountProfile: true}", "aws.loadAccounts"),
        ("loadAccounts: {useManagingAcountProfile: true}", "aws.loadAccounts.useManagingAccountProfile"),
        ("enable: false", "aws.enabled"),
    ] {
        let why = imported(&format!("aws: {{{slip}, {one}}}\n")).why("prod");
        assert!(why.contains(&format!("did you mean `{meant}`?")), "{slip}: {why}");
    }
}

#[test]
fn short_role_is_always_in_partition_aws() {
    for (region, partition) in [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")] {
        let imported = account(&format!("regions: [{{name: {region}}}]"));
        let arn = format!("arn:{partition}:iam::012345678901:role/r");
        assert_eq!(imported.definition("prod")["assumeRole"], json!(arn));
        assert_eq!(imported.kinds("assumeRole"), [NoteKind::Changed]);
    }
    assert_eq!(account("").kinds("assumeRole"), []);
    let mixed = account("regions: [{name: us-east-1}, {name: cn-north-1}]");
    assert!(mixed.why("prod").contains("this region is in the partition `aws-cn`"));
}

#[test]
fn bare_role_names_and_users_are_accepted() {
    let role = |role: &str| {
        imported(&format!("aws: {{accounts: [{{name: p, accountId: 123456789012, assumeRole: '{role}'}}]}}\n")).why("p")
    };
    assert!(role("SpinnakerManaged").contains("a role is given as `role/NAME` or as a full ARN"));
    for user in ["user/spinnaker", "arn:aws:iam::123456789012:user/spinnaker"] {
        assert!(role(user).contains("a user cannot be assumed"), "{user}");
    }
    assert!(role("role/{{region}}").contains("no token of Spinnaker's"));
    assert!(role("arn:aws:iam::210987654321:role/r").contains("but `accountId` is 123456789012"));
    assert!(role("").contains("a role is given as"));
}

#[test]
fn a_token_nobody_fills_in_reaches_sts() {
    let why = account("sessionName: 's-{{region}}'").why("prod");
    assert!(why.contains("`{{region}}` is no token"), "{why}");
    let why = account("sessionName: 's-{{job}}'").why("prod");
    assert!(why.contains("`{{job}}` is no token"), "one of ours means nothing there: {why}");
    let why = account("environment: '{{accountType}}', accountType: '{{environment}}', sessionName: '{{environment}}'")
        .why("prod");
    assert!(why.contains("its tokens name each other"), "{why}");
}

#[test]
fn duration_is_not_validated() {
    for seconds in ["899", "43201", "-900", "1h", "15.5", "''"] {
        let why = account(&format!("sessionDurationSeconds: {seconds}")).why("prod");
        assert!(
            why.contains("a session lasts from 15m to 12h") || why.contains("it is a number of seconds"),
            "{seconds}: {why}"
        );
    }
}

#[test]
fn chained_roles_last_an_hour_at_most() {
    let text =
        "aws: {accounts: [{name: p, accountId: 123456789012, assumeRole: role/r, sessionDurationSeconds: 7200}]}\n";
    assert!(imported_into(INSTANCE, text).why("p").contains("too long for a role assumed by a role"));
    assert_eq!(imported_into(LAPTOP, text).definition("p")["sessionDuration"], json!("2h"));
}

#[test]
fn ecs_copy_drops_fields() {
    let aws = "aws:\n  loadAccounts: {useManagingAccountProfile: true}\n  accounts:\n    - {name: prod, accountId: 123456789012, assumeRole: role/r, \
               externalId: an-id, sessionDurationSeconds: 1800, managingAccountProfile: cn, sessionName: s1, regions: [{name: eu-west-1}]}\n";
    let imported = imported(&format!("{aws}ecs: {{accounts: [{{name: e, awsAccount: prod}}]}}\n"));
    assert_eq!(imported.refused, []);
    let mut all = settings(LAPTOP);
    all.accounts.extend(imported.accounts.iter().cloned());
    let account = |name: &str| all.accounts.iter().find(|account| account.name.as_str() == name).unwrap();
    let (aws, ecs) = (all.chain(account("prod")).unwrap(), all.chain(account("e")).unwrap());
    assert_eq!((ecs.role(), ecs.source(), ecs.region_rule()), (aws.role(), aws.source(), aws.region_rule()));
    assert_eq!(ecs.role().unwrap().external_id.as_ref().unwrap().as_str(), "an-id");
}

#[test]
fn same_name_for_aws_and_ecs_account() {
    let aws = "aws:\n  accounts:\n    - {name: prod, accountId: 123456789012, assumeRole: role/r}\n    - {name: other, accountId: 123456789012, \
               assumeRole: role/r}\n";
    let imported = imported(&format!("{aws}ecs: {{accounts: [{{name: prod, awsAccount: other}}]}}\n"));
    assert_eq!(imported.accounts.len(), 1, "who asks for it could mean either");
    let refused: Vec<_> = imported.refused.iter().map(|refused| refused.problems.to_string()).collect();
    assert!(refused[0].contains("another account `prod` at line 5") && refused[1].contains("at line 3"), "{refused:?}");

    let same = super::imported(&format!("{aws}ecs: {{accounts: [{{name: prod, awsAccount: prod}}]}}\n"));
    assert_eq!((same.accounts.len(), same.refused.len()), (2, 0));
    assert_eq!(same.kinds("awsAccount"), [NoteKind::Changed]);
}

#[test]
fn duplicate_account_name() {
    let one = "{name: prod, accountId: 123456789012, assumeRole: role/r}";
    let imported = imported(&format!("aws:\n  accounts:\n    - {one}\n    - {one}\n"));
    assert!(imported.accounts.is_empty());
    assert_eq!(imported.refused.len(), 2);
}

#[test]
fn ecs_account_without_its_aws_account() {
    let imported = imported("ecs: {accounts: [{name: e, awsAccount: centrl}]}\n");
    let why = imported.why("e");
    assert!(why.contains("starts from `centrl`, which does not exist; did you mean `central`?"), "{why}");
    let known = super::imported("ecs: {accounts: [{name: e, awsAccount: central}]}\n");
    assert_eq!(known.accounts.len(), 1, "one that was there before will do");
}

#[test]
fn default_regions_are_not_for_accounts_with_a_profile() {
    let imported = imported(
        "aws:\n  loadAccounts: {useManagingAccountProfile: true}\n  defaultRegions: [{name: us-east-1}]\n  defaultAssumeRole: role/r\n  accounts:\n    \
         - {name: home, accountId: 123456789012}\n    - {name: china, accountId: 123456789012, managingAccountProfile: cn, assumeRole: \
         'arn:aws-cn:iam::123456789012:role/r'}\n",
    );
    assert_eq!(imported.definition("home")["regions"], json!(["us-east-1"]));
    assert_eq!(imported.definition("china").get("regions"), None);
}
