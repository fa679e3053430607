use std::collections::BTreeMap;

use windlass_errors::nearest;

use super::properties::Property;
use crate::import::NoteKind;
use crate::yaml::Position;

/// What a property says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    KeyId,
    Secret,
    Region,
    Provider,
    Role,
    ExternalId,
    AccountId,
    Endpoint,
    Enabled,
}

/// Versions and forks of the plugins call them differently.
const NAMES: [(&str, Field); 18] = [
    ("access_key", Field::KeyId),
    ("accessKey", Field::KeyId),
    ("accessKeyId", Field::KeyId),
    ("secret_key_path", Field::Secret),
    ("secretKeyPath", Field::Secret),
    ("secretKeyStoragePath", Field::Secret),
    ("secret_key", Field::Secret),
    ("secretKey", Field::Secret),
    ("region", Field::Region),
    ("credentialProvider", Field::Provider),
    ("credential_provider", Field::Provider),
    ("roleArn", Field::Role),
    ("role_arn", Field::Role),
    ("assumeRoleArn", Field::Role),
    ("externalId", Field::ExternalId),
    ("external_id", Field::ExternalId),
    ("accountId", Field::AccountId),
    ("endpoint", Field::Endpoint),
];

/// What properties of AWS plugins begin with, whether that is a project's, and whether it is the plugin group's.
const PREFIXES: [(&str, bool, bool); 4] = [
    ("project.plugin.PluginGroup.AWS.", true, true),
    ("framework.plugin.PluginGroup.AWS.", false, true),
    ("project.aws.", true, false),
    ("aws.", false, false),
];

const SWITCHES: [(&str, bool); 2] =
    [("project.PluginGroup.AWS.enabled", true), ("framework.PluginGroup.AWS.enabled", false)];

impl Field {
    /// Whether a key is a project's and the plugin group's, and what it says.
    pub(super) fn of(key: &str) -> Option<(bool, bool, Self)> {
        if let Some((_, is_project)) = SWITCHES.iter().find(|(switch, _)| *switch == key) {
            return Some((*is_project, true, Self::Enabled));
        }
        let (rest, is_project, is_group) = of_prefix(key)?;
        let (_, field) = NAMES.iter().find(|(name, _)| *name == rest)?;
        Some((is_project, is_group, *field))
    }

    /// Why it means nothing here, for what is never taken.
    pub(super) fn there(self) -> &'static str {
        match self {
            Self::Endpoint => "it means nothing here; addresses of AWS are the system's, below `endpoints`",
            Self::AccountId => "it means nothing here; it is the account of Rundeck's own cloud",
            _ => "it means nothing beside the others",
        }
    }
}

/// What is no setting of an account.
pub(super) fn other(key: &str) -> (NoteKind, String) {
    let Some((rest, ..)) = of_prefix(key) else {
        return (NoteKind::Unused, "it is no setting of an account of AWS".to_owned());
    };
    let near = nearest(rest, NAMES.iter().map(|(name, _)| *name));
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    (NoteKind::Unknown, format!("neither Windlass nor Rundeck's AWS plugins know this key{hint}"))
}

fn of_prefix(key: &str) -> Option<(&str, bool, bool)> {
    PREFIXES.iter().find_map(|(prefix, is_project, is_group)| Some((key.strip_prefix(prefix)?, *is_project, *is_group)))
}

/// What one scope says in one way.
#[derive(Default)]
pub(super) struct Record<'p> {
    fields: BTreeMap<Field, &'p Property>,
    /// Properties that say what another says already.
    pub(super) twice: Vec<(Position, String)>,
}

impl<'p> Record<'p> {
    /// The one that said so before.
    pub(super) fn put(&mut self, field: Field, property: &'p Property) -> Option<&'p Property> {
        self.fields.insert(field, property)
    }

    pub(super) fn take(&mut self, field: Field) -> Option<&'p Property> {
        self.fields.remove(&field)
    }

    /// Where it begins.
    pub(super) fn at(&self) -> Option<Position> {
        self.fields.values().map(|property| property.at).min_by_key(|at| (at.line, at.column))
    }

    pub(super) fn names_identity(&self) -> bool {
        let identity = [Field::KeyId, Field::Secret, Field::Provider, Field::Role];
        identity.iter().any(|field| self.fields.get(field).is_some_and(|property| !property.value.trim().is_empty()))
    }

    /// What nobody took.
    pub(super) fn into_rest(self) -> impl Iterator<Item = (Field, &'p Property)> {
        self.fields.into_iter()
    }
}
