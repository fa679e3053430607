use std::error::Error;
use std::fmt::Write as _;

use crate::Code;

/// An error that can be shown to a person and to a program.
///
/// `Display` says what happened, to which thing, in one lowercase line without its cause; [`Error::source`] is the cause.
pub trait Report: Error {
    /// The stable code.
    fn code(&self) -> Code;

    /// What to do about it, when that is known.
    fn help(&self) -> Option<String> {
        None
    }

    /// The place in a file: `path:line:column` and the lines around it, ready to print.
    fn snippet(&self) -> Option<String> {
        None
    }
}

/// The error as text: the code, what happened, the place, the chain of causes once each, and what to do.
pub fn render(error: &dyn Report) -> String {
    let mut text = format!("error[{}]: {error}\n", error.code());
    if let Some(snippet) = error.snippet() {
        for line in snippet.trim_end().lines() {
            let _ = writeln!(text, "  {line}");
        }
    }
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(this) = cause {
        let message = this.to_string();
        if !said.contains(&message) {
            let _ = writeln!(text, "  cause: {message}");
            said = message;
        }
        cause = this.source();
    }
    if let Some(help) = error.help() {
        let _ = writeln!(text, "  help: {help}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(Inner);
    #[derive(Debug)]
    struct Inner;
    impl std::fmt::Display for Outer {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("cannot open `x`")
        }
    }
    impl std::fmt::Display for Inner {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no such file")
        }
    }
    impl Error for Inner {}
    impl Error for Outer {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }
    impl Report for Outer {
        fn code(&self) -> Code {
            Code::new("config.unreadable")
        }
        fn help(&self) -> Option<String> {
            Some("create it".into())
        }
    }

    #[test]
    fn shows_code_chain_and_help_once() {
        assert_eq!(
            render(&Outer(Inner)),
            "error[config.unreadable]: cannot open `x`\n  cause: no such file\n  help: create it\n"
        );
    }
}
