//! A terminal in front of a program, to see what it shows to people only.

use crate::{Context, Outcome, wait};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, ExitStatus};

/// Runs a command to its end with its output on a terminal of so many columns; what the terminal got, both streams in
/// one. The lines end as a terminal wants it, with a carriage return.
///
/// # Errors
/// When there is no terminal to be had, or the command does not start.
pub fn run(mut command: Command, columns: u16) -> Outcome<(ExitStatus, String)> {
    let (mut ours, theirs) = open(columns).context(|| "open a terminal".to_owned())?;
    let errors = theirs.try_clone().context(|| "share the terminal".to_owned())?;
    let mut child = command.stdout(theirs).stderr(errors).spawn().context(|| "start the command".to_owned())?;
    drop(command); // with it our copies of its side, so that the end of the last program on it can be seen
    let mut seen = Vec::new();
    let _no_program_is_left = ours.read_to_end(&mut seen); // EIO
    let status = child.wait().context(|| "wait for the command".to_owned())?;
    Ok((status, String::from_utf8_lossy(&seen).into_owned()))
}

/// As [`run`], with the terminal as standard input, too: when it shows `question`, what `say` comes to is typed.
///
/// # Errors
/// When there is no terminal to be had, or the command does not start.
pub fn answer(command: Command, question: &str, say: impl FnOnce() -> String) -> Outcome<(ExitStatus, String)> {
    talk(command, question, |_| Ok(say()))
}

/// As [`answer`], for a question whose answer is not to be seen: it is typed once the terminal does not show what is.
///
/// # Errors
/// When there is no terminal to be had, or the command does not start.
pub fn answer_unseen(command: Command, question: &str, say: impl FnOnce() -> String) -> Outcome<(ExitStatus, String)> {
    talk(command, question, |ours| {
        shows_nothing(ours)?;
        Ok(say())
    })
}

/// What ends a program that asks.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// Ctrl-C, typed.
    Interrupt,
    /// A signal of another process.
    Signal(Signal),
}

/// As [`answer_unseen`], but the program is ended instead: how it ended, and whether its terminal is as it was.
///
/// # Errors
/// When there is no terminal to be had, or the command does not start.
pub fn end_unseen(mut command: Command, question: &str, end: End) -> Outcome<(ExitStatus, bool)> {
    let (mut ours, theirs) = open(200).context(|| "open a terminal".to_owned())?;
    let modes = || {
        let modes = tcgetattr(&theirs).context(|| "look at the terminal".to_owned())?;
        Ok((modes.input_modes, modes.output_modes, modes.control_modes, modes.local_modes))
    };
    let share = || theirs.try_clone().context(|| "share the terminal".to_owned());
    let (before, input, output, errors) = (modes()?, share()?, share()?, share()?);
    let mut child =
        command.stdin(input).stdout(output).stderr(errors).spawn().context(|| "start the command".to_owned())?;
    let (mut seen, mut bytes) = (Vec::new(), [0; 1024]);
    while !String::from_utf8_lossy(&seen).contains(question) {
        let count = ours.read(&mut bytes).context(|| "read what it asks".to_owned())?;
        seen.extend_from_slice(&bytes[..count]);
    }
    shows_nothing(&ours)?;
    match end {
        End::Interrupt => ours.write_all(b"\x03").context(|| "type Ctrl-C".to_owned())?,
        End::Signal(signal) => {
            kill_process(Pid::from_child(&child), signal).context(|| "send the signal".to_owned())?;
        }
    }
    let status = child.wait().context(|| "wait for the command".to_owned())?;
    Ok((status, modes()? == before))
}

fn shows_nothing(terminal: &File) -> Outcome<()> {
    let shows = || tcgetattr(terminal).map(|terminal| terminal.local_modes.contains(LocalModes::ECHO));
    let ready = || Ok((!shows().context(|| "look at the terminal".to_owned())?).then_some(()));
    wait::until("a terminal that shows nothing", wait::PATIENCE, ready)
}

fn talk(
    mut command: Command,
    question: &str,
    say: impl FnOnce(&File) -> Outcome<String>,
) -> Outcome<(ExitStatus, String)> {
    let (mut ours, theirs) = open(200).context(|| "open a terminal".to_owned())?;
    let share = || theirs.try_clone().context(|| "share the terminal".to_owned());
    let (input, errors) = (share()?, share()?);
    let mut child =
        command.stdin(input).stdout(theirs).stderr(errors).spawn().context(|| "start the command".to_owned())?;
    drop(command); // with it our copies of its side
    let (mut seen, mut say) = (Vec::new(), Some(say));
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = ours.read(&mut bytes) {
        seen.extend_from_slice(&bytes[..count]);
        if String::from_utf8_lossy(&seen).contains(question)
            && let Some(say) = say.take()
        {
            let said = say(&ours)?;
            ours.write_all(said.as_bytes()).context(|| "type the answer".to_owned())?;
        }
    }
    let status = child.wait().context(|| "wait for the command".to_owned())?;
    Ok((status, String::from_utf8_lossy(&seen).into_owned()))
}

fn open(columns: u16) -> std::io::Result<(File, File)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
    let theirs = rustix::fs::open(name, flags, rustix::fs::Mode::empty())?;
    tcsetwinsize(&theirs, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 })?;
    Ok((ours.into(), theirs.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_sees_a_terminal_of_the_width() {
        let mut command = Command::new("sh");
        command.args(["-c", "test -t 1 && test -t 2 && stty size <&1 && exit 3"]);
        let (status, seen) = run(command, 77).unwrap();
        assert_eq!((status.code(), seen.as_str()), (Some(3), "24 77\r\n"));
    }
}
