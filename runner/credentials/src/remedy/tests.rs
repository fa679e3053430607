use windlass_settings::AccessKey;

use super::*;
use crate::testing::{account, chain, role};

const READER: &str = "arn:aws:iam::111122223333:role/Reader";

fn denied(external_id: Option<&str>, said: &str) -> String {
    let account = Account { role: Some(role(READER, external_id)), ..account("a") };
    let failed = Failed { why: Failure::RoleDenied { said: Some(said.into()) }, hop: Hop::Role(READER.to_owned()) };
    remedy(&failed, &chain(&account)).unwrap()
}

#[test]
fn a_denied_role_names_all_three_conditions() {
    let said =
        "User: arn:aws:sts::444455556666:assumed-role/Runner/i-0abc is not authorized to perform: sts:AssumeRole";
    let text = denied(Some("abc"), said);
    assert!(
        text.contains("must name `arn:aws:iam::444455556666:role/Runner` (with its path, if it has one) as"),
        "{text}"
    );
    assert!(text.contains("`sts:ExternalId` must equal the account's `externalId`"), "{text}");
    assert!(text.contains(&format!("`sts:AssumeRole` on `{READER}`")), "{text}");
}

#[test]
fn a_denied_user_is_named_as_it_is() {
    let text = denied(None, "User: arn:aws-cn:iam::444455556666:user/ops/ann is not authorized to perform: x");
    assert!(text.contains("must name `arn:aws-cn:iam::444455556666:user/ops/ann` as principal"), "{text}");
}

#[test]
fn a_denied_role_without_external_id_says_that_one_may_be_wanted() {
    let text = denied(None, "Access denied");
    assert!(text.contains("must name the caller as principal"), "{text}");
    assert!(text.contains("the account needs that `externalId`"), "{text}");
}

#[test]
fn keys_that_sts_does_not_accept_have_a_remedy_by_source() {
    let path: windlass_settings::KeyPath = "keys/aws/ops".parse().unwrap();
    let key = Source::AccessKey(AccessKey { id: "AKIA1".into(), secret: path, session_token: None });
    assert_eq!(
        keys_refused("SignatureDoesNotMatch", Some(&key)),
        "`keys/aws/ops` is not the secret of `AKIA1`; or the runner's clock is wrong"
    );
    assert!(keys_refused("InvalidClientTokenId", Some(&key)).starts_with("`AKIA1` does not exist"));
    assert!(keys_refused("ExpiredToken", Some(&Source::Profile("dev".into()))).contains("aws sso login --profile dev"));
    assert!(keys_refused("RequestExpired", Some(&Source::Ec2InstanceRole)).contains("clock"));
}
