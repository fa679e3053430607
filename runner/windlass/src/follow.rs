//! An execution of another process, seen through the database while it goes on.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::timeout;
use uuid::Uuid;
use windlass_engine::{Member, Notice, StepEnd};
use windlass_errors::{Code, exit};
use windlass_hosting::StepFailure;
use windlass_plugin_api::frames::Level;
use windlass_store::{Cause, ExecutionFilter, ExecutionRow, LogPages, LogRow, State, StepRow, Store, Stream};

use crate::pace::Pace;
use crate::problem::Problem;
use crate::show::{self, Lines, Live};

/// How many executions of the same job are looked at for the next attempt.
const RECENT: i64 = 50;

/// An execution that is watched, with those that its steps run.
pub(crate) struct Watched<'a> {
    store: &'a Store,
    execution: Uuid,
    /// The path of the step that runs it, for those of steps.
    prefix: String,
    log: LogPages,
    steps: BTreeMap<i32, Seen>,
    messages: Lines,
    children: BTreeMap<Uuid, Watched<'a>>,
    /// How many beginnings, ends and pieces of log have been shown, those of children not counted.
    shown: u64,
}

struct Seen {
    path: String,
    ended: bool,
}

impl<'a> Watched<'a> {
    pub(crate) fn new(store: &'a Store, execution: Uuid) -> Self {
        Self::below(store, execution, String::new())
    }

    fn below(store: &'a Store, execution: Uuid, prefix: String) -> Self {
        let (steps, messages, children) = (BTreeMap::new(), Lines::default(), BTreeMap::new());
        Self { store, execution, prefix, log: store.log_text(execution), steps, messages, children, shown: 0 }
    }

    /// Grows with everything that is shown.
    fn shown(&self) -> u64 {
        self.shown + self.children.values().map(Self::shown).sum::<u64>()
    }

    /// Shows what has come since the last look. The row is from before: when it says that the execution has ended, everything
    /// of it is shown.
    pub(crate) async fn look(&mut self, live: &mut Live) -> Result<ExecutionRow, Problem> {
        let row = recorded(self.store, self.execution).await?;
        let mut steps = self.store.steps(self.execution).await?;
        while let Some(page) = self.log.page().await? {
            for piece in page {
                if !steps.iter().any(|step| step.position == piece.position) {
                    steps = self.store.steps(self.execution).await?;
                }
                self.begun(live, &steps, piece.position).await?;
                self.said(live, &piece);
            }
        }
        self.begun(live, &steps, i32::MAX).await?;
        for child in self.children.values_mut() {
            Box::pin(child.look(live)).await?;
        }
        self.ended(live, &steps, i64::MAX).await?;
        Ok(row)
    }

    /// Shows which steps have begun, up to this one, each after those that had ended by then.
    async fn begun(&mut self, live: &mut Live, steps: &[StepRow], last: i32) -> Result<(), Problem> {
        for step in steps.iter().filter(|step| step.position <= last) {
            if !self.steps.contains_key(&step.position) {
                let path = format!("{}{}", self.prefix, step.path);
                self.ended(live, steps, step.started_at.or(step.ended_at).unwrap_or(0)).await?;
                if step.state != State::Skipped {
                    live.notice(&Notice::StepStarted { step: &path, uses: &step.uses, attempt: step.attempt });
                }
                self.steps.insert(step.position, Seen { path, ended: false });
                self.shown += 1;
            }
            if let (Some(child), Some(seen)) = (step.child, self.steps.get(&step.position)) {
                let prefix = format!("{}/", seen.path);
                self.children.entry(child).or_insert_with(|| Watched::below(self.store, child, prefix));
            }
        }
        Ok(())
    }

    /// Shows which of the steps that are known to have begun had ended by then, the inner ones first.
    async fn ended(&mut self, live: &mut Live, steps: &[StepRow], until: i64) -> Result<(), Problem> {
        let known = |step: &&StepRow| self.steps.get(&step.position).is_some_and(|seen| !seen.ended);
        let over = |step: &&StepRow| step.state.has_ended() && step.ended_at.is_some_and(|at| at <= until);
        let mut ended: Vec<&StepRow> = steps.iter().filter(known).filter(over).collect();
        ended.sort_by_key(|step| (step.ended_at, std::cmp::Reverse(step.position)));
        for step in ended {
            if let Some(child) = step.child.and_then(|child| self.children.get_mut(&child)) {
                Box::pin(child.look(live)).await?;
            }
            let Some(seen) = self.steps.get_mut(&step.position) else { continue };
            seen.ended = true;
            self.shown += 1;
            live.notice(&Notice::StepEnded(&step_end(step, seen.path.clone())));
        }
        Ok(())
    }

    fn said(&mut self, live: &mut Live, piece: &LogRow) {
        let Some(Seen { path, .. }) = self.steps.get(&piece.position) else { return };
        self.shown += 1;
        let (stream, bytes) = (piece.chunk.stream, piece.chunk.data.as_slice());
        if stream != Stream::Log {
            return live.notice(&Notice::Output { step: path, stream, bytes });
        }
        for line in self.messages.push(path, stream, bytes) {
            let (level, text) = message(&line);
            live.notice(&Notice::Log { step: path, level, text: &text });
        }
    }
}

/// How a step ended, as the record says.
pub(crate) fn step_end(step: &StepRow, path: String) -> StepEnd {
    let milliseconds = step.started_at.zip(step.ended_at).map_or(0, |(from, to)| to - from);
    let failed = !matches!(step.state, State::Succeeded | State::Skipped);
    StepEnd {
        step: path,
        position: step.position,
        uses: step.uses.clone(),
        attempt: step.attempt,
        state: step.state,
        outputs: step.outputs.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        failure: step.code.as_deref().filter(|_| failed).map(|code| StepFailure {
            code: Code::recorded(code),
            message: step.reason.clone().unwrap_or_default(),
            help: None,
            cut_off: false,
        }),
        took: Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0)),
    }
}

async fn recorded(store: &Store, execution: Uuid) -> Result<ExecutionRow, Problem> {
    let row = store.execution(execution).await?;
    row.ok_or_else(|| {
        Problem::coded("execution.unknown", format!("execution `{execution}` has been removed meanwhile"))
    })
}

/// A message of a step, as it is kept in the log.
pub(crate) fn message(line: &str) -> (Level, String) {
    let parsed: Option<Value> = serde_json::from_str(line).ok();
    let text = parsed.as_ref().and_then(|value| value.get("text")).and_then(Value::as_str);
    let level = parsed.as_ref().and_then(|value| serde_json::from_value(value.get("level")?.clone()).ok());
    (level.unwrap_or(Level::Info), text.map_or_else(|| line.to_owned(), str::to_owned))
}

/// How watching an execution ended.
pub(crate) enum Watch {
    /// With its end, or that of the last that tried it again.
    Ended(Box<ExecutionRow>),
    /// With Ctrl-C; the execution goes on.
    Left(Uuid),
}

impl Watch {
    /// The execution that has ended; of one that goes on, it is said how to stop it.
    pub(crate) fn ended(self) -> Option<Box<ExecutionRow>> {
        match self {
            Self::Ended(row) => Some(row),
            Self::Left(execution) => {
                let short = show::short(execution);
                show::talk(format_args!("it goes on; `windlass execution cancel {short}` stops it"));
                None
            }
        }
    }
}

/// Waits until an execution and what tries it again have ended, and shows them meanwhile unless `live` is quiet.
pub(crate) async fn to_the_end(
    store: &Store,
    member: &Member,
    mut execution: Uuid,
    live: &mut Live,
) -> Result<Watch, Problem> {
    // Heard from now on, also while it looks.
    let mut interrupt = signal(SignalKind::interrupt())
        .map_err(|error| Problem::internal(format!("cannot listen to signals: {error}")))?;
    loop {
        let (mut watched, mut pace) = (Watched::new(store, execution), Pace::new());
        let row = loop {
            let before = watched.shown();
            let row = if live.is_quiet() { recorded(store, execution).await? } else { watched.look(live).await? };
            if row.state.has_ended() {
                break row;
            }
            tokio::select! {
                _ = timeout(pace.pause(watched.shown() > before), member.woken()) => {}
                _ = interrupt.recv() => return Ok(Watch::Left(execution)),
            }
        };
        match next_attempt(store, &row).await? {
            Some(next) => {
                live.print(&format!("ended as {}; execution {next} tries it again", row.state));
                execution = next;
            }
            None => return Ok(Watch::Ended(Box::new(row))),
        }
    }
}

/// The execution that was queued with the end of another because its job says so.
async fn next_attempt(store: &Store, row: &ExecutionRow) -> Result<Option<Uuid>, Problem> {
    if matches!(row.state, State::Succeeded | State::Skipped | State::Cancelled) {
        return Ok(None);
    }
    let filter = ExecutionFilter {
        job_key: Some(row.job_key.clone()),
        with_notifications: row.telling.is_some(),
        ..ExecutionFilter::default()
    };
    let recent = store.executions(&filter, RECENT).await?;
    let follows = |next: &ExecutionRow| {
        let made_by_a_rule = matches!(next.cause, Cause::Retry | Cause::Restart) && next.attempt == row.attempt + 1;
        next.retry_of == Some(row.id) && made_by_a_rule
    };
    Ok(recent.into_iter().find(follows).map(|next| next.id))
}

/// What a command exits with that waited for this execution.
pub(crate) async fn outcome(store: &Store, row: &ExecutionRow) -> Result<u8, Problem> {
    if row.state == State::Succeeded {
        return Ok(exit::OK);
    }
    let code = Code::recorded(row.code.as_deref().unwrap_or("step.failed"));
    let message = row.reason.clone().unwrap_or_else(|| format!("the execution ended as `{}`", row.state));
    let steps = store.steps(row.id).await?;
    let same = |step: &&StepRow| step.state != State::Skipped && (&step.code, &step.reason) == (&row.code, &row.reason);
    let step = steps.iter().rev().find(same).map(|step| step.path.as_str()).unwrap_or_default();
    Err(Problem::step(step, &StepFailure { code, message, help: None, cut_off: false }))
}
