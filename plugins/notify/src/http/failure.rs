use windlass_plugin_api::StepError;
use windlass_plugin_api::broker::RefusalKind;
use windlass_plugin_api::http::{HttpError, Response, StatusCode, header};

use super::{Address, excerpt};

/// The configuration of a step is not usable.
pub(crate) fn invalid(message: impl Into<String>) -> StepError {
    StepError::new("step.invalid-config", message)
}

/// Why there is no answer. The messages name the host.
pub(super) fn of_sending(error: HttpError) -> StepError {
    let message = error.to_string();
    match error {
        HttpError::Connect(refused) if refused.kind == RefusalKind::Denied => refused.into(),
        HttpError::Untrusted { .. } => StepError::new("notify.untrusted", message),
        HttpError::Unusable { .. } => invalid(message),
        HttpError::TooLong { .. } => StepError::new("notify.refused", message),
        _ => StepError::new("notify.unreachable", message).with_help("check the address, the network and proxies"),
    }
}

/// What an answer means that is no success; `hidden` when its address is a secret.
pub(crate) fn of_answer(answer: &Response<Vec<u8>>, host: &str, hidden: Option<&Address>) -> StepError {
    let status = answer.status();
    let mut message = format!("`{host}` answered with status {}", status.as_u16());
    if let Some(after) = retry_after(answer) {
        message += &format!(" and asks to be left alone for {after}");
    }
    let said = excerpt(answer.body(), hidden);
    if !said.is_empty() {
        message += &format!(": {said}");
    }
    match status {
        _ if is_passing(status) => StepError::new("notify.unavailable", message)
            .with_help("`retry` with `on: [notify.unavailable]` tries again"),
        _ if status.is_redirection() => StepError::new("notify.refused", message)
            .with_help("redirects are not followed: name the address that it leads to"),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => StepError::new("notify.refused", message)
            .with_help("check the keys behind `signingKey`, `secretHeaders` and `urlKey`"),
        _ => StepError::new("notify.refused", message),
    }
}

/// Whether the same request may be taken later.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429)
}

/// `Retry-After` (RFC 9110, section 10.2.3) in words; nothing when it is neither seconds nor a date.
fn retry_after(answer: &Response<Vec<u8>>) -> Option<String> {
    let text = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = !text.is_empty() && text.len() < 10 && text.bytes().all(|byte| byte.is_ascii_digit());
    let date = text.len() < 40 && text.ends_with(" GMT");
    match (seconds, date) {
        (true, _) => Some(format!("{text} s")),
        (_, true) => Some(format!("a while, until {text}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, retry_after: Option<&str>) -> StepError {
        let mut answer = Response::builder().status(status);
        if let Some(after) = retry_after {
            answer = answer.header("retry-after", after);
        }
        of_answer(&answer.body(b"because".to_vec()).unwrap(), "example.com", None)
    }

    #[test]
    fn what_passes_is_told_from_what_does_not() {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(answer(status, None).code, "notify.unavailable", "{status}");
        }
        for status in [301, 307, 400, 401, 403, 404, 410, 422] {
            assert_eq!(answer(status, None).code, "notify.refused", "{status}");
        }
        assert!(answer(302, None).help.unwrap().contains("redirects are not followed"));
    }

    #[test]
    fn when_to_come_back_is_said() {
        let said = |after| answer(429, Some(after)).message;
        assert_eq!(said("30"), "`example.com` answered with status 429 and asks to be left alone for 30 s: because");
        let date = said("Wed, 21 Oct 2026 07:28:00 GMT");
        assert!(date.contains("until Wed, 21 Oct 2026 07:28:00 GMT"), "{date}");
        assert_eq!(said("soon"), "`example.com` answered with status 429: because");
    }
}
