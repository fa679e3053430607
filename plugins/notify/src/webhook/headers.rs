use std::collections::BTreeMap;

use windlass_plugin_api::http::{HeaderMap, HeaderName, HeaderValue, header};
use windlass_plugin_api::{Secret, StepError};

use crate::http::invalid;

/// Those that say how the request is sent, and those of the signature.
const OURS: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "transfer-encoding",
    "upgrade",
    "webhook-id",
    "webhook-signature",
    "webhook-timestamp",
];

/// The headers of a request; values are not shown.
///
/// # Errors
/// `step.invalid-config` for a name or value that cannot be sent, and for a name that stands twice or is not the job's.
pub(super) fn of(plain: &BTreeMap<String, String>, secret: &BTreeMap<String, Secret>) -> Result<HeaderMap, StepError> {
    let mut headers = HeaderMap::new();
    let plain = plain.iter().map(|(name, value)| (name, value.as_str(), false));
    let secret = secret.iter().map(|(name, value)| (name, value.expose().trim_end_matches(['\r', '\n']), true));
    for (name, value, is_secret) in plain.chain(secret) {
        let refuse = |why: &str| invalid(format!("the header `{}` {why}", name.escape_debug()));
        let parsed = HeaderName::try_from(name.as_str()).map_err(|_| refuse("has no valid name"))?;
        if OURS.contains(&parsed.as_str()) {
            return Err(refuse("is not for jobs to set"));
        }
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| refuse("has a value with a line break or another character that headers do not have"))?;
        value.set_sensitive(is_secret);
        if headers.insert(parsed, value).is_some() {
            return Err(refuse("stands twice"));
        }
    }
    let json = HeaderValue::from_static("application/json");
    headers.entry(header::CONTENT_TYPE).or_insert(json);
    let agent = HeaderValue::from_static(concat!("windlass/", env!("CARGO_PKG_VERSION")));
    headers.entry(header::USER_AGENT).or_insert(agent);
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<HeaderMap, StepError> {
        of(&BTreeMap::from([(name.to_owned(), value.to_owned())]), &BTreeMap::new())
    }

    #[test]
    fn a_job_may_say_what_it_sends() {
        assert_eq!(one("X-Kind", "a").unwrap()["content-type"], "application/json");
        assert_eq!(
            one("Content-Type", "application/cloudevents+json").unwrap()["content-type"],
            "application/cloudevents+json"
        );
    }

    #[test]
    fn what_would_be_another_header_is_refused() {
        for (name, value) in
            [("a", "hush\r\nb: c"), ("a\r\nb", "hush"), ("Host", "hush"), ("webhook-ID", "hush"), ("", "hush")]
        {
            let error = one(name, value).unwrap_err();
            assert_eq!(error.code, "step.invalid-config");
            assert!(!error.message.contains("hush") && !error.message.contains('\r'), "{error}");
        }
    }

    #[test]
    fn the_line_break_that_ends_a_key_is_not_sent() {
        let secret: Secret = serde_json::from_value("hush\n".into()).unwrap();
        let headers = of(&BTreeMap::new(), &BTreeMap::from([("x-a".to_owned(), secret)])).unwrap();
        assert_eq!((&headers["x-a"], headers["x-a"].is_sensitive()), (&HeaderValue::from_static("hush"), true));
    }

    #[test]
    fn a_name_stands_once() {
        let secret: Secret = serde_json::from_str("\"hush\"").unwrap();
        let twice =
            of(&BTreeMap::from([("X-A".to_owned(), String::new())]), &BTreeMap::from([("x-a".to_owned(), secret)]));
        assert_eq!(twice.unwrap_err().message, "the header `x-a` stands twice");
    }
}
