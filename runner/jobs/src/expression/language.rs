//! The language of expressions: which filters and functions there are.

use std::sync::OnceLock;

use minijinja::value::{Rest, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior, Value, filters, functions as builtin};

use super::meter;

/// An expression is a formula, not a program.
const FUEL: u64 = 10_000;
/// The most numbers of a `range`.
const LONGEST_RANGE: usize = 10_000;

/// Filters of the language that are of no use in a formula, or make much of little.
const REMOVED: [&str; 8] = ["safe", "escape", "e", "batch", "slice", "indent", "format", "pprint"];

/// The names of the functions.
pub(super) fn functions() -> impl Iterator<Item = &'static str> {
    ["range", "dict"].into_iter()
}

/// The language; the same for all.
pub(super) fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        for name in REMOVED {
            environment.remove_filter(name);
        }
        for (name, filter) in metered() {
            environment.add_filter(name, move |state: &mut State<'_, '_>, arguments: Rest<ValueOrKwargs>| {
                let arguments = arguments.into_values();
                meter::charge(state, name, &arguments)?;
                filter.call(state, &arguments)
            });
        }
        for name in ["debug", "namespace"] {
            environment.remove_global(name);
        }
        environment.add_function("range", range);
        environment
    })
}

fn range(lower: isize, upper: Option<isize>, step: Option<isize>) -> Result<Value, Error> {
    let range = builtin::range(lower, upper, step)?;
    if range.len().is_none_or(|length| length > LONGEST_RANGE) {
        return Err(Error::new(ErrorKind::InvalidOperation, "range has too many elements"));
    }
    Ok(range)
}

/// The filters whose cost depends on what they are given.
fn metered() -> Vec<(&'static str, Value)> {
    vec![
        ("lower", Value::from_function(filters::lower)),
        ("upper", Value::from_function(filters::upper)),
        ("title", Value::from_function(filters::title)),
        ("capitalize", Value::from_function(filters::capitalize)),
        ("replace", Value::from_function(filters::replace)),
        ("dictsort", Value::from_function(filters::dictsort)),
        ("items", Value::from_function(filters::items)),
        ("reverse", Value::from_function(filters::reverse)),
        ("trim", Value::from_function(filters::trim)),
        ("join", Value::from_function(filters::join)),
        ("split", Value::from_function(filters::split)),
        ("lines", Value::from_function(filters::lines)),
        ("sum", Value::from_function(filters::sum)),
        ("min", Value::from_function(filters::min)),
        ("max", Value::from_function(filters::max)),
        ("sort", Value::from_function(filters::sort)),
        ("list", Value::from_function(filters::list)),
        ("string", Value::from_function(filters::string)),
        ("select", Value::from_function(filters::select)),
        ("reject", Value::from_function(filters::reject)),
        ("selectattr", Value::from_function(filters::selectattr)),
        ("rejectattr", Value::from_function(filters::rejectattr)),
        ("map", Value::from_function(filters::map)),
        ("groupby", Value::from_function(filters::groupby)),
        ("unique", Value::from_function(filters::unique)),
        ("chain", Value::from_function(filters::chain)),
        ("zip", Value::from_function(filters::zip)),
        ("tojson", Value::from_function(to_json)),
    ]
}

/// A value as JSON on one line.
fn to_json(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|_| Error::new(ErrorKind::BadSerialization, "it has no form in JSON"))
}
