use super::aws::Block;
use super::draft::Draft;
use super::fields::Fields;
use super::known::REGION;
use super::labels::Labels;
use crate::Partition;
use crate::import::NoteKind;
use crate::shape::{AccountShape, SourceShape, Text};
use crate::yaml::{Content, Node, Position};

/// The account in our own form; none, with the reasons recorded, when it cannot be given one.
pub(super) fn shape(
    draft: &mut Draft<'_, '_>,
    block: &mut Block<'_>,
    fields: &mut Fields<'_>,
    name: &Text,
) -> Option<AccountShape> {
    let mut own = |draft: &mut Draft<'_, '_>, key: &str| fields.take(key).map(|node| draft.text(key, node));
    let account_id = own(draft, "accountId").flatten();
    let role = own(draft, "assumeRole");
    let session_name = own(draft, "sessionName");
    let duration = own(draft, "sessionDurationSeconds");
    let external_id = fields.take("externalId").and_then(|node| draft.text_if_any("externalId", node));
    let mut or_default = |draft: &mut Draft<'_, '_>, own: Option<Option<Text>>, key: &'static str| match own {
        Some(own) => own,
        None => {
            let node = block.default(key);
            block.used.push(key);
            node.and_then(|node| draft.text(&format!("aws.{key}"), node))
        }
    };
    let role = or_default(draft, role, "defaultAssumeRole");
    let session_name = or_default(draft, session_name, "defaultSessionName");
    let duration = or_default(draft, duration, "defaultSessionDurationSeconds");
    let profile = profile(draft, block.profiles, fields);
    let regions = regions(draft, block, fields, profile.is_some());

    let labels = Labels::of(draft, fields, [role.as_ref(), session_name.as_ref()]);
    let role = role.and_then(|text| labels.fill(draft, &text, name, account_id.as_ref()));
    let session_name = session_name.and_then(|text| labels.fill(draft, &text, name, account_id.as_ref()));
    if let Some(role) = &role {
        check_role(draft, role, &regions);
    } else if draft.problems.is_empty() {
        let message = format!("account `{}` names no role, and there is no `defaultAssumeRole`", name.as_str());
        let hint = "Spinnaker would have used what it is itself; if that is meant, write an account with `source: \
                    {account: ...}` into our own `accounts`";
        draft.fault(name.into(), message, Some(hint));
    }

    let source = match profile {
        Some(profile) => Some(SourceShape::Profile(profile)),
        None => block.source.as_ref().map(|source| SourceShape::Account(Text::at(name.into(), source.as_str()))),
    };
    let Some(source) = source else {
        let message = format!("account `{}` has nothing to start from: `managingAccount` is not set", name.as_str());
        let hint = "set `managingAccount` to the system's account that is what Spinnaker was itself";
        draft.fault(name.into(), message, Some(hint));
        return None;
    };
    let mut shape = AccountShape::new(name.clone(), source).with_regions(regions);
    shape.account_id = account_id;
    shape.assume_role = role;
    shape.external_id = external_id;
    shape.session_name = session_name;
    shape.session_duration = duration.and_then(|text| seconds(draft, &text));
    Some(shape)
}

/// Spinnaker heeds it only when it was told to.
fn profile(draft: &mut Draft<'_, '_>, heeded: bool, fields: &mut Fields<'_>) -> Option<Text> {
    let key = "managingAccountProfile";
    fields.take_if(key, heeded).and_then(|node| draft.text_if_any(key, node))
}

/// The account's own regions, or else the block's, which are not for accounts with a profile.
fn regions(draft: &mut Draft<'_, '_>, block: &mut Block<'_>, fields: &mut Fields<'_>, has_profile: bool) -> Vec<Text> {
    let is_empty = |node: &Node| matches!(&node.content, Content::List(list) if list.is_empty());
    if let Some(node) = fields.take("regions").filter(|node| !is_empty(node)) {
        return region_names(draft, "regions", node);
    }
    let default = if has_profile { None } else { block.default("defaultRegions") };
    default.map(|node| region_names(draft, "aws.defaultRegions", node)).unwrap_or_default()
}

fn region_names(draft: &mut Draft<'_, '_>, key: &str, node: &Node) -> Vec<Text> {
    let Content::List(list) = &node.content else {
        draft.fault(node.position, format!("`{key}`: expected a list"), None);
        return Vec::new();
    };
    let mut names = Vec::new();
    for item in list {
        let Some(mut fields) = Fields::of(item, REGION, &format!("{key}.")) else {
            names.extend(draft.text(key, item));
            continue;
        };
        match fields.take("name") {
            Some(name) => names.extend(draft.text(&format!("{key}.name"), name)),
            None => draft.fault(item.position, format!("`{key}`: the key `name` is missing"), None),
        }
        draft.rest(fields);
    }
    names
}

/// What is completed to `arn:aws:` there gets the partition of the account's regions here.
fn check_role(draft: &mut Draft<'_, '_>, role: &Text, regions: &[Text]) {
    let at: Position = role.into();
    if role.as_str().starts_with("user/") || role.as_str().contains(":user/") {
        let hint = "name a role that this user may assume";
        draft.fault(at, "a user cannot be assumed, only a role can", Some(hint));
    }
    let partition = regions.first().map_or(Partition::Aws, |region| Partition::of_region(region.as_str()));
    if partition != Partition::Aws && !role.as_str().starts_with("arn:") {
        let message = format!("the role is in the partition `{partition}` here, like the regions, and in `aws` there");
        draft.note(NoteKind::Changed, "assumeRole", at, message);
    }
}

/// A number of seconds, in our form.
fn seconds(draft: &mut Draft<'_, '_>, text: &Text) -> Option<Text> {
    if text.as_str().is_empty() || !text.as_str().bytes().all(|b| b.is_ascii_digit()) {
        draft.fault(text.into(), "it is a number of seconds", None);
        return None;
    }
    Some(Text::at(text.into(), format!("{}s", text.as_str())))
}
