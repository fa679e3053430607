//! What a run can be given.

use serde_json::Value;
use windlass_settings::KeyPath;
use windlass_settings::yaml::{Position, Spanned};

use super::Rules;
use crate::job::option::MOST_VALUES;
use crate::job::shape::OptionFile;
use crate::job::{OptionKind, OptionSpec, Pattern};
use crate::options::{fits, of_kind};
use crate::tree::Tree;

const LONGEST_PATTERN: usize = 1000;

impl Rules<'_> {
    pub(super) fn option(&mut self, read: Spanned<OptionFile>) -> OptionSpec {
        let at = Position::from(&read);
        let read = read.value;
        self.identifier(&read.name.value, Position::from(&read.name), "an option's name");
        let kind = read.kind.as_ref().map(|kind| kind.value).unwrap_or_default();
        self.combination(&read, kind);
        let mut spec = OptionSpec {
            name: read.name.value,
            description: self.description(read.description),
            kind,
            required: read.required,
            default: None,
            values: Vec::new(),
            values_from: read.values_from.and_then(|from| self.values_from(from)),
            pattern: read.pattern.and_then(|text| self.pattern(&text)),
            key: read.key.and_then(|text| self.key(&text)),
            at,
        };
        spec.values = read.values.map(|values| self.values(&values, &spec)).unwrap_or_default();
        spec.default = read.default.and_then(|tree| self.default(&tree, &spec));
        spec
    }

    /// Which keys of an option go with its type.
    fn combination(&mut self, read: &OptionFile, kind: OptionKind) {
        let listed = read.values.as_ref().map(Position::from);
        let asked = read.values_from.as_ref().map(Position::from);
        if kind == OptionKind::Choice && asked.is_none() && read.values.as_ref().is_none_or(|all| all.value.is_empty())
        {
            self.wrong(&read.name, "a choice needs `values`");
        }
        if let (Some(place), false) = (listed.or(asked), kind.has_values()) {
            self.wrong(place, format!("an option of type `{}` has no list of values", kind.word()));
        }
        if let (Some(_), Some(place)) = (listed, asked) {
            self.wrong(place, "an option has `values` or `valuesFrom`, not both");
        }
        if let (Some(place), true) = (asked, kind == OptionKind::Number) {
            self.wrong(place, "`valuesFrom` is a list of texts: it goes with `choice`, `list` and `text`");
        }
        if let (Some(pattern), false) = (&read.pattern, kind.has_pattern()) {
            self.wrong(pattern, format!("a `pattern` is for texts, and this option is of type `{}`", kind.word()));
        }
        if let (Some(key), true) = (&read.key, kind != OptionKind::Secret) {
            self.wrong_with(key, "only a secret comes from a `key`", "give the option `type: secret`");
        }
        if let (Some(default), true) = (&read.default, kind == OptionKind::Secret) {
            let hint = "store it with `windlass key set` and name it by `key`";
            self.wrong_with(default.position, "a secret has no `default`: it would stand here in clear", hint);
        }
    }

    fn values(&mut self, read: &Spanned<Vec<Tree>>, spec: &OptionSpec) -> Vec<Value> {
        if read.value.len() > MOST_VALUES {
            self.wrong(read, format!("an option has at most {MOST_VALUES} `values`"));
            return Vec::new();
        }
        // One item of a list is like a choice.
        let kind = if spec.kind == OptionKind::List { OptionKind::Choice } else { spec.kind };
        read.value.iter().filter_map(|value| self.scalar(value, |value| of_kind(kind, value))).collect()
    }

    fn default(&mut self, tree: &Tree, spec: &OptionSpec) -> Option<Value> {
        if spec.kind == OptionKind::Secret {
            return None;
        }
        if spec.kind != OptionKind::List {
            return self.scalar(tree, |value| fits(spec, value));
        }
        let value = tree.raw();
        fits(spec, &value).map_err(|why| self.wrong(tree.position, why)).ok()?;
        Some(value)
    }

    fn scalar(&mut self, tree: &Tree, rule: impl Fn(&Value) -> Result<(), String>) -> Option<Value> {
        let Some(value) = tree.scalar() else {
            self.wrong(tree.position, "a single value belongs here");
            return None;
        };
        rule(&value).map_err(|why| self.wrong(tree.position, why)).ok()?;
        Some(value)
    }

    fn pattern(&mut self, text: &Spanned<String>) -> Option<Pattern> {
        if text.value.len() > LONGEST_PATTERN {
            self.wrong(text, format!("a pattern has at most {LONGEST_PATTERN} bytes"));
            return None;
        }
        Pattern::parse(&text.value).map_err(|why| self.wrong(text, why)).ok()
    }

    fn key(&mut self, text: &Spanned<String>) -> Option<KeyPath> {
        KeyPath::parse(&text.value).map_err(|why| self.wrong(text, why)).ok()
    }
}
