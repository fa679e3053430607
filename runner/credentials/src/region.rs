use std::fmt;

use serde::Serialize;
use windlass_settings::Account;

use crate::AccountError;

/// The region that a step works in, and who said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// `eu-west-1`.
    pub name: String,
    /// Who said so.
    pub because: Because,
}

/// Who said which region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Because {
    /// The step.
    Step,
    /// The job.
    Job,
    /// The account's `defaultRegion`.
    AccountDefault,
    /// It is the only entry of the account's `regions`.
    OnlyEntry,
    /// It is the first entry of the account's `regions`, and any does.
    FirstEntry,
    /// The account allows any region, any does, and this one there always is.
    AnyDoes,
    /// The command line.
    Argument,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Step => "the step",
            Self::Job => "the job",
            Self::AccountDefault => "the account's `defaultRegion`",
            Self::OnlyEntry => "the only entry of the account's `regions`",
            Self::FirstEntry => "the first entry of the account's `regions`",
            Self::AnyDoes => "the partition, since any region does",
            Self::Argument => "the command line",
        })
    }
}

impl Region {
    /// The first of what was asked for, else the account's default, else its only region; refused outside `regions`.
    pub(crate) fn of(account: &Account, asked: &[(Option<&str>, Because)]) -> Result<Self, AccountError> {
        let asked = asked.iter().find_map(|(name, because)| Some(((*name)?, *because)));
        let Some((name, because)) = asked.or_else(|| of_account(account)) else {
            return Err(AccountError::RegionMissing { account: account.clone().into() });
        };
        let region = Self { name: name.to_owned(), because };
        let allowed = account.regions.is_empty() || account.regions.iter().any(|allowed| allowed == name);
        if allowed && is_region_name(name) {
            return Ok(region);
        }
        Err(AccountError::RegionRefused { region, account: account.clone().into() })
    }
}

fn of_account(account: &Account) -> Option<(&str, Because)> {
    match (&account.default_region, account.regions.as_slice()) {
        (Some(default), _) => Some((default, Because::AccountDefault)),
        (None, [only]) => Some((only, Because::OnlyEntry)),
        _ => None,
    }
}

/// A region becomes a part of host names, so it may hold nothing but what stands in one label.
fn is_region_name(name: &str) -> bool {
    let label = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    label && !name.is_empty() && name.len() <= 63 && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::account;
    use windlass_errors::Report as _;

    fn region(account: &Account, step: Option<&str>, job: Option<&str>) -> Result<(String, Because), String> {
        match Region::of(account, &[(step, Because::Step), (job, Because::Job)]) {
            Ok(region) => Ok((region.name, region.because)),
            Err(error) => Err(format!("{}: {}", error.code(), error.help().unwrap_or_default())),
        }
    }

    #[test]
    fn step_then_job_then_default_then_only_entry() {
        let mut account = account("a");
        account.regions = vec!["eu-west-1".into()];
        assert_eq!(region(&account, None, None).unwrap(), ("eu-west-1".into(), Because::OnlyEntry));
        account.regions.push("us-east-1".into());
        account.default_region = Some("us-east-1".into());
        assert_eq!(region(&account, None, None).unwrap(), ("us-east-1".into(), Because::AccountDefault));
        assert_eq!(region(&account, None, Some("eu-west-1")).unwrap(), ("eu-west-1".into(), Because::Job));
        let both = region(&account, Some("eu-west-1"), Some("us-east-1"));
        assert_eq!(both.unwrap(), ("eu-west-1".into(), Because::Step));
    }

    #[test]
    fn a_missing_region_lists_the_allowed() {
        let mut account = account("a");
        account.regions = vec!["eu-west-1".into(), "us-east-1".into()];
        let error = region(&account, None, None).unwrap_err();
        assert!(error.starts_with("account.region-missing: "), "{error}");
        assert!(error.contains("`eu-west-1`, `us-east-1`"), "{error}");
    }

    #[test]
    fn outside_the_list_is_refused() {
        let mut account = account("a");
        account.regions = vec!["eu-west-1".into()];
        let error = region(&account, Some("us-east-1"), None).unwrap_err();
        assert!(error.starts_with("account.region-refused: ") && error.contains("`eu-west-1`"), "{error}");
    }

    #[test]
    fn without_a_list_any_region_name_does_and_nothing_else() {
        let account = account("a");
        assert!(region(&account, Some("ap-southeast-9"), None).is_ok());
        for bad in ["", "evil.example/", "EU-WEST-1", "eu west", "-x"] {
            assert!(region(&account, Some(bad), None).unwrap_err().starts_with("account.region-refused"), "{bad}");
        }
    }
}
