use std::error::Error;
use std::fmt;

/// Why something failed, as one line of text.
///
/// The SDK's own errors are not kept: some of them print whole responses, and a response of a credentials service
/// holds keys. The innermost message of a failed connection is what a person can act on.
#[derive(Debug)]
pub(crate) struct Cause(String);

impl Cause {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The innermost message of a chain.
    pub(crate) fn innermost(error: &(dyn Error + 'static)) -> Self {
        Self::new(chain(error).last().map(ToString::to_string).unwrap_or_default())
    }
}

/// The error and all its causes, outermost first.
pub(crate) fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&this| this.source())
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cause {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_line() {
        assert_eq!(Cause::new("two\n  lines\n").to_string(), "two lines");
    }
}
