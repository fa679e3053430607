use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use windlass_engine::{Abandoned, Engine, EngineError, Halt, Notice, Prepared, Repeat};
use windlass_errors::exit;
use windlass_hosting::Stop;
use windlass_jobs::{Job, bind};
use windlass_settings::ProjectName;
use windlass_store::{NotClaimed, Role, StoreError, ToAbandon};

use crate::arguments::Global;
use crate::follow::Watch;
use crate::problem::Problem;
use crate::results::{Execution, ResultsFormat};
use crate::show::Live;
use crate::{follow, options, results, setup, show};

/// Run a job file, without a server.
///
/// Everything is checked before anything happens: the file, its options and expressions, each step's configuration, the
/// accounts. Ctrl-C stops the running step, which stops what it started at AWS; a second one ends at once.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    windlass run top-errors.yaml --project web --option status=502\n  \
    windlass run top-errors.yaml --project web --output json | jq '.steps[].tables'")]
pub(crate) struct Run {
    /// The job file
    job: PathBuf,
    /// The project that it runs in
    #[arg(long)]
    project: ProjectName,
    /// A value for an option of the job; may be given several times
    #[arg(long = "option", short = 'o', value_name = "NAME=VALUE", value_parser = options::name_and_value)]
    options: Vec<(String, String)>,
    /// How results are printed
    #[arg(long, value_enum, default_value_t)]
    output: ResultsFormat,
    /// Say nothing while it runs, but errors
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) async fn run(global: &Global, arguments: Run) -> Result<u8, Problem> {
    let loaded = setup::configuration(global)?;
    let job = Arc::new(Job::read(&arguments.job)?);
    let given = options::given(&job, &arguments.options)?;
    let engine = setup::engine(loaded, Role::Run).await?;
    engine.keys.check_master_keys().await?;
    engine.check(&arguments.project, &job).await?;
    let job = engine.offer(&arguments.project, job).await?;
    let bound = bind(&job, &arguments.project, &given)?;
    let prepared = engine.prepare(arguments.project, job, bound, None).await?;
    engine.rehearse(&prepared).await?;
    for (execution, how) in engine.settle().await?.settled {
        show::talk(format_args!("execution {execution}: {}", show::settled(how)));
    }
    let left = engine.claim_left().await?;
    let work = carry_out(&engine, &prepared, First::New, arguments.output, arguments.quiet);
    // The store is not closed: what is committed is durable, and closing would only wait for a checkpoint.
    let (ended, ()) = tokio::join!(work, abandon(&engine, left));
    engine.leave().await;
    ended
}

/// Ends what interrupted steps had begun outside; what takes too long is for the next process.
async fn abandon(engine: &Engine, left: Vec<ToAbandon>) {
    let told = |abandoned: Abandoned<'_>| show::talk(show::safe_text(&show::abandoned(&abandoned)));
    let abandoned = tokio::time::timeout(Engine::ABANDONS_WITHIN, engine.abandon(left, &told)).await;
    if let Ok(Err(error)) = abandoned {
        show::talk(format_args!("what interrupted steps had begun is ended another time: {error}"));
    }
}

/// What a process begins with that runs an execution itself.
pub(super) enum First<'a> {
    /// A new execution.
    New,
    /// A new execution of what another one ran.
    Retry(&'a Repeat),
    /// An execution that has ended, and goes on.
    Resume(&'a Repeat),
}

pub(super) async fn carry_out(
    engine: &Engine,
    prepared: &Prepared,
    first: First<'_>,
    format: ResultsFormat,
    quiet: bool,
) -> Result<u8, Problem> {
    let halt = stop_on_signals()?;
    let live = Mutex::new(Live::new(quiet));
    let observer = |notice: Notice<'_>| {
        live.lock().unwrap_or_else(PoisonError::into_inner).notice(&notice);
    };
    let stopped_by_others = listen(engine, &halt);
    let work = async {
        let mut end = match first {
            First::New => engine.run_here(prepared, &observer, &halt).await?,
            First::Retry(repeat) => engine.retry_here(repeat, prepared, &observer, &halt).await?,
            First::Resume(repeat) => engine.resume_here(repeat, prepared, &observer, &halt).await?,
        };
        while let Some(next) = end.next.take() {
            send_notifications(engine, prepared, end.execution).await;
            end = engine.run_next(prepared, &next, &observer, &halt).await?;
        }
        send_notifications(engine, prepared, end.execution).await;
        Ok::<_, EngineError>(end)
    };
    let end = tokio::select! {
        end = work => end,
        () = stopped_by_others => unreachable!("it listens for ever"),
    };
    let mut live = live.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut end = match end {
        // While it waited for its turn it was in the queue, and a server was faster.
        Err(EngineError::Store(StoreError::NotClaimed { execution, because: NotClaimed::Taken })) => {
            return elsewhere(engine, execution, &mut live, format).await;
        }
        end => end?,
    };
    let failed = end.failed.take();
    let execution = Execution::ran(prepared, end);
    results::print(&engine.store, &execution, format).await?;
    if !quiet {
        results::tell_charts(&engine.store, execution.id).await?;
    }
    match failed {
        Some(failed) => Err(Problem::step(&failed.step, &failed.failure)),
        None => Ok(exit::OK),
    }
}

/// Sends what is to be told of an execution. That it cannot be told is nothing that the execution has to do with.
async fn send_notifications(engine: &Engine, prepared: &Prepared, execution: uuid::Uuid) {
    if prepared.job.notifications.is_empty() {
        return;
    }
    match engine.send_notifications(execution).await {
        Ok(0) => {}
        Ok(left) => show::talk(format_args!("{left} of its notifications could not be sent; a server tries again")),
        Err(error) => show::talk(format_args!("its notifications were not sent: {error}")),
    }
}

/// Shows an execution that another process runs, and its results as if it had run here.
async fn elsewhere(
    engine: &Engine,
    execution: uuid::Uuid,
    live: &mut Live,
    format: ResultsFormat,
) -> Result<u8, Problem> {
    let mut watch = follow::to_the_end(&engine.store, &engine.member, execution, live).await?;
    while let Watch::Left(execution) = watch {
        engine.store.request_cancel(execution, jiff::Timestamp::now().as_millisecond()).await?;
        engine.member.wake_others().await;
        watch = follow::to_the_end(&engine.store, &engine.member, execution, live).await?;
    }
    let Some(row) = watch.ended() else { return Ok(exit::CANCELLED) };
    let execution = Execution::recorded(&engine.store, &row).await?;
    results::print(&engine.store, &execution, format).await?;
    follow::outcome(&engine.store, &row).await
}

/// Stops the execution when another process has asked for it. Never ends.
async fn listen(engine: &Engine, halt: &Halt) {
    loop {
        engine.member.woken().await;
        // That the database does not answer now is no reason to stop anything.
        if let Ok(wanted) = engine.cancel_requests().await {
            wanted.into_iter().for_each(|part| part.stop(&Stop::cancelled()));
        }
        if halt.why().is_some() {
            std::future::pending::<()>().await;
        }
    }
}

/// The first SIGINT or SIGTERM stops the execution, the second ends this process; its plugin hosts end with it.
pub(super) fn stop_on_signals() -> Result<Halt, Problem> {
    let halt = Halt::default();
    let stopped = halt.clone();
    let listen = |kind| signal(kind).map_err(|error| Problem::internal(format!("cannot listen to signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::spawn(async move {
        let mut told = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if std::mem::replace(&mut told, true) {
                std::process::exit(exit::CANCELLED.into());
            }
            show::talk("stopping; press Ctrl-C again to end at once");
            stopped.stop(&Stop::cancelled());
        }
    });
    Ok(halt)
}
