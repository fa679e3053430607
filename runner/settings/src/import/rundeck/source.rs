use secrecy::SecretString;

use super::properties::Property;
use super::record::{Field, Record};
use super::{Reading, Target};
use crate::error::Problem;
use crate::import::{ImportedKey, Note, NoteKind};
use crate::shape::{AccessKeyShape, SourceShape, Text};
use crate::yaml::Position;
use crate::{KeyPath, Scope};

impl Reading<'_> {
    /// What the account starts from; none, with the reasons recorded, when the record does not say it whole.
    pub(super) fn source(
        &mut self,
        target: &Target<'_>,
        at: Position,
        record: &mut Record<'_>,
        has_role: bool,
        problems: &mut Vec<Problem>,
    ) -> Option<SourceShape> {
        let secret_key = record.take(Field::Secret);
        let [provider, id] = [Field::Provider, Field::KeyId]
            .map(|field| record.take(field).and_then(|property| self.text(property, problems)));
        let secret = secret_key.and_then(|property| Some((property, self.text(property, problems)?)));
        if !problems.is_empty() {
            return None;
        }
        let own = provider.and_then(|provider| self.provider(&provider, problems));
        match (own, id, secret) {
            (Some(own), None, None) => Some(own),
            (None, Some(access_key_id), Some((property, secret))) => {
                let secret_access_key = self.key_of(target, property, &secret);
                Some(SourceShape::AccessKey(AccessKeyShape { access_key_id, secret_access_key, session_token: None }))
            }
            (Some(_), ..) => {
                let hint = "remove the key, or the provider: an account has one source";
                problems.push(self.problem(at, "it names a credential provider and an access key", hint));
                None
            }
            (None, None, None) if problems.is_empty() => self.managing(at, has_role, problems),
            (None, None, None) => None,
            (None, ..) => {
                let hint = "Rundeck would look elsewhere for the other half; write both here";
                problems.push(self.problem(at, "an access key and its secret belong together", hint));
                None
            }
        }
    }

    /// `--None Selected--` is Rundeck's word for nothing.
    fn provider(&self, provider: &Text, problems: &mut Vec<Problem>) -> Option<SourceShape> {
        match provider.as_str().to_lowercase().as_str() {
            "instance" | "ec2" => Some(SourceShape::Ec2InstanceRole),
            "container" | "ecs" => Some(SourceShape::EcsTaskRole),
            "none" | "--none selected--" => None,
            _ => {
                let hint = "Rundeck has `instance` (EC2) and `container` (ECS)";
                problems.push(self.problem(provider.into(), "there is no such credential provider", hint));
                None
            }
        }
    }

    /// A role alone is assumed from what the runner is; nothing at all is no identity.
    fn managing(&self, at: Position, has_role: bool, problems: &mut Vec<Problem>) -> Option<SourceShape> {
        match &self.settings.managing_account {
            Some(managing) if has_role => Some(SourceShape::Account(Text::at(at, managing.as_str()))),
            None if has_role => {
                let hint = "set `managingAccount` to the system's account that may assume the role";
                let message = "the role has nothing to be assumed from: `managingAccount` is not set";
                problems.push(self.problem(at, message, hint));
                None
            }
            _ => {
                let hint = "Rundeck would have used whatever its machine has; name a credential provider, or a key";
                problems.push(self.problem(at, "it names no identity", hint));
                None
            }
        }
    }

    /// The path of a secret in our key storage. One that stands in the file is moved there, and what lies in Rundeck's has
    /// to be put there by somebody who knows it.
    fn key_of(&mut self, target: &Target<'_>, property: &Property, secret: &Text) -> Text {
        let at = property.at;
        let folder = match &target.scope {
            Scope::System => "keys".to_owned(),
            Scope::Project(name) => format!("keys/project/{name}"),
        };
        let written = secret.as_str().trim_start_matches('/');
        let Some(rest) = written.strip_prefix("keys/") else {
            let path = KeyPath::parse(&format!("{folder}/rundeck-aws"));
            let path = path.expect("the name of a project is a part of a path");
            let message = format!("the secret belongs in key storage, at `{path}`");
            self.out.notes.push(Note::new(NoteKind::Changed, &*property.key, at, message));
            let text = Text::at(at, path.as_str());
            let secret = SecretString::from(secret.as_str());
            self.out.keys.push(ImportedKey { path, secret, line: at.line, column: at.column });
            return text;
        };
        let there = target.there.and_then(|name| rest.strip_prefix(&format!("project/{name}/")));
        let path = match (&target.scope, there) {
            (Scope::Project(_), Some(rest)) => format!("{folder}/{rest}"),
            (Scope::Project(_), None) if !rest.starts_with("project/") => format!("{folder}/{rest}"),
            _ => written.to_owned(),
        };
        let message = format!("Rundeck keeps the secret to itself; put it at `{path}` with `windlass key set`");
        self.out.notes.push(Note::new(NoteKind::Changed, &*property.key, at, message));
        Text::at(at, path)
    }
}
