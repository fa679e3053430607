//! Values that readers stumble over, in JSON.

use bolero::TypeGenerator;
use serde_json::{Number, Value, json};

use crate::extreme;

/// A secret of the steps in these tests; nothing that leaves the runner may have it in it.
pub const HIDDEN: &str = "hunter2-hunter2";

const TEXTS: &[&str] = &[
    "",
    " ",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "a\0b",
    "a\nb",
    "\u{1b}]0;title\u{7}\u{1b}[2J",
    "\u{9b}31m\u{202e}txt.exe",
    "\u{feff}",
    "${{ options.a }}",
    "keys/project/web/token",
    "keys/system/x",
    "https://[::1]:0/",
    "http://169.254.169.254/latest/meta-data",
    "*.example.com:443",
    "(a+)+$",
    "(?=(a+))*b",
    "[",
    "(a{1000}){1000}",
    "\\p{Any}{500}",
    "date-time",
    "regex",
    "aGVsbG8=",
    "aGVsbG8",
    "text/plain",
];

/// Schemas that are more than they look like.
pub const SCHEMAS: &[&str] = &[
    r##"{"$ref":"#"}"##,
    r##"{"$ref":"#/$defs/a"}"##,
    r##"{"$ref":"#/%zz"}"##,
    r##"{"$ref":"file:///etc/passwd"}"##,
    r##"{"$ref":"https://example.com/schema.json"}"##,
    r##"{"$dynamicRef":"#a"}"##,
    r##"{"allOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
    r##"{"anyOf":[{"$ref":"#"},{"$ref":"#"}],"not":{}}"##,
    r##"{"properties":{"name":{"$ref":"#"},"next":{"$ref":"#"}},"allOf":[{"$ref":"#/$defs/a"},{"$ref":"#/$defs/a"}],"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"},{"$ref":"#/$defs/b"}]},"b":{"required":["no"]}}}"##,
    r##"{"properties":{"a":{"$ref":"#"},"b":{"$ref":"#"}}}"##,
    r##"{"not":{"$ref":"#"}}"##,
    r##"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"https://x/"}"##,
    r##"{"$schema":"http://example.com/unknown"}"##,
    r##"{"type":"string","x-windlass":"secret"}"##,
    r##"{"type":"string","x-windlass":"endpoint"}"##,
    r##"{"type":"string","x-windlass":"verbatim"}"##,
    r##"{"type":"string","x-windlass":"account"}"##,
    r##"{"type":"array","items":{"type":"string","x-windlass":"region"}}"##,
    r##"{"pattern":"(a+)+$"}"##,
    r##"{"patternProperties":{"(.*)*x":false}}"##,
    r##"{"multipleOf":1e-300}"##,
    r##"{"multipleOf":0}"##,
    r##"{"minLength":-1,"maxItems":1e308}"##,
    r##"{"uniqueItems":true,"contains":{},"minContains":18446744073709551615}"##,
    r##"{"enum":[]}"##,
    "false",
];

/// A value to put somewhere.
#[derive(Clone, Debug, TypeGenerator)]
pub enum Odd {
    /// `null`
    Null,
    /// `true` or `false`
    Truth(bool),
    /// A number at an edge of some type.
    Number(u8),
    /// A text that means something somewhere.
    Text(u8),
    /// [`HIDDEN`]
    Secret,
    /// A text of this many characters.
    Long(u16),
    /// So many lists in each other.
    Nested(u16),
    /// A list with nothing in it.
    List,
    /// A map with nothing in it.
    Map,
    /// A JSON Schema.
    Schema(u8),
}

impl Odd {
    /// The value. Nested lists are a text that [`spelled`] replaces: as values they would overflow the test's own stack.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Truth(truth) => json!(truth),
            Self::Number(which) => number(*which),
            Self::Text(which) => json!(TEXTS[usize::from(*which) % TEXTS.len()]),
            Self::Secret => json!(HIDDEN),
            Self::Long(length) => json!("x".repeat((*length).into())),
            Self::Nested(depth) => json!(format!("{NESTED}{depth}")),
            Self::List => json!([]),
            Self::Map => json!({}),
            Self::Schema(which) => {
                serde_json::from_str(SCHEMAS[usize::from(*which) % SCHEMAS.len()]).expect("the schemas above are JSON")
            }
        }
    }
}

/// What a text of nested lists begins with.
const NESTED: &str = "nested-lists-";

/// JSON text with nested lists spelled out.
pub(crate) fn spelled(text: &str) -> String {
    let mark = format!("\"{NESTED}");
    let mut parts = text.split(&mark);
    let mut spelled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (depth, rest) = part.split_once('"').unwrap_or((part, ""));
        let depth = depth.parse().unwrap_or(0);
        spelled += &format!("{}{}{rest}", "[".repeat(depth), "]".repeat(depth));
    }
    spelled
}

/// A number that a value can hold; the others are put in as text by [`crate::Edit::Number`].
fn number(which: u8) -> Value {
    extreme(which).parse::<Number>().map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_lists_are_spelled_out() {
        let text = json!({"a": Odd::Nested(2).value(), "b": [Odd::Nested(0).value()]}).to_string();
        assert_eq!(spelled(&text), r#"{"a":[[]],"b":[]}"#);
    }

    #[test]
    fn every_schema_and_number_is_a_value() {
        for which in 0..=u8::MAX {
            let _ = (Odd::Schema(which).value(), Odd::Number(which).value(), Odd::Text(which).value());
        }
    }
}
