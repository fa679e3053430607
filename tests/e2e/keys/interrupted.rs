//! Who is asked for a secret and ends the command instead has the terminal as it was.

use super::{installation, terminal_of};
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt as _;
use windlass_tests::terminal::{self, End};

#[test]
fn a_terminal_shows_again_what_is_typed_however_a_prompt_ends() {
    let installation = installation();
    installation.job("options: [{name: pin, type: secret}]\nsteps: [{uses: shell/command, with: {command: [true]}}]\n");
    let job = installation.folder().join("job.yaml");
    let add = ["account", "add", "other", "--access-key-id", "AKIAIOSFODNN7EXAMPLE"];
    let start = ["run", job.to_str().unwrap(), "--project", "web", "-o", "pin=-"];
    let asking: [(&[&str], &str); 3] =
        [(&["key", "set", "keys/new"], "secret for"), (&add, "secret access key of"), (&start, "pin: ")];
    for (arguments, question) in asking {
        for (end, signal) in [
            (End::Interrupt, Signal::INT),
            (End::Signal(Signal::INT), Signal::INT),
            (End::Signal(Signal::TERM), Signal::TERM),
        ] {
            let (status, as_before) =
                terminal::end_unseen(terminal_of(&installation, arguments), question, end).unwrap();
            assert_eq!(status.signal(), Some(signal.as_raw()), "{arguments:?} by {end:?}: {status}");
            assert!(as_before, "{arguments:?} by {end:?}");
        }
    }
}
