//! What is multiplied. A text or a list times a number is a longer text or list, of up to a hundred million parts in a
//! handful of characters; so only numbers are.

use minijinja::Value;
use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, UnaryOpKind};
use minijinja::value::ValueKind;

use super::reference::{Reference, reference};

/// A side of a multiplication.
#[derive(Clone, Debug)]
pub(super) enum Factor {
    /// A number, or what cannot be multiplied anyway.
    Number,
    /// Perhaps a text or a list.
    Anything,
    /// Whatever a reference comes to.
    Reference(Reference),
    /// One of these.
    Either(Vec<Factor>),
}

impl Factor {
    pub(super) fn of(expr: &Expr<'_>) -> Self {
        match expr {
            Expr::Const(constant) if grows(&constant.value) => Self::Anything,
            Expr::Const(_) | Expr::Compare(_) | Expr::Test(_) => Self::Number,
            Expr::UnaryOp(unary) => match unary.op {
                UnaryOpKind::Not => Self::Number,
                UnaryOpKind::Neg => Self::of(&unary.expr),
            },
            Expr::BinOp(binary) => match binary.op {
                BinOpKind::Add | BinOpKind::ScAnd | BinOpKind::ScOr => {
                    Self::Either(vec![Self::of(&binary.left), Self::of(&binary.right)])
                }
                BinOpKind::Concat => Self::Anything,
                // A product within this one is looked at for itself.
                _ => Self::Number,
            },
            Expr::IfExpr(choice) => {
                let otherwise = choice.false_expr.as_ref().map_or(Self::Number, Self::of);
                Self::Either(vec![Self::of(&choice.true_expr), otherwise])
            }
            Expr::Filter(filter) => match filter.name {
                "length" | "count" | "int" | "float" | "round" | "abs" => Self::Number,
                "default" | "d" => {
                    let value = filter.expr.as_ref().map_or(Self::Anything, Self::of);
                    let arguments = filter.args.iter().map(|argument| match argument {
                        CallArg::Pos(expr) | CallArg::Kwarg(_, expr) => Self::of(expr),
                        CallArg::PosSplat(_) | CallArg::KwargSplat(_) => Self::Anything,
                    });
                    Self::Either(std::iter::once(value).chain(arguments).collect())
                }
                _ => Self::Anything,
            },
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => match reference(expr) {
                Some((reference, computed)) if computed.is_empty() => Self::Reference(reference),
                _ => Self::Anything,
            },
            Expr::Slice(_) | Expr::Call(_) | Expr::List(_) | Expr::Tuple(_) | Expr::Map(_) => Self::Anything,
        }
    }

    /// Whether it may be a text or a list, as far as is known without values.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Number | Self::Reference(_) => false,
            Self::Anything => true,
            Self::Either(factors) => factors.iter().any(Self::is_open),
        }
    }

    /// Whether it is a text or a list.
    pub(super) fn is_growing(&self, context: &Value) -> bool {
        match self {
            Self::Number => false,
            Self::Anything => true,
            Self::Reference(reference) => reference.value(context).is_some_and(|value| grows(&value)),
            Self::Either(factors) => factors.iter().any(|factor| factor.is_growing(context)),
        }
    }
}

fn grows(value: &Value) -> bool {
    !matches!(
        value.kind(),
        ValueKind::Undefined | ValueKind::None | ValueKind::Bool | ValueKind::Number | ValueKind::Invalid
    )
}
