//! The AWS settings of Rundeck's `project.properties`, `framework.properties` and `rundeck-config.properties`.
//!
//! Rundeck looks for each property on its own: in the plugin group of the project, in older keys of the project, then in
//! those of the system. Here a key and its secret come from one and the same record, or from none. What a project says
//! becomes an account of the project, and what the system says one of the system, both called `aws`: a step asks for the
//! project's first, as it would there.

mod properties;
mod record;
mod source;

use std::collections::BTreeMap;
use std::path::Path;

use self::properties::{Property, parse, without_secrets};
use self::record::{Field, Record};
use super::outcome::Candidate;
use super::{Imported, Note, NoteKind};
use crate::error::Problem;
use crate::shape::{AccountShape, Text};
use crate::yaml::{self, Original, Position, YamlError};
use crate::{ProjectName, Scope, Settings};

/// What the accounts are called.
const NAME: &str = "aws";

/// What the properties of a file would be among these settings, which have the accounts of the database. `path` is what
/// errors call the file. `project` is whose account a project's properties become; without one, that of the property
/// `project.name`.
///
/// # Errors
/// When the text has an escape that means nothing, or is larger than a file of ours may be. What is wrong with one account is
/// in [`Imported::refused`].
pub fn import(
    path: &Path,
    text: &str,
    project: Option<&ProjectName>,
    settings: &Settings,
) -> Result<Imported, YamlError> {
    yaml::check_length(path, text)?;
    let properties = parse(text).map_err(|(at, reason)| YamlError::at(path, "", at, reason))?;
    let shown = without_secrets(text, &properties);
    let original = Original::new(path, &shown);
    let mut reading = Reading { original: &original, settings, out: Imported::default(), candidates: Vec::new() };
    let named = properties.iter().rfind(|property| property.key == "project.name").map(|it| it.value.as_str());
    let records = reading.records(&properties);
    for (is_project, records) in records {
        let target = match (is_project, project) {
            (false, _) => Target { scope: Scope::System, there: None },
            (true, Some(name)) => Target { scope: Scope::Project(name.clone()), there: named },
            (true, None) => match named.map(ProjectName::parse) {
                Some(Ok(name)) => Target { scope: Scope::Project(name), there: named },
                _ => {
                    reading.nobodys(&records);
                    continue;
                }
            },
        };
        reading.account(&target, records);
    }
    let Reading { mut out, candidates, .. } = reading;
    out.notes.sort_by_key(|note| (note.line, note.column));
    out.add(&original, candidates);
    Ok(out.settled(&original, settings))
}

/// Whose an account becomes, and what its project is called at Rundeck.
struct Target<'p> {
    scope: Scope,
    there: Option<&'p str>,
}

struct Reading<'r> {
    original: &'r Original<'r>,
    settings: &'r Settings,
    out: Imported,
    candidates: Vec<Candidate>,
}

impl Reading<'_> {
    /// The records of the system and of the project, those of the plugin group first; notes about all else.
    fn records<'p>(&mut self, properties: &'p [Property]) -> BTreeMap<bool, Vec<Record<'p>>> {
        let mut last: BTreeMap<&str, &Property> = BTreeMap::new();
        for property in properties {
            if let Some(before) = last.insert(&property.key, property) {
                let message = format!("it is given again at line {}, which counts", property.at.line);
                self.note(NoteKind::Unused, before, message);
            }
        }
        let mut records: BTreeMap<(bool, bool), Record<'p>> = BTreeMap::new();
        for property in last.into_values() {
            match Field::of(&property.key) {
                Some((is_project, is_group, field)) => {
                    let record = records.entry((is_project, !is_group)).or_default();
                    if let Some(other) = record.put(field, property) {
                        record.twice.push((property.at, other.key.clone()));
                    }
                }
                None if property.key == "project.name" => {}
                None => {
                    let (kind, message) = record::other(&property.key);
                    self.note(kind, property, message);
                }
            }
        }
        let mut all: BTreeMap<bool, Vec<Record<'p>>> = BTreeMap::new();
        for ((is_project, _), record) in records {
            all.entry(is_project).or_default().push(record);
        }
        all
    }

    fn note(&mut self, kind: NoteKind, property: &Property, message: impl Into<String>) {
        let note = Note::new(kind, &*property.key, property.at, message);
        // What belongs to other plugins may be a secret by any name.
        let is_ours = kind == NoteKind::Unused && Field::of(&property.key).is_some();
        self.out.notes.push(if is_ours { note.with_text(&property.value) } else { note });
    }

    fn problem(&self, at: Position, message: impl Into<String>, hint: &str) -> Problem {
        self.original.error(at, message).with_hint(hint).into()
    }

    fn refuse(&mut self, scope: &Scope, at: Position, problems: Vec<Problem>) {
        self.candidates.push(Candidate::new(self.original, NAME, scope, at, Err(problems)));
    }

    /// A project's properties, and nobody says which project's.
    fn nobodys(&mut self, records: &[Record<'_>]) {
        let Some(at) = records.iter().find_map(Record::at) else { return };
        let hint = "name the project with `--project`";
        let problem = self.problem(at, "these are a project's properties, and none says which project's", hint);
        self.refuse(&Scope::System, at, vec![problem]);
    }

    /// The account of one scope. Of its records that which names an identity counts, and the region of either.
    fn account(&mut self, target: &Target<'_>, records: Vec<Record<'_>>) {
        let mut records = self.enabled(records);
        let Some(at) = records.iter().find_map(Record::at) else { return };
        let region = records.iter_mut().find_map(|record| record.take(Field::Region));
        let identity = records.iter().position(Record::names_identity);
        let mut record = records.remove(identity.unwrap_or_default());
        for (_, property) in records.into_iter().flat_map(Record::into_rest) {
            self.note(NoteKind::Unused, property, "another setting of the same scope comes first");
        }
        let twice: Vec<Problem> = record
            .twice
            .iter()
            .map(|(at, other)| self.problem(*at, format!("`{other}` says the same"), "remove one of them"))
            .collect();
        if !twice.is_empty() {
            return self.refuse(&target.scope, at, twice);
        }
        let shape = self.shape(target, at, &mut record, region);
        for (field, property) in record.into_rest() {
            self.note(NoteKind::Unused, property, field.there());
        }
        self.candidates.push(Candidate::new(self.original, NAME, &target.scope, at, shape));
    }

    /// Without a plugin group that is switched off.
    fn enabled<'p>(&mut self, records: Vec<Record<'p>>) -> Vec<Record<'p>> {
        let mut enabled = Vec::new();
        for mut record in records {
            match record.take(Field::Enabled) {
                Some(property) if property.value.trim() == "false" => {
                    self.note(NoteKind::LeftOut, property, "the plugin group is not enabled, and so not taken over");
                }
                _ => enabled.push(record),
            }
        }
        enabled
    }

    fn shape(
        &mut self,
        target: &Target<'_>,
        at: Position,
        record: &mut Record<'_>,
        region: Option<&Property>,
    ) -> Result<AccountShape, Vec<Problem>> {
        let mut problems = Vec::new();
        let [role, external_id] = [Field::Role, Field::ExternalId]
            .map(|field| record.take(field).and_then(|property| self.text(property, &mut problems)));
        let region = region.and_then(|property| self.text(property, &mut problems));
        let source = self.source(target, at, record, role.is_some(), &mut problems);
        match source {
            Some(source) if problems.is_empty() => {
                let mut shape = AccountShape::new(Text::at(at, NAME), source);
                (shape.assume_role, shape.external_id, shape.default_region) = (role, external_id, region);
                Ok(shape)
            }
            _ => Err(problems),
        }
    }

    /// The value of a property; none when it is empty, or when only Rundeck knows it, which is recorded.
    fn text(&mut self, property: &Property, problems: &mut Vec<Problem>) -> Option<Text> {
        let value = property.value.trim();
        if value.is_empty() {
            return None;
        }
        let is_hidden = value.bytes().all(|b| b == b'*');
        let what =
            if is_hidden { Some("a value that Rundeck did not show") } else { super::unresolved::unresolved(value) };
        if let Some(what) = what {
            self.note(NoteKind::Unresolved, property, format!("{what} means nothing outside of Rundeck"));
            let message = format!("`{}` is {what}", property.key);
            problems.push(self.problem(property.at, message, "write the value that it stands for"));
            return None;
        }
        Some(Text::at(property.at, value))
    }
}

#[cfg(test)]
mod tests;
