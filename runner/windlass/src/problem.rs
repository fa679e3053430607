use windlass_engine::EngineError;
use windlass_errors::{Code, Report, exit, render};
use windlass_hosting::StepFailure;

use crate::show;

/// Any error of a command, ready to be shown.
pub(crate) struct Problem {
    text: String,
    exit: u8,
}

impl Problem {
    /// A step that failed.
    pub(crate) fn step(step: &str, failure: &StepFailure) -> Self {
        let step = if step.is_empty() { String::new() } else { format!("step `{step}`: ") };
        let mut text = format!("error[{}]: {step}{}\n", failure.code, failure.message);
        if let Some(help) = &failure.help {
            text.push_str(&format!("  help: {}\n", help.replace('\n', "\n        ")));
        }
        Self { text, exit: failure.code.exit() }
    }

    /// A failure with a code from the public list.
    pub(crate) fn coded(code: &'static str, message: impl std::fmt::Display) -> Self {
        let code = Code::new(code);
        Self { text: format!("error[{code}]: {message}\n"), exit: code.exit() }
    }

    /// As [`Self::coded`], with what to do about it.
    pub(crate) fn with_help(code: &'static str, message: impl std::fmt::Display, help: &str) -> Self {
        let mut problem = Self::coded(code, message);
        problem.text.push_str(&format!("  help: {help}\n"));
        problem
    }

    /// Several at once, the first of which says how the command exits.
    pub(crate) fn several<'a>(errors: impl IntoIterator<Item = &'a dyn Report>) -> Option<Self> {
        let mut errors = errors.into_iter().map(Self::of);
        let first = errors.next()?;
        Some(errors.fold(first, |all, next| Self { text: format!("{}\n{}", all.text, next.text), exit: all.exit }))
    }

    /// A command line that cannot be understood, for what the parser cannot tell.
    pub(crate) fn usage(message: &str) -> Self {
        Self { text: format!("error: {message}\n\nFor more information, try '--help'.\n"), exit: exit::USAGE }
    }

    /// A fault that has no better name.
    pub(crate) fn internal(message: impl std::fmt::Display) -> Self {
        Self::coded("internal", message)
    }

    pub(crate) fn print(&self) {
        show::talk(show::safe_lines(self.text.trim_end()));
    }

    /// Its first line, for another's words.
    pub(crate) fn brief(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    pub(crate) fn exit(&self) -> u8 {
        self.exit
    }

    fn of(error: &dyn Report) -> Self {
        Self { text: render(error), exit: error.code().exit() }
    }
}

macro_rules! shown {
    ($($error:ty),+) => {
        $(impl From<$error> for Problem {
            fn from(error: $error) -> Self {
                Self::of(&error)
            }
        })+
    };
}
shown!(
    EngineError,
    windlass_jobs::JobError,
    windlass_jobs::JobErrors,
    windlass_credentials::AccountError,
    windlass_credentials::DocumentError,
    windlass_credentials::Verification,
    windlass_hosting::HostingError,
    windlass_keys::KeyError,
    windlass_settings::SettingsError,
    windlass_store::StoreError
);
