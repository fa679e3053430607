//! The expressions of a tree, without their values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Check;
use super::scope::Scope;
use crate::Tree;
use crate::evaluate::{Evaluated, Places, escape, placeholder};
use crate::expression::{ExpressionError, Template};
use crate::schema::Holes;
use crate::tree::Node;

/// A tree whose expressions are holes.
pub(super) struct Outline {
    pub(super) evaluated: Evaluated,
    pub(super) holes: Holes,
}

/// What a text is before it has its values.
enum Outlined {
    Text,
    /// One expression: any value.
    Any,
    /// A text with expressions in it.
    Filled,
    /// A secret option, alone.
    Secret(String),
}

impl<'a> Check<'a> {
    /// Checks the expressions of a tree in which no secret may be; gives what is not known of it.
    pub(super) fn texts(&mut self, tree: &Tree, scope: &Scope<'a>) -> Holes {
        let outline = self.outline(tree, scope, &BTreeSet::new());
        for (pointer, option) in &outline.evaluated.secret_options {
            self.wrong_expression(outline.evaluated.places.of_value(pointer), ExpressionError::misplaced(option));
        }
        outline.holes
    }

    /// Checks the expressions of a tree, and says what is known of its value. Texts at the pointers in `verbatim` hold no
    /// expressions.
    pub(super) fn outline(&mut self, tree: &Tree, scope: &Scope<'a>, verbatim: &BTreeSet<String>) -> Outline {
        let evaluated = Evaluated { value: Value::Null, places: Places::default(), secret_options: BTreeMap::new() };
        let mut outline = Outline { evaluated, holes: Holes::default() };
        outline.evaluated.value = self.part(tree, String::new(), scope, verbatim, &mut outline);
        outline
    }

    fn part(
        &mut self,
        tree: &Tree,
        pointer: String,
        scope: &Scope<'a>,
        verbatim: &BTreeSet<String>,
        outline: &mut Outline,
    ) -> Value {
        outline.evaluated.places.note_value(pointer.clone(), tree.position);
        match &tree.node {
            Node::Plain(value) => value.clone(),
            Node::Text(text) if verbatim.contains(&pointer) => Value::String(text.clone()),
            Node::Text(text) => match self.outlined(text, tree, scope) {
                Outlined::Text => Value::String(text.clone()),
                Outlined::Any => {
                    outline.holes.any.insert(pointer);
                    Value::Null
                }
                Outlined::Filled => {
                    outline.holes.texts.insert(pointer);
                    Value::String(text.clone())
                }
                Outlined::Secret(option) => {
                    let placeholder = placeholder(&option);
                    outline.evaluated.secret_options.insert(pointer, option);
                    Value::String(placeholder)
                }
            },
            Node::List(items) => {
                let items = items.iter().enumerate();
                items
                    .map(|(index, item)| self.part(item, format!("{pointer}/{index}"), scope, verbatim, outline))
                    .collect()
            }
            Node::Map(entries) => {
                let mut map = Map::new();
                for entry in entries {
                    let below = format!("{pointer}/{}", escape(&entry.key));
                    outline.evaluated.places.note_key(below.clone(), entry.key_at);
                    map.insert(entry.key.clone(), self.part(&entry.value, below, scope, verbatim, outline));
                }
                Value::Object(map)
            }
        }
    }

    fn outlined(&mut self, text: &str, tree: &Tree, scope: &Scope<'a>) -> Outlined {
        if !text.contains("${{") {
            return Outlined::Text;
        }
        let template = match Template::new(text) {
            Ok(template) => template,
            Err(error) => {
                self.wrong_expression(tree.position, error);
                return Outlined::Any;
            }
        };
        let lone = template.lone();
        let option = lone.and_then(|expression| expression.lone_option()).filter(|name| self.is_secret(name));
        if let Some(option) = option.filter(|_| scope.running) {
            return Outlined::Secret(option.to_owned());
        }
        for reference in template.expressions().flat_map(|expression| &expression.references) {
            if let Err(error) = self.reference(reference, scope) {
                self.wrong_expression(tree.position, error);
            }
        }
        // What depends on nothing fails now as well as later.
        for expression in template.expressions().filter(|expression| expression.references.is_empty()) {
            if let Err(error) = expression.evaluate(&minijinja::Value::from(())) {
                self.wrong_expression(tree.position, error);
            }
        }
        if lone.is_some() { Outlined::Any } else { Outlined::Filled }
    }
}
