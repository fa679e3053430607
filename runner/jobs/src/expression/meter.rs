//! What filters cost. The language's own meter counts operations; one filter over a long text or list is one of them.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, State, Value};

/// Bytes of text and items of lists that the filters of one expression may read and make.
const MOST: usize = 4 << 20;

/// What the filters of this evaluation have used up.
#[derive(Default)]
struct Used(usize);

/// Adds what a filter is about to do to the account of the evaluation.
pub(super) fn charge(state: &mut State<'_, '_>, filter: &str, arguments: &[Value]) -> Result<(), Error> {
    let read = arguments.iter().map(size).fold(1, usize::saturating_add);
    let made = match (filter, arguments) {
        ("join", [items, joiner, ..]) => items.len().unwrap_or(0).saturating_mul(size(joiner)),
        ("replace", [text, from, to, ..]) => {
            let (text, from) = (text.as_str().unwrap_or_default(), from.as_str().unwrap_or_default());
            text.matches(from).count().saturating_mul(size(to))
        }
        ("tojson" | "string", [value, ..]) => depth_size(value, 0),
        _ => 0,
    };
    let used = state.get_or_insert_extension_with(Used::default);
    used.0 = used.0.saturating_add(read).saturating_add(made);
    if used.0 > MOST {
        return Err(Error::new(ErrorKind::OutOfFuel, format!("the filter `{filter}` has too much to do")));
    }
    Ok(())
}

/// How much there is to read in a value: for a list of texts each text counts.
fn size(value: &Value) -> usize {
    if let Some(text) = value.as_str() {
        return text.len() + 1;
    }
    let Some(length) = value.len() else { return 1 };
    if length > MOST {
        return length;
    }
    let items = value.try_iter().into_iter().flatten();
    items.map(|item| item.as_str().map_or(1, str::len).max(1)).fold(length, usize::saturating_add)
}

/// How much there is in a value at all levels, as far as is of interest.
fn depth_size(value: &Value, depth: usize) -> usize {
    const DEEPEST: usize = 64;
    if value.as_str().is_some() || depth > DEEPEST {
        return size(value);
    }
    let mut total: usize = 1;
    for key in value.try_iter().into_iter().flatten() {
        let below = if value.kind() == ValueKind::Map { value.get_item(&key).unwrap_or_default() } else { key.clone() };
        total = total.saturating_add(depth_size(&below, depth + 1)).saturating_add(size(&key));
        if total > MOST {
            break;
        }
    }
    total
}
