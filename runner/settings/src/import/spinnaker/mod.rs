//! The `aws` and `ecs` blocks of Spinnaker's `clouddriver.yml`.
//!
//! An account of `aws` assumes its role from what Spinnaker itself is: the block's access key, the account's profile, or the
//! account that `managingAccount` names. An account of `ecs` is another name for an account of `aws`, never a copy, so that
//! no field is lost on the way. What the blocks leave out gets our defaults, and a note says where Spinnaker's differ.

mod account;
mod aws;
mod draft;
mod ecs;
mod fields;
mod known;
mod labels;
mod tokens;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use self::draft::Draft;
use self::fields::Fields;
use self::known::AWS;
use super::outcome::Candidate;
use super::unresolved::unresolved;
use super::{Imported, ImportedKey, Note};
use crate::error::Problem;
use crate::yaml::{self, Node, Original, Position, YamlError};
use crate::{AccountName, KeyPath, Scope, Settings};

/// The account that the access key of `aws.accessKeyId` becomes.
const MANAGING: &str = "spinnaker-managing";
/// Where its secret half goes.
const MANAGING_KEY: &str = "keys/spinnaker-managing";

#[derive(Deserialize)]
struct Blocks {
    aws: Option<Node>,
    ecs: Option<Node>,
}

/// What the blocks of a file would be among these settings, which have the accounts of the database. `path` is what errors
/// call the file; its other blocks are not looked at.
///
/// # Errors
/// When the text is no YAML, is larger than a file of ours may be, or has neither block. What is wrong with one account is
/// in [`Imported::refused`].
pub fn import(path: &Path, text: &str, settings: &Settings) -> Result<Imported, YamlError> {
    let blocks: Blocks = yaml::parse(path, text)?;
    let original = Original::new(path, text);
    if blocks.aws.is_none() && blocks.ecs.is_none() {
        let top = Position { line: 1, column: 1 };
        let hint = "give the `clouddriver.yml` or `clouddriver-local.yml` that Spinnaker runs with";
        return Err(original.error(top, "there is neither an `aws` nor an `ecs` block in this file").with_hint(hint));
    }
    let imported = convert(&original, blocks.aws.as_ref(), blocks.ecs.as_ref(), settings.managing_account.as_ref());
    Ok(imported.settled(&original, settings))
}

/// What the blocks say, whatever other accounts there are.
pub(crate) fn convert(
    original: &Original<'_>,
    aws: Option<&Node>,
    ecs: Option<&Node>,
    managing: Option<&AccountName>,
) -> Imported {
    let mut reading = Reading {
        original,
        managing,
        notes: Vec::new(),
        keys: Vec::new(),
        candidates: Vec::new(),
        aws: BTreeSet::new(),
        left_out: BTreeSet::new(),
    };
    aws.into_iter().for_each(|block| reading.aws_block(block));
    ecs.into_iter().for_each(|block| reading.ecs_block(block));
    let Reading { mut notes, keys, candidates, .. } = reading;
    notes.sort_by_key(|note| (note.line, note.column, note.kind));
    notes.dedup();
    let mut imported = Imported { keys, notes, ..Imported::default() };
    imported.add(original, candidates);
    imported
}

/// Where the `aws` block has a secret in clear, whether it is enabled or not.
pub(crate) fn secret_in_clear(original: &Original<'_>, aws: &Node) -> Option<Position> {
    let node = Fields::of(aws, AWS, "aws.")?.take("secretAccessKey")?;
    let text = node.text(original.text)?;
    let is_other = text.is_empty() || unresolved(text).is_some() || KeyPath::parse(text).is_ok();
    (!is_other).then_some(node.position)
}

/// The blocks while they are read.
struct Reading<'r> {
    original: &'r Original<'r>,
    managing: Option<&'r AccountName>,
    notes: Vec<Note>,
    keys: Vec<ImportedKey>,
    candidates: Vec<Candidate>,
    /// The names of the accounts of `aws`.
    aws: BTreeSet<String>,
    /// Those of them that are not enabled.
    left_out: BTreeSet<String>,
}

impl<'r> Reading<'r> {
    fn draft(&mut self, account: Option<&str>) -> Draft<'_, 'r> {
        Draft::new(self.original, &mut self.notes, account)
    }

    fn refuse(&mut self, name: &str, at: Position, problems: Vec<Problem>) {
        self.candidates.push(Candidate::new(self.original, name, &Scope::System, at, Err(problems)));
    }

    /// Something that has another form than Spinnaker gives it, so that nobody knows the accounts in it.
    fn misshapen(&mut self, name: &str, at: Position, expected: &str) {
        let problem = self.original.error(at, format!("expected {expected}")).into();
        self.refuse(name, at, vec![problem]);
    }
}

#[cfg(test)]
mod tests;
