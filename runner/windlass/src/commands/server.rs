use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use windlass_engine::schedules::DueTime;
use windlass_engine::{Abandoned, Engine, Halt, Retired, Served, Settled};
use windlass_errors::{Report as _, exit};
use windlass_hosting::Stop;
use windlass_settings::format_duration;
use windlass_store::{Candidate, Role};

use crate::arguments::Global;
use crate::problem::Problem;
use crate::{setup, show};

/// Run what is queued until it is stopped.
///
/// SIGTERM or Ctrl-C lets what runs go on for `server.stopGrace` and begins nothing new; a second one ends at once, and
/// what ran then is settled by the next server. Several may serve one data directory.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    windlass --config windlass.yaml server\n  \
    windlass --config windlass.yaml server --once")]
pub(crate) struct Server {
    /// End when nothing is queued and nothing runs here any more
    #[arg(long)]
    once: bool,
}

pub(crate) async fn run(global: &Global, arguments: Server) -> Result<u8, Problem> {
    let halt = stop_on_signals()?;
    let engine = Arc::new(setup::engine(setup::configuration(global)?, Role::Server).await?);
    engine.keys.check_master_keys().await?;
    let settled = engine.settle().await?.settled;
    let log = Log::default();
    for (execution, how) in &settled {
        log.settled(&execution.to_string(), *how);
    }
    begins(&engine, settled.len());
    let tell = |served: Served<'_>| log.served(&served);
    let server = windlass_engine::Server::new(Arc::clone(&engine), &tell);
    let server = if arguments.once { server.until_idle() } else { server };
    server.serve(&halt).await?;
    write("INFO", "the server has stopped", &[("commits", engine.store.commits().to_string())]);
    Ok(exit::OK)
}

fn begins(engine: &Engine, settled: usize) {
    let server = &engine.settings.server;
    let facts = [
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
        ("pid", std::process::id().to_string()),
        ("database", engine.store.name().to_owned()),
        ("data_dir", engine.settings.data_dir.display().to_string()),
        ("max_executions", server.max_executions.to_string()),
        ("project_executions", server.project_executions.to_string()),
        ("stop_grace", format_duration(server.stop_grace)),
        ("settled", settled.to_string()),
    ];
    write("INFO", "the server begins", &facts);
}

/// The first SIGTERM or SIGINT stops the server in good order, the second ends this process.
fn stop_on_signals() -> Result<Halt, Problem> {
    let halt = Halt::default();
    let stopped = halt.clone();
    let listen = |kind| signal(kind).map_err(|error| Problem::internal(format!("cannot listen to signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::spawn(async move {
        for times in 0.. {
            let name = tokio::select! {
                _ = interrupt.recv() => "SIGINT",
                _ = terminate.recv() => "SIGTERM",
            };
            if times > 0 {
                write(
                    "WARN",
                    "ending at once; what runs is settled by the next server",
                    &[("signal", name.to_owned())],
                );
                std::process::exit(exit::CANCELLED.into());
            }
            write("INFO", "asked to stop", &[("signal", name.to_owned())]);
            stopped.stop(&Stop::Cancelled("the server was stopped".to_owned()));
        }
    });
    Ok(halt)
}

/// A trouble that lasts is told once in this time.
const TELL_AGAIN: Duration = Duration::from_secs(60);

/// What a server did, a line each.
#[derive(Default)]
struct Log {
    began: Mutex<BTreeMap<uuid::Uuid, (String, String, Instant)>>,
    trouble: Mutex<Option<(String, Instant)>>,
}

impl Log {
    fn served(&self, served: &Served<'_>) {
        match *served {
            Served::Ready => write("INFO", "ready", &[]),
            Served::Settled(execution, how) => self.settled(&execution.to_string(), how),
            Served::Began(candidate) => self.began(candidate),
            Served::Ended { execution, state, failed } => {
                let mut facts = self.known(execution);
                facts.push(("state", state.to_string()));
                if let Some(failed) = failed {
                    facts.push(("code", failed.failure.code.to_string()));
                    facts.push(("step", failed.step.clone()));
                    facts.push(("reason", failed.failure.message.clone()));
                }
                write(if failed.is_some() { "WARN" } else { "INFO" }, "execution ended", &facts);
            }
            Served::Trouble(error) => self.trouble(error),
            Served::NotStarted(due) => not_started(due),
            Served::Retired(Retired { executions, job_versions, due_times }) => {
                let facts = [
                    ("executions", executions.to_string()),
                    ("job_versions", job_versions.to_string()),
                    ("due_times", due_times.to_string()),
                ];
                write("INFO", "removed what is no longer kept", &facts);
            }
            Served::Abandoned(ref abandoned) => self::abandoned(abandoned),
            Served::Lost(execution) => {
                let mut facts = vec![("execution", execution.to_string())];
                facts.extend(self.known(execution).into_iter().skip(1));
                write("WARN", "execution lost: its steps were ended, and nothing of that is recorded here", &facts);
            }
            Served::CutOff => {
                write("WARN", "no answer from the database for the time of the lease: what runs here is ended", &[]);
            }
            Served::Back => write("WARN", "the database answers again: work goes on under a new lease", &[]),
            Served::Draining(true) => write("INFO", "draining: nothing new begins, what runs goes on", &[]),
            Served::Draining(false) => write("INFO", "not draining any more", &[]),
            Served::Stopping(running) => {
                write("INFO", "stopping; nothing new begins", &[("running", running.to_string())]);
            }
        }
    }

    fn settled(&self, execution: &str, how: Settled) {
        let mut facts = vec![("execution", execution.to_owned())];
        let what = match how {
            Settled::Interrupted => "its runner had ended: execution recorded as interrupted",
            Settled::Restarted(new) => {
                facts.push(("restarted_as", new.to_string()));
                "its runner had ended: execution queued again as a new one"
            }
            Settled::Requeued => "its runner had ended: execution queued to go on",
        };
        write("WARN", what, &facts);
    }

    fn began(&self, candidate: &Candidate) {
        let Candidate { id, project, job, resume, .. } = candidate;
        let known = (project.clone(), job.clone(), Instant::now());
        self.began.lock().unwrap_or_else(PoisonError::into_inner).insert(*id, known);
        let facts = [("execution", id.to_string()), ("project", project.clone()), ("job", job.clone())];
        write("INFO", if *resume { "execution goes on" } else { "execution begins" }, &facts);
    }

    /// What is known of an execution that has ended.
    fn known(&self, execution: uuid::Uuid) -> Vec<(&'static str, String)> {
        let mut facts = vec![("execution", execution.to_string())];
        let began = self.began.lock().unwrap_or_else(PoisonError::into_inner).remove(&execution);
        if let Some((project, job, at)) = began {
            facts.extend([("project", project), ("job", job), ("took_ms", at.elapsed().as_millis().to_string())]);
        }
        facts
    }

    fn trouble(&self, error: &windlass_engine::EngineError) {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(this) = cause {
            text = format!("{text}: {this}");
            cause = this.source();
        }
        let mut last = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_some_and(|(said, at)| *said == text && at.elapsed() < TELL_AGAIN) {
            return;
        }
        let facts = [("code", error.code().to_string()), ("reason", text.clone())];
        write("ERROR", "something went wrong that is no execution's", &facts);
        *last = Some((text, Instant::now()));
    }
}

fn not_started(due: &DueTime) {
    let DueTime { project, job, schedule, due_at, times, outcome, reason } = due;
    let facts = [
        ("project", project.clone()),
        ("job", job.clone()),
        ("schedule", schedule.clone()),
        ("due", show::time(*due_at)),
        ("times", times.to_string()),
        ("outcome", (*outcome).to_owned()),
        ("reason", reason.clone()),
    ];
    write(if *outcome == "excluded" { "INFO" } else { "WARN" }, "a schedule was due and started nothing", &facts);
}

fn abandoned(abandoned: &Abandoned<'_>) {
    let Abandoned { execution, step, said, trouble } = *abandoned;
    let facts = [
        ("execution", execution.to_string()),
        ("step", step.to_owned()),
        ("said", said.join("; ")),
        ("reason", trouble.unwrap_or_default().to_owned()),
    ];
    match trouble {
        None => write("INFO", "what an interrupted step had begun was ended", &facts),
        Some(_) => write("WARN", "what an interrupted step had begun could not be ended; look after it", &facts),
    }
}

/// One event, one line: when, how bad, what, and the facts as `key=value`.
fn write(level: &str, what: &str, facts: &[(&str, String)]) {
    let mut line = format!("{} {level:<5} {what}", show::time(jiff::Timestamp::now().as_millisecond()));
    for (key, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
        let plain = !value.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"' || c == '=');
        let _ =
            if plain { write!(line, " {key}={value}") } else { write!(line, " {key}={}", serde_json::json!(value)) };
    }
    show::talk(show::safe_text(&line));
}
