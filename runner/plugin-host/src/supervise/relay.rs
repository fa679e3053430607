//! Passing frames on, both ways, until the step is over.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};
use rustix::process::{Pid, Signal, kill_process_group};
use windlass_plugin_api::frames::{FromHost, MAX_FRAME, Refused};

use super::message::{is_last, line_of, sign_of_life};
use super::signals::{Came, Signals};
use super::tree::Reaper;
use super::wire::{self, Wire};
use crate::deadline::Awaited;

/// Between the request to end and the end.
const AFTER_TERM: Duration = Duration::from_millis(300);
/// How long a program may go on after its last frame.
const LINGER: Duration = Duration::from_secs(1);
/// How long it may go on when it has closed its socket without a last frame: it cannot have a result any more. The usual
/// reason is that it is ending.
const AFTER_CLOSING: Duration = Duration::from_secs(5);
/// What may wait for the runner before nothing more is taken from the program.
const MOST_WAITING: usize = 256 * 1024;
/// What may wait for the program: more than one frame of the greatest length.
const MOST_UNREAD: usize = 4 * MAX_FRAME;

/// Why nothing more is passed on.
pub(super) enum Ending {
    /// The program has ended, or had its time.
    Over,
    /// It broke a rule, said in a sentence.
    Broke(&'static str),
    /// The runner has closed its socket, or its time is over.
    RunnerGone,
}

pub(super) struct Relay {
    runner: Wire,
    program: Wire,
    group: Pid,
    pub(super) reaper: Reaper,
    deadline: Awaited,
    /// When the program is killed, once that is settled, and what it means.
    kill: Option<(Instant, Ending)>,
    /// Whether the request to end has been passed on.
    terminated: bool,
    /// Whether the program's last frame has been passed on.
    finished: bool,
}

impl Relay {
    pub(super) fn new(runner: Wire, program: Wire, pid: Pid, deadline: Awaited) -> Self {
        Self {
            runner,
            program,
            group: pid,
            reaper: Reaper::new(pid),
            deadline,
            kill: None,
            terminated: false,
            finished: false,
        }
    }

    pub(super) fn pass_on(&mut self, signals: &mut Signals) -> Ending {
        loop {
            if let Some(ending) = self.pass_to_program().or_else(|| self.pass_to_runner()).or_else(|| self.ending()) {
                return ending;
            }
            self.runner.flush();
            self.program.flush();
            let runner_hung_up = self.wait(signals);
            let Came { child, end } = signals.take();
            if child {
                self.reaper.reap();
            }
            self.asked_to_end(end);
            if runner_hung_up {
                return Ending::RunnerGone;
            }
        }
    }

    /// After everything was killed: what the program had still written, and why it ended.
    pub(super) fn pass_on_the_rest(&mut self, ending: &Ending) {
        match ending {
            Ending::RunnerGone => return,
            Ending::Broke(why) => {
                let refused = Refused { stage: "start".to_owned(), message: (*why).to_owned() };
                self.runner.queue(&line_of(&FromHost::Refused(refused)));
            }
            Ending::Over => {
                while !self.program.has_ended() && self.pass_to_runner().is_none() {
                    self.program.read();
                    self.runner.flush_until(self.deadline.left());
                }
                let _ = self.pass_to_runner();
            }
        }
        self.runner.flush_until(self.deadline.left());
    }

    fn pass_to_program(&mut self) -> Option<Ending> {
        while let Some(line) = self.runner.next_line() {
            match sign_of_life(&line) {
                // One that cannot be moved ends the step early, which is safe.
                Some(alive) => {
                    let _ = self.deadline.move_to(alive.until_ms);
                }
                None => self.program.queue(&line),
            }
        }
        let unread = self.program.unsent() > MOST_UNREAD;
        unread.then_some(Ending::Broke("it does not read the frames that it is sent"))
    }

    fn pass_to_runner(&mut self) -> Option<Ending> {
        while !self.finished {
            let Some(line) = self.program.next_line() else { break };
            self.runner.queue(&line);
            if is_last(&line) {
                self.finished = true;
                self.kill_in(LINGER, Ending::Over);
            }
        }
        let too_long = !self.finished && self.program.is_too_long();
        too_long.then_some(Ending::Broke("a frame is longer than 1048576 bytes"))
    }

    /// What the program has written after its end is still in its socket and is passed on later.
    fn ending(&mut self) -> Option<Ending> {
        let now = Instant::now();
        if self.reaper.status.is_some() {
            return Some(Ending::Over);
        }
        if self.deadline.left().is_zero() {
            return Some(Ending::RunnerGone);
        }
        if self.program.has_ended() && !self.finished {
            self.kill_in(AFTER_CLOSING, Ending::Broke("it closed the socket of its frames without a result"));
        }
        self.kill.take_if(|(when, _)| *when <= now).map(|(_, ending)| ending)
    }

    /// An end that was settled on earlier stays, unless this one comes first.
    fn kill_in(&mut self, time: Duration, ending: Ending) {
        let when = Instant::now() + time;
        if self.kill.as_ref().is_none_or(|(settled, _)| when < *settled) {
            self.kill = Some((when, ending));
        }
    }

    fn asked_to_end(&mut self, times: u32) {
        for _ in 0..times {
            let time = if self.terminated { Duration::ZERO } else { AFTER_TERM };
            self.terminated = true;
            // It may have ended meanwhile, and a group of its own may be all that is left.
            let _ = kill_process_group(self.group, Signal::TERM);
            self.kill_in(time, Ending::Over);
        }
    }

    /// Waits until something happens, and reads it; whether the runner is gone.
    fn wait(&mut self, signals: &Signals) -> bool {
        let busy = self.runner.unsent() >= MOST_WAITING;
        let reads_program = !self.program.has_ended() && !busy && !self.finished;
        let interest = |reads: bool, writes: bool| {
            let read = if reads { PollFlags::IN } else { PollFlags::empty() };
            if writes { read | PollFlags::OUT } else { read }
        };
        let from_runner = interest(true, self.runner.unsent() > 0) | PollFlags::RDHUP;
        let from_program = interest(reads_program, self.program.unsent() > 0 && !self.program.has_ended());
        let mut waiting = vec![
            PollFd::new(signals, PollFlags::IN),
            PollFd::new(&self.runner, from_runner),
            PollFd::new(&self.deadline, PollFlags::IN),
        ];
        // Not even a closed socket is waited for when nothing is wanted of it: that would not be waiting.
        if !from_program.is_empty() {
            waiting.push(PollFd::new(&self.program, from_program));
        }
        let until = self.kill.as_ref().map(|(when, _)| *when);
        wire::wait(&mut waiting, until.map(|until| until.saturating_duration_since(Instant::now())));
        let runner = waiting[1].revents();
        let program_is_ready = waiting.get(3).is_some_and(|program| !program.revents().is_empty());
        drop(waiting);
        if runner.contains(PollFlags::IN) {
            self.runner.read();
        }
        if program_is_ready && reads_program {
            self.program.read();
        }
        self.runner.has_ended() || runner.intersects(PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR)
    }
}
