//! Values that a schedule gives for the job's options.

use windlass_errors::nearest_hint;
use windlass_settings::yaml::Position;

use super::Rules;
use crate::job::scalar_text;
use crate::options::{fits, same};
use crate::tree::{Entry, Node, Tree};
use crate::{OptionKind, OptionSpec, Options};

impl Rules<'_> {
    /// The values, checked as those of a run are, as far as a file allows.
    pub(super) fn given_options(&mut self, tree: Option<&Tree>, at: Position, specs: &[OptionSpec]) -> Options {
        let entries = match tree.map(|tree| (&tree.node, tree.position)) {
            None => &[],
            Some((Node::Map(entries), _)) => entries.as_slice(),
            Some((_, position)) => {
                self.wrong(position, "expected keys with values");
                return Options::new();
            }
        };
        let mut options = Options::new();
        for entry in entries {
            match specs.iter().find(|spec| spec.name == entry.key) {
                Some(spec) => self.given_option(spec, entry, &mut options),
                None => {
                    let hint = nearest_hint(&entry.key, specs.iter().map(|spec| spec.name.as_str()));
                    self.wrong_with(entry.key_at, format!("the job has no option `{}`", entry.key), hint);
                }
            }
        }
        self.missing_options(entries, tree.map_or(at, Tree::position), specs);
        options
    }

    fn given_option(&mut self, spec: &OptionSpec, entry: &Entry, options: &mut Options) {
        let name = &spec.name;
        if spec.kind == OptionKind::Secret {
            let why = format!("option `{name}` is a secret: its value would stand here in clear");
            return self.wrong_with(entry.key_at, why, "leave it out and give the option a `key`");
        }
        if entry.value.has_expression() {
            let why = format!("option `{name}`: a schedule gives values, expressions are not evaluated here");
            return self.wrong_with(entry.value.position, why, "write the value");
        }
        let value = same(spec, &entry.value.raw());
        match fits(spec, &value) {
            Ok(()) => {
                options.insert(name.clone(), value);
            }
            Err(why) if spec.values.is_empty() => self.wrong(entry.value.position, format!("option `{name}`: {why}")),
            Err(why) => {
                let allowed: Vec<String> = spec.values.iter().map(scalar_text).collect();
                let hint = format!("allowed are: `{}`", allowed.join("`, `"));
                self.wrong_with(entry.value.position, format!("option `{name}`: {why}"), hint);
            }
        }
    }

    fn missing_options(&mut self, entries: &[Entry], at: Position, specs: &[OptionSpec]) {
        let is_given = |spec: &OptionSpec| entries.iter().any(|entry| entry.key == spec.name);
        let is_missing = |spec: &&OptionSpec| spec.required && spec.default.is_none() && spec.key.is_none();
        for spec in specs.iter().filter(is_missing).filter(|spec| !is_given(spec)) {
            let name = &spec.name;
            let hint = match spec.kind {
                OptionKind::Secret => format!("give the option a `key`: nobody is there to type `{name}`"),
                _ => "give it in `options` of the schedule, or give the option a `default`".to_owned(),
            };
            self.wrong_with(at, format!("option `{name}` is required, and the schedule gives none"), hint);
        }
    }
}
