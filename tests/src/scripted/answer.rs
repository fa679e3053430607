//! Answers in the AWS JSON 1.1 protocol: the body of an error names it in `__type` (Smithy, "AWS JSON 1.1 protocol",
//! "Operation error serialization").

use super::script::Refusal;
use serde_json::{Value, json};
use std::ops::Range;

/// Status and body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body }
    }

    pub(crate) fn error(status: u16, name: &str, message: &str) -> Self {
        Self { status, body: json!({"__type": name, "message": message}) }
    }

    pub(crate) fn invalid(message: &str) -> Self {
        Self::error(400, "InvalidParameterException", message)
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::error(400, "ResourceNotFoundException", message)
    }

    /// API Reference, `StartQuery`, "Errors", and the types `QueryCompileError` and `QueryCompileErrorLocation`.
    pub(crate) fn malformed(message: &str, characters: &Range<u32>) -> Self {
        let location = json!({"startCharOffset": characters.start, "endCharOffset": characters.end});
        let compile_error = json!({"location": location, "message": message});
        let body = json!({"__type": "MalformedQueryException", "message": message, "queryCompileError": compile_error});
        Self { status: 400, body }
    }

    pub(crate) fn refusal(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Throttling => Self::error(400, "ThrottlingException", "Rate exceeded"),
            Refusal::LimitExceeded => {
                Self::error(400, "LimitExceededException", "Account maximum query concurrency limit reached.")
            }
            Refusal::ServiceUnavailable => {
                Self::error(500, "ServiceUnavailableException", "The service cannot complete the request.")
            }
            Refusal::AccessDenied => {
                Self::error(400, "AccessDeniedException", "You do not have sufficient access to perform this action.")
            }
            Refusal::ExpiredToken => {
                Self::error(403, "ExpiredTokenException", "The security token included in the request is expired")
            }
        }
    }
}

/// The token of the page that begins at this place.
pub(crate) fn token(place: usize) -> String {
    format!("offset-{place}")
}

/// The place at which the page that `body` asks for begins.
pub(crate) fn offset(body: &Value) -> Result<usize, Answer> {
    let Some(token) = body["nextToken"].as_str() else { return Ok(0) };
    let number = token.strip_prefix("offset-").and_then(|number| number.parse().ok());
    number.ok_or_else(|| Answer::invalid("The specified nextToken is invalid."))
}
