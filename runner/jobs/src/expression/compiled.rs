//! An expression that can be evaluated again and again.

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr};
use minijinja::machinery::parse_expr;
use minijinja::value::ValueKind;
use minijinja::{Expression, Value};
use serde_json::Value as Json;

use super::ExpressionError;
use super::bounds::bounds;
use super::language::{environment, functions};
use super::product::Factor;
use super::reference::{Reference, reference};

/// How deep the tree of an expression may be.
const DEEPEST: usize = 200;

/// An expression whose syntax is right.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) source: String,
    /// What it refers to.
    pub(crate) references: Vec<Reference>,
    /// Whether it is one reference and nothing else.
    is_reference: bool,
    factors: Vec<Factor>,
    expression: Expression<'static, 'static>,
}

impl Compiled {
    pub(super) fn new(source: &str) -> Result<Self, ExpressionError> {
        bounds(source)?;
        let invalid =
            |error: &minijinja::Error| ExpressionError::invalid(format!("expression `{source}`: {}", explain(error)));
        let mut found = Found::default();
        {
            let tree = parse_expr(source).map_err(|error| invalid(&error))?;
            found.is_reference = reference(&tree).is_some();
            found.walk(&tree, 0).map_err(|why| ExpressionError::invalid(format!("expression `{source}`: {why}")))?;
        }
        if found.factors.iter().any(Factor::is_open) {
            return Err(multiplied(source));
        }
        let expression = environment().compile_expression_owned(source.to_owned()).map_err(|error| invalid(&error))?;
        let Found { references, factors, is_reference, .. } = found;
        Ok(Self { source: source.to_owned(), references, is_reference, factors, expression })
    }

    /// The option that it is, and nothing else: `options.NAME`.
    pub(crate) fn lone_option(&self) -> Option<&str> {
        let reference = self.references.first().filter(|_| self.is_reference)?;
        reference.name(0).filter(|_| reference.root == "options" && reference.parts.len() == 1)
    }

    /// Its value, with its type.
    pub(crate) fn evaluate(&self, context: &Value) -> Result<Json, ExpressionError> {
        let source = &self.source;
        if self.factors.iter().any(|factor| factor.is_growing(context)) {
            return Err(multiplied(source));
        }
        let value = self.expression.eval(context.clone()).map_err(|error| {
            let undefined = error.kind() == minijinja::ErrorKind::UndefinedError;
            let error = ExpressionError::invalid(format!("expression `{source}`: {}", explain(&error)));
            if undefined { ExpressionError { code: "job.undefined-reference", ..error } } else { error }
        })?;
        if value.is_undefined() {
            let message = format!("`{source}` is not defined");
            return Err(ExpressionError { code: "job.undefined-reference", message, hint: None });
        }
        if value.kind() == ValueKind::Invalid {
            return Err(ExpressionError::invalid(format!("expression `{source}`: {value}")));
        }
        let unfit = || ExpressionError::invalid(format!("expression `{source}` has no value that JSON could hold"));
        if f64::try_from(value.clone()).is_ok_and(|number| !number.is_finite()) {
            return Err(unfit());
        }
        serde_json::to_value(value).map_err(|_| unfit())
    }
}

fn multiplied(source: &str) -> ExpressionError {
    let why = format!("expression `{source}`: `*` multiplies numbers only");
    ExpressionError::invalid(why).with_hint("write `|int` or `|float` after what could be something else")
}

fn explain(error: &minijinja::Error) -> String {
    let kind = error.kind().to_string();
    error.detail().map_or(kind.clone(), |detail| format!("{kind}, {detail}"))
}

/// What is in an expression.
#[derive(Default)]
struct Found {
    references: Vec<Reference>,
    factors: Vec<Factor>,
    is_reference: bool,
}

impl Found {
    fn walk(&mut self, expr: &Expr<'_>, depth: usize) -> Result<(), String> {
        if depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} levels deep"));
        }
        if let Some((reference, computed)) = reference(expr) {
            self.references.push(reference);
            return computed.into_iter().try_for_each(|expr| self.walk(expr, depth + 1));
        }
        let depth = depth + 1;
        match expr {
            Expr::Var(_) | Expr::Const(_) => Ok(()),
            Expr::GetAttr(attribute) => self.walk(&attribute.expr, depth),
            Expr::GetItem(item) => {
                self.walk(&item.expr, depth)?;
                self.walk(&item.subscript_expr, depth)
            }
            Expr::Slice(slice) => {
                let bounds = [&slice.start, &slice.stop, &slice.step];
                self.walk(&slice.expr, depth)?;
                bounds.into_iter().flatten().try_for_each(|bound| self.walk(bound, depth))
            }
            Expr::UnaryOp(unary) => self.walk(&unary.expr, depth),
            Expr::BinOp(binary) => {
                if matches!(binary.op, BinOpKind::Mul) {
                    self.factors.extend([Factor::of(&binary.left), Factor::of(&binary.right)]);
                }
                self.walk(&binary.left, depth)?;
                self.walk(&binary.right, depth)
            }
            Expr::Compare(compare) => {
                self.walk(&compare.expr, depth)?;
                compare.ops.iter().try_for_each(|operator| self.walk(&operator.expr, depth))
            }
            Expr::IfExpr(choice) => {
                self.walk(&choice.test_expr, depth)?;
                self.walk(&choice.true_expr, depth)?;
                choice.false_expr.iter().try_for_each(|expr| self.walk(expr, depth))
            }
            Expr::Filter(filter) => {
                filter.expr.iter().try_for_each(|expr| self.walk(expr, depth))?;
                self.arguments(&filter.args, depth)
            }
            Expr::Test(test) => {
                self.walk(&test.expr, depth)?;
                self.arguments(&test.args, depth)
            }
            Expr::Call(call) => {
                match &call.expr {
                    Expr::Var(function) if functions().any(|known| known == function.id) => {}
                    Expr::GetAttr(method) => self.walk(&method.expr, depth)?,
                    other => self.walk(other, depth)?,
                }
                self.arguments(&call.args, depth)
            }
            Expr::List(list) => list.items.iter().try_for_each(|item| self.walk(item, depth)),
            Expr::Tuple(tuple) => tuple.items.iter().try_for_each(|item| self.walk(item, depth)),
            Expr::Map(map) => map.keys.iter().chain(&map.values).try_for_each(|item| self.walk(item, depth)),
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>], depth: usize) -> Result<(), String> {
        arguments.iter().try_for_each(|argument| match argument {
            CallArg::Pos(expr) | CallArg::Kwarg(_, expr) | CallArg::PosSplat(expr) | CallArg::KwargSplat(expr) => {
                self.walk(expr, depth)
            }
        })
    }
}
