use std::collections::BTreeMap;
use std::time::Duration;

use windlass_errors::nearest_hint;

use super::Checker;
use crate::shape::{AccountShape, Text};
use crate::text::{check_region, format_duration, parse_duration};
use crate::yaml::{Position, Spanned};
use crate::{
    Account, AccountId, AccountName, ExternalId, FilePlace, Narrowing, Partition, Place, Role, RoleArn, Scope,
    SessionName, Source, Template,
};

const HOUR: Duration = Duration::from_secs(3600);
/// The bounds of `DurationSeconds` (AWS STS API reference, `AssumeRole`).
const SHORTEST_SESSION: Duration = Duration::from_secs(900);
const LONGEST_SESSION: Duration = Duration::from_secs(12 * 3600);
const MOST_TAGS: usize = 50;
const LONGEST_TAG_KEY: usize = 128;
/// The bound of `PolicyArns` (AWS STS API reference, `AssumeRole`).
const MOST_POLICIES: usize = 10;

impl Checker<'_> {
    pub(super) fn account(&mut self, shape: &AccountShape, scope: &Scope) -> Option<Account> {
        let name = self.parse(&shape.name, AccountName::parse);
        let account_id = shape.account_id.as_ref().and_then(|text| self.parse(text, AccountId::parse));
        let source = self.source(&shape.source, scope);
        let (regions, default_region) = self.regions(shape);
        let role = match &shape.assume_role {
            Some(text) => self.role(shape, text, account_id.as_ref(), source.as_ref()),
            None => self.no_role(shape),
        };
        let grant = self.grant(shape.allowed_projects.as_ref(), shape.allowed_roles.as_ref(), scope);
        let place = self.place_of(&shape.name);
        Some(Account {
            name: name?,
            scope: scope.clone(),
            account_id,
            source: source?,
            role,
            regions,
            default_region,
            grant,
            place,
        })
    }

    fn place_of(&self, text: &Text) -> Place {
        match self.written.and_then(|written| written.version) {
            Some(version) => Place::Database { version },
            None => Place::File(self.file_place(text)),
        }
    }

    pub(super) fn file_place(&self, text: &Text) -> FilePlace {
        let written = self.written.expect("only what is written has a place");
        let Position { line, column } = text.into();
        FilePlace { file: written.original.path.to_owned(), line, column }
    }

    fn regions(&mut self, shape: &AccountShape) -> (Vec<String>, Option<String>) {
        let mut regions = Vec::new();
        if let Some(list) = &shape.regions {
            if list.value.is_empty() {
                let hint = "leave `regions` out to allow every region".to_owned();
                self.fault(list, "an empty list allows no region at all", Some(hint));
            }
            regions.extend(list.value.iter().filter_map(|text| self.parse(text, check_region)));
        }
        let default = shape.default_region.as_ref().and_then(|text| {
            let region = self.parse(text, check_region)?;
            if !regions.is_empty() && !regions.contains(&region) {
                let hint = nearest_hint(&region, regions.iter().map(String::as_str));
                self.fault(text, format!("`{region}` is not in the account's `regions`"), Some(hint));
            }
            Some(region)
        });
        (regions, default)
    }

    /// What only a role has is an error without one: it would silently have no effect.
    fn no_role(&mut self, shape: &AccountShape) -> Option<Role> {
        for (key, text) in [
            ("externalId", &shape.external_id),
            ("partition", &shape.partition),
            ("sessionName", &shape.session_name),
            ("sessionDuration", &shape.session_duration),
            ("sourceIdentity", &shape.source_identity),
            ("sessionPolicy", &shape.session_policy),
        ] {
            if let Some(text) = text {
                self.fault(text, format!("`{key}` has no effect without `assumeRole`"), None);
            }
        }
        let tags = shape.session_tags.as_ref().map(|tags| ("sessionTags", Position::from(tags)));
        let arns = shape.session_policy_arns.as_ref().map(|arns| ("sessionPolicyArns", Position::from(arns)));
        for (key, position) in tags.into_iter().chain(arns) {
            self.fault(position, format!("`{key}` has no effect without `assumeRole`"), None);
        }
        None
    }

    fn role(
        &mut self,
        shape: &AccountShape,
        text: &Text,
        account: Option<&AccountId>,
        source: Option<&Source>,
    ) -> Option<Role> {
        let arn = self.role_arn(shape, text, account);
        let external_id = shape.external_id.as_ref().and_then(|text| self.parse(text, ExternalId::parse));
        let session_name = match &shape.session_name {
            Some(text) => self.parse(text, SessionName::parse),
            None => Some(SessionName::default()),
        };
        let duration = match &shape.session_duration {
            Some(text) => self.session_duration(text, source),
            None => Some(HOUR),
        };
        let source_identity = shape.source_identity.as_ref().and_then(|text| self.parse(text, SessionName::parse));
        let tags = self.tags(shape);
        let narrowing = self.narrowing(shape);
        Some(Role {
            arn: arn?,
            external_id,
            session_name: session_name?,
            duration: duration?,
            source_identity,
            tags,
            narrowing,
        })
    }

    /// At most 50 tags, keys of at most 128 characters (AWS IAM user guide, "Pass session tags in AWS STS").
    fn tags(&mut self, shape: &AccountShape) -> BTreeMap<String, Template> {
        let Some(tags) = &shape.session_tags else { return BTreeMap::new() };
        if tags.value.len() > MOST_TAGS {
            self.fault(tags, format!("a session has at most {MOST_TAGS} tags"), None);
        }
        let mut checked = BTreeMap::new();
        for (key, value) in &tags.value {
            if key.is_empty() || key.chars().count() > LONGEST_TAG_KEY || key.to_lowercase().starts_with("aws:") {
                let message =
                    format!("the key of a tag has 1 to {LONGEST_TAG_KEY} characters and does not begin with `aws:`");
                self.fault(value, message, None);
            }
            if let Some(template) = self.parse(value, Template::parse) {
                checked.insert(key.clone(), template);
            }
        }
        checked
    }

    fn narrowing(&mut self, shape: &AccountShape) -> Narrowing {
        let mut otherwise = Vec::new();
        if let Some(list) = &shape.session_policy_arns {
            if list.value.len() > MOST_POLICIES {
                self.fault(list, format!("a session has at most {MOST_POLICIES} managed policies"), None);
            }
            otherwise.extend(list.value.iter().filter_map(|text| self.parse(text, check_policy_arn)));
        }
        match shape.session_policy.as_ref().map(|text| (text, text.as_str())) {
            None | Some((_, "declared")) => Narrowing::Declared { otherwise },
            Some((text, "none")) => {
                if shape.session_policy_arns.is_some() {
                    self.fault(text, "`sessionPolicyArns` has no effect with `sessionPolicy: none`", None);
                }
                Narrowing::Off
            }
            Some((text, _)) => {
                self.fault(text, "it is one of `declared`, `none`", None);
                Narrowing::default()
            }
        }
    }

    /// A full ARN, which has to agree with `accountId` and `partition`, or `role/NAME`, which is completed by them.
    fn role_arn(&mut self, shape: &AccountShape, text: &Text, account: Option<&AccountId>) -> Option<RoleArn> {
        let wanted = shape.partition.as_ref().and_then(|text| self.partition(text));
        let arn = if text.as_str().starts_with("arn:") {
            self.parse(text, RoleArn::parse)?
        } else {
            let Some(account) = account else {
                if shape.account_id.is_none() {
                    let hint = "add `accountId`, or write the role's whole ARN".to_owned();
                    self.fault(text, "a role without its ARN needs the account's `accountId`", Some(hint));
                }
                return None;
            };
            let partition = wanted.unwrap_or_else(|| partition_of_regions(shape));
            self.parse(text, |resource| RoleArn::new(partition, account.clone(), resource))?
        };
        if let Some(account) = account.filter(|account| *account != arn.account()) {
            let message = format!("the role is in account {}, but `accountId` is {account}", arn.account());
            self.fault(text, message, None);
        }
        if let (Some(text), Some(wanted)) = (&shape.partition, wanted)
            && wanted != arn.partition()
        {
            self.fault(text, format!("the role's ARN is in the partition `{}`", arn.partition()), None);
        }
        self.regions_in_partition(shape, arn.partition());
        Some(arn)
    }

    fn partition(&mut self, text: &Text) -> Option<Partition> {
        let found = Partition::parse(text.as_str());
        if found.is_none() {
            let hint = nearest_hint(text.as_str(), Partition::NAMES);
            self.fault(text, "there is no such partition", Some(hint));
        }
        found
    }

    fn regions_in_partition(&mut self, shape: &AccountShape, partition: Partition) {
        for text in region_texts(shape) {
            let its = Partition::of_region(text.as_str());
            if its != partition {
                let message = format!("this region is in the partition `{its}`, but the role is in `{partition}`");
                self.fault(text, message, None);
                return;
            }
        }
    }

    fn session_duration(&mut self, text: &Text, source: Option<&Source>) -> Option<Duration> {
        let duration = self.parse(text, parse_duration)?;
        if !(SHORTEST_SESSION..=LONGEST_SESSION).contains(&duration) {
            self.fault(text, "a session lasts from 15m to 12h", None);
        } else if duration > HOUR
            && let Some(source) = source.filter(|source| source.is_role())
        {
            let message =
                format!("a session of {} is too long for a role assumed by a role", format_duration(duration));
            let hint = format!(
                "`{}` is a role itself; AWS limits such role chaining to one hour: `1h` or less",
                source.name()
            );
            self.fault(text, message, Some(hint));
        }
        Some(duration)
    }
}

/// `arn:aws:iam::123456789012:policy/NAME`, or `arn:aws:iam::aws:policy/NAME` of AWS itself.
fn check_policy_arn(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts[..] {
        ["arn", partition, "iam", "", account, resource]
            if Partition::parse(partition).is_some() && !account.is_empty() && resource.starts_with("policy/") =>
        {
            Ok(text.to_owned())
        }
        _ => Err("the ARN of a managed policy has the form `arn:aws:iam::123456789012:policy/NAME`".to_owned()),
    }
}

fn region_texts(shape: &AccountShape) -> impl Iterator<Item = &Text> {
    let list: &[Text] = shape.regions.as_ref().map_or(&[], |list: &Spanned<Vec<Text>>| &list.value);
    shape.default_region.iter().chain(list)
}

fn partition_of_regions(shape: &AccountShape) -> Partition {
    region_texts(shape).next().map_or(Partition::Aws, |region| Partition::of_region(region.as_str()))
}
