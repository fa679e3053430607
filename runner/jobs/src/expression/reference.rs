//! What an expression refers to.

use std::fmt;

use minijinja::Value;
use minijinja::machinery::ast::Expr;

/// A name and what is looked up below it, as far as the expression itself says it: `steps.fetch.outputs.path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) root: String,
    pub(crate) parts: Vec<Part>,
}

/// A step from a value to one below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `.name` or `['name']`
    Name {
        /// The name.
        name: String,
        /// Whether it is written with brackets.
        brackets: bool,
    },
    /// `[0]`
    Item(i64),
    /// `[name]`, `[1:2]`: known when the expression is evaluated.
    Computed,
}

impl Reference {
    /// The name that is looked up at this place, when there is one.
    pub(crate) fn name(&self, place: usize) -> Option<&str> {
        match self.parts.get(place)? {
            Part::Name { name, .. } => Some(name),
            Part::Item(_) | Part::Computed => None,
        }
    }

    /// The reference as it is written, with so many of its parts.
    pub(crate) fn shown(&self, parts: usize) -> String {
        let shorter = Self { root: self.root.clone(), parts: self.parts.iter().take(parts).cloned().collect() };
        shorter.to_string()
    }

    /// The value that it refers to, when it is there.
    pub(super) fn value(&self, context: &Value) -> Option<Value> {
        let mut value = context.get_attr(&self.root).ok()?;
        for part in &self.parts {
            value = match part {
                Part::Name { name, .. } => value.get_item(&Value::from(name.as_str())).ok()?,
                Part::Item(index) => value.get_item(&Value::from(*index)).ok()?,
                Part::Computed => return None,
            };
        }
        Some(value)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.root)?;
        for part in &self.parts {
            match part {
                Part::Name { name, brackets: false } => write!(f, ".{name}")?,
                Part::Name { name, brackets: true } => write!(f, "['{name}']")?,
                Part::Item(index) => write!(f, "[{index}]")?,
                Part::Computed => f.write_str("[...]")?,
            }
        }
        Ok(())
    }
}

/// The reference that an expression is as a whole, and the expressions that are computed on the way.
pub(super) fn reference<'e, 'a>(expr: &'e Expr<'a>) -> Option<(Reference, Vec<&'e Expr<'a>>)> {
    let mut parts = Vec::new();
    let mut computed = Vec::new();
    let mut open = expr;
    loop {
        match open {
            Expr::Var(variable) => {
                parts.reverse();
                return Some((Reference { root: variable.id.to_owned(), parts }, computed));
            }
            Expr::GetAttr(attribute) => {
                parts.push(Part::Name { name: attribute.name.to_owned(), brackets: false });
                open = &attribute.expr;
            }
            Expr::GetItem(item) => {
                parts.push(subscript(&item.subscript_expr));
                if let Some(Part::Computed) = parts.last() {
                    computed.push(&item.subscript_expr);
                }
                open = &item.expr;
            }
            _ => return None,
        }
    }
}

fn subscript(expr: &Expr<'_>) -> Part {
    if let Expr::Const(constant) = expr {
        if let Some(name) = constant.value.as_str() {
            return Part::Name { name: name.to_owned(), brackets: true };
        }
        if let Some(index) = constant.value.as_i64() {
            return Part::Item(index);
        }
    }
    Part::Computed
}
