//! Values that an address answers with, in the shapes of Rundeck's remote option values. Names beside values are for people,
//! and an option has no place for them.

use serde_json::Value;
use windlass_jobs::WebAddress;
use windlass_network::{Answer, Get};

use super::TIME;
use crate::Engine;

/// How long an answer may be, in bytes.
const LONGEST_ANSWER: usize = 1 << 20;
/// How much of where a redirect leads is repeated, in characters.
const QUOTED: usize = 200;

impl Engine {
    /// The values; the error is the reason why there are none.
    pub(super) async fn values_at(&self, address: &WebAddress) -> Result<Vec<String>, String> {
        let authorities = self.certificates.as_deref();
        let get = Get { url: address.as_str(), authorities, time: TIME, longest: LONGEST_ANSWER };
        let answer = self.network.get(&get).await.map_err(|error| error.to_string());
        answer.and_then(|answer| values(&answer))
    }
}

fn values(answer: &Answer) -> Result<Vec<String>, String> {
    match (answer.status, &answer.location) {
        (200, _) => {}
        (status @ 300..=399, Some(location)) => {
            let to = shown(location);
            return Err(format!("it answers {status} and points to `{to}`; redirects are not followed"));
        }
        (status, _) => return Err(format!("it answers {status}, not 200")),
    }
    // The parser's own message could quote what it read.
    let json: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| format!("its answer is no JSON (line {}, column {})", error.line(), error.column()))?;
    let texts = match &json {
        Value::Array(items) => items.iter().map(item).collect(),
        Value::Object(map) => map.values().map(text).collect(),
        _ => None,
    };
    texts.ok_or_else(|| {
        "its answer is no list of texts, no list of objects with a `value`, and no map of texts".to_owned()
    })
}

fn item(item: &Value) -> Option<String> {
    text(item.get("value").unwrap_or(item))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Where a redirect leads, without what may be secret in it: user, query and fragment.
fn shown(location: &str) -> String {
    let location = location.split(['?', '#']).next().unwrap_or_default();
    let without_user = match location.split_once("//") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}//{host}{path}")
        }
        None => location.to_owned(),
    };
    without_user.chars().take(QUOTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, location: Option<&str>, body: &str) -> Result<Vec<String>, String> {
        values(&Answer { status, location: location.map(str::to_owned), body: body.into() })
    }

    #[test]
    fn three_shapes_are_understood() {
        for body in [
            r#"["a", "b"]"#,
            r#"[{"name": "first", "value": "a"}, {"value": "b", "selected": true}]"#,
            r#"[{"name": "first", "value": "a"}, "b"]"#,
            r#"{"first": "a", "second": "b"}"#,
        ] {
            assert_eq!(said(200, None, body).unwrap(), ["a", "b"], "{body}");
        }
    }

    #[test]
    fn others_are_not() {
        for body in [r#""a""#, "1", "null", r#"["a", 1]"#, r#"[["a"]]"#, r#"[{"name": "a"}]"#, r#"{"a": ["b"]}"#] {
            assert!(said(200, None, body).unwrap_err().contains("no list of texts"), "{body}");
        }
        for body in ["", "<html>hush</html>", "[\"hush\"", "[\"a\"] hush", "\u{0}"] {
            let why = said(200, None, body).unwrap_err();
            assert!(why.starts_with("its answer is no JSON (line ") && !why.contains("hush"), "{why}");
        }
        let deep = "[".repeat(1 << 20);
        assert!(said(200, None, &deep).unwrap_err().contains("no JSON"));
    }

    #[test]
    fn only_200_will_do() {
        for (status, location, expected) in [
            (404, None, "it answers 404, not 200"),
            (204, None, "it answers 204, not 200"),
            (201, Some("/new"), "it answers 201, not 200"),
            (304, None, "it answers 304, not 200"),
            (302, Some("/b?token=hush"), "it answers 302 and points to `/b`; redirects are not followed"),
            (
                301,
                Some("https://me:hush@example.com/b#hush"),
                "it answers 301 and points to `https://example.com/b`; redirects are not followed",
            ),
            (308, Some("//me:hush@x"), "it answers 308 and points to `//x`; redirects are not followed"),
        ] {
            assert_eq!(said(status, location, "[\"a\"]").unwrap_err(), expected);
        }
    }
}
