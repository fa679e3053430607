//! Asking for a secret on the terminal, which does not show what is typed until that is over, however it is over.

use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::sync::OnceLock;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, raise, sigaction};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// What a person ends a command with. Ctrl-C is typed here as any other character, upon which [`rpassword`] raises the signal.
const ENDING: [Signal; 4] = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM];

/// The terminal and how it was.
static BEFORE: OnceLock<(File, Termios)> = OnceLock::new();

/// What is typed up to the end of the line. A signal that ends this process meanwhile leaves the terminal as it was.
pub(crate) fn secret(question: &str) -> io::Result<String> {
    if BEFORE.get().is_none() {
        let terminal = File::open("/dev/tty")?;
        let modes = tcgetattr(&terminal)?;
        BEFORE.get_or_init(|| (terminal, modes));
    }
    let _handlers = Handlers::set()?;
    rpassword::prompt_password(question)
}

/// Those of this room; when it is dropped, the ones before are back.
struct Handlers(Vec<(Signal, SigAction)>);

impl Handlers {
    fn set() -> io::Result<Self> {
        let ours = SigAction::new(SigHandler::Handler(restore), SaFlags::SA_RESETHAND, SigSet::empty());
        let mut this = Self(Vec::new());
        for signal in ENDING {
            this.0.push((signal, set(signal, &ours)?));
        }
        Ok(this)
    }
}

impl Drop for Handlers {
    fn drop(&mut self) {
        for (signal, before) in &self.0 {
            let _ = set(*signal, before);
        }
    }
}

#[expect(unsafe_code, reason = "setting a handler is unsafe whatever it is")]
fn set(signal: Signal, action: &SigAction) -> io::Result<SigAction> {
    // SAFETY: the handler only reads what is complete by now and makes system calls, which signal-safety(7) allows.
    Ok(unsafe { sigaction(signal, action) }?)
}

/// The signal is raised again for its default action, which `SA_RESETHAND` has put back, and takes it when this returns.
extern "C" fn restore(signal: c_int) {
    if let Some((terminal, modes)) = BEFORE.get() {
        let _ = tcsetattr(terminal, OptionalActions::Now, modes);
    }
    if let Ok(signal) = Signal::try_from(signal) {
        let _ = raise(signal);
    }
}
