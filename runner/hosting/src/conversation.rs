//! The frames between the runner and one host, checked against what is allowed at each moment.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use rustix::process::Signal;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use windlass_errors::Code;
use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::{
    Alive, Answer, Ask, Cancel, FromHost, Given, MAX_PREVIEW, MAX_PREVIEW_ROWS, ToHost, Wanted,
};

use crate::budget::Budget;
use crate::opening::{cancelled, parse};
use crate::process::HostProcess;
use crate::{Event, HostingError, StepFailure, Stop, Timeout};

/// Between SIGTERM and SIGKILL. A supervisor gives what it has started a part of it, and then ends that itself.
const AFTER_TERM: Duration = Duration::from_millis(800);
/// Questions that may be open at once.
const MOST_ASKS: usize = 16;

/// How a conversation ended.
pub(crate) enum End {
    Done(Value),
    Failed(StepFailure),
    HostEnded,
}

/// The conversation from the loaded library to the last frame.
pub(crate) struct Conversation<'a, A> {
    plugin: &'a str,
    host: &'a mut HostProcess,
    answer: A,
    events: &'a mpsc::Sender<Event>,
    budget: &'a Budget,
}

/// The stop of a step, once it has begun.
struct Stopping {
    why: Stop,
    kill_at: Instant,
    terminated: bool,
}

impl<'a, A, F> Conversation<'a, A>
where
    A: Fn(Wanted) -> F,
    F: Future<Output = Result<Given, StepError>>,
{
    pub(crate) fn new(
        plugin: &'a str,
        host: &'a mut HostProcess,
        answer: A,
        events: &'a mpsc::Sender<Event>,
        budget: &'a Budget,
    ) -> Self {
        Self { plugin, host, answer, events, budget }
    }

    pub(crate) async fn hold(
        mut self,
        timeout: Option<Timeout>,
        grace: Duration,
        mut stop: watch::Receiver<Option<Stop>>,
    ) -> End {
        let timeout = timeout.as_ref();
        let out_of_time = timeout.map(|timeout| Instant::now() + timeout.after);
        let mut asks = FuturesUnordered::new();
        let mut stopping: Option<Stopping> = None;
        loop {
            tokio::select! {
                frame = self.host.frames.next() => match self.frame(frame).await {
                    Heard::Nothing => {}
                    Heard::Ask(_) if asks.len() >= MOST_ASKS => return self.broke("it asks too many questions at once"),
                    Heard::Ask(ask) => {
                        let answer = (self.answer)(ask.what);
                        asks.push(async move { Answer { id: ask.id, result: answer.await } });
                    }
                    Heard::End(end) => return stopped(stopping.as_ref(), end),
                },
                Some(answer) = asks.next() => self.host.writer.send(&ToHost::Answer(answer)).await,
                why = cancelled(&mut stop), if stopping.is_none() => {
                    stopping = Some(self.stop(why, grace).await);
                }
                () = until(out_of_time), if stopping.is_none() => {
                    let message = timeout.map(|timeout| timeout.message.clone()).unwrap_or_default();
                    stopping = Some(self.stop(Stop::TimedOut(message), grace).await);
                }
                () = until(stopping.as_ref().map(|stopping| stopping.kill_at)) => {
                    match stopping.as_mut() {
                        Some(stopping) if !stopping.terminated => {
                            self.host.signal(Signal::TERM);
                            stopping.terminated = true;
                            stopping.kill_at = Instant::now() + AFTER_TERM;
                        }
                        _ => return stopped(stopping.as_ref(), End::HostEnded),
                    }
                }
                () = self.budget.spent() => {
                    self.host.end_now().await;
                    return End::HostEnded;
                }
                until_ms = self.host.pings.next() => self.host.writer.send(&ToHost::Alive(Alive { until_ms })).await,
            }
        }
    }

    async fn stop(&mut self, why: Stop, grace: Duration) -> Stopping {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        self.host.writer.send(&ToHost::Cancel(Cancel { grace_ms })).await;
        Stopping { why, kill_at: Instant::now() + grace, terminated: false }
    }

    async fn frame(&self, frame: Result<Option<Vec<u8>>, String>) -> Heard {
        let frame = match frame {
            Ok(Some(frame)) => frame,
            Ok(None) => return Heard::End(End::HostEnded),
            Err(why) => return Heard::End(self.broke(why)),
        };
        let event = match parse(&frame) {
            Err(why) => return Heard::End(self.broke(why)),
            Ok(FromHost::Log(log)) => Event::Log(log),
            Ok(FromHost::Progress(progress)) => Event::Progress(progress),
            Ok(FromHost::Preview(preview)) => {
                if frame.len() > MAX_PREVIEW || preview.rows.len() > MAX_PREVIEW_ROWS {
                    return Heard::End(self.broke("a preview is too long"));
                }
                Event::Preview(preview)
            }
            Ok(FromHost::Table(table)) => Event::Table(table),
            Ok(FromHost::Rows(rows)) => Event::Rows { table: rows.table, rows: rows.rows.get().to_owned() },
            Ok(FromHost::Chart(chart)) => Event::Chart(chart),
            Ok(FromHost::Artifact(artifact)) => Event::Artifact(artifact),
            Ok(FromHost::Bytes(bytes)) => Event::Bytes(bytes),
            Ok(FromHost::Ask(ask)) => return Heard::Ask(ask),
            Ok(FromHost::Done(done)) => return Heard::End(End::Done(done.outputs)),
            Ok(FromHost::Failed(error)) => return Heard::End(End::Failed(self.failure(error))),
            Ok(FromHost::Panicked(panicked)) => {
                let plugin = self.plugin.to_owned();
                return Heard::End(End::Failed(HostingError::Panicked { plugin, message: panicked.message }.into()));
            }
            Ok(FromHost::Refused(refused)) => return Heard::End(self.broke(refused.message)),
            Ok(FromHost::Hello(_) | FromHost::Loaded(_)) => return Heard::End(self.broke("it greeted twice")),
        };
        if self.budget.take(frame.len()) {
            // Nobody listening any more is no reason to stop the step.
            let _ = self.events.send(event).await;
        }
        Heard::Nothing
    }

    fn failure(&self, error: StepError) -> StepFailure {
        let code = Code::from_plugin(self.plugin, &error.code);
        StepFailure { code, message: error.message, help: error.help, cut_off: false }
    }

    fn broke(&self, why: impl Into<String>) -> End {
        let plugin = self.plugin.to_owned();
        End::Failed(HostingError::Protocol { plugin, why: why.into() }.into())
    }
}

enum Heard {
    Nothing,
    Ask(Ask),
    End(End),
}

/// What an end means when a stop was under way: a success that won the race stays one, anything else is the stop.
fn stopped(stopping: Option<&Stopping>, end: End) -> End {
    let Some(Stopping { why, .. }) = stopping else { return end };
    let (code, mut message) = (why.code(), why.message().to_owned());
    let cut_off = matches!(end, End::HostEnded) || matches!(&end, End::Failed(failure) if failure.cut_off);
    match end {
        End::Done(outputs) => return End::Done(outputs),
        End::Failed(failure) if failure.code.as_str() != "step.cancelled" => {
            message = format!("{message}, and stopping it failed: {}", failure.message);
        }
        End::Failed(_) => {}
        End::HostEnded => message.push_str("; it did not stop by itself and was ended"),
    }
    End::Failed(StepFailure { code: Code::new(code), message, help: None, cut_off })
}

async fn until(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
