use std::time::Duration;

use windlass_errors::nearest_hint;

use super::Checker;
use crate::shape::{AccessKeyShape, AccountShape, SourceShape, Text};
use crate::text::{format_duration, parse_duration};
use crate::yaml::{Position, Spanned};
use crate::{
    Account, AccountId, AccountName, ExternalId, KeyPath, Partition, Place, Role, RoleArn, Scope, SessionName, Source,
};

const HOUR: Duration = Duration::from_secs(3600);
/// The bounds of `DurationSeconds` (AWS STS API reference, `AssumeRole`).
const SHORTEST_SESSION: Duration = Duration::from_secs(900);
const LONGEST_SESSION: Duration = Duration::from_secs(12 * 3600);

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
        let position = Position::from(&shape.name);
        let file = self.file.expect("accounts come from the file").path.to_owned();
        let place = Place { file, line: position.line, column: position.column };
        Some(Account {
            name: name?,
            scope: scope.clone(),
            account_id,
            source: source?,
            role,
            regions,
            default_region,
            place,
        })
    }

    fn source(&mut self, shape: &Spanned<SourceShape>, scope: &Scope) -> Option<Source> {
        match &shape.value {
            SourceShape::Ec2InstanceRole => Some(Source::Ec2InstanceRole),
            SourceShape::EcsTaskRole => Some(Source::EcsTaskRole),
            SourceShape::Profile(name) => self.parse(name, check_profile).map(Source::Profile),
            SourceShape::AccessKey(AccessKeyShape { access_key_id, secret_access_key }) => {
                let id = self.parse(access_key_id, check_access_key_id);
                let path = self.key_path(secret_access_key, scope);
                Some(Source::AccessKey { access_key_id: id?, secret_access_key: path? })
            }
            SourceShape::Wrong { message, hint } => {
                self.fault(shape, message, Some(hint.clone()));
                None
            }
        }
    }

    /// A scope uses keys of its own only.
    fn key_path(&mut self, text: &Text, scope: &Scope) -> Option<KeyPath> {
        let remedy = "put the secret into key storage and write its path here";
        let path = match KeyPath::parse(text.as_str()) {
            Ok(path) => path,
            Err(reason) => {
                let message = format!("this is the path of a key and never the secret itself: {reason}");
                self.fault(text, message, Some(remedy.to_owned()));
                return None;
            }
        };
        let allowed = match scope {
            Scope::System => path.project().is_none(),
            Scope::Project(name) => path.project() == Some(name.as_str()),
        };
        if !allowed {
            let own = match scope {
                Scope::System => "an account of the system uses no key of a project".to_owned(),
                Scope::Project(name) => format!("an account of {scope} uses keys below `keys/project/{name}/` only"),
            };
            self.fault(text, own, Some(remedy.to_owned()));
        }
        Some(path)
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
        ] {
            if let Some(text) = text {
                self.fault(text, format!("`{key}` has no effect without `assumeRole`"), None);
            }
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
        Some(Role { arn: arn?, external_id, session_name: session_name?, duration: duration? })
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

fn region_texts(shape: &AccountShape) -> impl Iterator<Item = &Text> {
    let list: &[Text] = shape.regions.as_ref().map_or(&[], |list: &Spanned<Vec<Text>>| &list.value);
    shape.default_region.iter().chain(list)
}

fn partition_of_regions(shape: &AccountShape) -> Partition {
    region_texts(shape).next().map_or(Partition::Aws, |region| Partition::of_region(region.as_str()))
}

fn check_region(text: &str) -> Result<String, String> {
    let well_formed = text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && text.contains('-');
    if well_formed { Ok(text.to_owned()) } else { Err("a region is written like `us-east-1`".to_owned()) }
}

fn check_profile(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains([']', '\n']) {
        return Err("this cannot be the name of a profile".to_owned());
    }
    Ok(text.to_owned())
}

/// At most 128 characters of `\w` (AWS IAM API reference, `AccessKey`).
fn check_access_key_id(text: &str) -> Result<String, String> {
    if text.starts_with("ASIA") {
        return Err("`ASIA...` is a temporary key; it is useless without its session token and ends soon".to_owned());
    }
    if text.is_empty() || text.len() > 128 || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err("an access key id is written like `AKIA...`, in letters and digits".to_owned());
    }
    Ok(text.to_owned())
}
