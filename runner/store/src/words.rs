use std::fmt;
use std::str::FromStr;

/// A closed set of words that is stored as text.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$word_doc])* $word,)* }

        impl $name {
            /// The word as it is stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $text,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($text => Ok(Self::$word),)*
                    _ => Err(UnknownWord(text.to_owned())),
                }
            }
        }
    };
}

words! {
    /// Where an execution or a step execution stands.
    State {
        /// Recorded, not begun.
        Queued = "queued",
        /// Begun.
        Running = "running",
        /// Did what it was asked to do.
        Succeeded = "succeeded",
        /// Ended by an error.
        Failed = "failed",
        /// Stopped on request.
        Cancelled = "cancelled",
        /// Ran longer than allowed.
        TimedOut = "timedOut",
        /// The runner ended while it ran.
        Interrupted = "interrupted",
        /// Never begun, because something before it or its condition said so.
        Skipped = "skipped",
    }
}

words! {
    /// Where a piece of log came from.
    Stream {
        /// Standard output of the step.
        Stdout = "stdout",
        /// Standard error of the step.
        Stderr = "stderr",
        /// Messages that the step sent as such.
        Log = "log",
    }
}

words! {
    /// Why there is an execution.
    Cause {
        /// Somebody asked for it.
        Command = "command",
        /// A rule of the job made it after another attempt failed.
        Retry = "retry",
        /// It takes the place of one that was interrupted, or somebody asked for it again.
        Restart = "restart",
        /// A step of another execution refers to its job.
        Reference = "reference",
        /// A schedule was due.
        Schedule = "schedule",
        /// It tells what happened to another execution.
        Notification = "notification",
    }
}

words! {
    /// What became of a due time of a schedule.
    FiringOutcome {
        /// An execution was queued.
        Started = "started",
        /// As many of the job ran as may.
        Skipped = "skipped",
        /// Nobody was there to start the job.
        Missed = "missed",
        /// A calendar forbids it.
        Excluded = "excluded",
        /// The job could not be started.
        Failed = "failed",
    }
}

words! {
    /// What a member is there for.
    Role {
        /// It takes work for as long as it runs.
        Server = "server",
        /// It runs one execution.
        Run = "run",
    }
}

words! {
    /// What a secret is, which says what may be done with it.
    SecretKind {
        /// A text of any form: a password, a token, the secret of an access key.
        Password = "password",
        /// The private half of a pair, which is no less secret.
        PrivateKey = "privateKey",
        /// The public half of a pair, or a certificate; it may be shown.
        PublicKey = "publicKey",
    }
}

/// A word that is not in the set.
#[derive(Debug, thiserror::Error)]
#[error("unknown word `{0}`")]
pub struct UnknownWord(String);

impl State {
    /// Whether nothing can follow.
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_camel_case_and_read_back() {
        assert_eq!(State::TimedOut.to_string(), "timedOut");
        assert_eq!("timedOut".parse::<State>().unwrap(), State::TimedOut);
        assert_eq!("stderr".parse::<Stream>().unwrap(), Stream::Stderr);
        assert_eq!("TimedOut".parse::<State>().unwrap_err().to_string(), "unknown word `TimedOut`");
    }

    #[test]
    fn only_queued_and_running_have_not_ended() {
        assert!(!State::Queued.has_ended() && !State::Running.has_ended());
        assert!(State::Skipped.has_ended() && State::Interrupted.has_ended());
    }
}
