use crate::cause::Cause;

/// Why a call of an AWS service came to nothing. Holds nothing of an answer but the code and the message of a refusal.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody answered, three times if it took too long.
    #[error("`{address}` does not answer")]
    Unreachable {
        /// Where the service was looked for.
        address: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The service refused.
    #[error("AWS answered `{action}` with {code}{}", said.as_deref().map(|said| format!(": {said}")).unwrap_or_default())]
    Refused {
        /// The operation.
        action: String,
        /// AWS's code, such as `AccessDeniedException`, or `HTTP 502` when it gave none.
        code: String,
        /// The HTTP status.
        status: u16,
        /// AWS's message; without the caller's keys, and none where it would quote the signed request.
        said: Option<String>,
    },
    /// The answer is none of this operation.
    #[error("the answer of `{address}` to `{action}` cannot be read: {problem}")]
    Garbled {
        /// Where the service was asked.
        address: String,
        /// The operation.
        action: String,
        /// What is wrong, in words that repeat nothing of it.
        problem: String,
    },
}

impl CallError {
    pub(super) fn unreachable(address: &str, cause: Cause) -> Self {
        Self::Unreachable { address: address.to_owned(), source: cause.into() }
    }

    /// Whether the same call may well succeed a moment later (AWS SDKs and Tools reference guide, "Retry behavior").
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Refused { code, status, .. } => *status >= 500 || *status == 429 || is_throttling(code),
            Self::Garbled { .. } => false,
        }
    }
}

fn is_throttling(code: &str) -> bool {
    code.starts_with("Throttl")
        || ["RequestLimitExceeded", "RequestThrottled", "TooManyRequestsException", "SlowDown"].contains(&code)
}
