//! Names, texts and accounts.

use windlass_settings::yaml::{Position, Spanned};
use windlass_settings::{AccountName, ProjectName};

use super::{MOST_ACCOUNTS, Rules};
use crate::job::StepType;
use crate::tree::{Node, Tree};

/// The longest name of anything, in bytes.
pub(super) const LONGEST_NAME: usize = 100;
const LONGEST_GROUP: usize = 400;
/// Who needs more than that wants a name for all of them.
const MOST_LABELS: usize = 20;
const LONGEST_DESCRIPTION: usize = 10_000;

impl Rules<'_> {
    pub(super) fn job_name(&mut self, name: &Spanned<String>) {
        if !is_line(&name.value, LONGEST_NAME) {
            let rule = format!("a job's name has 1 to {LONGEST_NAME} bytes on one line, without space at its ends");
            self.wrong(name, rule);
        }
    }

    pub(super) fn job_id(&mut self, id: &Spanned<String>) {
        if !is_plain(&id.value) {
            let rule = format!("a job's id has 1 to {LONGEST_NAME} letters, digits, `.`, `_` and `-`");
            self.wrong(id, rule);
        }
    }

    pub(super) fn group(&mut self, group: &Spanned<String>) {
        let segment = |text: &str| is_line(text, LONGEST_NAME) && text != "." && text != "..";
        if group.value.len() > LONGEST_GROUP || !group.value.split('/').all(segment) {
            let rule = "a group is written `team/nightly`: parts on one line, not empty, separated by `/`";
            self.wrong(group, rule);
        }
    }

    pub(super) fn description(&mut self, text: Option<Spanned<String>>) -> Option<String> {
        let text = text?;
        if text.value.len() > LONGEST_DESCRIPTION {
            self.wrong(&text, format!("a description has at most {LONGEST_DESCRIPTION} bytes"));
        }
        if let Some((at, why)) = control_character(&text.value) {
            self.wrong(self.file.place_in(&text, at), why);
        }
        Some(text.value)
    }

    pub(super) fn identifier(&mut self, name: &str, place: Position, what: &str) {
        let mut bytes = name.bytes();
        let first = bytes.next().is_some_and(|b| b.is_ascii_lowercase());
        if !first || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            self.wrong(place, format!("{what} begins with a small letter, then letters, digits and `_`"));
        } else if name.len() > LONGEST_NAME {
            self.wrong(place, format!("{what} has at most {LONGEST_NAME} characters"));
        }
    }

    pub(super) fn step_type(&mut self, uses: &Spanned<String>) -> Option<StepType> {
        let read = StepType::parse(&uses.value);
        if read.is_none() {
            self.wrong(uses, "a step type is written `plugin-name/step-name`");
        }
        read
    }

    pub(super) fn account(&mut self, name: &Spanned<String>) -> Option<AccountName> {
        AccountName::parse(&name.value).map_err(|why| self.wrong(name, why)).ok()
    }

    pub(super) fn accounts(&mut self, names: &[Spanned<String>]) -> Vec<AccountName> {
        if names.len() > MOST_ACCOUNTS {
            self.wrong(&names[MOST_ACCOUNTS], format!("a job has at most {MOST_ACCOUNTS} `accounts`"));
            return Vec::new();
        }
        let mut accounts = Vec::new();
        for name in names {
            let Some(account) = self.account(name) else { continue };
            if accounts.contains(&account) {
                self.wrong(name, format!("the account `{account}` is listed twice"));
            }
            accounts.push(account);
        }
        accounts
    }

    pub(super) fn labels(&mut self, labels: &[Spanned<String>]) -> Vec<String> {
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if labels.len() > MOST_LABELS {
            self.wrong(&labels[MOST_LABELS], format!("a job has at most {MOST_LABELS} labels in `runsOn`"));
        }
        for label in labels.iter().take(MOST_LABELS) {
            if !(1..=100).contains(&label.value.len()) || !label.value.bytes().all(fine) {
                self.wrong(label, "a label has letters, digits, `.`, `_` and `-`, at most 100");
            }
        }
        let sorted: std::collections::BTreeSet<&String> = labels.iter().map(|label| &label.value).collect();
        sorted.into_iter().cloned().collect()
    }

    pub(super) fn region(&mut self, region: Spanned<String>) -> Option<String> {
        if is_region(&region.value) {
            return Some(region.value);
        }
        self.wrong(&region, "a region is written like `eu-west-1`");
        None
    }

    /// A text that may be an expression: a step's `account` or `region`.
    pub(super) fn text_tree(&mut self, tree: Option<Tree>, rule: impl Fn(&str) -> Result<(), String>) -> Option<Tree> {
        let tree = tree?;
        match &tree.node {
            Node::Text(text) if text.contains("${{") => return Some(tree),
            Node::Text(text) => match rule(text) {
                Ok(()) => return Some(tree),
                Err(why) => self.wrong(tree.position, why),
            },
            _ => self.wrong(tree.position, "expected a text"),
        }
        None
    }
}

/// Whether a text could be the name of a region; which there are, AWS decides.
pub(super) fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST_NAME
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// The alphabet of a project's name: it may stand in an address and on a command line.
pub(crate) fn is_plain(text: &str) -> bool {
    ProjectName::parse(text).is_ok()
}

/// The first character of a description that is none to read, and why it is refused.
pub(crate) fn control_character(text: &str) -> Option<(usize, String)> {
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let (at, c) = text.char_indices().find(|(_, c)| is_control(*c))?;
    Some((at, format!("a description is to be read, and has the control character U+{:04X}", u32::from(c))))
}

/// Whether a text is one line that looks as it is.
pub(crate) fn is_line(text: &str, longest: usize) -> bool {
    !text.is_empty() && text.len() <= longest && text.trim() == text && !text.chars().any(char::is_control)
}
